"""Ask the evaluator, log what it read, and close a plan whose end has come."""

from evaluator import Ending, Evaluation, evaluate
from ledger import Actor, Authority, ObjectiveEvaluated, PlanState
from orchestrator.desk import Desk
from orchestrator.moves import Hand
from plan import CLOSED, ActorKind, Cause, PlanEvent, PlanStatus, RevenuePlanV1, digest
from store import PlanRecord, Unit

_EVENTS: dict[Ending, PlanEvent] = {
    Ending.COMPLETE: PlanEvent.COMPLETE,
    Ending.EXPIRE: PlanEvent.EXPIRE,
    Ending.MOOT: PlanEvent.MOOT,
    Ending.ABORT: PlanEvent.ABORT,
}


def read(unit: Unit, plan: RevenuePlanV1) -> Evaluation:
    """Return what the evaluator says of a plan now; it looks at no private text, so the committed form will do."""
    return evaluate(plan, unit.accounts.facts(plan.account_id), unit.now)


def objective_met(unit: Unit, record: PlanRecord) -> bool:
    """Tell whether the objective is true already."""
    return read(unit, record.plan).objective_met


def _reading(found: Evaluation) -> str:
    """Return the digest of what the evaluator says, whenever it says it."""
    return digest(found.model_dump(mode="json", exclude={"at"}))


def has_news(unit: Unit, known: PlanState) -> bool:
    """Tell whether the evaluator has something to log of a plan, or closes it."""
    if known.plan.status in CLOSED:
        return False
    found = read(unit, known.plan)
    return found.ending is not Ending.GOES_ON or _reading(found) != known.reading


def close_if_over(desk: Desk, plan_id: str, cause: Cause) -> PlanStatus:
    """Evaluate a plan, log the reading where it changed, close the plan where it is over; return where it stands."""
    with desk.unit() as unit:
        known = unit.plans.state(plan_id)
        if known.plan.status in CLOSED:
            return known.plan.status  # somebody else was faster
        found = read(unit, known.plan)
        told = _reading(found)
        if told == known.reading and found.ending is Ending.GOES_ON:
            return known.plan.status
        hand = Hand(unit, desk.system, cause=cause)
        entry = unit.record(
            f"plan/{plan_id}",
            "plan.objective_evaluated.v1",
            ObjectiveEvaluated(
                ending=found.ending.value,
                reason=found.reason,
                met=found.objective_met,
                facts=found.facts,
                reading=told,
            ),
            actor=Actor(kind=ActorKind.SYSTEM, id="evaluator"),
            authority=Authority(role="system", grant="AUTH-SYSTEM"),
            cause=cause,
        )
        if found.ending is not Ending.GOES_ON:
            state = unit.state(plan_id)
            event, reason, target = _EVENTS[found.ending], found.reason, None
            if event is PlanEvent.MOOT and state.ever_active:
                target, reason = PlanStatus.COMPLETED, "objective_met"
            told_by = " ".join(reading.sentence for reading in found.detail)
            hand.because(entry).move_plan(state, event, (reason, told_by), target=target)
        return unit.state(plan_id).plan.status
