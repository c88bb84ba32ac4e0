"""What people decide about a rendered step: approve it as read or as edited, endorse it, refuse it."""

from datetime import timedelta
from uuid import UUID

from gate import Act, Phase, RequiredAuthority, Severity, check
from ledger import Authority
from orchestrator.approving import (
    Override,
    lacking,
    may_override,
    not_overridden,
    overriding,
    persons_for_step,
    same,
    step_risk,
)
from orchestrator.desk import Acting, Desk, authorize, bundle, check_reason, gate_context
from orchestrator.errors import BadInputError, ChangedError
from orchestrator.evaluating import objective_met
from orchestrator.moves import Hand
from orchestrator.rendering import keep_text
from plan import (
    ActorKind,
    Cause,
    Digest,
    Frozen,
    PlanStep,
    StepApproval,
    StepEvent,
    StepStatus,
    count_persons,
    people_of,
)
from store import PlanRecord, Unit


class StepReviewed(Frozen):
    """What an approval of a step came to."""

    status: StepStatus
    digest: Digest
    """Of the text that was approved."""
    given: int
    needed: int
    to_override: tuple[str, ...] = ()
    """SOFT codes that a senior approver has yet to override."""


def approve_step(
    desk: Desk,
    plan_id: str,
    step_id: str,
    seen: str,
    who: Acting,
    cause: Cause,
    *,
    text: str | None = None,
    override: Override | None = None,
    hold: timedelta = timedelta(),
) -> StepReviewed:
    """Approve a step's rendered text exactly as seen, or as the approver edited it; the last of n makes it READY.

    It starts no sooner than `hold` from now: so long its approver may take the approval back.
    """
    with desk.unit() as unit:
        record, step = _step(unit, plan_id, step_id)
        digest = _as_seen(unit, record, step, seen)
        if text is not None:
            digest = keep_text(unit, record, step, _plain(text)).digest
        may_override(unit, record.state, who, override)
        before = _given(record, step, digest)
        authority = _authority(unit, record, step, who, before)
        given = _approval(unit, record, step, who, authority, digest)
        asked = _asked(unit, record, step, given)
        given = given.model_copy(update=overriding(unit, record.state, override, asked.overrides))
        after = (*before, given)
        missing = lacking(after, asked)
        event = StepEvent.ENDORSE_STEP if missing else StepEvent.APPROVE_STEP
        reason = ("approved_as_rendered" if text is None else "approved_as_edited", "")
        hand = Hand(unit, who, authority, cause=cause)
        held = unit.now + hold if hold and not missing else None
        said = {"approval": given, "rendered": digest, "checkpoint": str(unit.checkpoint())}
        hand.move_step(record.state, step, event, reason, target=None, wait_until=held, **said)
        unit.wake(plan_id, unit.now)
        return StepReviewed(
            status=step.status if missing else StepStatus.READY,
            digest=digest,
            given=count_persons(after),
            needed=asked.persons,
            to_override=not_overridden(after, asked),
        )


def judged_step(desk: Desk, plan_id: str, step_id: str) -> RequiredAuthority:
    """Return what an approval of a step's present text by some person takes; nothing is written."""
    with desk.unit() as unit:
        record, step = _step(unit, plan_id, step_id)
        kept = unit.effects.artefact(record.plan.plan_id, step.step_id, step.attempts + 1)
        nobody = Authority(role="policy", grant="AUTH-GATE")
        digest = kept.digest if kept else record.content_digest
        given = _approval(unit, record, step, desk.system, nobody, digest)
        return _asked(unit, record, step, given.model_copy(update={"actor_kind": ActorKind.HUMAN}))


def reject_step(desk: Desk, plan_id: str, step_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Refuse a rendered step: it is skipped, and what waits for its success with it."""
    check_reason(reason)
    with desk.unit() as unit:
        record, step = _step(unit, plan_id, step_id)
        hand = Hand(unit, who, _authority(unit, record, step, who, ()), cause=cause)
        hand.move_step(record.state, step, StepEvent.REJECT_STEP, ("rejected", reason), outcome="REJECTED_BY_REVIEWER")
        unit.wake(plan_id, unit.now)


def _asked(unit: Unit, record: PlanRecord, step: PlanStep, given: StepApproval) -> RequiredAuthority:
    """Return what the step takes: people by its risk, and an override of each SOFT finding that time does not mend."""
    policy, _ = bundle(unit)
    context = gate_context(unit, record, objective_met=objective_met(unit, record))
    told = {
        "step_id": step.step_id,
        "rendered_digest": given.rendered_digest,
        "step_approvals": (*context.step_approvals, given),
    }
    decision = check(record.plan, context.model_copy(update=told), policy, phase=Phase.STEP, now=unit.now)
    known = {code for a in record.state.approvals for code in a.overrides}
    soft = {v.code for v in decision.violations if v.severity is Severity.SOFT and v.clears_at is None} - known
    asked = policy.authority[step_risk(unit, record.state, step)]
    people_needed = max(persons_for_step(unit, record.state, step), 2 if soft else 1)
    return RequiredAuthority(role=asked.role, persons=people_needed, overrides=tuple(sorted(soft)))


def _given(record: PlanRecord, step: PlanStep, digest: str) -> tuple[StepApproval, ...]:
    """Return the approvals that this text has so far for the coming attempt of a step."""
    wanted = (step.step_id, step.attempts + 1, record.plan.revision, digest)
    return tuple(
        a for a in record.state.step_approvals if (a.step_id, a.attempt, a.revision, a.rendered_digest) == wanted
    )


def _approval(
    unit: Unit, record: PlanRecord, step: PlanStep, who: Acting, authority: Authority, digest: str
) -> StepApproval:
    policy, _ = bundle(unit)
    start = max(unit.now, step.not_before)
    return StepApproval(
        step_id=step.step_id,
        attempt=step.attempts + 1,
        principal_id=who.principal.principal_id,
        actor_kind=who.principal.kind,
        role=authority.role,
        revision=record.plan.revision,
        rendered_digest=digest,
        at=unit.now,
        expires_at=start + timedelta(hours=policy.step_approval_ttl_hours),
        on_behalf_of=authority.on_behalf_of,
    )


def _authority(
    unit: Unit, record: PlanRecord, step: PlanStep, who: Acting, before: tuple[StepApproval, ...]
) -> Authority:
    risk = step_risk(unit, record.state, step)
    return authorize(unit, who, Act.APPROVE_STEP, record.state, risk=risk, already=people_of(before))


def _step(unit: Unit, plan_id: str, step_id: str) -> tuple[PlanRecord, PlanStep]:
    record = unit.plans.get(plan_id)
    return record, record.plan.step(UUID(step_id))


def _plain(text: str) -> str:
    """Return an edited text; raise BadInputError where it holds what no reader sees."""
    hidden = sorted({f"U+{ord(c):04X}" for c in text if not c.isprintable() and c not in "\n\t"})
    if hidden:
        raise BadInputError(f"the text holds characters that no reader sees ({', '.join(hidden[:5])}); remove them")
    if not text.strip():
        raise BadInputError("the text is empty; write what is to be sent, or reject the step")
    return text


def _as_seen(unit: Unit, record: PlanRecord, step: PlanStep, seen: str) -> str:
    kept = unit.effects.artefact(record.plan.plan_id, step.step_id, step.attempts + 1)
    if kept is None or not same(kept.digest, seen):
        now = kept.digest[:23] if kept else "not rendered yet"
        raise ChangedError(
            f"the text of step {step.step_id} is {now}, not what you saw; read it again: oncourse step show"
        )
    return kept.digest
