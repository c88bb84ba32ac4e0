"""/ledger: what happened in the tenant, one sentence an entry, the newest first; and whether it still holds."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

import ledger
from oncourse.web.callers import Fronted
from oncourse.web.front import Caller, Front
from oncourse.web.ledgers import Verified, verified
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page
from orchestrator import endings
from store import Unit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PAGE = 50
KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("all", "Everything", ()),
    ("decisions", "Decisions", ("plan.approved.v1", "plan.endorsed.v1", "plan.sent_back.v1", "plan.rejected.v1",
     "step.approved.v1", "step.endorsed.v1", "step.rejected.v1", "plan.paused.v1", "plan.resumed.v1",
     "plan.reopened.v1", "plan.aborted.v1", "plan.transferred.v1", "plan.accepted.v1", "plan.edited.v1")),
    ("sent", "What went out", ("step.dispatched.v1", "step.succeeded.v1", "step.started.v1", "step.in_doubt.v1")),
    ("refused", "Refused", ("proposal.refused.v1", "proposal.none.v1", "plan.conflict_refused.v1")),
    ("ends", "How plans ended", ("plan.completed.v1", "plan.expired.v1", "plan.aborted.v1", "plan.mooted.v1",
     "plan.rejected.v1")),
)  # fmt: skip


class Told(NamedTuple):
    """One entry in a reader's words."""

    position: int
    entry: ledger.Entry
    sentence: str
    plan_id: str


@router.get("/ledger")
def read(
    reader: Reader,
    front: Fronted,
    show: Annotated[str, Query(max_length=20)] = "all",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> HTMLResponse:
    """Show the newest entries, or those before a position."""
    return _draw(reader, front, show, before, None)


@router.post("/ledger/verify")
def verify(reader: Reader, front: Fronted) -> Response:
    """Check the whole ledger, and say what was found."""
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        told = verified(unit)
    return _draw(reader, front, "all", None, told)


def _draw(reader: Caller, front: Front, show: str, before: int | None, told: Verified | None) -> HTMLResponse:
    kinds = next((kinds for name, _, kinds in KINDS if name == show), ())
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        found = unit.entries_before(before, PAGE + 1, kinds)
        lines = [_told(unit, position, entry) for position, entry in found[:PAGE]]
        ends, head, zone = endings(unit), unit.head(), unit.tenant().calendar.time_zone
        waiting = mine_of(unit, reader.who.principal.principal_id)
    more = lines[-1].position if len(found) > PAGE else None
    return page(
        "ledger.html", reader, "/ledger", lines=lines, more=more, show=show, kinds=KINDS, told=told, ends=ends,
        head=head, zone=zone, waiting=waiting,
    )  # fmt: skip


def _told(unit: Unit, position: int, entry: ledger.Entry) -> Told:
    family, _, name = entry.stream.partition("/")
    return Told(position, entry, ledger.sentence(entry, unit.blobs.reveal, {}), name if family == "plan" else "")
