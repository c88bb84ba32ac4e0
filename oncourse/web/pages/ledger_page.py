"""/ledger: what happened in the tenant, one sentence an entry, the newest first; and whether it still holds."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from oncourse.web.callers import Fronted
from oncourse.web.front import Caller, Front
from oncourse.web.ledgers import LINES, Line, Verified, lines_of, verified
from oncourse.web.pages.ledger_seeking import KINDS, Filters, Wanted, sought_by
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.problems import ProblemError, problem_of
from orchestrator import Orchestrator, endings
from plan import OncourseError
from store import Sought

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PAGE = 50
EXPORTED = 500
"""Entries of an export that are read at once."""
Before = Annotated[int | None, Query(ge=1, le=2**53)]


class Told(NamedTuple):
    """One entry in a reader's words."""

    position: int
    sentence: str
    plan_id: str
    account_id: str


@router.get("/ledger")
def read(reader: Reader, front: Fronted, filters: Filters, before: Before = None) -> HTMLResponse:
    """Show the newest entries of those sought, or those before a position."""
    return _draw(reader, front, filters, before)


@router.post("/ledger/verify")
def verify(reader: Reader, front: Fronted) -> Response:
    """Check the whole ledger, and say what was found."""
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        told = verified(unit)
    return _draw(reader, front, Wanted(), told=told)


@router.get("/ledger/export")
def export(reader: Reader, front: Fronted, filters: Filters) -> Response:
    """Return all of the entries sought as JSON lines, the newest first."""
    house = front.house(reader.tenant_id)
    with house.desk.unit(reading=True) as unit:
        sought = sought_by(unit, filters)
    headers = {"cache-control": "no-store", "content-disposition": 'attachment; filename="ledger.jsonl"'}
    return StreamingResponse(_every(house, sought), media_type=LINES, headers=headers)


def _draw(
    reader: Caller, front: Front, filters: Wanted, before: int | None = None, told: Verified | None = None
) -> HTMLResponse:
    refused: ProblemError | None = None
    lines: list[Told] = []
    more = None
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        try:
            found = unit.entries_before(before, PAGE + 1, sought_by(unit, filters))
        except OncourseError as error:
            refused = problem_of(error)
        else:
            lines = [_told(line) for line in lines_of(unit, found[:PAGE])]
            more = filters.address("/ledger", before=lines[-1].position) if len(found) > PAGE else None
        ends, head, waiting = endings(unit), unit.head(), mine_of(unit, reader.who.principal.principal_id)
    status = HTTPStatus.OK if refused is None else refused.status
    return page(
        "ledger.html", reader, "/ledger", status=status, lines=lines, more=more, filters=filters, kinds=KINDS,
        told=told, ends=ends, head=head, refused=refused, waiting=waiting,
    )  # fmt: skip


def _told(line: Line) -> Told:
    family, _, name = line.entry.stream.partition("/")
    return Told(line.position, line.sentence, *(name if family == kind else "" for kind in ("plan", "account")))


def _every(house: Orchestrator, sought: Sought) -> Iterator[str]:
    """Yield JSON lines; each page is a transaction of its own, since what was written stays."""
    before = None
    while True:
        with house.desk.unit(reading=True) as unit:
            lines = lines_of(unit, unit.entries_before(before, EXPORTED, sought))
        if not lines:
            return
        yield "".join(line.model_dump_json() + "\n" for line in lines)
        before = lines[-1].position
