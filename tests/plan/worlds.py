"""One plan as the walk sees it: plain tuples, small enough to visit every one."""

from typing import NamedTuple

from plan import Approval, DependencyKind, OnFailure, PlanEvent, PlanStatus, StepEvent, StepStatus

IN_TIME, OVERDUE, EXPIRED = range(3)
"""The clock: before the steps are due, after that, after the plan's end."""
OPEN_YET, MET, LOST = range(3)
"""What the facts say of the objective."""


class Slot(NamedTuple):
    """What never changes of a step."""

    approval: Approval
    required: bool = True
    awaits: bool = False
    on_failure: OnFailure = OnFailure.PAUSE
    needs: tuple[tuple[int, DependencyKind], ...] = ()
    tries: int = 2


class Step(NamedTuple):
    """How far a step has come; `approved` is the revision and attempt of its last approval."""

    status: StepStatus = StepStatus.PENDING
    attempts: int = 0
    approved: tuple[int, int] = (0, 0)


class World(NamedTuple):
    """One state: the plan and the revision last approved, the clock, the facts, the steps."""

    plan: PlanStatus | None
    revision: int
    approved: int
    was_active: bool
    clock: int
    objective: int
    steps: tuple[Step, ...]


class Act(NamedTuple):
    """One edge: what happened to which step, and whether it needs no person."""

    event: PlanEvent | StepEvent | str
    index: int | None
    unaided: bool


def first_world(slots: tuple[Slot, ...]) -> World:
    """Return the world before there is a plan."""
    return World(None, 1, 0, was_active=False, clock=IN_TIME, objective=OPEN_YET, steps=(Step(),) * len(slots))


def with_step(world: World, index: int, step: Step) -> World:
    """Return the world with one step changed."""
    return world._replace(steps=(*world.steps[:index], step, *world.steps[index + 1 :]))
