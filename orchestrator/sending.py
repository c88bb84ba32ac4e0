"""Effects: the intent is committed first, the call carries its key, the result is committed after.

The key is `plan_id:step_id:attempt_no`. Whoever dies between leaves a claim that lapses; the step is then in doubt
and is asked after, never resent blindly (`doubt`).
"""

from typing import Any, NamedTuple
from uuid import UUID

from gate import Decision, Phase, Severity, Verdict
from ledger import Checkpoint, PlanState
from orchestrator.approving import not_overridden, persons_for_step
from orchestrator.desk import Acting, Desk, findings, gate_context, judge
from orchestrator.doubt import resolve
from orchestrator.evaluating import objective_met
from orchestrator.holding import held, reaches_out
from orchestrator.landing import after_failure, wake_if_open
from orchestrator.moves import CLAIM, Hand, attempts_left, done_status, retry_at, satisfied
from orchestrator.orders import order_of, shadowed, to_enter
from orchestrator.ports import Order, Receipt, ReceiptKind
from orchestrator.rendering import keep_rendered
from orchestrator.touches import touched
from plan import (
    ALTERED,
    Approval,
    Cause,
    Mode,
    PlanEvent,
    PlanStatus,
    PlanStep,
    RevenuePlanV1,
    StepEvent,
    StepStatus,
    count_persons,
    spec_of,
)
from store import Artefact, Effect, EffectStatus, PlanRecord, Unit

SWITCHED_OFF = "PG003"
"""The code of a kill switch that is on."""


class Call(NamedTuple):
    """One order that leaves once its intent is committed."""

    order: Order
    fence: int

    def under(self, checkpoint: Checkpoint | None) -> "Call":
        """Return the same call with the ledger that holds its intent."""
        return self._replace(order=self.order.model_copy(update={"checkpoint": str(checkpoint or "")}))


def start(unit: Unit, who: Acting, plan_id: str, step_id: UUID, cause: Cause) -> Call | None:
    """Ask the gate and write the intent; return the call to make after the commit, None where nothing leaves.

    Where the gate finds something, the plan pauses (HARD), the step waits (what time mends) or asks a person (SOFT).
    """
    record = unit.plans.get(plan_id)
    unit.hold_account(record.plan.account_id)
    step = record.plan.step(step_id)
    if not _may_start(unit, record.plan, step):
        return None
    unit.wake(plan_id, unit.now)
    kept = _text_of(Hand(unit, who, cause=cause), record, step)
    if kept is None:
        return None
    context = gate_context(unit, record, objective_met=objective_met(unit, record))
    context = context.model_copy(update={"step_id": step_id, "rendered_digest": kept.digest})
    if unit.text(kept.ref) == ALTERED:
        context = context.model_copy(update={"content_digest": None})
    decision, entry = judge(unit, record, context, Phase.STEP, cause)
    hand = Hand(unit, who, cause=cause).because(entry)
    if _held_up(hand, record.state, step, decision, kept):
        return None
    key = f"{plan_id}:{step_id}:{step.attempts + 1}"
    started = hand.move_step(
        record.state, step, StepEvent.START, attempt=step.attempts + 1, key=key, rendered=kept.digest
    )
    if step.approval is Approval.TASK:
        _hand_over(hand.because(started), record.state, step)
        return None
    touched(unit, record, step, step.attempts + 1)
    return _intend(unit, record, step, kept, key)


def _may_start(unit: Unit, plan: RevenuePlanV1, step: PlanStep) -> bool:
    """Tell whether a step may start in this transaction: whoever stopped something since it was due comes first."""
    runs = plan.status is PlanStatus.ACTIVE and unit.now <= plan.expires_at
    due = step.status is StepStatus.READY and step.not_before <= unit.now <= step.due_by
    ready = all(satisfied(plan, need) for need in step.depends_on)
    return runs and due and ready and not (reaches_out(step) and held(unit, plan.account_id))


def _held_up(hand: Hand, state: PlanState, step: PlanStep, decision: Decision, kept: Artefact) -> bool:
    """Do what the gate's findings demand instead of a start; False where it may start."""
    found = decision.violations
    if decision.verdict is Verdict.DENY:
        why = " ".join(line for line in findings(decision) if " HARD " in line)[:1800]
        switched = {v.code for v in found if v.severity is Severity.HARD} == {SWITCHED_OFF}
        hand.move_plan(state, PlanEvent.PAUSE, ("kill_switch" if switched else "policy", why))
        return True
    waits = [v for v in found if v.clears_at is not None and v.severity is not Severity.ADVISORY]
    if waits:
        told = ". ".join(v.message for v in waits)[:1800]
        until = max(v.clears_at for v in waits if v.clears_at is not None)
        codes = tuple(sorted({v.code for v in waits}))
        hand.move_step(state, step, StepEvent.DEFER, ("gate_waits", told), wait_until=until, codes=codes)
        return True
    return _asks(hand, state, step, decision, kept)


def _asks(hand: Hand, state: PlanState, step: PlanStep, decision: Decision, kept: Artefact) -> bool:
    """Ask people where a SOFT finding is not overridden, or policy now wants more of them; False where it may start."""
    wanted = (step.step_id, step.attempts + 1, state.plan.revision, kept.digest)
    mine = [a for a in state.step_approvals if (a.step_id, a.attempt, a.revision, a.rendered_digest) == wanted]
    asked = not_overridden((*state.approvals, *mine), decision.required_authority)
    told = [v.message for v in decision.violations if v.code in asked]
    takes = persons_for_step(hand.unit, state, step)
    if step.approval in {Approval.APPROVE, Approval.DRAFT} and count_persons(mine) < takes:
        told.append(f"it now takes {takes} people")
    if told:
        reason = ("gate_asks", ". ".join(told)[:1800])
        hand.move_step(state, step, StepEvent.ESCALATE, reason, rendered=kept.digest, codes=asked)
    return bool(told)


def _hand_over(hand: Hand, state: PlanState, step: PlanStep) -> None:
    """Give a task to its performer: nothing leaves, the outcome is awaited."""
    spec = spec_of(step.action_type)
    fresh = hand.unit.state(state.plan.plan_id)
    hand.move_step(
        fresh,
        fresh.plan.step(step.step_id),
        StepEvent.DISPATCHED,
        wait_until=hand.unit.now + spec.outcome_timeout,
    )


def _text_of(hand: Hand, record: PlanRecord, step: PlanStep) -> Artefact | None:
    """Return the text to send: the one approved for this attempt, else the newest, else rendered now.

    None where a fact in it is not clean: the plan is paused.
    """
    attempt = step.attempts + 1
    given = [a for a in record.state.step_approvals if (a.step_id, a.attempt) == (step.step_id, attempt)]
    digest = given[-1].rendered_digest if given else None
    kept = hand.unit.effects.artefact(record.plan.plan_id, step.step_id, attempt, digest)
    return kept or keep_rendered(hand, record, step)


def _intend(unit: Unit, record: PlanRecord, step: PlanStep, kept: Artefact, key: str) -> Call:
    spec, plan = spec_of(step.action_type), record.plan
    shadow = unit.tenant().mode is Mode.SHADOW
    unit.effects.intend(
        Effect(
            key=key,
            plan_id=str(plan.plan_id),
            step_id=str(step.step_id),
            status=EffectStatus.STARTED,
            shadow=shadow,
            rendered=kept.digest,
            content=record.content_digest,
            revision=plan.revision,
            action_type=step.action_type,
            external=spec.external,
            intended_at=unit.now,
            claimed_until=unit.now + CLAIM,
            calls=1,
        )
    )
    unit.wake(plan.plan_id, unit.now + CLAIM)
    order = order_of(unit, record, step, key, kept, shadow=shadow)
    return Call(order, unit.plans.raise_fence(plan.plan_id))


def deliver(desk: Desk, call: Call) -> None:
    """Make a call and land its answer."""
    order = call.order
    if desk.clock.now() >= order.valid_until:
        return  # this worker was frozen for so long that others look into it: it sends nothing any more
    try:
        receipt = shadowed(order) if order.shadow else desk.executor.execute(order)
    except Exception as error:  # noqa: BLE001 - whatever a provider throws, nobody knows whether the order left
        receipt = Receipt(kind=ReceiptKind.UNKNOWN, reference=f"{type(error).__name__}"[:200])
    with desk.unit() as unit:
        record = unit.plans.get(str(order.plan_id))
        step = record.plan.step(order.step_id)
        cause = Cause(kind="event", ref=f"{desk.executor.name}/{order.key}"[:200])
        if record.fence != call.fence:
            return  # another attempt has begun since
        if step.status is StepStatus.RUNNING:
            take(unit, desk, record, step, receipt, cause)
        elif step.status is StepStatus.IN_DOUBT and receipt.kind is not ReceiptKind.UNKNOWN:
            kind = ReceiptKind.NOT_SENT if receipt.kind is ReceiptKind.RETRYABLE else receipt.kind
            late = receipt.model_copy(update={"kind": kind})
            resolve(Hand(unit, desk.system, cause=cause), record.state, step, late)
            wake_if_open(unit, order.plan_id)


def take(unit: Unit, desk: Desk, record: PlanRecord, step: PlanStep, receipt: Receipt, cause: Cause) -> None:
    """Land a provider's answer to a RUNNING step."""
    state, spec = record.state, spec_of(step.action_type)
    hand = Hand(unit, desk.system, cause=cause)
    key = f"{record.plan.plan_id}:{step.step_id}:{step.attempts}"
    kind, said = receipt.kind, to_enter(receipt.outcome) or ""
    given: dict[str, Any] = {"receipt": to_enter(receipt.reference), "key": key}
    if kind in {ReceiptKind.SUCCEEDED, ReceiptKind.DISPATCHED}:
        unit.effects.settle(key, EffectStatus.DONE, receipt.reference, unit.now)
        if spec.awaits_outcome or kind is ReceiptKind.DISPATCHED:
            hand.move_step(state, step, StepEvent.DISPATCHED, wait_until=unit.now + spec.outcome_timeout, **given)
        elif said in spec.outcomes_ok:
            hand.move_step(state, step, StepEvent.SUCCEED, target=done_status(step), outcome=said, **given)
        else:
            _failed(hand, state, step, said or "NO_OUTCOME", given)
    elif kind is ReceiptKind.UNKNOWN:
        unit.effects.settle(key, EffectStatus.UNKNOWN, receipt.reference, unit.now)
        hand.move_step(state, step, StepEvent.CRASH, **given)
    else:
        unit.effects.settle(key, EffectStatus.FAILED, receipt.reference, unit.now)
        if kind is ReceiptKind.RETRYABLE and attempts_left(step):
            again = retry_at(unit, spec, step.attempts, unit.tenant())
            hand.move_step(state, step, StepEvent.FAIL_RETRYABLE, outcome=said, wait_until=again, **given)
        else:
            _failed(hand, state, step, said or "FAILED", given)
    wake_if_open(unit, record.plan.plan_id)


def _failed(hand: Hand, state: PlanState, step: PlanStep, outcome: str, given: dict[str, Any]) -> None:
    entry = hand.move_step(state, step, StepEvent.FAIL, outcome=outcome, **given)
    after_failure(hand.because(entry), state, step, outcome)
