"""That what runs is what was approved, by people who may, and that it still holds."""

from collections.abc import Iterable, Iterator

from gate.decisions import Phase, Severity
from gate.policy import bundle_digest
from gate.rules.rule import RUNNING, Found, Rule
from gate.view import View
from plan import ActorKind, Approval, PlanApproval, StepApproval


def _of_revision(view: View) -> tuple[PlanApproval, ...]:
    return tuple(a for a in view.context.approvals if a.revision == view.plan.revision)


def _as_approved(view: View) -> Iterator[Found]:
    digest = view.context.content_digest
    given = _of_revision(view)
    if digest is None or not given or any(a.content_digest != digest for a in given):
        yield Found("steps", f"revision {view.plan.revision} as it stands is not what was approved")


def _valid(view: View) -> Iterator[Found]:
    given = _of_revision(view)
    # Once it runs, a policy published meanwhile that asks for more people stops nothing.
    asked = view.policy.authority[view.plan.risk]
    needed = asked.persons_for(view.plan.amount_minor) if view.phase is Phase.ACTIVATE else 1
    people = _persons(a for a in given if a.actor_kind is ActorKind.HUMAN)
    if people < needed:
        yield Found("approvals", f"{people} approved revision {view.plan.revision}; it takes {needed}")
    if view.phase is Phase.ACTIVATE:
        yield from _still_valid(view, given)
    if view.phase is Phase.STEP:
        yield from _step_valid(view)


def _still_valid(view: View, given: tuple[PlanApproval, ...]) -> Iterator[Found]:
    name = bundle_digest(view.policy)
    for approval in given:
        who = approval.principal_id
        if approval.policy_digest != name:
            yield Found("approvals", f"{who} approved under another policy")
        if view.now > approval.expires_at:
            yield Found("approvals", f"the approval of {who} lapsed at {approval.expires_at:%Y-%m-%d %H:%M} UTC")
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
        attempt = step.attempts + 1
        fits = [
            a
            for a in view.context.step_approvals
            if (a.step_id, a.attempt, a.revision) == (step.step_id, attempt, view.plan.revision)
            and a.rendered_digest == view.context.rendered_digest
            and view.now <= a.expires_at
        ]
        if not fits:
            yield Found(where, f"nobody approved the text that would leave (attempt {attempt})")


def _persons(approvals: Iterable[PlanApproval | StepApproval]) -> int:
    """Return how many people approved; two approvals that share a person, by delegation, count once."""
    seen: set[str] = set()
    count = 0
    for given in approvals:
        both = {name for name in (given.principal_id, given.on_behalf_of) if name is not None}
        count += not both & seen
        seen |= both
    return count


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
        "edit it. While it runs that approval stands; each rendered text needs its own.",
        "Ask for a new approval.",
        _valid,
    ),
)
