"""What the rules are and what they say, written down a second time."""

import pytest

from gate import Phase, Severity, Verdict, check, rules
from plan import Invoice, Owner, spec_of
from tests.builders import POLICY
from tests.gate import corners
from tests.gate.cases import DAY, MEETING, PLAN, SITUATION, context, knowing, touch, with_step
from tests.gate.corners import said
from tests.house import MONDAY

LETTERS = dict(zip("PAVRS", Phase, strict=True))
RULES = """
PG001 HARD PAVRS
PG002 HARD PAVRS
PG003 HARD PAVRS
PG004 HARD PA
PG010 HARD PAVRS
PG011 HARD PAVRS
PG012 SOFT PA
PG013 HARD PAVRS
PG014 HARD PAVRS
PG020 HARD PAVRS
PG021 HARD PAVRS
PG022 HARD PAVRS
PG030 HARD PAVRS
PG031 HARD PAVRS
PG032 HARD PAVRS
PG033 ADVISORY A
PG034 SOFT A
PG040 HARD PAVRS
PG041 ADVISORY PA
PG042 ADVISORY A
PG050 HARD PAVRS
PG051 SOFT AS
PG060 SOFT AS
PG061 HARD PAVRS
PG070 HARD PA
PG071 SOFT PA
PG072 SOFT AV
PG073 HARD PAVRS
PG074 HARD AV
PG080 HARD PAVRS
PG081 SOFT AS
PG082 HARD PAVRS
PG083 ADVISORY A
PG090 SOFT PAVRS
PG091 SOFT A
PG092 HARD PAVRS
PG100 HARD VRS
PG101 HARD VRS
PG999 HARD PAVRS
"""
"""Each code, its floor, and the phases that ask: PROPOSE, APPROVE, ACTIVATE, RESUME, STEP."""


def test_each_rule_has_its_floor_and_its_phases():
    wanted = [line.split() for line in RULES.strip().split("\n")]
    assert [(d.code, d.floor, d.phases) for d in rules()] == [
        (code, Severity(floor), tuple(LETTERS[letter] for letter in letters)) for code, floor, letters in wanted
    ]


@pytest.mark.parametrize(
    ("action_type", "params", "message"),
    [
        ("REQUEST_RENEWAL_MEETING", {"contact_id": "zed"}, "the account has no contact zed"),
        ("REBUILD_CHAMPION", {"contact_ids": ["acme-c1", "zed"]}, "the account has no contact zed"),
        ("ESCALATE_SUPPORT_RISK", {"ticket_ids": ["acme-t1", "zed"]}, "the account has no ticket zed"),
        ("RESOLVE_BILLING_BLOCKER", {"invoice_ids": ["acme-i1", "zed"]}, "the account has no invoice zed"),
        ("RECORD_COMMITMENT", {"opportunity_id": "zed"}, "the account has no opportunity zed"),
        ("CONFIRM_RENEWAL_OWNER", {"candidate_owner": "zed"}, "the account has no owner zed"),
        ("ENGAGE_EXEC_SPONSOR", {"exec_sponsor_id": "zed"}, "the account has no executive sponsor zed"),
    ],
)
def test_an_id_that_the_account_does_not_have_is_named(action_type, params, message):
    found = said(corners.doing(action_type, **params), billed(), code="PG070")
    assert found == [("steps[3].params", message)]


@pytest.mark.parametrize("owner", ["mara", "nina", "vera"])
def test_the_owner_of_the_account_and_everybody_on_file_may_be_named(owner):
    assert said(corners.doing("CONFIRM_RENEWAL_OWNER", candidate_owner=owner), billed(), code="PG070") == []


def test_the_accounts_own_sponsor_and_invoice_may_be_named():
    assert said(corners.doing("ENGAGE_EXEC_SPONSOR", exec_sponsor_id="eve"), billed(), code="PG070") == []
    assert said(corners.doing("RESOLVE_BILLING_BLOCKER", invoice_ids=["acme-i1"]), billed(), code="PG070") == []


def billed():
    """An account of Nina's with an executive sponsor and an invoice; Mara and Vera are on file."""
    invoice = Invoice(invoice_id="acme-i1", account_id="acme", amount_minor=1, currency="EUR", due_on=MONDAY.date())
    return knowing(
        account=SITUATION.account.model_copy(update={"owner_id": "nina", "exec_sponsor_id": "eve"}),
        owners=(Owner(owner_id="mara", name="M"), Owner(owner_id="vera", name="V")),
        invoices=(invoice,),
    )


def test_a_step_that_rests_says_until_when():
    at = MONDAY - 3 * DAY
    decision = check(PLAN, knowing(history=(touch(at=at),)), POLICY, phase=Phase.STEP, now=MONDAY)
    [found] = [v for v in decision.violations if v.code == "PG014"]
    assert found.clears_at == at + 7 * DAY
    assert found.message == "REQUEST_RENEWAL_MEETING must leave this contact alone until 2026-03-06"
    assert decision.verdict is Verdict.ASK


@pytest.mark.parametrize(
    ("action_type", "plan", "where", "thing"),
    [("ESCALATE_SUPPORT_RISK", PLAN, 2, "ticket"), ("SEND_RENEWAL_PROPOSAL", corners.OFFER, 7, "deal")],
)
def test_a_ticket_and_a_deal_rest_since_the_last_time_that_somebody_took_them_up(action_type, plan, where, thing):
    start, rest = plan.steps[where].not_before, spec_of(action_type).cooldowns
    last = start - 2 * DAY
    history = tuple(corners.taken(action_type, at, touch_id=str(n)) for n, at in enumerate((last, last - 8 * DAY)))
    decision = check(plan, knowing(history=history), POLICY, phase=Phase.PROPOSE, now=MONDAY)
    [found] = [v for v in decision.violations if v.code == "PG014"]
    until = last + (rest.ticket or rest.opportunity)
    assert (found.where, found.clears_at) == (f"steps[{where}]", until)
    assert found.message == f"{action_type} must leave the same {thing} alone until {until:%Y-%m-%d}"


def test_a_text_that_nobody_approved_says_of_which_attempt():
    assert said(context=context(step_approvals=()), phase=Phase.STEP) == [
        ("steps[3]", "nobody approved the text that would leave (attempt 1)")
    ]
    again = with_step(MEETING, attempts=1)
    assert said(again, phase=Phase.STEP)[0][1] == "nobody approved the text that would leave (attempt 2)"
