"""/review: what waits for people, the least time left first; each leads to where it is read and decided."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from oncourse.web.callers import Fronted
from oncourse.web.pages.forms import fresh_key
from oncourse.web.pages.queue import queue
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.pages.words import Told

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/review")
def review(
    reader: Reader,
    front: Fronted,
    *,
    everybody: Annotated[bool, Query(description="Also what waits for others.")] = False,
    done: Annotated[str, Query(max_length=20, pattern=r"^[a-z-]*$")] = "",
    of: UUID | None = None,
    of_step: UUID | None = None,
) -> HTMLResponse:
    """List what waits for the reader, or for anybody."""
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        lines = queue(unit, reader.who.principal.principal_id, everybody=everybody)
        zone, now = unit.tenant().calendar.time_zone, unit.now
    return page(
        "review.html", reader, "/review", lines=lines, everybody=everybody, zone=zone, now=now, waiting=lines.mine,
        told=Told(done=done, of=of, of_step=of_step), key=fresh_key(),
        live="/review?everybody=true" if everybody else "/review",
    )  # fmt: skip
