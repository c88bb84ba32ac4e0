"""What must never be seen on any edge of the walk."""

from collections.abc import Callable

from plan import CLOSED, IN_FLIGHT, SETTLED, UNSENT, PlanStatus, StepEvent, StepStatus, ready_status
from tests.plan.guards import Scene, satisfied
from tests.plan.worlds import Act, Slot, World

Breach = Callable[[tuple[Slot, ...], World, Act, World], bool]
_IN_REVIEW = frozenset({PlanStatus.DRAFT, PlanStatus.APPROVED})
_LET_GO = (UNSENT - {StepStatus.PENDING}) | IN_FLIGHT
_AFTER_FAILURE = frozenset({StepEvent.OUTCOME_OK, StepEvent.MANUAL_RETRY, StepEvent.SKIP})


def _starts(act: Act) -> bool:
    return act.event is StepEvent.START


def _unapproved_step(slots: tuple[Slot, ...], world: World, act: Act, _after: World) -> bool:
    if not _starts(act) or act.index is None:
        return False
    step = world.steps[act.index]
    by_person = ready_status(slots[act.index].approval) is StepStatus.PENDING_APPROVAL
    return by_person and step.approved != (world.revision, step.attempts + 1)


def _too_early(slots: tuple[Slot, ...], world: World, act: Act, _after: World) -> bool:
    return _starts(act) and act.index is not None and not satisfied(Scene(slots, world, act.index, None))


def _settled_changes(_slots: tuple[Slot, ...], world: World, act: Act, after: World) -> bool:
    """A failed step may be retried, skipped, or turn out well late; nothing else that is settled ever changes."""
    return world.steps is not after.steps and any(
        was.status in SETTLED
        and now.status is not was.status
        and not (was.status is StepStatus.FAILED and act.event in _AFTER_FAILURE and act.index == number)
        for number, (was, now) in enumerate(zip(world.steps, after.steps, strict=True))
    )


def _outlives(_slots: tuple[Slot, ...], _world: World, _act: Act, after: World) -> bool:
    return after.plan in CLOSED and any(step.status in UNSENT for step in after.steps)


def _let_go_in_review(_slots: tuple[Slot, ...], _world: World, _act: Act, after: World) -> bool:
    return after.plan in _IN_REVIEW and any(step.status in _LET_GO for step in after.steps)


AT_START: dict[str, Breach] = {
    "a step starts under a revision that nobody approved": lambda _s, w, a, _x: _starts(a) and w.approved != w.revision,
    "a person's step starts without its own approval": _unapproved_step,
    "a step starts outside ACTIVE": lambda _s, w, a, _x: _starts(a) and w.plan is not PlanStatus.ACTIVE,
    "a step starts before what it waits for": _too_early,
}
ALWAYS: dict[str, Breach] = {
    "a settled step changes": _settled_changes,
    "a closed plan changes": lambda _s, w, _a, x: w.plan in CLOSED and x.plan is not w.plan,
    "an unsent step outlives its plan": _outlives,
    "a plan in review holds a step that was let go": _let_go_in_review,
}
BREACHES = AT_START | ALWAYS
