"""What people do to a running plan and its steps: pause, resume, abort, skip, retry, reconcile."""

from gate import Act, Phase, Verdict
from orchestrator.desk import Acting, Desk, authorize, check_reason, findings, gate_context, judge
from orchestrator.errors import BadInputError, DeniedError
from orchestrator.evaluating import objective_met
from orchestrator.landing import find_step, wake_if_open
from orchestrator.moves import Hand
from orchestrator.ports import Receipt, ReceiptKind
from orchestrator.sending import resolve
from plan import Cause, OnFailure, PlanEvent, PlanStatus, StepEvent, StepStatus, spec_of
from store import PlanRecord


def pause(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Pause an ACTIVE plan: nothing new starts, results still land. The expiry clock runs on."""
    check_reason(reason)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        hand = Hand(unit, who, authorize(unit, who, Act.PAUSE, record.state), cause=cause)
        hand.move_plan(record.state, PlanEvent.PAUSE, ("human", reason))
        unit.wake(plan_id, unit.now)


def resume(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Resume a PAUSED plan after the gate judged it anew; raise DeniedError or SlotTakenError where it may not run."""
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        authority = authorize(unit, who, Act.RESUME, record.state)
        _nothing_failed(record)
        hand = Hand(unit, who, authority, cause=cause)
        context = gate_context(unit, record, objective_met=objective_met(unit, record))
        decision, entry = judge(unit, record, context, Phase.RESUME, cause)
        if decision.verdict is Verdict.DENY:
            hard = [line for line in findings(decision) if " HARD " in line]
            raise DeniedError("the plan cannot resume: " + " ".join(hard), decision.codes)
        hand.because(entry).move_plan(record.state, PlanEvent.RESUME, ("resumed", reason))
        unit.wake(plan_id, unit.now)


def _nothing_failed(record: PlanRecord) -> None:
    for step in record.plan.steps:
        effect = spec_of(step.action_type).failure_effect(required=step.required)
        if step.status is StepStatus.FAILED and effect is OnFailure.PAUSE:
            raise BadInputError(
                f"step {step.step_id} ({step.action_type}) failed with {step.outcome}; retry or skip it first: "
                f"oncourse step retry|skip {record.plan.plan_id} {str(step.step_id)[:8]}"
            )


def abort(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """End a plan at once; what is already out is recorded when it answers."""
    check_reason(reason)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        hand = Hand(unit, who, authorize(unit, who, Act.ABORT, record.state), cause=cause)
        event = PlanEvent.REJECT if record.plan.status is PlanStatus.DRAFT else PlanEvent.ABORT
        hand.move_plan(record.state, event, ("discarded" if event is PlanEvent.REJECT else "cancelled", reason))


def skip(desk: Desk, plan_id: str, step_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Set a step aside with a reason; what waits for its success goes with it."""
    check_reason(reason)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        step = find_step(record.state, step_id)
        act = Act.SKIP_REQUIRED if step.required else Act.SKIP_OPTIONAL
        hand = Hand(unit, who, authorize(unit, who, act, record.state), cause=cause)
        hand.move_step(record.state, step, StepEvent.SKIP, ("skipped", reason), outcome="SKIPPED_BY_PERSON")
        wake_if_open(unit, plan_id)


def retry(desk: Desk, plan_id: str, step_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Try a FAILED step again: back to PENDING, so that a step which needs an approval asks for a new one."""
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        step = find_step(record.state, step_id)
        spec = spec_of(step.action_type)
        if step.status is StepStatus.FAILED and step.attempts >= spec.retry.max_attempts:
            raise BadInputError(f"{spec.action_type} was tried {step.attempts} times, its maximum; skip it or abort")
        hand = Hand(unit, who, authorize(unit, who, Act.RETRY, record.state), cause=cause)
        hand.move_step(record.state, step, StepEvent.MANUAL_RETRY, ("retried", reason))
        wake_if_open(unit, plan_id)


def reconcile(
    desk: Desk, plan_id: str, step_id: str, found: ReceiptKind, reason: str, who: Acting, cause: Cause
) -> None:
    """End a doubt with what a person found out: arrived, failed, or never sent."""
    check_reason(reason)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        step = find_step(record.state, step_id)
        hand = Hand(unit, who, authorize(unit, who, Act.RECONCILE, record.state), cause=cause)
        if step.status is not StepStatus.IN_DOUBT:
            raise BadInputError(f"step {step_id} is {step.status}, not in doubt; nothing is to be reconciled")
        resolve(hand, record.state, step, Receipt(kind=found, reference=f"person: {reason}"[:200]))
        wake_if_open(unit, plan_id)
