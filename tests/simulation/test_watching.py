"""What the whole check finds, the look after a tick finds too: one violation is planted for each promise."""

from datetime import timedelta
from itertools import cycle
from uuid import UUID

import pytest

from gate import Phase, Verdict, judging
from ledger import Actor, PlanState, Proposed, StepAdded, SwitchNamed
from oncourse.promises import PROMISES, Evidence, broken
from orchestrator import Acting, gate_context
from orchestrator.desk import BY_SYSTEM, judge, system
from orchestrator.moves import Hand, satisfied
from plan import Cause, PlanEvent, PlanStatus, Principal, StepEvent, StepStatus, content_digest, spec_of
from store import Unit
from tests.house import MONDAY
from tests.keys import KEYS
from tests.simulation import watching
from tests.simulation.life import Life, Size
from tests.simulation.machine import TENANT
from tests.simulation.provider import Connector
from tests.simulation.watching import FindingError, Watch

CAUSE = Cause(kind="timer", ref="planted")
OTHER = "sha256:" + "f" * 64
NEW = UUID(int=7, version=4)


@pytest.fixture(scope="module")
def life():
    """A tenant with a running plan that has written to a customer and has steps before it."""
    life = Life(1, Size(accounts=2, days=60))
    life.faults.strikes = lambda _kind: False
    life._found()
    for day in range(1, 90):
        life._live(MONDAY + timedelta(days=day))
        if any(_fits(life, state) for state in life.watch.plans.values()):
            return life
    raise AssertionError("no plan came so far")


def _fits(life, state):
    out = [order for order in life._book.applied.values() if order.plan_id == state.plan.plan_id]
    external = any(spec_of(order.action_type).external for order in out)
    return state.plan.status is PlanStatus.ACTIVE and external and _waiting(state)


def _waiting(state):
    """Return the steps whose dependencies are not done."""
    return [
        step
        for step in state.plan.steps
        if step.status is StepStatus.PENDING and not all(satisfied(state.plan, d) for d in step.depends_on)
    ]


class Planter:
    """Breaks promises in one transaction that nobody keeps."""

    def __init__(self, life, connection):
        self._life, self._connection, self.now = life, connection, life.clock.now()
        self.state: PlanState = next(s for s in life.watch.plans.values() if _fits(life, s))
        self.plan_id = str(self.state.plan.plan_id)

    def unit(self):
        return Unit(self._connection, TENANT, self.now, lambda: b"\1" * 32, Connector.name, keys=KEYS)

    def sql(self, statement, *values):
        assert self._connection.exec_driver_sql(statement, values).rowcount != 0, "nothing was planted"

    def moved(self, *moves, who=None):
        """Move the plan, each time from where it stands."""
        unit = self.unit()
        hand = Hand(unit, who or system(TENANT), cause=CAUSE)
        for move in moves:
            move(hand, unit.state(self.plan_id))
        unit.commit()

    def proposed(self, **changes):
        """Let a second plan of the account come into being as it may not."""
        plan = self.state.plan.model_copy(update={"plan_id": NEW} | changes)
        body = Proposed(source=PlanStatus.DRAFT, target=plan.status, revision=plan.revision, content=content_digest(plan),
                        plan=plan, drafter="ghost")  # fmt: skip
        unit = self.unit()
        unit.record(f"plan/{NEW}", "plan.proposed.v1", body, actor=Actor(kind="agent", id="ghost"), authority=BY_SYSTEM,
                    cause=CAUSE, reason=("proposed", ""))  # fmt: skip
        unit.commit()


def _readied(hand, state):
    hand.move_step(state, _waiting(state)[0], StepEvent.READY, target=StepStatus.READY)


def _started(attempt):
    def start(hand, state):
        step = next(s for s in state.plan.steps if s.status is StepStatus.READY)
        key = f"{state.plan.plan_id}:{step.step_id}:{attempt}"
        hand.move_step(state, step, StepEvent.START, attempt=attempt, key=key, rendered=OTHER)

    return start


def _paused(hand, state):
    hand.move_plan(state, PlanEvent.PAUSE, ("planted", ""))


def _resumed(hand, state):
    hand.move_plan(state, PlanEvent.RESUME, ("planted", ""))


def _added(hand, state):
    step = state.plan.steps[0].model_copy(update={"step_id": NEW})
    hand.unit.record(f"plan/{state.plan.plan_id}", "step.added.v1", StepAdded(step=step, position=0),
                     actor=hand.who.actor, authority=BY_SYSTEM, cause=CAUSE)  # fmt: skip


def _switched_off(hand, _state):
    hand.unit.record(hand.unit.tenant_stream, "switch.thrown.v1", SwitchNamed(switch="tenant"), actor=hand.who.actor,
                     authority=BY_SYSTEM, cause=CAUSE, reason=("planted", ""))  # fmt: skip


def _judged(hand, state):
    record = hand.unit.plans.get(state.plan.plan_id)
    judge(hand.unit, record, gate_context(hand.unit, record), Phase.PROPOSE, CAUSE)


def _two_active(planter):
    planter.sql("DROP INDEX uq_plan_one_active")
    planter.proposed(created_at=planter.now)


def _lost(planter):
    planter.sql("UPDATE effect SET status = 'STARTED', claimed_until = '2026-01-05T00:00:00.000000Z'")
    planter.sql("UPDATE plan SET next_wake_at = NULL")


def _undead(planter):
    planter.sql("UPDATE plan SET next_wake_at = NULL")
    planter.now = planter.state.plan.expires_at + timedelta(days=1)


GHOST = Acting(principal=Principal(principal_id="ghost", tenant_id=TENANT))
PLANTS = {
    "P1": lambda planter: planter.sql("UPDATE effect SET content = ?", OTHER),
    "P2": lambda planter: planter.sql("UPDATE effect SET rendered = ?", OTHER),
    "P3": _two_active,
    "P4": lambda planter: planter.moved(_readied, _started(7)),
    "P5": _lost,
    "P6": _undead,
    "P7": lambda planter: planter.moved(_readied, _started(1)),
    "P8": lambda planter: planter.moved(_added),
    "P9": lambda planter: planter.sql("UPDATE plan_step SET status = 'SKIPPED'"),
    "P10": lambda planter: planter.moved(_judged),
    "P11": lambda planter: planter.moved(_paused, _resumed),
    "P12": lambda planter: planter.moved(_paused, who=GHOST),
    "P13": lambda planter: planter.proposed(status=PlanStatus.DRAFT, objective="Whatever the customer wrote"),
    "P14": lambda planter: planter.sql("UPDATE ledger_head SET size = size + 1"),
    "P15": lambda planter: planter.proposed(status=PlanStatus.ABORTED),
    "P16": lambda planter: planter.moved(_switched_off, _readied, _started(1)),
}


@pytest.mark.parametrize("promise", list(PROMISES))
def test_a_look_after_a_tick_finds_what_the_whole_check_finds(life, monkeypatch, promise):
    if promise == "P10":
        _let_the_gate_waver(monkeypatch)
    monkeypatch.setattr(watching, "_EACH", (promise,) if promise in watching._EACH else ())
    monkeypatch.setattr(watching, "_QUIET", (promise,) if promise in watching._QUIET else ())
    with life._sql.connect() as connection, connection.begin() as transaction:
        planter, watch = Planter(life, connection), Watch(TENANT, life._book)
        if promise != "P10":
            watch.look(planter.unit())
            assert broken(planter.unit()) == []
        PLANTS[promise](planter)
        assert PROMISES[promise](Evidence(planter.unit()))
        with pytest.raises(FindingError) as found:
            watch.look(planter.unit(), planter.plan_id)
        assert found.value.promise == promise
        transaction.rollback()


def _let_the_gate_waver(monkeypatch):
    weigh, verdicts = judging.weigh, cycle((Verdict.ASK, Verdict.DENY, Verdict.DENY))
    monkeypatch.setattr(judging, "weigh", lambda view: weigh(view)._replace(verdict=next(verdicts)))
