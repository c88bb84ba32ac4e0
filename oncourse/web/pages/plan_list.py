"""/plans: every plan, grouped by who must act, with what comes next and how much time is left."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from oncourse.web.callers import Fronted
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.pages.tones import GROUPS
from oncourse.web.paging import cursor_of, place_of
from orchestrator import Listed, listed, waiting_of
from plan import CLOSED, PlanStatus
from store import Unit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PAGE = 50
TABS: tuple[tuple[str, str, frozenset[PlanStatus]], ...] = (
    ("open", "Open", frozenset(PlanStatus) - CLOSED),
    ("draft", "Draft", frozenset({PlanStatus.DRAFT})),
    ("active", "Active", frozenset({PlanStatus.ACTIVE, PlanStatus.APPROVED})),
    ("paused", "Paused", frozenset({PlanStatus.PAUSED})),
    ("closed", "Closed", CLOSED),
)


class Group(NamedTuple):
    """Plans under one heading."""

    name: str
    icon: str
    plans: list[Listed]


class Totals(NamedTuple):
    """What stands above the list."""

    open: int
    mine: str
    late: int
    """Open plans of this page that have less than three days of slack."""


@router.get("/")
def home() -> RedirectResponse:
    """Lead to the list of plans."""
    return RedirectResponse("/plans", HTTPStatus.SEE_OTHER)


@router.get("/plans")
def plans(
    request: Request,
    reader: Reader,
    front: Fronted,
    show: Annotated[str, Query(max_length=20)] = "open",
    after: Annotated[str | None, Query(max_length=400)] = None,
    owner: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:
    """List the plans of the reader's tenant."""
    chosen = next((statuses for name, _, statuses in TABS if name == show), TABS[0][2])
    place = None
    if after is not None:
        at, plan_id = place_of(after, str, str)
        place = (datetime.fromisoformat(str(at)), str(plan_id))
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        me = reader.who.principal.principal_id
        found = unit.plans.page(
            PAGE + 1, after=place, statuses=chosen, owner=owner or None, last_first=chosen == CLOSED
        )
        waits = waiting_of(unit, found, judged=False)
        lines = listed(unit, found[:PAGE], waits, me)
        zone, now = unit.tenant().calendar.time_zone, unit.now
        mine = mine_of(unit, me)
        totals = _totals(unit, lines, mine.many)
    last = found[PAGE - 1].plan if len(found) > PAGE else None
    more = cursor_of(last.expires_at.isoformat(), str(last.plan_id)) if last else None
    here = str(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    return page(
        "plans.html", reader, "/plans", owner=owner, groups=_groups(lines), tabs=TABS, show=show, zone=zone, now=now,
        totals=totals, more=more, waiting=mine, live=here,
    )  # fmt: skip


def _totals(unit: Unit, lines: list[Listed], mine: str) -> Totals:
    late = [line for line in lines if line.slack is not None and line.slack.days < _SHORT]
    return Totals(open=unit.plans.count(set(PlanStatus) - CLOSED), mine=mine, late=len(late))


_SHORT = 3
"""Days of slack below which a plan is at risk of missing its end."""


def _groups(lines: list[Listed]) -> list[Group]:
    """Return the plans grouped by who must act: the reader's own first, then as they stand."""
    yours = [line for line in lines if line.coming.by == "you"]
    rest = [line for line in lines if line.coming.by != "you"]
    found = [Group("Needs your decision", "hand", yours)]
    found += [Group(name, icon, [line for line in rest if line.status in statuses]) for name, icon, statuses in GROUPS]
    return [group for group in found if group.plans]
