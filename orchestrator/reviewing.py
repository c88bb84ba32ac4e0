"""What people decide about a draft and about a rendered step: approve, send back, reject."""

from datetime import timedelta
from uuid import UUID

from gate import Act, Decision, Phase, Verdict
from ledger import Activated, Authority, ConflictRefused, Endorsed, PlanState
from orchestrator.desk import Acting, Desk, authorize, bundle, check_reason, findings, gate_context, judge
from orchestrator.errors import ChangedError, DeniedError, NotAllowedError
from orchestrator.evaluating import objective_met
from orchestrator.moves import Hand
from orchestrator.rendering import keep_text
from plan import (
    Cause,
    Frozen,
    PlanApproval,
    PlanEvent,
    PlanStatus,
    PlanStep,
    Role,
    StepApproval,
    StepEvent,
)
from store import PlanRecord, SlotTakenError, Unit

QUOTED_DIGITS = 12


class Reviewed(Frozen):
    """What an approval came to."""

    status: PlanStatus
    given: int
    """Approvals of this revision so far."""
    needed: int


def approve(desk: Desk, plan_id: str, seen: str, who: Acting, cause: Cause) -> Reviewed:
    """Approve exactly the content whose digest the person saw; the last of n approvals makes the plan APPROVED.

    Raises ChangedError where the draft is no longer what was seen, DeniedError where the gate denies it.
    """
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        _as_seen(record, seen)
        authority = authorize(unit, who, Act.APPROVE, record.state)
        hand = Hand(unit, who, authority, cause=cause)
        context = gate_context(unit, record, objective_met=objective_met(unit, record))
        decision, entry = judge(unit, record, context, Phase.APPROVE, cause)
        _not_denied(decision, "the gate denies the plan")
        _high_enough(decision, who)
        given = _plan_approval(unit, record, decision, who, authority.role)
        count = len({a.principal_id for a in record.state.approvals}) + 1
        needed = decision.required_authority.persons
        event = PlanEvent.APPROVE if count >= needed else PlanEvent.ENDORSE
        reason = ("approved" if event is PlanEvent.APPROVE else "endorsed", "")
        hand.because(entry).move_plan(record.state, event, reason, edge=Endorsed, approval=given)
        unit.wake(plan_id, unit.now)
        return Reviewed(status=unit.state(plan_id).plan.status, given=count, needed=needed)


def _high_enough(decision: Decision, who: Acting) -> None:
    """Raise NotAllowedError where the decision asks for a senior approver and this is none."""
    if decision.required_authority.role == Role.SENIOR_APPROVER and Role.SENIOR_APPROVER not in who.principal.roles:
        raise NotAllowedError(f"{who.principal.principal_id} may not approve this: it takes a senior_approver")


def _plan_approval(unit: Unit, record: PlanRecord, decision: Decision, who: Acting, role: str) -> PlanApproval:
    policy, name = bundle(unit)
    hours = policy.approval_ttl_hours[record.plan.risk]
    return PlanApproval(
        principal_id=who.principal.principal_id,
        actor_kind=who.principal.kind,
        role=role,
        revision=record.plan.revision,
        content_digest=record.content_digest,
        policy_digest=name,
        gate_digest=decision.digest,
        authenticated=who.authenticated,
        at=unit.now,
        expires_at=unit.now + timedelta(hours=hours),
    )


def send_back(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Return a draft with a sentence that the next revision must answer; its approvals become void."""
    check_reason(reason)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        hand = Hand(unit, who, authorize(unit, who, Act.SEND_BACK, record.state), cause=cause)
        hand.move_plan(record.state, PlanEvent.SEND_BACK, ("sent_back", reason))


def reject(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Close a draft for good: `discarded` by its owner or an editor, `rejected` by an approver."""
    check_reason(reason)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        authority = authorize(unit, who, Act.REJECT, record.state)
        code = "discarded" if authority.role in {"owner", "editor"} else "rejected"
        Hand(unit, who, authority, cause=cause).move_plan(record.state, PlanEvent.REJECT, (code, reason))


def activate(desk: Desk, plan_id: str, cause: Cause) -> PlanStatus:
    """Start an APPROVED plan, or let its approval lapse, or leave it waiting where the slot is taken.

    The gate judges it anew on what is known now; the database keeps one ACTIVE plan per account and type.
    """
    try:
        with desk.unit() as unit:
            record = unit.plans.get(plan_id)
            hand = Hand(unit, desk.system, cause=cause)
            lapsed = _lapse(unit, record)
            if lapsed:
                hand.move_plan(record.state, PlanEvent.APPROVAL_LAPSE, (lapsed, ""))
                unit.wake(plan_id, unit.now)
                return PlanStatus.DRAFT
            context = gate_context(unit, record, objective_met=objective_met(unit, record))
            if context.slot_holder is not None:
                return _conflict(hand, record, context.slot_holder)
            decision, entry = judge(unit, record, context, Phase.ACTIVATE, cause)
            if decision.verdict is Verdict.DENY or _needs_more(decision, record.state):
                hand.because(entry).move_plan(record.state, PlanEvent.APPROVAL_LAPSE, ("policy_changed", ""))
                unit.wake(plan_id, unit.now)
                return PlanStatus.DRAFT
            _, name = bundle(unit)
            hand.because(entry).move_plan(
                record.state, PlanEvent.ACTIVATE, ("activated", ""), edge=Activated, policy=name
            )
            unit.wake(plan_id, unit.now)
            return PlanStatus.ACTIVE
    except SlotTakenError as taken:
        with desk.unit() as unit:
            return _conflict(Hand(unit, desk.system, cause=cause), unit.plans.get(plan_id), taken.holder)


def _conflict(hand: Hand, record: PlanRecord, holder: str) -> PlanStatus:
    unit, stream = hand.unit, f"plan/{record.plan.plan_id}"
    hand.unit.record(
        stream,
        "plan.conflict_refused.v1",
        ConflictRefused(holder=holder),
        actor=hand.who.actor,
        authority=hand.authority,
        cause=hand.cause,
        reason=("slot_taken", ""),
    )
    unit.wake(record.plan.plan_id, unit.now + timedelta(days=1))
    return record.plan.status


def _lapse(unit: Unit, record: PlanRecord) -> str:
    """Return why the approvals no longer hold, or nothing."""
    _, name = bundle(unit)
    approvals = record.state.approvals
    if any(a.policy_digest != name for a in approvals):
        return "policy_changed"
    if any(unit.now > a.expires_at for a in approvals):
        return "ttl_passed"
    if any(not unit.principals.get(a.principal_id).active for a in approvals):
        return "approver_gone"
    owner = unit.accounts.get(record.plan.account_id).owner_id
    return "owner_changed" if owner is not None and owner != record.plan.owner else ""


def _needs_more(decision: Decision, state: PlanState) -> bool:
    return len({a.principal_id for a in state.approvals}) < decision.required_authority.persons


def approve_step(
    desk: Desk, plan_id: str, step_id: str, seen: str, who: Acting, cause: Cause, *, text: str | None = None
) -> str:
    """Approve a step's rendered text exactly as seen, or as the approver edited it; returns the digest approved."""
    with desk.unit() as unit:
        record, step = _step(unit, plan_id, step_id)
        authority = _step_authority(unit, record, step, who)
        digest = _step_as_seen(unit, record, step, seen)
        digest = digest if text is None else keep_text(unit, record, step, text)
        policy, _ = bundle(unit)
        start = max(unit.now, step.not_before)
        given = StepApproval(
            step_id=step.step_id,
            attempt=step.attempts + 1,
            principal_id=who.principal.principal_id,
            actor_kind=who.principal.kind,
            role=authority.role,
            revision=record.plan.revision,
            rendered_digest=digest,
            at=unit.now,
            expires_at=start + timedelta(hours=policy.step_approval_ttl_hours),
        )
        hand = Hand(unit, who, authority, cause=cause)
        reason = ("approved_as_rendered" if text is None else "approved_as_edited", "")
        hand.move_step(record.state, step, StepEvent.APPROVE_STEP, reason, approval=given, rendered=digest)
        unit.wake(plan_id, unit.now)
        return digest


def reject_step(desk: Desk, plan_id: str, step_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Refuse a rendered step: it is skipped, and what waits for its success with it."""
    check_reason(reason)
    with desk.unit() as unit:
        record, step = _step(unit, plan_id, step_id)
        authority = _step_authority(unit, record, step, who)
        hand = Hand(unit, who, authority, cause=cause)
        hand.move_step(record.state, step, StepEvent.REJECT_STEP, ("rejected", reason), outcome="REJECTED_BY_REVIEWER")
        unit.wake(plan_id, unit.now)


def _step_authority(unit: Unit, record: PlanRecord, step: PlanStep, who: Acting) -> Authority:
    policy, _ = bundle(unit)
    risk = policy.risk_of(record.plan.plan_type, step.action_type)
    return authorize(unit, who, Act.APPROVE_STEP, record.state, risk=risk)


def _step(unit: Unit, plan_id: str, step_id: str) -> tuple[PlanRecord, PlanStep]:
    record = unit.plans.get(plan_id)
    return record, record.plan.step(UUID(step_id))


def _step_as_seen(unit: Unit, record: PlanRecord, step: PlanStep, seen: str) -> str:
    kept = unit.effects.artefact(record.plan.plan_id, step.step_id, step.attempts + 1)
    if kept is None or not _same(kept.digest, seen):
        now = kept.digest[:23] if kept else "not rendered yet"
        raise ChangedError(
            f"the text of step {step.step_id} is {now}, not what you saw; read it again: oncourse step show"
        )
    return kept.digest


def _same(digest: str, seen: str) -> bool:
    """Compare a digest with what a person quotes of it: at least twelve hexadecimal digits."""
    quoted = seen.removeprefix("sha256:")
    return len(quoted) >= QUOTED_DIGITS and digest.removeprefix("sha256:").startswith(quoted)


def _as_seen(record: PlanRecord, seen: str) -> None:
    if not _same(record.content_digest, seen):
        raise ChangedError(
            f"the draft is now {record.content_digest[:23]} (revision {record.plan.revision}), not what you saw; "
            f"read it again: oncourse plan show {record.plan.plan_id}"
        )


def _not_denied(decision: Decision, what: str) -> None:
    if decision.verdict is Verdict.DENY:
        hard = [line for line in findings(decision) if " HARD " in line]
        raise DeniedError(f"{what}: " + " ".join(hard), decision.codes)
