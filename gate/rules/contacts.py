"""Whom a step reaches, and whether the situation and the past allow it."""

from collections.abc import Iterator
from datetime import datetime

from gate.decisions import Phase, Severity
from gate.rules.rule import ALL, Found, Rule
from gate.view import View
from plan import PRECONDITIONS, ActionSpec, PlanStep, Touch, contacts_of


def _preconditions(view: View) -> Iterator[Found]:
    for where, step, spec in view.known:
        for name in spec.preconditions:
            check = PRECONDITIONS.get(name)
            missing = f"{name} is no known precondition" if check is None else check(view.situation, step.params or {})
            if missing is not None:
                yield Found(where, f"{step.action_type}: {missing}")
        yield from _cooldowns(view, where, step, spec)


def _cooldowns(view: View, where: str, step: PlanStep, spec: ActionSpec) -> Iterator[Found]:
    if not view.situation.history:
        return
    at = view.now if view.phase is Phase.STEP else step.not_before
    past = [t for t in view.situation.history if t.step_id != str(step.step_id) and t.at <= at]
    contacts = set(contacts_of(step.params))
    same = [t for t in past if t.action_type == step.action_type]
    for rest, touches, whom in (
        (spec.cooldowns.account, same, "the account"),
        (spec.cooldowns.contact, [t for t in past if t.external and t.contact_id in contacts], "this contact"),
        (spec.cooldowns.account_external, [t for t in past if t.external], "the account"),
    ):
        if rest is not None and (last := _last(touches)) is not None and at < last + rest:
            yield Found(where, f"{step.action_type} must leave {whom} alone until {last + rest:%Y-%m-%d}", last + rest)


def _last(touches: list[Touch]) -> datetime | None:
    return max((touch.at for touch in touches), default=None)


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
        "An action needs certain facts of the situation, and leaves people alone for a while after the last time.",
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
