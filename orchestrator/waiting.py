"""What waits for a person: drafts, texts, tasks, doubts, hand-overs, pauses and held accounts, most urgent first."""

from collections.abc import Iterable, Iterator
from typing import Literal
from uuid import UUID

from gate import Act, Decision
from orchestrator.approving import judged_now, step_risk, to_quote
from orchestrator.capabilities import Powers, who_may
from orchestrator.holding import held
from plan import ActionType, Approval, Frozen, Id, Instant, Minor, PlanStatus, PlanStep, RiskClass, StepStatus, Text
from store import PlanRecord, Unit

Kind = Literal["draft", "answer", "step", "doubt", "task", "handover", "paused", "held"]
ACTS: dict[Kind, Act] = {
    "draft": Act.APPROVE,
    "answer": Act.EDIT,
    "step": Act.APPROVE_STEP,
    "doubt": Act.RECONCILE,
    "task": Act.REPORT_OUTCOME,
    "handover": Act.ACCEPT,
    "paused": Act.RESUME,
    "held": Act.RELEASE,
}
"""What answers each kind."""
_ASKED = (StepStatus.PENDING_APPROVAL, StepStatus.IN_DOUBT, StepStatus.AWAITING_OUTCOME)


class Waiting(Frozen):
    """One thing that a person is to look at."""

    kind: Kind
    account_id: Id
    plan_id: UUID | None = None
    """None for a held account."""
    step_id: UUID | None = None
    action_type: ActionType | None = None
    risk: RiskClass | None = None
    amount_minor: Minor = 0
    """Yearly revenue that the plan is about."""
    owner: Id | None = None
    due_at: Instant | None = None
    """Until when an answer is of use."""
    told: Text
    digest: str = ""
    """What an approval quotes."""

    @property
    def act(self) -> Act:
        """Return what answers it."""
        return ACTS[self.kind]


def waiting(unit: Unit, *, most: int | None = None, judged: bool = True) -> list[Waiting]:
    """Return what waits for a person, the least time left first, then the most revenue.

    `most`: of the first so many plans by their end, where a tenant may have more than anybody reads at once.
    Without `judged` nothing is asked of the gate: then a draft says neither what it takes nor what to quote.
    """
    records = unit.plans.concerning([PlanStatus.DRAFT, PlanStatus.PAUSED], _ASKED, most=most)
    return sorted([*_of(unit, records, judged=judged), *_accounts(unit)], key=_urgency)


def waiting_of(unit: Unit, records: Iterable[PlanRecord], *, judged: bool = True) -> list[Waiting]:
    """Return what of some plans waits for a person, the least time left first."""
    return sorted(_of(unit, records, judged=judged), key=_urgency)


def _of(unit: Unit, records: Iterable[PlanRecord], *, judged: bool) -> list[Waiting]:
    return [one for record in records for one in (*_plan(unit, record, judged=judged), *_steps(unit, record))]


def waits_for(unit: Unit, one: Waiting) -> tuple[str, ...]:
    """Return who could answer it now, each with a fresh second factor."""
    if one.plan_id is None:
        return who_may(unit, one.act, owner=unit.accounts.get(one.account_id).owner_id)
    return who_may(unit, one.act, str(one.plan_id), None if one.step_id is None else str(one.step_id))


def may_answer(unit: Unit, one: Waiting, powers: Powers) -> bool:
    """Say whether somebody could answer it now: the same as standing among those it waits for, and asked of one."""
    if one.plan_id is None:
        return powers.may(one.act, owner=unit.accounts.get(one.account_id).owner_id)
    return powers.may(one.act, str(one.plan_id), None if one.step_id is None else str(one.step_id))


def _urgency(one: Waiting) -> tuple[bool, object, int, str, str]:
    return (one.due_at is None, one.due_at or "", -one.amount_minor, one.account_id, str(one.step_id or one.plan_id))


def _accounts(unit: Unit) -> Iterator[Waiting]:
    for account_id in sorted(unit.accounts.states()):
        if holds := held(unit, account_id):
            told = f"{', '.join(hold.kind for hold in holds)} came in: look, then account release"
            yield Waiting(kind="held", account_id=account_id, owner=unit.accounts.get(account_id).owner_id, told=told)


def _plan(unit: Unit, record: PlanRecord, *, judged: bool) -> Iterator[Waiting]:
    plan, state = record.plan, record.state
    if plan.status is PlanStatus.DRAFT and state.sent_back:
        yield _waiting(record, "answer", "sent back: waits for an edit that answers")
    elif plan.status is PlanStatus.DRAFT and not judged:
        yield _waiting(record, "draft", "approve the draft")
    elif plan.status is PlanStatus.DRAFT:
        decision = judged_now(unit, record)
        seen = to_quote(record.content_digest, decision.policy_digest)
        yield _waiting(record, "draft", _asked(record, decision), digest=seen)
    elif plan.status is PlanStatus.PAUSED and state.handover is not None:
        told = f"{state.handover.to} accepts it by {state.handover.accept_by:%Y-%m-%d}, or it ends"
        yield _waiting(record, "handover", told, due_at=state.handover.accept_by)
    elif plan.status is PlanStatus.PAUSED:
        yield _waiting(record, "paused", f"paused ({state.pause_reason}): resume, reopen or abort")


def _asked(record: PlanRecord, decision: Decision) -> str:
    asked = decision.required_authority
    so_far = f" ({len(record.state.approvals)} of {asked.persons} so far)" if asked.persons > 1 else ""
    more = f", override {', '.join(asked.overrides)}" if asked.overrides else ""
    return f"approve the draft{so_far}{more}"


def _steps(unit: Unit, record: PlanRecord) -> Iterator[Waiting]:
    if record.plan.status not in {PlanStatus.ACTIVE, PlanStatus.PAUSED}:
        return
    for step in record.plan.steps:
        if step.status is StepStatus.PENDING_APPROVAL:
            kept = unit.effects.artefact(record.plan.plan_id, step.step_id, step.attempts + 1)
            told = f"approve {step.action_type}{_given(record, step)}"
            yield _of_step(unit, record, step, "step", told, kept.digest[7:23] if kept else "")
        elif step.status is StepStatus.IN_DOUBT:
            yield _of_step(unit, record, step, "doubt", f"find out: {step.action_type}")
        elif step.status is StepStatus.AWAITING_OUTCOME and step.approval is Approval.TASK:
            yield _of_step(unit, record, step, "task", f"do {step.action_type}, report its outcome")


def _given(record: PlanRecord, step: PlanStep) -> str:
    given = [a for a in record.state.step_approvals if (a.step_id, a.attempt) == (step.step_id, step.attempts + 1)]
    return f" ({len(given)} so far)" if given else ""


def _of_step(unit: Unit, record: PlanRecord, step: PlanStep, kind: Kind, told: str, digest: str = "") -> Waiting:
    more = {"step_id": step.step_id, "action_type": step.action_type, "risk": step_risk(unit, record.state, step)}
    due = min(step.due_by, record.plan.expires_at)
    return _waiting(record, kind, told, due_at=due, digest=digest).model_copy(update=more)


def _waiting(record: PlanRecord, kind: Kind, told: str, *, due_at: Instant | None = None, digest: str = "") -> Waiting:
    plan = record.plan
    return Waiting(
        kind=kind,
        account_id=plan.account_id,
        plan_id=plan.plan_id,
        risk=plan.risk,
        amount_minor=plan.amount_minor,
        owner=plan.owner,
        due_at=due_at or plan.expires_at,
        told=told,
        digest=digest,
    )
