"""How a plan's content changes: edits taken as new revisions, and what differs between two of them."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, ValidationError

from gate import Act, Decision, Phase, Verdict, check, inputs_text
from ledger import (
    Edited,
    StepAdded,
    StepChanged,
    StepRemoved,
    StepsReordered,
)
from orchestrator.approving import unaltered
from orchestrator.desk import Acting, Desk, authorize, bundle, findings, gate_context, judge, situation
from orchestrator.drafting import Submitted, refuse, refuse_unjudged, terms_of
from orchestrator.errors import BadInputError, DeniedError
from orchestrator.moves import Hand
from plan import (
    SENT,
    SETTLED,
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
    RiskClass,
    assemble,
    content_digest,
    explain_validation,
    risk_of,
)
from store import PlanRecord, Unit

OTHER_SUBJECT = "OTHER_SUBJECT"
"""Not a rule of the gate: a draft that was sent back stays about its contracts, whose terms are frozen."""


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
    """An edit: steps removed with reasons, changed, added; a new end; an answer to each reason for sending it back."""

    removed: tuple[Removal, ...] = ()
    changed: tuple[StepEdit, ...] = ()
    added: tuple[ProposedStep, ...] = ()
    expires_at: Instant | None = None
    order: tuple[UUID, ...] = ()
    """Every step that stays, in the new order; nothing: as it was. Added ones come last."""
    answers: tuple[Annotated[str, Field(min_length=3, max_length=400)], ...] = ()
    """In the order of the reasons."""


def edit(desk: Desk, plan_id: str, change: PlanEdit, who: Acting, cause: Cause) -> Submitted:
    """Take an edit of a DRAFT or APPROVED plan as a new revision; raise DeniedError where the gate denies it.

    Approvals become void, and whoever edits can no longer approve this content at MEDIUM or HIGH.
    """
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        unaltered(record)
        hand = Hand(unit, who, authorize(unit, who, Act.EDIT, record.state), cause=cause)
        _answered(unit, record, change)
        changed = _changed(desk, unit, record, change)
        reasons = {removal.step_id: removal.reason for removal in change.removed}
        decision = _take(hand, record, changed, reasons, change.answers)
        if decision.verdict is Verdict.DENY:
            hard = tuple(line for line in findings(decision) if " HARD " in line)
            raise DeniedError("the edit is refused: " + " ".join(hard), decision.codes)
        return Submitted(plan_id=record.plan.plan_id, codes=decision.codes, findings=findings(decision))


class Tried(Frozen):
    """What an edit would come to."""

    verdict: Verdict
    findings: tuple[str, ...]
    risk: RiskClass
    persons: int
    """How many people the edited draft would take."""


def try_edit(desk: Desk, plan_id: str, change: PlanEdit, who: Acting) -> Tried:
    """Return what the gate would say of an edit; nothing is written."""
    with desk.unit(reading=True) as unit:
        record = unit.plans.get(plan_id)
        unaltered(record)
        authorize(unit, who, Act.EDIT, record.state)
        changed = _changed(desk, unit, record, change)
        draft = record.model_copy(update={"plan": changed.model_copy(update={"revision": record.plan.revision + 1})})
        decision = check(draft.plan, gate_context(unit, draft), bundle(unit)[0], phase=Phase.PROPOSE, now=unit.now)
        persons = decision.required_authority.persons
        return Tried(verdict=decision.verdict, findings=findings(decision), risk=changed.risk, persons=persons)


def revise(desk: Desk, plan_id: str, proposal: Proposal, who: Acting, cause: Cause, *, repair: int = 0) -> Submitted:
    """Take a drafter's answer to a draft that was sent back as its next revision; a denied one changes nothing.

    A step of the same action keeps its id, so that a reader sees what moved and what is new.
    """
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        unaltered(record)
        hand = Hand(unit, who, authorize(unit, who, Act.PROPOSE, record.state), cause=cause)
        if not record.state.sent_back or record.plan.status is not PlanStatus.DRAFT or record.state.ever_active:
            raise BadInputError("only a draft that was sent back and never ran is drafted again; edit this one")
        policy, name = bundle(unit)
        if set(proposal.subject) != set(record.plan.subject):
            told = f"The new draft must be about the same contracts: {', '.join(record.plan.subject)}."
            return refuse_unjudged(hand, proposal, OTHER_SUBJECT, told, name, plan_id=plan_id)
        known = situation(unit, record.plan.account_id, without=plan_id)
        made = assemble(
            proposal, known, terms_of(policy, proposal.plan_type), new_id=desk.ids.new, now=unit.now, cause=cause
        )
        changed = _kept_ids(record.plan, made)
        changed = changed.model_copy(update={"revision": record.plan.revision + 1})
        sealed = unit.seal(changed)
        draft = record.model_copy(
            update={
                "plan": changed,
                "state": record.state.model_copy(update={"plan": sealed}),
                "content_digest": content_digest(sealed),
            }
        )
        context = gate_context(unit, draft)
        decision = check(draft.plan, context, policy, phase=Phase.PROPOSE, now=unit.now)
        if decision.verdict is Verdict.DENY:
            told = inputs_text(draft.plan, context, unit.now)
            return refuse(hand, proposal, decision, repair, name, told=told, plan_id=plan_id)
        answers = {answer.reason_number: answer.answer for answer in proposal.answers}
        given = tuple(answers.get(number, "") for number in range(1, len(record.state.sent_back) + 1))
        _take(hand, record, changed, {}, given, proposal)
        return Submitted(plan_id=record.plan.plan_id, codes=decision.codes, findings=findings(decision))


def _kept_ids(before: RevenuePlanV1, made: RevenuePlanV1) -> RevenuePlanV1:
    """Return the new content under the plan's own ids: each step takes the id of an old one of its action."""
    free = {step.step_id: step.action_type for step in before.steps}
    ids: dict[UUID, UUID] = {}
    for step in made.steps:
        same = next((old for old, action in free.items() if action == step.action_type), None)
        ids[step.step_id] = same or step.step_id
        if same is not None:
            del free[same]
    steps = tuple(
        step.model_copy(
            update={
                "step_id": ids[step.step_id],
                "depends_on": tuple(d.model_copy(update={"step_id": ids[d.step_id]}) for d in step.depends_on),
            }
        )
        for step in made.steps
    )
    return before.model_copy(update={"steps": steps, "risk": made.risk})


def _answered(unit: Unit, record: PlanRecord, change: PlanEdit) -> None:
    """Raise BadInputError where the draft was sent back and the edit does not say what it does about each reason."""
    asked = [unit.blobs.reveal(ref) for ref in record.state.sent_back]
    if len(change.answers) != len(asked):
        if not asked:
            raise BadInputError("nobody sent this draft back, so there is nothing to answer; leave --answer out")
        told = " ".join(f"{number}: {reason}" for number, reason in enumerate(asked, start=1))
        raise BadInputError(f"the draft was sent back; answer each reason with its own --answer, in this order. {told}")


def _take(
    hand: Hand,
    record: PlanRecord,
    changed: RevenuePlanV1,
    reasons: dict[UUID, str],
    answers: tuple[str, ...],
    drafted: Proposal | None = None,
) -> Decision:
    """Write new content, a person's or as `drafted`, as the next revision and have it judged."""
    unit, plan_id = hand.unit, record.plan.plan_id
    changed = changed.model_copy(update={"revision": record.plan.revision + 1})
    sealed, sealer = unit.seal(changed), unit.sealer(f"plan/{plan_id}")
    moved = changed.expires_at if changed.expires_at != record.plan.expires_at else None
    entry = hand.move_plan(
        record.state,
        PlanEvent.EDIT,
        ("answered_send_back" if record.state.sent_back else "edited", ""),
        target=PlanStatus.DRAFT,
        edge=Edited,
        risk=changed.risk,
        editor=hand.who.principal.principal_id,
        content=content_digest(sealed),
        expires_at=moved,
        answers=tuple(sealer.seal(answer) if answer else "" for answer in answers),
        confidence_percent=drafted.confidence_percent if drafted else None,
        model=drafted.provenance.calls if drafted else (),
    )
    because = hand.because(entry)
    _write_steps(because, record.state.plan, sealed, reasons)
    after = record.model_copy(
        update={"plan": changed, "state": unit.state(plan_id), "content_digest": content_digest(sealed)}
    )
    decision, _ = judge(unit, after, gate_context(unit, after), Phase.PROPOSE, because.cause)
    unit.wake(plan_id, unit.now)
    return decision


def _changed(desk: Desk, unit: Unit, record: PlanRecord, change: PlanEdit) -> RevenuePlanV1:
    plan = record.plan
    if not (change.removed or change.changed or change.added or change.expires_at or change.order):
        raise BadInputError("the edit changes nothing; remove, change, move or add a step")
    gone = {removal.step_id for removal in change.removed}
    for step_id in gone | {c.step_id for c in change.changed}:
        if (step := plan.step(step_id)).status in SENT | SETTLED:
            raise BadInputError(f"step {step_id} is {step.status} and stays as it is; edit the steps that are not")
    edits = {c.step_id: c for c in change.changed}
    kept = [_apply(step, edits.get(step.step_id)) for step in plan.steps if step.step_id not in gone]
    kept = [s.model_copy(update={"depends_on": tuple(d for d in s.depends_on if d.step_id not in gone)}) for s in kept]
    kept = _ordered(kept, change.order)
    kept += _new_steps(desk, unit, record, change.added)
    steps = tuple(kept)
    policy, _ = bundle(unit)
    risk = risk_of(steps, terms_of(policy, plan.plan_type).risks)
    return plan.model_copy(update={"steps": steps, "risk": risk, "expires_at": change.expires_at or plan.expires_at})


def _ordered(steps: list[PlanStep], order: tuple[UUID, ...]) -> list[PlanStep]:
    if not order:
        return steps
    known = {step.step_id: step for step in steps}
    if len(order) != len(known) or set(order) != set(known):
        raise BadInputError("the order names each step that stays, once; read the draft again")
    return [known[step_id] for step_id in order]


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


def _write_steps(hand: Hand, before: RevenuePlanV1, after: RevenuePlanV1, reasons: dict[UUID, str]) -> None:
    old, new = ({step.step_id: step for step in plan.steps} for plan in (before, after))
    order = [step_id for step_id in old if step_id in new]
    told: list[tuple[str, Frozen, tuple[str, str]]] = [
        ("step.removed.v1", StepRemoved(step_id=gone), ("removed", reasons.get(gone, "the new draft leaves it out")))
        for gone in old
        if gone not in new
    ]
    for position, step in enumerate(after.steps):
        if step.step_id not in old:
            order.insert(position, step.step_id)
            told.append(("step.added.v1", StepAdded(step=step, position=position), ("added", "")))
        elif step != old[step.step_id]:
            fields = tuple(sorted(n for n, value in step if value != getattr(old[step.step_id], n)))
            told.append(("step.changed.v1", StepChanged(step=step, fields=fields), ("edited", "")))
    if order != list(new):
        told.append(("step.reordered.v1", StepsReordered(order=tuple(new)), ("edited", "")))
    for kind, body, reason in told:
        hand.unit.record(
            f"plan/{before.plan_id}",
            kind,
            body,
            actor=hand.who.actor,
            authority=hand.authority,
            cause=hand.cause,
            reason=reason,
        )
