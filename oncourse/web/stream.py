"""What happens, as it happens: one server-sent event an entry; its id is the ledger position, so nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from ledger import Entry
from oncourse.web.callers import Fronted, Reading
from oncourse.web.problems import ProblemError
from oncourse.web.refusals import refusals
from orchestrator import Orchestrator
from plan import Frozen, Id, Instant

router = APIRouter(prefix="/v1/events", tags=["events"])
LOOK = 0.5
"""Seconds between two looks at the ledger."""
LIFE = timedelta(minutes=5)
"""Then a stream ends, and whoever still may read comes again where it ended."""
AT_ONCE = 200
"""Entries of one look."""
MOST = 500
"""Streams of one process."""


class Told(Frozen):
    """That something happened, and where; what it was is read under its own address."""

    position: int
    stream: str
    type: str
    at: Instant
    plan_id: Id | None


def told(position: int, entry: Entry) -> Told:
    """Return what is told of an entry: nothing that anybody wrote."""
    family, _, name = entry.stream.partition("/")
    return Told(
        position=position,
        stream=entry.stream,
        type=entry.type,
        at=entry.at,
        plan_id=name if family == "plan" else None,
    )


def a_place(request: Request) -> set[object]:
    """Return the process's open streams; 503 where there are too many."""
    streams: set[object] = request.app.state.streams
    if len(streams) >= MOST:
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE, "too_many_streams", "this process tells all it can; come again in a moment"
        )
    return streams


@router.get("/stream", response_class=EventSourceResponse, responses=refusals(401, 403, 421, 422, 503))
async def stream(
    caller: Reading,
    front: Fronted,
    streams: Annotated[set[object], Depends(a_place)],
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,15}$")] = None,
    after: Annotated[int | None, Query(ge=0, le=2**53, description="As Last-Event-ID.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Tell each new entry of the tenant's ledger; begins behind Last-Event-ID, else now."""
    mark = object()
    streams.add(mark)
    try:
        house = await run_in_threadpool(front.house, caller.tenant_id)
        at = int(last_event_id) if last_event_id is not None else after
        if at is None:
            at = await run_in_threadpool(_head, house)
        for _ in range(int(LIFE.total_seconds() / LOOK)):
            for position, entry in await run_in_threadpool(_fresh, house, at):
                at = position
                yield ServerSentEvent(data=told(position, entry), event="entry", id=str(position))
            await asyncio.sleep(LOOK)
    finally:
        streams.discard(mark)


def _head(house: Orchestrator) -> int:
    with house.desk.unit(reading=True) as unit:
        return unit.head()


def _fresh(house: Orchestrator, after: int) -> list[tuple[int, Entry]]:
    with house.desk.unit(reading=True) as unit:
        return unit.entries_after(after, AT_ONCE) if unit.head() > after else []
