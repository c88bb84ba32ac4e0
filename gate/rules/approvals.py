"""That what runs is what was approved, by people who may, and that it still holds."""

from collections.abc import Iterator

from gate.decisions import Phase, Severity
from gate.policy import bundle_digest
from gate.rules.rule import RUNNING, Found, Rule
from gate.view import View
from plan import (
    ActorKind,
    Approval,
    PlanApproval,
    count_persons,
    people_of,
)


def _of_revision(view: View) -> tuple[PlanApproval, ...]:
    return tuple(a for a in view.context.approvals if a.revision == view.plan.revision)


def _as_approved(view: View) -> Iterator[Found]:
    digest = view.context.content_digest
    given = _of_revision(view)
    if not given or any(a.content_digest != digest for a in given):
        yield Found("steps", f"revision {view.plan.revision} as it stands is not what was approved")


def _valid(view: View) -> Iterator[Found]:
    given = _of_revision(view)
    # Once it runs, a policy published meanwhile that asks for more people stops nothing.
    asked = view.policy.authority[view.plan.risk]
    needed = asked.persons_for(view.plan.amount_minor) if view.phase is Phase.ACTIVATE else 1
    if view.phase is Phase.ACTIVATE:
        given = tuple(a for a in given if a.actor_kind is ActorKind.HUMAN)
    count = count_persons(given)
    if count < needed:
        yield Found("approvals", f"{count} approved revision {view.plan.revision}; it takes {needed}")
    if view.phase is Phase.ACTIVATE:
        yield from _still_valid(view, given)
    if view.phase is Phase.STEP:
        yield from _step_valid(view)


def _still_valid(view: View, given: tuple[PlanApproval, ...]) -> Iterator[Found]:
    name = bundle_digest(view.policy)
    for approval in given:
        if approval.policy_digest != name:
            yield Found("approvals", f"{approval.principal_id} approved under another policy")
        if view.now > approval.expires_at:
            lapsed = f"{approval.expires_at:%Y-%m-%d %H:%M} UTC"
            yield Found("approvals", f"the approval of {approval.principal_id} lapsed at {lapsed}")
        for who in sorted(people_of((approval,))):
            if who not in view.context.active_principals:
                yield Found("approvals", f"{who} is no longer active")
            if who in view.context.editors:
                yield Found("approvals", f"{who} edited what he approved")


def _step_valid(view: View) -> Iterator[Found]:
    if not view.judged:
        yield Found("steps", "the step that would start is no step of this plan")
    for where, step, _spec in view.judged:
        if step.approval not in {Approval.APPROVE, Approval.DRAFT}:
            continue
        count = count_persons(view.standing(step))
        attempt = step.attempts + 1
        if not count:
            yield Found(where, f"nobody approved the text that would leave (attempt {attempt})")


APPROVALS = (
    Rule(
        "PG100",
        Severity.HARD,
        RUNNING,
        "Nothing that was not approved",
        "The content that runs is, byte for byte, the content that was approved.",
        "Send it back for approval as a new revision.",
        _as_approved,
    ),
    Rule(
        "PG101",
        Severity.HARD,
        RUNNING,
        "Approvals that hold",
        "To start, a plan needs approvals of this revision under this policy, in time, by active people who did not "
        "edit it. While it runs that approval stands; each rendered text needs its own, of as many people as its risk "
        "and the amount demand.",
        "Ask for a new approval.",
        _valid,
    ),
)
