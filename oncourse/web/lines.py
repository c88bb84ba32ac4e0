"""Plans in a list: one line each, a page at a time."""

from collections.abc import Collection
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from oncourse.web.conditions import etag_of
from oncourse.web.paging import cursor_of, place_of
from oncourse.web.problems import ProblemError
from plan import Frozen, Id, Instant, Minor, PlanStatus, PlanType, RiskClass
from store import PlanRecord, Unit


class PlanLine(Frozen):
    """A plan in a list."""

    plan_id: UUID
    account_id: Id
    plan_type: PlanType
    status: PlanStatus
    reason: str
    """Why it is paused or closed."""
    risk: RiskClass
    owner: Id
    amount_minor: Minor
    revision: int
    steps_done: int
    steps: int
    expires_at: Instant
    next_wake_at: Instant | None
    etag: str


class PlanPage(Frozen):
    """Some plans, the earliest end first, and where the next ones begin."""

    plans: tuple[PlanLine, ...]
    next_cursor: str | None
    """None at the end."""


class Wanted(Frozen):
    """Which plans are asked for."""

    statuses: tuple[PlanStatus, ...] = ()
    """Empty means all."""
    account_id: Id | None = None
    owner: Id | None = None
    cursor: str | None = None
    limit: int = 50


def page_of(unit: Unit, wanted: Wanted, among: Collection[str] | None = None) -> PlanPage:
    """Return a page of plans; `among` names the only ones that count."""
    after = None
    if wanted.cursor is not None:
        at, plan_id = place_of(wanted.cursor, str, str)
        after = (_instant(str(at)), str(plan_id))
    found = unit.plans.page(
        wanted.limit + 1,
        after=after,
        statuses=wanted.statuses,
        account_id=wanted.account_id,
        owner=wanted.owner,
        among=among,
    )
    lines, more = found[: wanted.limit], len(found) > wanted.limit
    last = lines[-1].plan if more else None
    return PlanPage(
        plans=tuple(map(_line, lines)),
        next_cursor=cursor_of(last.expires_at.isoformat(), str(last.plan_id)) if last else None,
    )


def _line(record: PlanRecord) -> PlanLine:
    plan, state = record.plan, record.state
    return PlanLine(
        plan_id=plan.plan_id,
        account_id=plan.account_id,
        plan_type=plan.plan_type,
        status=plan.status,
        reason=state.closed_reason or state.pause_reason,
        risk=plan.risk,
        owner=plan.owner,
        amount_minor=plan.amount_minor,
        revision=plan.revision,
        steps_done=sum(step.settled for step in plan.steps),
        steps=len(plan.steps),
        expires_at=plan.expires_at,
        next_wake_at=record.next_wake_at,
        etag=etag_of(record),
    )


def _instant(text: str) -> datetime:
    try:
        found: datetime = _INSTANT.validate_python(text)
    except ValidationError as error:
        told = "this cursor is none of ours; begin again without one"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_cursor", told) from error
    return found


_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
