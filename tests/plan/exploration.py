"""An exhaustive walk over every state that one plan can reach under the real transition tables.

States are plain tuples, so that some hundred thousand of them take seconds. Clock, revisions and attempts are coarse:
before the due date, after it, after the plan's end; at most two of each. An approval of the plan is worth its revision,
one of a step its revision and attempt; both are kept beside the tables and stop nothing, so that a step that starts
without them is seen. Whatever was sent may end in doubt.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from plan import (
    CLOSED,
    PLAN_MOVES,
    STEP_MOVES,
    UNSENT,
    PlanEvent,
    PlanMove,
    PlanStatus,
    StepEvent,
    StepMove,
    StepStatus,
    plan_target,
    step_target,
)
from tests.plan.breaches import ALWAYS, BREACHES
from tests.plan.guards import BY_PEOPLE, Guard, Scene, plan_guards, step_guards, unaided
from tests.plan.worlds import EXPIRED, LOST, MET, OPEN_YET, Act, Slot, Step, World, first_world, with_step

TIME, FACT = Act("time passes", None, unaided=True), Act("a fact arrives", None, unaided=False)
VOIDING = frozenset({StepEvent.APPROVAL_LAPSE, StepEvent.ESCALATE})
"""What takes a step's approval from it."""
Taken = tuple[PlanEvent | StepEvent, PlanStatus | StepStatus | None, PlanStatus | StepStatus | None]


class Tables(NamedTuple):
    """The tables under test; a test bends one on purpose and sees it found."""

    plan_moves: tuple[PlanMove, ...] = PLAN_MOVES
    step_moves: tuple[StepMove, ...] = STEP_MOVES
    plan_target: Callable[..., PlanStatus] = plan_target
    step_target: Callable[..., StepStatus] = step_target
    reopening_resets: bool = True


class Model:
    """The moves of one plan with these steps under these tables; `taken` fills with every row that was used."""

    def __init__(self, slots: tuple[Slot, ...], tables: Tables | None = None, revisions: int = 2) -> None:
        self.slots, self.tables = slots, tables or Tables()
        self.taken: set[Taken] = set()
        self.known: dict[tuple[object, ...], tuple[tuple[Act, Step], ...]] = {}
        self._plan_rows: dict[PlanStatus | None, list[tuple[PlanMove, tuple[Guard, ...]]]] = {
            status: [(row, plan_guards(row, revisions)) for row in self.tables.plan_moves if status in row.sources]
            for status in (None, *PlanStatus)
        }
        self._step_rows: dict[StepStatus, list[tuple[StepMove, tuple[Guard, ...]]]] = {
            status: [(row, step_guards(row)) for row in self.tables.step_moves if status in row.sources]
            for status in StepStatus
        }

    def moves(self, world: World) -> Iterator[tuple[Act, World]]:
        """Yield every move that the tables and their guards allow."""
        for row, asked in self._plan_rows[world.plan]:
            for target in row.targets or (None,):
                if all(guard(Scene(self.slots, world, -1, target)) for guard in asked):
                    yield Act(row.event, None, unaided(self.slots, world, row)), self._moved(world, row, target)
        if world.plan is None:
            return
        for index in range(len(self.slots)):
            for act, step in self._options(world, index):
                yield act, with_step(world, index, step)
        if world.clock < EXPIRED:
            yield TIME, world._replace(clock=world.clock + 1)
            for objective in (OPEN_YET, MET, LOST):
                yield FACT, world._replace(objective=objective)

    def _options(self, world: World, index: int) -> tuple[tuple[Act, Step], ...]:
        """Return what may become of one step; the facts and all that it does not wait for play no part."""
        step, needs = world.steps[index], self.slots[index].needs
        key = (index, step, world.plan, world.revision, world.clock, *(world.steps[n].status for n, _ in needs))
        if key not in self.known:
            self.known[key] = tuple(
                (
                    Act(row.event, index, unaided=row.event not in BY_PEOPLE),
                    self._stepped(world, row.event, index, goal),
                )
                for row, asked in self._step_rows[step.status]
                for goal in row.targets
                if all(guard(Scene(self.slots, world, index, goal)) for guard in asked)
            )
        return self.known[key]

    def _moved(self, world: World, row: PlanMove, wanted: PlanStatus | None) -> World:
        target = self.tables.plan_target(row.event, world.plan, wanted)
        self.taken.add((row.event, world.plan, wanted))
        after = world._replace(
            plan=target,
            revision=world.revision + row.new_revision,
            approved=world.revision if row.event is PlanEvent.APPROVE else world.approved,
            was_active=world.was_active or row.event is PlanEvent.ACTIVATE,
        )
        if target in CLOSED and world.plan not in CLOSED:
            after = self._each_unsent(after, StepEvent.PLAN_CLOSED)
        if row.event is PlanEvent.REOPEN and self.tables.reopening_resets:
            after = self._each_unsent(after, StepEvent.PLAN_REOPENED)
        return after

    def _each_unsent(self, world: World, event: StepEvent) -> World:
        for index, step in enumerate(world.steps):
            if step.status in UNSENT:
                world = with_step(world, index, self._landed(world, event, index, None))
        return world

    def _stepped(self, world: World, event: StepEvent, index: int, wanted: StepStatus) -> Step:
        step = self._landed(world, event, index, wanted)
        if event is StepEvent.START:
            return step._replace(attempts=step.attempts + 1)
        if event is StepEvent.APPROVE_STEP:
            return step._replace(approved=(world.revision, step.attempts + 1))
        return step._replace(approved=(0, 0)) if event in VOIDING else step

    def _landed(self, world: World, event: StepEvent, index: int, wanted: StepStatus | None) -> Step:
        step = world.steps[index]
        target = self.tables.step_target(event, step.status, wanted, plan=world.plan)
        self.taken.add((event, step.status, wanted or target))
        return step._replace(status=target)


class Walk(NamedTuple):
    """What was found."""

    worlds: int
    edges: int
    breaches: dict[str, World]
    """The first world in which each broken promise was seen."""
    stuck: int
    """Worlds from which time and the orchestrator alone never reach a closed plan."""
    lingering: int
    """Worlds past the plan's end that no single move of the orchestrator closes."""


def explore(model: Model) -> Walk:
    """Visit every reachable world once, breadth first."""
    start = first_world(model.slots)
    numbers, worlds = {start: 0}, [start]
    before: list[list[int]] = [[]]
    breaches: dict[str, World] = {}
    edges = lingering = 0
    for at, world in enumerate(worlds):
        closes = world.plan is None or world.plan in CLOSED or world.clock < EXPIRED
        for act, after in model.moves(world):
            edges += 1
            for name, breach in (BREACHES if act.event is StepEvent.START else ALWAYS).items():
                if breach(model.slots, world, act, after):
                    breaches.setdefault(name, world)
            number = numbers.setdefault(after, len(worlds))
            if number == len(worlds):
                worlds.append(after)
                before.append([])
            if act.unaided:
                before[number].append(at)
                closes = closes or after.plan in CLOSED
        lingering += not closes
    return Walk(len(worlds), edges, breaches, len(worlds) - 1 - _ending(worlds, before), lingering)


def _ending(worlds: list[World], before: list[list[int]]) -> int:
    """Count the worlds from which a closed plan is reached unaided."""
    ends = [world.plan in CLOSED for world in worlds]
    todo = [number for number, closed in enumerate(ends) if closed]
    while todo:
        for number in before[todo.pop()]:
            if not ends[number]:
                ends[number] = True
                todo.append(number)
    return sum(ends)
