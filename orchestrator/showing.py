"""A plan as a reader meets it: as it stands, as it stood at an instant, or as one of its revisions was written."""

from collections.abc import Iterable
from typing import Any

from evaluator import Evaluation
from gate import Decision
from ledger import Entry, GateEvaluated, LedgerError, PlanState, evolve, stopped
from orchestrator.approving import judged_now, to_quote
from orchestrator.comparing import revisions
from orchestrator.errors import BadInputError
from orchestrator.evaluating import read
from orchestrator.telling import story
from plan import (
    CLOSED,
    Digest,
    Frozen,
    Id,
    Instant,
    PlanApproval,
    PlanStatus,
    RevenuePlanV1,
    StepApproval,
    Text,
    Usage,
    content_digest,
    references,
    unseal,
    usage_of,
)
from store import PlanRecord, Unit


class Judgement(Frozen):
    """What the gate said when it was last asked on the record."""

    at: Instant
    phase: str
    verdict: str
    codes: tuple[str, ...]
    policy: Digest | None = None


class Shown(Frozen):
    """A plan with what a decision about it needs to know."""

    plan: RevenuePlanV1
    content_digest: Digest
    approve_with: str | None = None
    """What an approval quotes, of a draft as it stands."""
    drafter: str = ""
    confidence_percent: int | None = None
    approvals: tuple[PlanApproval, ...] = ()
    step_approvals: tuple[StepApproval, ...] = ()
    sent_back: tuple[Text, ...] = ()
    """Reasons that the next revision must answer."""
    pause_reason: str = ""
    paused_by: Id | None = None
    closed_reason: str = ""
    closed_at: Instant | None = None
    handed_to: Id | None = None
    next_wake_at: Instant | None = None
    decision: Decision | None = None
    """What the gate says now to whoever would approve it; None where it is no draft."""
    judged: Judgement | None = None
    evaluation: Evaluation | None = None
    """What the evaluator reads now; None once the plan is closed, and for the past."""
    usage: Usage | None = None
    why: Text | None = None
    """Why it stopped, in one sentence."""


def show(unit: Unit, record: PlanRecord) -> Shown:
    """Return a plan as it stands now."""
    plan, entries = record.plan, unit.entries(f"plan/{record.plan.plan_id}")
    decision = judged_now(unit, record) if plan.status is PlanStatus.DRAFT else None
    return _shown(unit, record.state, entries).model_copy(
        update={
            "plan": plan,
            "content_digest": record.content_digest,
            "approve_with": decision and to_quote(record.content_digest, decision.policy_digest),
            "next_wake_at": record.next_wake_at,
            "decision": decision,
            "evaluation": None if plan.status in CLOSED else read(unit, plan),
        }
    )


def show_at(unit: Unit, plan_id: str, at: Instant) -> Shown:
    """Return a plan as the ledger says it stood at an instant; raise NotFoundError where it was not there yet."""
    return show_told(unit, story(unit, plan_id, at))


def show_told(unit: Unit, entries: list[Entry]) -> Shown:
    """Return a plan as the last of these entries of its story left it."""
    return _shown(unit, _fold(entries), entries)


def show_revision(unit: Unit, plan_id: str, revision: int) -> Shown:
    """Return a plan as it last stood in one of its revisions; raise BadInputError for one that never was."""
    written = {plan.revision: plan for plan in revisions(unit.entries(f"plan/{plan_id}"))}
    if revision not in written:
        raise BadInputError(f"there is no revision {revision}; the plan has 1 to {max(written, default=0)}")
    plan = written[revision]
    return Shown(plan=_clear(unit, plan), content_digest=content_digest(plan))


def _fold(entries: Iterable[Entry]) -> PlanState:
    state: Any = None
    for entry in entries:
        state = evolve(state, entry)
    if not isinstance(state, PlanState):
        raise LedgerError("what the entries tell of is no plan")
    return state


def _shown(unit: Unit, state: PlanState, entries: list[Entry]) -> Shown:
    written = [entry for entry in entries if entry.type in {"plan.proposed.v1", "plan.edited.v1"}]
    return Shown(
        plan=_clear(unit, state.plan),
        content_digest=content_digest(state.plan),
        drafter=state.drafter,
        confidence_percent=written[-1].data.get("confidence_percent") if written else None,
        approvals=state.approvals,
        step_approvals=state.step_approvals,
        sent_back=tuple(unit.blobs.reveal(ref) for ref in state.sent_back),
        pause_reason=state.pause_reason,
        paused_by=state.paused_by,
        closed_reason=state.closed_reason,
        closed_at=state.closed_at,
        handed_to=state.handover.to if state.handover else None,
        judged=_judgement(entries),
        usage=usage_of(call for entry in entries for call in entry.model),
        why=stopped(entries, unit.blobs.reveal),
    )


def _judgement(entries: Iterable[Entry]) -> Judgement | None:
    last = next((e for e in reversed(list(entries)) if e.type == "plan.gate_evaluated.v1"), None)
    body = last.body() if last is not None else None
    if last is None or not isinstance(body, GateEvaluated):
        return None
    return Judgement(at=last.at, phase=body.phase, verdict=body.verdict, codes=body.codes, policy=last.policy)


def _clear(unit: Unit, plan: RevenuePlanV1) -> RevenuePlanV1:
    return unseal(plan, unit.blobs.contents(references(plan.model_dump(mode="json"))))
