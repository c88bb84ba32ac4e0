"""Plans as a manager scans them: what comes next and for whom it waits, how far each is, how much time is left."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from orchestrator.capabilities import Powers
from orchestrator.desk import situation
from orchestrator.waiting import Waiting, may_answer
from plan import (
    CLOSED,
    ActionType,
    Frozen,
    Id,
    Instant,
    Minor,
    PlanStatus,
    PlanStep,
    PlanType,
    Posture,
    RiskClass,
    StepStatus,
    Text,
    slack,
)
from store import PlanRecord, Unit


class Next(StrEnum):
    """Who or what moves a plan next."""

    YOU = "you"
    SOMEBODY = "somebody"
    SYSTEM = "system"
    CUSTOMER = "customer"
    NOBODY = "nobody"


class Coming(Frozen):
    """What comes next."""

    by: Next
    what: Text
    action_type: ActionType | None = None
    at: Instant | None = None
    """When it is due, or begins."""


class Listed(Frozen):
    """One plan in a list."""

    plan_id: UUID
    account_id: Id
    account: Text
    plan_type: PlanType
    status: PlanStatus
    reason: str
    amount_minor: Minor
    currency: str
    risk: RiskClass
    owner: Id
    revision: int
    steps: tuple[StepStatus, ...]
    """In the plan's order."""
    posture: Posture
    expires_at: Instant
    slack: timedelta | None
    """None once the plan is closed."""
    closed_at: Instant | None
    coming: Coming


def listed(unit: Unit, records: Iterable[PlanRecord], waits: Iterable[Waiting], me: str) -> list[Listed]:
    """Return plans as their lines; `waits` is what waits for people, `me` who reads."""
    first: dict[UUID, Waiting] = {}
    for one in waits:
        if one.plan_id is not None:
            first.setdefault(one.plan_id, one)
    powers = Powers(unit, me)
    mine = {plan_id: may_answer(unit, one, powers) for plan_id, one in first.items()}
    return [_line(unit, record, first, mine) for record in records]


def _line(unit: Unit, record: PlanRecord, first: Mapping[UUID, Waiting], mine: Mapping[UUID, bool]) -> Listed:
    plan, state = record.plan, record.state
    closed = plan.status in CLOSED
    waits = first.get(plan.plan_id)
    coming = _waited(waits, mine=mine[plan.plan_id]) if waits is not None else _coming(record)
    return Listed(
        plan_id=plan.plan_id,
        account_id=plan.account_id,
        account=unit.accounts.get(plan.account_id).name,
        plan_type=plan.plan_type,
        status=plan.status,
        reason=state.closed_reason or state.pause_reason,
        amount_minor=plan.amount_minor,
        currency=plan.objective_params.currency,
        risk=plan.risk,
        owner=plan.owner,
        revision=plan.revision,
        steps=tuple(step.status for step in plan.steps),
        posture=situation(unit, plan.account_id).posture.posture,
        expires_at=plan.expires_at,
        slack=None if closed else slack(plan, unit.now),
        closed_at=state.closed_at,
        coming=coming,
    )


def _waited(waits: Waiting, *, mine: bool) -> Coming:
    by = Next.YOU if mine else Next.SOMEBODY
    return Coming(by=by, what=waits.kind, action_type=waits.action_type, at=waits.due_at)


def _coming(record: PlanRecord) -> Coming:
    """Return what comes next where nobody here is asked: what is under way, what is awaited, what begins."""
    steps = record.plan.steps
    if record.plan.status in CLOSED:
        return Coming(by=Next.NOBODY, what=record.state.closed_reason)
    for statuses, by, what in _ORDER:
        found = [step for step in steps if step.status in statuses]
        if found:
            step = min(found, key=_when)
            return Coming(by=by, what=what, action_type=step.action_type, at=_when(step))
    return Coming(by=Next.SYSTEM, what="evaluates", at=record.next_wake_at)


def _when(step: PlanStep) -> Instant:
    return step.wait_until or step.not_before


_ORDER: tuple[tuple[frozenset[StepStatus], Next, str], ...] = (
    (frozenset({StepStatus.RUNNING}), Next.SYSTEM, "runs"),
    (frozenset({StepStatus.AWAITING_OUTCOME}), Next.CUSTOMER, "awaited"),
    (frozenset({StepStatus.RETRY_WAIT}), Next.SYSTEM, "again"),
    (frozenset({StepStatus.READY, StepStatus.PENDING}), Next.SYSTEM, "begins"),
)
