"""/review: what waits for people, the least time left first; each leads to where it is read and decided."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from oncourse.web.callers import Fronted
from oncourse.web.pages.shell import PageRoute, Reader, page
from orchestrator import waiting, waits_for

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/review")
def review(
    reader: Reader,
    front: Fronted,
    *,
    everybody: Annotated[bool, Query(description="Also what waits for others.")] = False,
) -> HTMLResponse:
    """List what waits for the reader, or for anybody."""
    me = reader.who.principal.principal_id
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        found = [(one, waits_for(unit, one), unit.accounts.get(one.account_id).name) for one in waiting(unit)]
        zone, now = unit.tenant().calendar.time_zone, unit.now
    mine = [row for row in found if me in row[1]]
    rows = found if everybody else mine
    return page("review.html", reader, "/review", rows=rows, everybody=everybody, zone=zone, now=now, waiting=len(mine))
