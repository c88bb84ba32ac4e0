"""/plans/ID/edit: a draft's steps moved, changed and taken out, with what the policy says of it at once."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from pydantic import TypeAdapter, ValidationError

from oncourse.web.callers import Fronted
from oncourse.web.conditions import check_unchanged, expected_of
from oncourse.web.front import Caller, Front
from oncourse.web.pages.forms import Posted, led_to
from oncourse.web.pages.plan_reading import Reading, reading
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.problems import ProblemError, problem_of
from orchestrator import BadInputError, PlanEdit, Removal, StepEdit, Tried
from plan import SENT, SETTLED, Calendar, OncourseError, PlanStep, ProposedStep, explain_validation

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_STEPS = TypeAdapter(tuple[ProposedStep, ...])


class Setting(NamedTuple):
    """One parameter of a step that a form can hold."""

    name: str
    value: str
    number: bool


class Row(NamedTuple):
    """One step in the form."""

    step: PlanStep
    place: int
    open: bool
    """Whether it can still be changed."""
    settings: tuple[Setting, ...]
    begins: date
    due: date


async def the_fields(request: Request) -> dict[str, str]:
    """Return every text of a form as it was typed."""
    form = await request.form()
    return {name: value.replace("\r\n", "\n") for name, value in form.multi_items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(the_fields)]


@router.get("/plans/{plan_id:uuid}/edit")
def form(plan_id: UUID, reader: Reader, front: Fronted) -> Response:
    """Show the form."""
    return _draw(reader, front, plan_id, {})


@router.post("/plans/{plan_id:uuid}/edit/check")
def check(plan_id: UUID, reader: Reader, front: Fronted, fields: Fields) -> Response:
    """Show what the policy says of the edit; nothing is written."""
    house = front.house(reader.tenant_id)
    try:
        tried = house.try_edit(str(plan_id), _edit(reader, front, plan_id, fields), reader.who)
    except OncourseError as error:
        return _draw(reader, front, plan_id, fields, refused=problem_of(error))
    return _draw(reader, front, plan_id, fields, tried=tried)


@router.post("/plans/{plan_id:uuid}/edit")
def edit(plan_id: UUID, posted: Posted, front: Fronted, fields: Fields) -> Response:
    """Take the edit as the draft's next revision."""
    try:
        change = _edit(posted.reader, front, plan_id, fields)
        expected = expected_of(plan_id, fields.get("seen") or None)
        posted.make(
            change,
            lambda house: house.edit(str(plan_id), change, posted.who),
            expected=expected,
            check=lambda house: check_unchanged(house, expected),
        )
    except OncourseError as error:
        return _draw(posted.reader, front, plan_id, fields, refused=problem_of(error))
    except ProblemError as error:
        return _draw(posted.reader, front, plan_id, fields, refused=error)
    return led_to(f"/plans/{plan_id}", done="edit")


def _draw(
    reader: Caller,
    front: Front,
    plan_id: UUID,
    fields: dict[str, str],
    *,
    tried: Tried | None = None,
    refused: ProblemError | None = None,
) -> Response:
    me = reader.who.principal.principal_id
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        read = reading(unit, plan_id, me)
        calendar, mine, now = unit.tenant().calendar, mine_of(unit, me), unit.now
    rows = [_row(step, place, calendar) for place, step in enumerate(read.record.plan.steps, start=1)]
    if fields:
        rows.sort(key=lambda row: _number(fields.get(f"place-{row.step.step_id}", ""), row.place))
    return page(
        "edit.html", reader, "/plans", status=HTTPStatus.OK if refused is None else refused.status,
        read=read, plan=read.record.plan, rows=rows, typed=fields, tried=tried, refused=refused, now=now,
        zone=calendar.time_zone, ends=calendar.local_date(read.record.plan.expires_at), waiting=mine,
        seen=fields.get("seen") or read.seen,
    )  # fmt: skip


def _row(step: PlanStep, place: int, calendar: Calendar) -> Row:
    settings = tuple(
        Setting(name, str(value), isinstance(value, int))
        for name, value in sorted((step.params or {}).items())
        if isinstance(value, str | int) and not isinstance(value, bool)
    )
    begins, due = calendar.local_date(step.not_before), calendar.local_date(step.due_by)
    return Row(step, place, step.status not in SENT | SETTLED, settings, begins, due)


def _edit(reader: Caller, front: Front, plan_id: UUID, fields: dict[str, str]) -> PlanEdit:
    """Return what the form changes of the draft as it stands; raise BadInputError where it cannot be read."""
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        read = reading(unit, plan_id, reader.who.principal.principal_id)
        calendar = unit.tenant().calendar
    rows = [_row(step, place, calendar) for place, step in enumerate(read.record.plan.steps, start=1)]
    gone = [row for row in rows if row.open and fields.get(f"remove-{row.step.step_id}")]
    kept = [row for row in rows if row not in gone]
    told: dict[str, Any] = {
        "removed": [_removal(row, fields) for row in gone],
        "changed": [one for row in kept if row.open and (one := _changes(row, fields, calendar)) is not None],
        "added": _added(fields.get("added", "")),
        "order": _order(kept, fields),
        "answers": _answers(read, fields),
    }
    ends = fields.get("ends", "")
    if ends and ends != calendar.local_date(read.record.plan.expires_at).isoformat():
        told["expires_at"] = calendar.end_of(_day(ends, "the plan's end"))
    try:
        return PlanEdit.model_validate(told)
    except ValidationError as error:
        raise BadInputError(f"the edit does not fit: {explain_validation(error)}") from error


def _removal(row: Row, fields: dict[str, str]) -> Removal:
    reason = fields.get(f"why-{row.step.step_id}", "").strip()
    try:
        return Removal(step_id=row.step.step_id, reason=reason)
    except ValidationError as error:
        raise BadInputError(f"say why step {row.place} goes, in 3 to 400 letters") from error


def _changes(row: Row, fields: dict[str, str], calendar: Calendar) -> StepEdit | None:
    step, told = row.step, dict[str, Any]()
    for name, was, at in (("begins", row.begins, step.not_before), ("due", row.due, step.due_by)):
        typed = fields.get(f"{name}-{step.step_id}", "")
        if typed and typed != was.isoformat():
            told["not_before" if name == "begins" else "due_by"] = _moved(
                at, _day(typed, f"step {row.place}"), calendar
            )
    rationale = fields.get(f"rationale-{step.step_id}")
    if rationale is not None and rationale.strip() != step.rationale.strip():
        told["rationale"] = rationale.strip()
    params = dict(step.params or {})
    for one in row.settings:
        typed = fields.get(f"param-{step.step_id}-{one.name}", one.value)
        if typed.strip() != one.value.strip():
            params[one.name] = _value(one, typed.strip(), row)
    if params != (step.params or {}):
        told["params"] = params
    return StepEdit.model_validate({"step_id": step.step_id} | told) if told else None


def _value(one: Setting, typed: str, row: Row) -> str | int:
    if not one.number:
        return typed
    try:
        return int(typed)
    except ValueError as error:
        raise BadInputError(f"step {row.place}: {one.name.replace('_', ' ')} is a whole number") from error


def _moved(at: datetime, day: date, calendar: Calendar) -> datetime:
    """Return the same time of another of the tenant's days."""
    here = at.astimezone(ZoneInfo(calendar.time_zone))
    return calendar.at(day, here.hour, here.minute)


def _day(typed: str, what: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise BadInputError(f"{what}: {typed[:40]!r} is no day; write it as 2026-12-31") from error


def _order(kept: list[Row], fields: dict[str, str]) -> tuple[UUID, ...]:
    """Return the new order where the places in the form tell another one."""
    wanted = sorted(kept, key=lambda row: _number(fields.get(f"place-{row.step.step_id}", ""), row.place))
    return tuple(row.step.step_id for row in wanted) if wanted != kept else ()


def _number(typed: str, otherwise: int) -> float:
    try:
        return float(typed)
    except ValueError:
        return otherwise


def _added(typed: str) -> tuple[ProposedStep, ...]:
    if not typed.strip():
        return ()
    try:
        return _STEPS.validate_json(typed)
    except ValidationError as error:
        raise BadInputError(f"the new steps do not fit: {explain_validation(error)}") from error


def _answers(read: Reading, fields: dict[str, str]) -> tuple[str, ...]:
    asked = range(1, len(read.shown.sent_back) + 1)
    return tuple(answer for number in asked if (answer := fields.get(f"answer-{number}", "").strip()))
