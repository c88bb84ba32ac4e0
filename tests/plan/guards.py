"""What the guards that the tables name mean in the walk's small world."""

from collections.abc import Callable
from typing import NamedTuple

from plan import (
    IN_FLIGHT,
    OPEN,
    SETTLED,
    SUCCEEDED,
    DependencyKind,
    OnFailure,
    PlanEvent,
    PlanMove,
    PlanStatus,
    StepEvent,
    StepMove,
    StepStatus,
    ready_status,
    success_status,
)
from tests.plan.worlds import EXPIRED, IN_TIME, LOST, MET, OVERDUE, Slot, Step, World

RUNS = frozenset({PlanStatus.ACTIVE, PlanStatus.PAUSED})


class Scene(NamedTuple):
    """A move about to happen; a plan's own move has no index."""

    slots: tuple[Slot, ...]
    world: World
    index: int
    target: PlanStatus | StepStatus | None

    @property
    def slot(self) -> Slot:
        return self.slots[self.index]

    @property
    def step(self) -> Step:
        return self.world.steps[self.index]


Guard = Callable[[Scene], bool]


def in_flight(world: World) -> bool:
    """Tell whether a step runs or is in doubt."""
    return any(step.status in IN_FLIGHT for step in world.steps)


def satisfied(scene: Scene) -> bool:
    """Tell whether what this step waits for has settled as its kind demands."""
    steps = scene.world.steps
    return all(
        steps[parent].status in (SUCCEEDED if kind is DependencyKind.SUCCESS else SETTLED)
        for parent, kind in scene.slot.needs
    )


def impossible(scene: Scene) -> bool:
    """Tell whether what this step waits for has settled otherwise."""
    steps = scene.world.steps
    return any(
        kind is DependencyKind.SUCCESS and steps[parent].status in SETTLED - SUCCEEDED
        for parent, kind in scene.slot.needs
    )


def worked_off(slots: tuple[Slot, ...], world: World) -> tuple[bool, bool]:
    """Return whether every required step has ended, and whether one of them is done."""
    required = [(slot, step.status) for slot, step in zip(slots, world.steps, strict=True) if slot.required]
    ended = all(
        status in SUCCEEDED
        or status is StepStatus.SKIPPED
        or (status is StepStatus.FAILED and slot.on_failure is OnFailure.CONTINUE)
        for slot, status in required
    )
    return ended, any(status in SUCCEEDED for _, status in required)


def _no_pausing_failure(scene: Scene) -> bool:
    return not any(
        step.status is StepStatus.FAILED and slot.on_failure is OnFailure.PAUSE
        for slot, step in zip(scene.slots, scene.world.steps, strict=True)
    )


def _tries_left(scene: Scene) -> bool:
    return scene.step.attempts < scene.slot.tries


def _ends_well(scene: Scene) -> bool:
    return scene.target is success_status(scene.slot.approval)


NAMED: dict[str, Guard] = {
    "as_the_action_says": lambda s: s.target is StepStatus.FAILED or _tries_left(s),
    "attempted_before": lambda s: s.step.attempts > 0,
    "attempts_left": _tries_left,
    "auto_ends_auto_executed": _ends_well,
    "awaits_where_the_action_awaits": lambda s: (
        s.target is StepStatus.AWAITING_OUTCOME if s.slot.awaits else _ends_well(s)
    ),
    "completed_only_if_ever_active": lambda s: (s.target is PlanStatus.COMPLETED) == s.world.was_active,
    "dependencies_settled": satisfied,
    "dependency_impossible": impossible,
    "failed_if_required": lambda s: (s.target is StepStatus.FAILED) == s.slot.required,
    "gate_not_deny": lambda s: s.world.clock < EXPIRED,
    "in_window": lambda s: s.world.clock == IN_TIME,
    "no_failed_step_that_pauses": _no_pausing_failure,
    "not_expired": lambda s: s.world.clock < EXPIRED,
    "nothing_in_flight": lambda s: not in_flight(s.world),
    "nothing_in_flight_or_past_expires_at": lambda s: not in_flight(s.world) or s.world.clock == EXPIRED,
    "objective_met": lambda s: s.world.objective == MET,
    "objective_met_or_required_steps_settled": lambda s: (
        s.world.objective == MET or worked_off(s.slots, s.world) == (True, True)
    ),
    "objective_not_met_in_time": lambda s: s.world.objective != MET,
    "past_due_by": lambda s: s.world.clock >= OVERDUE,
    "past_expires_at": lambda s: s.world.clock == EXPIRED,
    "plan_active": lambda s: s.world.plan is PlanStatus.ACTIVE,
    "step_approval_ttl_passed": lambda s: s.step.approved != (0, 0),
}
OUTSIDE = frozenset(
    {
        "account_not_held",
        "approval_void",
        "approvals_stand",
        "approvals_valid",
        "authority",
        "authority_given",
        "back_off_passed",
        "digest_as_rendered",
        "digests_as_seen",
        "gate_soft_at_step",
        "gate_step",
        "gate_waits",
        "human",
        "idempotency_key",
        "last_of_n",
        "no_open_machine_plan",
        "outcome_retryable",
        "plan_closed",
        "plan_in_draft",
        "reason",
        "reason_sentence",
        "required_needs_approver",
        "separation_of_duties",
        "slot_free",
        "within_approval_lead",
    }
)
"""Guards that the walk lets pass: approvals above all, so that what it shows rests on the tables alone."""


def _plan_is_open(scene: Scene) -> bool:
    return scene.world.plan in OPEN


def _plan_runs(scene: Scene) -> bool:
    return scene.world.plan in RUNS


def _only_with_the_plan(_scene: Scene) -> bool:
    return False


UNNAMED: dict[StepEvent, Guard] = {
    StepEvent.READY: lambda s: s.target is ready_status(s.slot.approval),
    StepEvent.APPROVE_STEP: _plan_is_open,
    StepEvent.ENDORSE_STEP: _plan_is_open,
    StepEvent.REJECT_STEP: _plan_is_open,
    StepEvent.MANUAL_RETRY: lambda s: _plan_is_open(s) and _tries_left(s),
    StepEvent.SKIP: _plan_is_open,
    StepEvent.APPROVAL_LAPSE: _plan_runs,
    StepEvent.OVERDUE: _plan_runs,
    StepEvent.PREREQ_UNMET: _plan_runs,
    StepEvent.START: _tries_left,
    StepEvent.SUCCEED: lambda s: not s.slot.awaits,
    StepEvent.DISPATCHED: lambda s: s.slot.awaits,
    StepEvent.OUTCOME_OK: lambda s: s.step.status is not StepStatus.AWAITING_OUTCOME or _ends_well(s),
    StepEvent.PLAN_CLOSED: _only_with_the_plan,
    StepEvent.PLAN_REOPENED: _only_with_the_plan,
}
"""What the design says in words beside the tables, and the bounds of the walk."""


def plan_guards(row: PlanMove, revisions: int) -> tuple[Guard, ...]:
    """Return what a row of the plan table asks for; a guard without a meaning here is an error."""
    asked = [NAMED[name] for name in row.guards if name not in OUTSIDE]
    if row.new_revision:
        asked.append(lambda scene: scene.world.revision < revisions)
    return tuple(asked)


def step_guards(row: StepMove) -> tuple[Guard, ...]:
    """Return what a row of the step table asks for."""
    asked = [NAMED[name] for name in row.guards if name not in OUTSIDE]
    return (*asked, UNNAMED[row.event]) if row.event in UNNAMED else tuple(asked)


BY_PEOPLE = frozenset(
    {
        StepEvent.APPROVE_STEP,
        StepEvent.ENDORSE_STEP,
        StepEvent.REJECT_STEP,
        StepEvent.MANUAL_RETRY,
        StepEvent.SKIP,
        StepEvent.RECONCILE_OK,
        StepEvent.RECONCILE_BAD,
        StepEvent.RECONCILE_NOT_SENT,
    }
)
"""The worst case: a provider that must never be asked twice, so a person says what became of a step in doubt."""


def unaided(slots: tuple[Slot, ...], world: World, row: PlanMove) -> bool:
    """Tell whether the orchestrator takes this row by itself; it aborts only what is lost or came to nothing."""
    if "orchestrator" not in row.actors:
        return False
    return row.event is not PlanEvent.ABORT or world.objective == LOST or worked_off(slots, world) == (True, False)
