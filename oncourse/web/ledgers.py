"""The ledger: entries with their sentences, a page at a time or as JSON lines, and whether rows and ledger agree."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

import ledger
from oncourse.proving import LedgerLook
from oncourse.web.callers import Housed, Reading
from oncourse.web.paging import Cursor, Limit, cursor_of, place_of
from oncourse.web.problems import ProblemError
from oncourse.web.refusals import refusals
from orchestrator import Orchestrator, tell
from plan import Frozen
from store import Unit

LINES = "application/jsonl"
PAGE = 500
"""Entries that are read at once, of a long answer."""
_READ = {
    **refusals(401, 403, 404, 406, 421, 422, 503),
    200: {"content": {LINES: {"schema": {"type": "string"}}}},
}
router = APIRouter(prefix="/v1", tags=["ledger"], responses=_READ)


class Line(Frozen):
    """One entry with its place and its sentence."""

    position: int
    entry: ledger.Entry
    sentence: str


class Lines(Frozen):
    """Some entries in ledger order, and where the next ones begin."""

    entries: tuple[Line, ...]
    next_cursor: str | None
    """None at the end."""


class Verified(Frozen):
    """Whether the ledger is what was signed, and every row what the ledger says."""

    entries: int
    checkpoint: str
    """The signed checkpoint over them."""
    key: str
    """The public key that signed it; empty where nobody did who is trusted."""
    findings: tuple[str, ...]
    """Empty is proof."""


After = Annotated[int, Query(ge=0, le=2**53, description="Only entries behind this position.")]


@router.get("/ledger", response_model=Lines)
def read_ledger(
    request: Request, _caller: Reading, house: Housed, cursor: Cursor = None, after: After = 0, limit: Limit = 50
) -> Response | Lines:
    """Return the tenant's ledger: a page as JSON, all of it as JSON lines."""
    return _read(request, house, cursor, after, limit, None)


@router.get("/plans/{plan_id:uuid}/ledger", response_model=Lines)
def read_plan(
    plan_id: UUID,
    request: Request,
    _caller: Reading,
    house: Housed,
    cursor: Cursor = None,
    after: After = 0,
    limit: Limit = 50,
) -> Response | Lines:
    """Return a plan's own story."""
    with house.desk.unit(reading=True) as unit:
        unit.plans.status(plan_id)
    return _read(request, house, cursor, after, limit, f"plan/{plan_id}")


@router.get("/ledger:verify", responses=refusals(401, 403, 421, 503))
def verify(_caller: Reading, house: Housed) -> Verified:
    """Prove the ledger, fold all of it again, and compare every row with it."""
    with house.desk.unit(reading=True) as unit:
        return verified(unit)


def verified(unit: Unit) -> Verified:
    """Return what a look through the whole ledger finds: its proof, and every row against what its entries say."""
    report = LedgerLook(unit).report
    proof = report.proof
    return Verified(entries=proof.size, checkpoint=proof.checkpoint, key=proof.key, findings=report.findings)


def _read(
    request: Request, house: Orchestrator, cursor: str | None, after: int, limit: int, stream: str | None
) -> Response | Lines:
    if cursor is not None:
        after = int(place_of(cursor, int)[0])
    wanted = request.headers.get("accept", "*/*")
    if LINES in wanted:
        return StreamingResponse(_every(house, after, stream), media_type=LINES, headers={"cache-control": "no-store"})
    if not any(kind in wanted for kind in ("*/*", "application/*", "application/json")):
        raise ProblemError(
            HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", f"the ledger is told as application/json or {LINES}"
        )
    lines = _page(house, after, limit + 1, stream)
    more = len(lines) > limit
    lines = lines[:limit]
    return Lines(entries=lines, next_cursor=cursor_of(lines[-1].position) if more else None)


def _page(house: Orchestrator, after: int, most: int, stream: str | None) -> tuple[Line, ...]:
    with house.desk.unit(reading=True) as unit:
        return lines_of(unit, unit.entries_after(after, most, stream))


def lines_of(unit: Unit, found: list[tuple[int, ledger.Entry]]) -> tuple[Line, ...]:
    """Return entries with their places and sentences."""
    told = tell(unit, [entry for _, entry in found])
    return tuple(
        Line(position=position, entry=entry, sentence=line.sentence)
        for (position, entry), line in zip(found, told, strict=True)
    )


def _every(house: Orchestrator, after: int, stream: str | None) -> Iterator[str]:
    """Yield all entries as JSON lines; each page is a transaction of its own, since the ledger only grows."""
    while lines := _page(house, after, PAGE, stream):
        yield "".join(line.model_dump_json() + "\n" for line in lines)
        after = lines[-1].position
