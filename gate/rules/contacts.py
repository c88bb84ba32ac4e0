"""Whom a step reaches, and whether the situation and the past allow it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from gate.decisions import Phase, Severity
from gate.rules.rule import ALL, Found, Rule
from gate.view import View
from plan import PRECONDITIONS, UNSENT, Cooldowns, OpportunityKind, PlanStep, Touch, contacts_of, ids_of


class _Thing(NamedTuple):
    """What an action can be about, beside people."""

    name: str
    about: Callable[[View, PlanStep], set[str]]
    """The ids that a step of the plan is about."""
    only: Callable[[View, datetime], set[str]]
    """What it must have been about at an instant, where the account had but one."""


def _preconditions(view: View) -> Iterator[Found]:
    for where, step, spec in view.known:
        for name in spec.preconditions:
            check = PRECONDITIONS.get(name)
            missing = f"{name} is no known precondition" if check is None else check(view.situation, step.params or {})
            if missing is not None:
                yield Found(where, f"{step.action_type}: {missing}")
        at, rests = view.now if view.phase is Phase.STEP else step.not_before, spec.cooldowns
        if view.situation.history:
            yield from _cooldowns(view, where, step, rests, at)
        if rests.ticket is not None:
            yield from _again(view, where, step, at, rests.ticket, _TICKET)
        if rests.opportunity is not None:
            yield from _again(view, where, step, at, rests.opportunity, _DEAL)


def _cooldowns(view: View, where: str, step: PlanStep, rests: Cooldowns, at: datetime) -> Iterator[Found]:
    past = [t for t in view.situation.history if t.step_id != str(step.step_id) and t.at <= at]
    contacts = set(contacts_of(step.params))
    same = [t for t in past if t.action_type == step.action_type]
    for rest, touches, whom in (
        (rests.account, same, "the account"),
        (rests.contact, [t for t in past if t.external and t.contact_id in contacts], "this contact"),
        (rests.account_external, [t for t in past if t.external], "the account"),
    ):
        if rest is not None and (last := _last(touches)) is not None and at < last + rest:
            yield Found(where, f"{step.action_type} must leave {whom} alone until {last + rest:%Y-%m-%d}", last + rest)


def _last(touches: list[Touch]) -> datetime | None:
    return max((touch.at for touch in touches), default=None)


def _again(view: View, where: str, step: PlanStep, at: datetime, rest: timedelta, thing: _Thing) -> Iterator[Found]:
    mine = thing.about(view, step)
    times = [when for when, others in _others(view, step, thing) if when <= at and mine & others]
    if times and at < max(times) + rest:
        until = max(times) + rest
        told = f"{step.action_type} must leave the same {thing.name} alone until {until:%Y-%m-%d}"
        yield Found(where, told, until)


def _others(view: View, step: PlanStep, thing: _Thing) -> Iterator[tuple[datetime, set[str]]]:
    """Yield each other time that a step's action was taken or is planned, with what it is about as far as is known.

    History names no ticket and no deal: a step of this plan says which it was, or the account had but one.
    """
    for touch in view.situation.history:
        if touch.action_type == step.action_type and touch.step_id != str(step.step_id):
            sent = next((other for other in view.plan.steps if str(other.step_id) == touch.step_id), None)
            yield touch.at, thing.about(view, sent) if sent else thing.only(view, touch.at)
    if view.phase is Phase.STEP:
        return
    for other in view.plan.steps:
        if other.action_type == step.action_type and other.step_id != step.step_id and other.status in UNSENT:
            yield other.not_before, thing.about(view, other)


def _tickets(_view: View, step: PlanStep) -> set[str]:
    return set(ids_of(step.params, "ticket_ids"))


def _only_ticket(view: View, at: datetime) -> set[str]:
    tickets = view.situation.tickets
    there = [t.ticket_id for t in tickets if t.opened_at <= at and (t.closed_at is None or at < t.closed_at)]
    return set(there) if len(there) == 1 else set()


def _deals(view: View, step: PlanStep) -> set[str]:
    """Return the deal that a step names, else the contracts that its plan defends."""
    return set(ids_of(step.params, "opportunity_id") or view.plan.subject)


def _only_deal(view: View, _at: datetime) -> set[str]:
    known = view.situation
    deals = [deal.opportunity_id for deal in known.opportunities if deal.kind is OpportunityKind.RENEWAL]
    contracts = [contract.contract_id for contract in known.contracts]
    return {ids[0] for ids in (deals, contracts) if len(ids) == 1}


_TICKET = _Thing("ticket", _tickets, _only_ticket)
_DEAL = _Thing("deal", _deals, _only_deal)


def _reachable(view: View) -> Iterator[Found]:
    account = view.situation.account
    for where, step, spec in view.known:
        if not spec.external:
            continue
        if account.legal_hold:
            yield Found(where, "the account is under a legal hold: nothing may leave")
        if account.do_not_contact:
            yield Found(where, "the account asked not to be contacted")
        for contact_id in contacts_of(step.params):
            contact = view.situation.contact(contact_id)
            if contact is None:
                continue
            if contact.opted_out:
                yield Found(f"{where}.params", f"contact {contact_id} has opted out")
            if contact.left_company:
                yield Found(f"{where}.params", f"contact {contact_id} has left the company")
            if not contact.contactable:
                yield Found(f"{where}.params", f"contact {contact_id} may not be contacted")


CONTACTS = (
    Rule(
        "PG014",
        Severity.HARD,
        ALL,
        "Preconditions and rest",
        "An action needs certain facts of the situation, and leaves people, tickets and deals alone for a while after "
        "the last time. History names no ticket and no deal: which one it was is known of the steps of the same plan, "
        "and where the account had but one.",
        "Leave the step out, or move it past the date that is named.",
        _preconditions,
    ),
    Rule(
        "PG061",
        Severity.HARD,
        ALL,
        "Nobody who must not be contacted",
        "Legal hold, do-not-contact, opt-out, a missing consent and people who left stop every external step.",
        "Choose another contact, or leave the step out.",
        _reachable,
    ),
)
