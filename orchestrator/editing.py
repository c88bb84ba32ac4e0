"""How a plan's content changes: edits taken as new revisions, and what differs between two of them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import Field, ValidationError

from gate import Act, Phase, Verdict
from ledger import (
    Edited,
    Entry,
    StepAdded,
    StepChanged,
    StepRemoved,
)
from orchestrator.desk import Acting, Desk, authorize, bundle, findings, gate_context, judge, situation
from orchestrator.drafting import Submitted, terms_of
from orchestrator.errors import BadInputError, DeniedError
from orchestrator.moves import Hand
from plan import (
    SENT,
    Cause,
    Frozen,
    Id,
    Instant,
    PlanEvent,
    PlanStatus,
    PlanStep,
    Proposal,
    ProposedStep,
    RevenuePlanV1,
    assemble,
    content_digest,
    explain_validation,
    risk_of,
)
from store import PlanRecord, Unit


class StepEdit(Frozen):
    """New content of one step; what is None stays."""

    step_id: UUID
    params: dict[str, Any] | None = None
    not_before: Instant | None = None
    due_by: Instant | None = None
    required: bool | None = None
    rationale: str | None = Field(default=None, max_length=2000)
    evidence: tuple[Id, ...] | None = None


class Removal(Frozen):
    """A step taken out, and why."""

    step_id: UUID
    reason: str = Field(min_length=3, max_length=400)


class PlanEdit(Frozen):
    """An edit: steps removed with reasons, changed, added."""

    removed: tuple[Removal, ...] = ()
    changed: tuple[StepEdit, ...] = ()
    added: tuple[ProposedStep, ...] = ()


def edit(desk: Desk, plan_id: str, change: PlanEdit, who: Acting, cause: Cause) -> Submitted:
    """Take an edit of a DRAFT or APPROVED plan as a new revision; raise DeniedError where the gate denies it.

    Approvals become void, and whoever edits can no longer approve this content at MEDIUM or HIGH.
    """
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        authority = authorize(unit, who, Act.EDIT, record.state)
        changed = _changed(desk, unit, record, change)
        sealed = unit.seal(changed)
        hand = Hand(unit, who, authority, cause=cause)
        reason = "answered_send_back" if record.state.sent_back else "edited"
        entry = hand.move_plan(
            record.state,
            PlanEvent.EDIT,
            (reason, ""),
            target=PlanStatus.DRAFT,
            edge=Edited,
            risk=changed.risk,
            editor=who.principal.principal_id,
            content=content_digest(sealed),
        )
        _write_steps(hand.because(entry), record.state.plan, sealed, change)
        after = record.model_copy(
            update={"plan": changed, "state": unit.state(plan_id), "content_digest": content_digest(sealed)}
        )
        decision, _ = judge(unit, after, gate_context(unit, after), Phase.PROPOSE, hand.because(entry).cause)
        if decision.verdict is Verdict.DENY:
            hard = tuple(line for line in findings(decision) if " HARD " in line)
            raise DeniedError("the edit is refused: " + " ".join(hard), decision.codes)
        unit.wake(plan_id, unit.now)
        return Submitted(plan_id=record.plan.plan_id, codes=decision.codes, findings=findings(decision))


def _changed(desk: Desk, unit: Unit, record: PlanRecord, change: PlanEdit) -> RevenuePlanV1:
    plan = record.plan
    if not (change.removed or change.changed or change.added):
        raise BadInputError("the edit changes nothing; remove, change or add a step")
    gone = {removal.step_id for removal in change.removed}
    for step_id in gone | {c.step_id for c in change.changed}:
        if plan.step(step_id).status in SENT:
            raise BadInputError(f"step {step_id} was already sent and stays as it is; edit the steps that were not")
    edits = {c.step_id: c for c in change.changed}
    kept = [_apply(step, edits.get(step.step_id)) for step in plan.steps if step.step_id not in gone]
    kept = [s.model_copy(update={"depends_on": tuple(d for d in s.depends_on if d.step_id not in gone)}) for s in kept]
    kept += _new_steps(desk, unit, record, change.added)
    steps = tuple(kept)
    policy, _ = bundle(unit)
    return plan.model_copy(update={"steps": steps, "risk": risk_of(steps, terms_of(policy, plan.plan_type).risks)})


def _apply(step: PlanStep, change: StepEdit | None) -> PlanStep:
    if change is None:
        return step
    new = {name: value for name, value in change if name != "step_id" and value is not None}
    try:
        return PlanStep.model_validate(step.model_dump() | new)
    except ValidationError as error:
        raise BadInputError(f"the edit of step {step.step_id} does not fit: {explain_validation(error)}") from error


def _new_steps(desk: Desk, unit: Unit, record: PlanRecord, added: Iterable[ProposedStep]) -> list[PlanStep]:
    steps = tuple(added)
    if not steps:
        return []
    policy, _ = bundle(unit)
    proposal = Proposal.model_validate(
        {
            "account_id": record.plan.account_id,
            "plan_type": record.plan.plan_type,
            "subject": record.plan.subject,
            "steps": steps,
            "provenance": {"drafter": "person"},
        }
    )
    terms = terms_of(policy, proposal.plan_type)
    known = situation(unit, record.plan.account_id, without=str(record.plan.plan_id))
    made = assemble(proposal, known, terms, new_id=desk.ids.new, now=unit.now, cause=record.plan.created_from)
    return list(made.steps)


def _write_steps(hand: Hand, before: RevenuePlanV1, after: RevenuePlanV1, change: PlanEdit) -> None:
    stream, old = f"plan/{before.plan_id}", {s.step_id: s for s in before.steps}
    told: list[tuple[str, Frozen, tuple[str, str]]] = [
        ("step.removed.v1", StepRemoved(step_id=removal.step_id), ("removed", removal.reason))
        for removal in change.removed
    ]
    for position, step in enumerate(after.steps):
        if step.step_id not in old:
            told.append(("step.added.v1", StepAdded(step=step, position=position), ("added", "")))
        elif step != old[step.step_id]:
            fields = tuple(sorted(n for n, value in step if value != getattr(old[step.step_id], n)))
            told.append(("step.changed.v1", StepChanged(step=step, fields=fields), ("edited", "")))
    for kind, body, reason in told:
        hand.unit.record(
            stream, kind, body, actor=hand.who.actor, authority=hand.authority, cause=hand.cause, reason=reason
        )


def differences(unit: Unit, plan_id: str, older: int, newer: int) -> list[str]:
    """Return what changed between two revisions, by step id: removed with reasons, new, changed."""
    seen: list[str] = []
    revision = 1
    for entry in unit.entries(f"plan/{plan_id}"):
        revision = int(entry.data.get("revision", revision)) if entry.type.startswith("plan.") else revision
        if older < revision <= newer and entry.type in {"step.added.v1", "step.removed.v1", "step.changed.v1"}:
            seen.append(_told(unit, entry))
    if not seen and not any(e.type == "plan.edited.v1" for e in unit.entries(f"plan/{plan_id}")):
        unit.plans.get(plan_id)
    return seen


def _told(unit: Unit, entry: Entry) -> str:
    body = entry.body()
    reason = unit.blobs.reveal(entry.reason.text) if entry.reason and entry.reason.text else ""
    if isinstance(body, StepRemoved):
        return f"removed {body.step_id}: {reason}"
    if isinstance(body, StepAdded):
        return f"added   {body.step.step_id} {body.step.action_type}"
    if isinstance(body, StepChanged):
        return f"changed {body.step.step_id} {body.step.action_type}: {', '.join(body.fields)}"
    return entry.type
