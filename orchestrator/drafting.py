"""How a plan is born and changed: proposals judged, drafts opened, edits taken."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import Field, ValidationError

from gate import Act, Decision, Phase, PolicyBundle, Verdict, check
from ledger import (
    Actor,
    Authority,
    Edited,
    Entry,
    EvidenceRef,
    PlanState,
    ProposalNone,
    ProposalRefused,
    Proposed,
    StepAdded,
    StepChanged,
    StepRemoved,
)
from orchestrator.desk import Acting, Desk, authorize, bundle, findings, gate_context, judge, situation
from orchestrator.errors import BadInputError, DeniedError
from orchestrator.moves import Hand
from plan import (
    OPEN,
    SENT,
    ActorKind,
    Cause,
    Frozen,
    Id,
    Instant,
    NoPlan,
    PlanEvent,
    PlanStatus,
    PlanStep,
    PlanType,
    Proposal,
    ProposedStep,
    RevenuePlanV1,
    Terms,
    assemble,
    content_digest,
    explain_validation,
    risk_of,
)
from store import PlanRecord, Unit

PLAN_OPEN = "PLAN_OPEN"
"""Not a rule of the gate: at most one machine's plan of an account and type is open (row 1 of the plan table)."""


class Submitted(Frozen):
    """What became of a proposal: a draft, or findings."""

    plan_id: UUID | None = None
    codes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


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


def submit(desk: Desk, proposal: Proposal, who: Acting, cause: Cause, *, repair: int = 0) -> Submitted:
    """Judge a proposal and open a DRAFT for it; a denied one leaves an entry with its codes and no plan."""
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.PROPOSE)
        known = situation(unit, proposal.account_id)
        policy, name = bundle(unit)
        terms = _terms(policy, proposal.plan_type)
        plan = assemble(proposal, known, terms, new_id=desk.ids.new, now=unit.now, cause=cause)
        hand = Hand(unit, who, authority, cause=cause)
        record = _unborn(unit, plan)
        decision = check(plan, gate_context(unit, record), policy, phase=Phase.PROPOSE, now=unit.now)
        if decision.verdict is Verdict.DENY:
            return _refuse(hand, proposal, decision, repair, name)
        if who.principal.kind is ActorKind.AGENT:
            open_one = open_machine_plan(unit, proposal.account_id, proposal.plan_type)
            if open_one is not None:
                return _already_open(hand, proposal, open_one, name)
        return Submitted(plan_id=_open(hand, plan, proposal, name), findings=findings(decision))


def no_plan(desk: Desk, account_id: str, plan_type: str, answer: NoPlan, cause: Cause) -> None:
    """Record that no plan is right, and why."""
    with desk.unit() as unit:
        stream = f"account/{account_id}"
        unit.record(
            stream,
            "proposal.none.v1",
            ProposalNone(
                plan_type=plan_type,
                reason=answer.reason.value,
                suggestion=unit.sealer(stream).seal(answer.suggestion),
                drafter=answer.provenance.drafter,
            ),
            actor=Actor(kind=ActorKind.AGENT, id=f"drafter-{answer.provenance.drafter}"),
            authority=authorize(unit, desk.system, Act.PROPOSE),
            cause=cause,
            reason=(answer.reason.value, answer.suggestion),
            model=answer.provenance.calls,
        )


def open_machine_plan(unit: Unit, account_id: str, plan_type: str) -> PlanRecord | None:
    """Return the open plan of this account and type that a machine drafted."""
    for record in unit.plans.find(account_id=account_id, statuses=OPEN):
        if record.plan.plan_type == plan_type and record.state.drafter != "person":
            return record
    return None


def _terms(policy: PolicyBundle, plan_type: PlanType) -> Terms:
    """Return what policy contributes to a plan."""
    risks = {name: given.risk for name, given in policy.actions.get(plan_type, {}).items()}
    return Terms(min_retained_bp=policy.min_retained_bp, trusted_sources=tuple(policy.trusted_sources), risks=risks)


def _unborn(unit: Unit, plan: RevenuePlanV1) -> PlanRecord:
    sealed = unit.seal(plan)
    return PlanRecord(
        state=PlanState(plan=sealed),
        plan=plan,
        known={},
        content_digest=content_digest(sealed),
        row_version=0,
        fence=0,
        next_wake_at=None,
    )


def _refuse(hand: Hand, proposal: Proposal, decision: Decision, repair: int, policy: str) -> Submitted:
    unit, stream = hand.unit, f"account/{proposal.account_id}"
    codes = tuple(sorted({v.code for v in decision.violations if v.severity == "HARD"}))
    lines = findings(decision)
    holder = unit.plans.slot_holder(proposal.account_id, proposal.plan_type)
    unit.record(
        stream,
        "proposal.refused.v1",
        ProposalRefused(
            plan_type=proposal.plan_type.value,
            codes=codes,
            findings=tuple(unit.sealer(stream).seal(line) for line in lines),
            repair=repair,
            holder=holder if "PG040" in codes else None,
            drafter=proposal.provenance.drafter,
        ),
        actor=Actor(kind=ActorKind.POLICY, id="gate", on_behalf_of=hand.who.principal.principal_id),
        authority=Authority(role="policy", grant="AUTH-GATE"),
        cause=hand.cause,
        reason=("gate_denied", " ".join(lines)[:1800]),
        policy=policy,
        model=proposal.provenance.calls,
    )
    return Submitted(codes=codes, findings=lines)


def _already_open(hand: Hand, proposal: Proposal, open_one: PlanRecord, policy: str) -> Submitted:
    """Refuse a machine's second draft: one was opened while this one was being drafted."""
    unit, stream = hand.unit, f"account/{proposal.account_id}"
    told = f"Plan {open_one.plan.plan_id} of this account and type is {open_one.plan.status} already."
    unit.record(
        stream,
        "proposal.refused.v1",
        ProposalRefused(
            plan_type=proposal.plan_type.value,
            codes=(PLAN_OPEN,),
            findings=(unit.sealer(stream).seal(told),),
            repair=0,
            holder=str(open_one.plan.plan_id),
            drafter=proposal.provenance.drafter,
        ),
        actor=hand.who.actor,
        authority=hand.authority,
        cause=hand.cause,
        reason=("plan_open", told),
        policy=policy,
        model=proposal.provenance.calls,
    )
    return Submitted(codes=(PLAN_OPEN,), findings=(told,))


def _open(hand: Hand, plan: RevenuePlanV1, proposal: Proposal, policy: str) -> UUID:
    unit, sealed = hand.unit, hand.unit.seal(plan)
    cited = sorted({ref for step in plan.steps for ref in step.evidence})
    entry = unit.record(
        f"plan/{plan.plan_id}",
        "plan.proposed.v1",
        Proposed(
            source=None,
            target=PlanStatus.DRAFT,
            revision=1,
            content=content_digest(sealed),
            plan=sealed,
            drafter=proposal.provenance.drafter,
        ),
        actor=hand.who.actor,
        authority=hand.authority,
        cause=hand.cause,
        reason=("proposed", proposal.summary),
        policy=policy,
        evidence=[EvidenceRef(kind="cited", ref=ref) for ref in cited][:60],
        model=proposal.provenance.calls,
    )
    record = _unborn(unit, plan)
    judge(unit, record, gate_context(unit, record), Phase.PROPOSE, hand.because(entry).cause)
    unit.wake(plan.plan_id, unit.now)
    return plan.plan_id


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
    return plan.model_copy(update={"steps": steps, "risk": risk_of(steps, _terms(policy, plan.plan_type).risks)})


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
    terms = _terms(policy, proposal.plan_type)
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
