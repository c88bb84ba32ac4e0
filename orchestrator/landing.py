"""Where results land: outcomes that the world reports, and what a failed step does to its plan (adaptation).

Adaptation may retry, skip, pause or abort; it never adds a step or an action type.
"""

from gate import Act
from ledger import Entry, PlanState
from orchestrator.desk import Acting, Desk, authorize, system
from orchestrator.errors import BadInputError
from orchestrator.moves import Hand, attempts_left, done_status, retry_at
from plan import (
    CLOSED,
    UNSENT,
    ActionSpec,
    Cause,
    OnFailure,
    PlanEvent,
    PlanStatus,
    PlanStep,
    StepEvent,
    StepStatus,
    spec_of,
)
from store import EffectStatus, NotFoundError, Unit


def report(desk: Desk, plan_id: str, step_id: str, outcome: str, who: Acting, cause: Cause) -> str:
    """Record an outcome that a person reports; raise BadInputError for one that the action does not know."""
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        step = find_step(record.state, step_id)
        spec = spec_of(step.action_type)
        if outcome not in spec.outcomes:
            raise BadInputError(f"{outcome!r} is no outcome of {spec.action_type}; one of: {', '.join(spec.outcomes)}")
        authority = authorize(unit, who, Act.REPORT_OUTCOME, record.state)
        told = land(Hand(unit, who, authority, cause=cause), record.state, step, outcome, step.attempts)
        if told is None:
            raise BadInputError(
                f"step {step_id} is {step.status} and awaits no outcome; see: oncourse step list {plan_id}"
            )
        wake_if_open(unit, plan_id)
        return told.type


def find_step(state: PlanState, step_id: str) -> PlanStep:
    """Return a step by its id or by an unambiguous beginning of it."""
    found = [s for s in state.plan.steps if str(s.step_id).startswith(step_id)]
    if len(found) != 1 or not step_id:
        what = "no step" if not found else "more than one step"
        raise NotFoundError(f"there is {what} {step_id!r}; list them with: oncourse step list {state.plan.plan_id}")
    return found[0]


def wake_if_open(unit: Unit, plan_id: object) -> None:
    """Wake a plan now unless it is closed: what still runs then has its own wake-up."""
    if unit.state(plan_id).plan.status not in CLOSED:
        unit.wake(plan_id, unit.now)


def land(hand: Hand, state: PlanState, step: PlanStep, outcome: str, attempt: int | None = None) -> Entry | None:
    """Land one outcome where the step stands; None where it says nothing new.

    An outcome of the attempt in doubt proves that this one had arrived; one that does not say its attempt proves it
    only where there was no other. A good outcome of an earlier attempt, or of a step that was given up, still counts;
    a bad one does not end what was tried since.
    """
    spec = spec_of(step.action_type)
    if outcome not in spec.outcomes or not _answers(step, spec, outcome, attempt):
        return None
    if step.status is StepStatus.IN_DOUBT:
        deadline = hand.unit.now + spec.outcome_timeout
        key = f"{state.plan.plan_id}:{step.step_id}:{step.attempts}"
        hand.unit.effects.settle(key, EffectStatus.DONE, "its outcome arrived", hand.unit.now)
        proof = hand.move_step(
            state, step, StepEvent.RECONCILE_OK, target=StepStatus.AWAITING_OUTCOME, wait_until=deadline
        )
        return _again(hand.because(proof), state, step, outcome) or proof
    if step.status is StepStatus.AWAITING_OUTCOME:
        return _answer(hand, state, step, spec, outcome)
    late = step.attempts > 0 and (step.status in UNSENT or step.status is StepStatus.FAILED)
    if late and outcome in spec.outcomes_ok:
        return hand.move_step(state, step, StepEvent.OUTCOME_OK, ("late", ""), target=StepStatus.DONE, outcome=outcome)
    return None


def _answers(step: PlanStep, spec: ActionSpec, outcome: str, attempt: int | None) -> bool:
    """Say whether an outcome is about the attempt that is under way, or is good whichever it is about."""
    if attempt is not None and attempt > step.attempts:
        return False
    if step.status is StepStatus.IN_DOUBT:
        return (attempt or 1) == step.attempts
    return attempt in {None, step.attempts} or outcome in spec.outcomes_ok


def _again(hand: Hand, state: PlanState, step: PlanStep, outcome: str) -> Entry | None:
    fresh = hand.unit.state(state.plan.plan_id)
    return land(hand, fresh, fresh.plan.step(step.step_id), outcome, step.attempts)


def _answer(hand: Hand, state: PlanState, step: PlanStep, spec: ActionSpec, outcome: str) -> Entry:
    if outcome in spec.outcomes_ok:
        return hand.move_step(state, step, StepEvent.OUTCOME_OK, target=done_status(step), outcome=outcome)
    if outcome in spec.retry.retry_on and attempts_left(step):
        again = retry_at(hand.unit, spec, step.attempts, hand.unit.tenant())
        return hand.move_step(state, step, StepEvent.OUTCOME_RETRY, outcome=outcome, wait_until=again)
    entry = hand.move_step(state, step, StepEvent.OUTCOME_BAD, outcome=outcome)
    after_failure(hand.because(entry), state, step, outcome)
    return entry


def time_out(hand: Hand, state: PlanState, step: PlanStep) -> Entry:
    """Take silence as the action's own time-out outcome: another try where it allows one, else a failure."""
    spec = spec_of(step.action_type)
    outcome = spec.timeout_outcome or "TIMEOUT"
    if outcome in spec.retry.retry_on and attempts_left(step):
        again = retry_at(hand.unit, spec, step.attempts, hand.unit.tenant())
        return hand.move_step(
            state, step, StepEvent.OUTCOME_TIMEOUT, target=StepStatus.RETRY_WAIT, outcome=outcome, wait_until=again
        )
    entry = hand.move_step(state, step, StepEvent.OUTCOME_TIMEOUT, target=StepStatus.FAILED, outcome=outcome)
    after_failure(hand.because(entry), state, step, outcome)
    return entry


def after_failure(hand: Hand, before: PlanState, step: PlanStep, outcome: str) -> None:
    """Do to the plan what the action says about its failure; nothing outside ACTIVE and PAUSED."""
    state = hand.unit.state(before.plan.plan_id)
    failed = state.plan.step(step.step_id)
    if state.plan.status not in {PlanStatus.ACTIVE, PlanStatus.PAUSED} or failed.status is not StepStatus.FAILED:
        return
    spec = spec_of(step.action_type)
    house = Hand(hand.unit, system(hand.unit.tenant_id), cause=hand.cause)
    said = f"{spec.action_type} ended with {outcome}"
    match spec.failure_effect(required=step.required):
        case OnFailure.SKIP:
            house.move_step(state, failed, StepEvent.SKIP, ("optional_step_failed", said), outcome=outcome)
        case OnFailure.ABORT:
            house.move_plan(state, PlanEvent.ABORT, ("failure", said))
        case OnFailure.PAUSE if state.plan.status is PlanStatus.ACTIVE:
            house.move_plan(state, PlanEvent.PAUSE, ("failure", said))
        case _:
            pass
