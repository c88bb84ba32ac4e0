"""What people do to a running plan and its steps: pause, resume, abort, skip, retry, reconcile."""

from gate import Act, Phase
from orchestrator.approving import lacking, not_denied, nothing_failed
from orchestrator.desk import Acting, Desk, authorize, check_reason, gate_context, judge
from orchestrator.doubt import resolve
from orchestrator.errors import BadInputError, DeniedError
from orchestrator.evaluating import objective_met
from orchestrator.landing import find_step, wake_if_open
from orchestrator.moves import Hand
from orchestrator.ports import Receipt, ReceiptKind
from plan import IN_FLIGHT, Cause, PlanEvent, PlanStatus, StepEvent, StepStatus, spec_of
from store import PlanRecord


def pause(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause, *, break_glass: bool = False) -> None:
    """Pause an ACTIVE plan: nothing new starts, results still land. The expiry clock runs on."""
    check_reason(reason, emergency=break_glass)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        authority = authorize(unit, who, Act.PAUSE, record.state, break_glass=break_glass)
        hand = Hand(unit, who, authority, cause=cause)
        hand.move_plan(record.state, PlanEvent.PAUSE, ("human", reason))
        unit.wake(plan_id, unit.now)


def resume(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Resume a PAUSED plan after the gate judged it anew; raise DeniedError or SlotTakenError where it may not run."""
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        authority = authorize(unit, who, Act.RESUME, record.state)
        nothing_failed(record)
        _nobody_awaited(record)
        hand = Hand(unit, who, authority, cause=cause)
        context = gate_context(unit, record, objective_met=objective_met(unit, record))
        decision, entry = judge(unit, record, context, Phase.RESUME, cause)
        not_denied(decision, "the plan cannot resume")
        missing = lacking(record.state.approvals, decision.required_authority)
        if missing:
            raise DeniedError(
                f"the plan cannot resume on the approvals it has: it now takes {missing}; "
                f"reopen it: oncourse plan reopen {str(plan_id)[:8]}",
                decision.codes,
            )
        hand.because(entry).move_plan(record.state, PlanEvent.RESUME, ("resumed", reason))
        unit.wake(plan_id, unit.now)


def _nobody_awaited(record: PlanRecord) -> None:
    waits = record.state.handover
    if waits is not None:
        raise BadInputError(
            f"the plan waits until {waits.accept_by:%Y-%m-%d} for {waits.to} to accept it: "
            f"oncourse plan accept {str(record.plan.plan_id)[:8]} --as {waits.to}"
        )


def reopen(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Take a running plan back to DRAFT as a new revision: what was sent stays, everything else may be edited."""
    check_reason(reason)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        hand = Hand(unit, who, authorize(unit, who, Act.REOPEN, record.state), cause=cause)
        flying = [s for s in record.plan.steps if s.status in IN_FLIGHT]
        if flying:
            raise BadInputError(
                f"step {str(flying[0].step_id)[:8]} ({flying[0].action_type}) is {flying[0].status}; "
                "wait for its result or reconcile it first"
            )
        hand.move_plan(record.state, PlanEvent.REOPEN, ("replan", reason))
        unit.wake(plan_id, unit.now)


def abort(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause, *, break_glass: bool = False) -> None:
    """End a plan at once; what is already out is recorded when it answers."""
    check_reason(reason, emergency=break_glass)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        authority = authorize(unit, who, Act.ABORT, record.state, break_glass=break_glass)
        hand = Hand(unit, who, authority, cause=cause)
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
