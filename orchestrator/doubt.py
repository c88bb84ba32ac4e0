"""Doubt: a call that nobody knows the end of. It is asked after, never sent again blindly, and ends by one move.

Whoever dies between intent and result leaves a claim that lapses; the step is then in doubt.
"""

from datetime import timedelta
from uuid import UUID

from ledger import PlanState
from orchestrator.desk import Desk
from orchestrator.holding import held, reaches_out
from orchestrator.landing import after_failure, wake_if_open
from orchestrator.moves import CLAIM, Hand, attempts_left, done_status
from orchestrator.orders import order_of, shadowed, to_enter
from orchestrator.ports import Receipt, ReceiptKind
from plan import Cause, PlanStep, Provider, StepEvent, StepStatus, spec_of
from store import EffectStatus, PlanRecord, Unit

RECONCILE_EVERY = timedelta(hours=1)


def lose(desk: Desk, plan_id: str, step_id: UUID, cause: Cause) -> bool:
    """Put a RUNNING step whose claim has lapsed in doubt: its worker died, and it may have left."""
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        step = record.plan.step(step_id)
        key = f"{plan_id}:{step_id}:{step.attempts}"
        meant = unit.effects.get(key)
        if step.status is not StepStatus.RUNNING or (meant is not None and unit.now < meant.claimed_until):
            return False
        if meant is not None:
            unit.effects.settle(key, EffectStatus.UNKNOWN, "claim lapsed", unit.now)
        Hand(unit, desk.system, cause=cause).move_step(record.state, step, StepEvent.CRASH, key=key)
        wake_if_open(unit, plan_id)
        return True


def ask(desk: Desk, plan_id: str, step_id: UUID, cause: Cause) -> bool:
    """Ask the provider about a step in doubt; one that sends at most once is left to a person. True where it moved."""
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        step = record.plan.step(step_id)
        key = f"{plan_id}:{step_id}:{step.attempts}"
        meant = unit.effects.get(key)
        provider = spec_of(step.action_type).provider
        if provider is Provider.AT_MOST_ONCE or meant is None:
            return False
        if provider is Provider.IDEMPOTENT and _stopped(unit, record, step):
            return False
        kept = unit.effects.artefact(plan_id, step_id, step.attempts, meant.rendered)
        if kept is None:
            return False
        order = order_of(unit, record, step, key, kept, shadow=meant.shadow)
        unit.effects.claim(key, unit.now + CLAIM)
    try:
        receipt = shadowed(order) if order.shadow else desk.executor.reconcile(order)
    except Exception as error:  # noqa: BLE001 - whatever a provider throws, the step stays in doubt
        receipt = Receipt(kind=ReceiptKind.UNKNOWN, reference=type(error).__name__[:200])
    return settle_doubt(desk, plan_id, step_id, receipt, cause)


def _stopped(unit: Unit, record: PlanRecord, step: PlanStep) -> bool:
    """Tell whether nothing of this step may be sent now, not even once more under the same key."""
    plan_type, action = f"plan_type:{record.plan.plan_type}", f"action:{step.action_type}"
    names = {"tenant", plan_type, action, f"connector:{unit.connector}"}
    thrown = names & {switch.name for switch in unit.tenant_state().switches}
    return bool(thrown) or (reaches_out(step) and bool(held(unit, record.plan.account_id)))


def settle_doubt(desk: Desk, plan_id: str, step_id: UUID, receipt: Receipt, cause: Cause) -> bool:
    """Land what a provider or a person found out about a step in doubt; False where nothing was found."""
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        step = record.plan.step(step_id)
        if step.status is not StepStatus.IN_DOUBT:
            return False
        if receipt.kind is ReceiptKind.UNKNOWN:
            unit.wake(plan_id, unit.now + RECONCILE_EVERY)
            return False
        resolve(Hand(unit, desk.system, cause=cause), record.state, step, receipt)
        wake_if_open(unit, plan_id)
        return True


def resolve(hand: Hand, state: PlanState, step: PlanStep, receipt: Receipt) -> None:
    """Write the move that ends a doubt; what never left after the last attempt allowed has failed."""
    unit, spec = hand.unit, spec_of(step.action_type)
    key = f"{state.plan.plan_id}:{step.step_id}:{step.attempts}"
    if receipt.kind is ReceiptKind.NOT_SENT and attempts_left(step):
        unit.effects.settle(key, EffectStatus.NOT_SENT, receipt.reference, unit.now)
        hand.move_step(state, step, StepEvent.RECONCILE_NOT_SENT, key=key)
    elif receipt.kind in {ReceiptKind.SUCCEEDED, ReceiptKind.DISPATCHED}:
        unit.effects.settle(key, EffectStatus.DONE, receipt.reference, unit.now)
        if spec.awaits_outcome:
            until = unit.now + spec.outcome_timeout
            hand.move_step(
                state, step, StepEvent.RECONCILE_OK, target=StepStatus.AWAITING_OUTCOME, wait_until=until, key=key
            )
        else:
            said = to_enter(receipt.outcome) or spec.outcomes_ok[0]
            hand.move_step(state, step, StepEvent.RECONCILE_OK, target=done_status(step), outcome=said, key=key)
    else:
        unit.effects.settle(key, EffectStatus.FAILED, receipt.reference, unit.now)
        said = to_enter(receipt.outcome) or receipt.kind.value
        entry = hand.move_step(state, step, StepEvent.RECONCILE_BAD, outcome=said, key=key)
        after_failure(hand.because(entry), state, step, said)
