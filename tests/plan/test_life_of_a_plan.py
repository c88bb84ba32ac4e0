"""Random lives of larger plans under the real tables; seven moves of eight are legal, most keep the plan open."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from plan import (
    CLOSED,
    Approval,
    DependencyKind,
    IllegalMoveError,
    OnFailure,
    PlanEvent,
    StepEvent,
    plan_target,
    step_target,
)
from tests.plan.breaches import BREACHES
from tests.plan.exploration import Model
from tests.plan.test_tables import PLAN_EDGES, STEP_EDGES
from tests.plan.worlds import Slot, World, first_world

KINDS = (DependencyKind.SUCCESS, DependencyKind.FINISHED)


@st.composite
def plans(draw) -> tuple[Slot, ...]:
    """Draw up to six steps; each may wait for earlier ones."""
    slots: list[Slot] = []
    for index in range(draw(st.integers(1, 6))):
        parents = draw(st.sets(st.integers(0, index - 1), max_size=2)) if index else set()
        slots.append(
            Slot(
                approval=draw(st.sampled_from(Approval)),
                required=draw(st.booleans()),
                awaits=draw(st.booleans()),
                on_failure=draw(st.sampled_from(OnFailure)),
                needs=tuple((parent, draw(st.sampled_from(KINDS))) for parent in sorted(parents)),
                tries=draw(st.integers(1, 3)),
            )
        )
    return tuple(slots)


class LifeOfAPlan(RuleBasedStateMachine):
    """Whatever happens in whatever order, no promise breaks."""

    model: Model
    world: World

    @initialize(slots=plans())
    def begin(self, slots):
        self.model = Model(slots)
        self.world = first_world(slots)
        self.sent: set[tuple[int, int]] = set()

    @rule(bias=st.integers(0, 7), data=st.data())
    def something_happens(self, bias, data):
        if bias == 0:
            self._anything(data)
            return
        moves = list(self.model.moves(self.world))
        going_on = [move for move in moves if move[1].plan not in CLOSED and move[1] != self.world]
        act, after = data.draw(st.sampled_from(going_on if going_on and bias > 1 else moves), label="move")
        for name, breach in BREACHES.items():
            assert not breach(self.model.slots, self.world, act, after), name
        if act.event is StepEvent.START and act.index is not None:
            attempt = (act.index, after.steps[act.index].attempts)
            assert attempt not in self.sent
            self.sent.add(attempt)
        self.world = after

    def _anything(self, data):
        """Try one event of any kind: the tables take it or refuse it, and nothing else comes of it."""
        event = data.draw(st.sampled_from(PlanEvent), label="event of the plan")
        try:
            plan_target(event, self.world.plan)
        except IllegalMoveError:
            assert (self.world.plan, event) not in PLAN_EDGES
        else:
            assert (self.world.plan, event) in PLAN_EDGES
        step = data.draw(st.sampled_from(self.world.steps), label="step")
        happened = data.draw(st.sampled_from(StepEvent), label="event of the step")
        try:
            step_target(happened, step.status, plan=self.world.plan)
        except IllegalMoveError:
            assert (step.status, happened) not in STEP_EDGES
        else:
            assert (step.status, happened) in STEP_EDGES

    @invariant()
    def every_attempt_was_sent_once(self):
        world = getattr(self, "world", None)
        if world is not None:
            assert sum(step.attempts for step in world.steps) == len(self.sent)

    @invariant()
    def an_open_plan_has_a_way_on(self):
        world = getattr(self, "world", None)
        if world is not None and world.plan not in CLOSED:
            assert any(after != world for _, after in self.model.moves(world))


TestLifeOfAPlan = LifeOfAPlan.TestCase
TestLifeOfAPlan.settings = settings(max_examples=60, stateful_step_count=60)
