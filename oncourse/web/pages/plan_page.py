"""/plans/ID: one plan as a manager or an auditor reads it: facts, steps over weeks, objective, policy, story."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime

import ledger
from gate import Act
from oncourse.web.callers import Fronted
from oncourse.web.conditions import etag_of
from oncourse.web.front import Caller, Front
from oncourse.web.pages.plan_reading import reading
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, fragment, page
from oncourse.web.pages.timeline import timeline
from oncourse.web.pages.words import Told, Typed
from oncourse.web.problems import ProblemError
from orchestrator import Shown, capable, listed, show_at, situation, story, tell, tell_turns, waiting_of
from plan import describe_usage
from store import Unit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
STORY = 200
"""Entries of the story that a page shows, the newest ones."""
ACTS: dict[str, Act] = {
    "pause": Act.PAUSE,
    "resume": Act.RESUME,
    "reopen": Act.REOPEN,
    "abort": Act.ABORT,
    "transfer": Act.TRANSFER,
    "edit": Act.EDIT,
    "skip": Act.SKIP_OPTIONAL,
    "skip-required": Act.SKIP_REQUIRED,
    "retry": Act.RETRY,
}
"""What a plan's page offers to whoever may."""
Word = Annotated[str, Query(max_length=20, pattern=r"^[a-z-]*$")]


@router.get("/plans/{plan_id:uuid}")
def plan(
    plan_id: UUID,
    reader: Reader,
    front: Fronted,
    as_of: Annotated[AwareDatetime | None, Query()] = None,
    done: Word = "",
    of: UUID | None = None,
    of_step: UUID | None = None,
) -> HTMLResponse:
    """Show one plan as it stands, or as it stood."""
    if as_of is not None:
        return _past(reader, front, plan_id, as_of)
    return draw_plan(reader, front, plan_id, told=Told(done=done, of=of, of_step=of_step))


@router.get("/plans/{plan_id:uuid}/news")
def news(plan_id: UUID, reader: Reader, front: Fronted, seen: Annotated[str, Query(max_length=200)]) -> Response:
    """Say that a plan is no longer as it was read; nothing while it is."""
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        record = unit.plans.get(plan_id)
    if etag_of(record) == seen:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return fragment("news.html", plan=record.plan)


def draw_plan(
    reader: Caller,
    front: Front,
    plan_id: UUID,
    *,
    told: Told | None = None,
    refused: ProblemError | None = None,
    typed: Typed | None = None,
) -> HTMLResponse:
    """Draw a plan as it stands; a refusal is said above it, and what was typed stays."""
    me = reader.who.principal.principal_id
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        read = reading(unit, plan_id, me)
        (line,) = listed(unit, [read.record], [one for one, _ in read.waits], me)
        entries = unit.entries(f"plan/{plan_id}")
        known: dict[str, Any] = {
            "read": read,
            "shown": read.shown,
            "calls": read.waits,
            "line": line,
            "may": capable(unit, ACTS, str(plan_id), me),
            "people": [p.principal_id for p in unit.principals.every() if p.active and p.kind == "human"],
            "waiting": mine_of(unit, me),
            "signals": read.known.posture,
            "as_of": None,
        } | _common(unit, read.shown, entries)
    status = HTTPStatus.OK if refused is None else refused.status
    return page(
        "plan.html",
        reader,
        "/plans",
        status=status,
        told=told or Told(),
        refused=refused,
        typed=typed or Typed(),
        **known,
    )


def _past(reader: Caller, front: Front, plan_id: UUID, as_of: AwareDatetime) -> HTMLResponse:
    """Show a plan as the ledger says it stood."""
    me = reader.who.principal.principal_id
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        record = unit.plans.get(plan_id)
        shown = show_at(unit, str(plan_id), as_of)
        (line,) = listed(unit, [record], waiting_of(unit, [record]), me)
        entries = story(unit, plan_id, as_of)
        known: dict[str, Any] = {
            "read": None,
            "shown": shown,
            "calls": (),
            "line": line,
            "may": frozenset[str](),
            "people": [],
            "waiting": mine_of(unit, me),
            "signals": situation(unit, record.plan.account_id).posture,
            "as_of": as_of,
        } | _common(unit, shown, entries)
    return page("plan.html", reader, "/plans", told=Told(), refused=None, typed=Typed(), **(known | {"now": as_of}))


def _common(unit: Unit, shown: Shown, entries: list[ledger.Entry]) -> dict[str, Any]:
    zone = unit.tenant().calendar.time_zone
    return {
        "plan": shown.plan,
        "story": [(line.entry, line.sentence) for line in reversed(tell(unit, entries[-STORY:]))],
        "turns": [line.sentence for line in tell_turns(unit, entries)[-STORY:]],
        "cost": describe_usage(call for entry in entries for call in entry.model),
        "zone": zone,
        "now": unit.now,
        "chart": timeline(shown.plan, unit.now, zone),
    }
