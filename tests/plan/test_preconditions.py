"""Each named precondition, both ways."""

from datetime import date, timedelta

import pytest

from plan import (
    PRECONDITIONS,
    Account,
    Contact,
    Invoice,
    Severity,
    Signal,
    SignalType,
    Ticket,
    catalogue,
)
from tests.plan.samples import NOW, situation

TODAY = date(2026, 1, 12)
OWNED = Account(account_id="acme", name="Acme", owner_id="u-1", exec_sponsor_id="u-9")
BARE = Account(account_id="acme", name="Acme")


def ticket(**changes):
    told = {"ticket_id": "T-1", "account_id": "acme", "opened_at": NOW - timedelta(days=3)}
    return {"tickets": (Ticket.model_validate(told | changes),)}


def signal(kind):
    seen = Signal(signal_id="S-1", account_id="acme", type=SignalType(kind), observed_at=NOW, source="crm")
    return {"signals": (seen,)}


def invoice(**changes):
    told = {"invoice_id": "I-1", "account_id": "acme", "amount_minor": 1, "currency": "EUR", "due_on": TODAY}
    return {"invoices": (Invoice.model_validate(told | changes),)}


def signer(*, signs):
    return {"contacts": (Contact(contact_id="c-1", account_id="acme", name="Ada", signs=signs),)}


HOLDS = [
    ("owner_is_set", {"account": OWNED}, {}),
    ("exec_sponsor_is_set", {"account": OWNED}, {}),
    ("support_risk_is_open", ticket(urgent=True), {}),
    ("support_risk_is_open", ticket(priority=Severity.HIGH), {}),
    ("support_risk_is_open", ticket(sla_breached=True), {}),
    ("support_risk_is_open", ticket(escalated=True), {}),
    ("support_risk_is_open", ticket(urgent=True, closed_at=NOW + timedelta(microseconds=1)), {}),
    ("usage_signal_is_present", signal("USAGE_DROP"), {}),
    ("usage_signal_is_present", signal("USAGE_DECLINE_STREAK"), {}),
    ("usage_signal_is_present", signal("NO_USAGE"), {}),
    ("usage_signal_is_present", signal("LOW_ADOPTION"), {}),
    ("champion_signal_is_present", signal("CHAMPION_LEFT"), {}),
    ("champion_signal_is_present", signal("SINGLE_THREADED"), {}),
    ("billing_is_blocked", invoice(due_on=TODAY - timedelta(days=1)), {}),
    ("billing_is_blocked", invoice(disputed=True), {}),
    ("billing_is_blocked", invoice(disputed=True, paid_on=TODAY), {}),
    ("contact_signs_or_buys", signer(signs=True), {"contact_id": "c-1"}),
    ("contact_signs_or_buys", signer(signs=True), {"contact_ids": ["c-0", "c-1"]}),
]
FAILS = [
    ("owner_is_set", {"account": BARE}, {}),
    ("exec_sponsor_is_set", {"account": BARE}, {}),
    ("support_risk_is_open", {}, {}),
    ("support_risk_is_open", ticket(priority=Severity.MEDIUM), {}),
    ("support_risk_is_open", ticket(urgent=True, closed_at=NOW), {}),
    ("usage_signal_is_present", {}, {}),
    ("usage_signal_is_present", signal("USAGE_GROWTH"), {}),
    ("champion_signal_is_present", signal("EXEC_SILENCE"), {}),
    ("billing_is_blocked", {}, {}),
    ("billing_is_blocked", invoice(), {}),
    ("billing_is_blocked", invoice(due_on=TODAY - timedelta(days=9), paid_on=TODAY), {}),
    ("contact_signs_or_buys", signer(signs=False), {"contact_id": "c-1"}),
    ("contact_signs_or_buys", signer(signs=True), {"contact_id": "c-2"}),
    ("contact_signs_or_buys", signer(signs=True), {}),
]


@pytest.mark.parametrize(("name", "known", "params"), HOLDS)
def test_a_precondition_that_holds_says_nothing(name, known, params):
    assert PRECONDITIONS[name](situation(**known), params) is None


@pytest.mark.parametrize(("name", "known", "params"), FAILS)
def test_a_precondition_that_fails_says_what_is_missing(name, known, params):
    missing = PRECONDITIONS[name](situation(**known), params)
    assert missing
    assert "\n" not in missing


def test_every_precondition_is_tested_both_ways_and_used_by_an_action():
    used = {name for spec in catalogue().actions for name in spec.preconditions}
    assert {name for name, *_ in HOLDS} == {name for name, *_ in FAILS} == set(PRECONDITIONS) == used


def test_overdue_is_told_by_the_tenants_day():
    late_evening = NOW.replace(hour=23, minute=30)
    due_today = invoice(due_on=TODAY)
    assert PRECONDITIONS["billing_is_blocked"](situation(as_of=NOW, **due_today), {}) is not None
    assert PRECONDITIONS["billing_is_blocked"](situation(as_of=late_evening, **due_today), {}) is None
