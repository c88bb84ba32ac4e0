"""What happens, as it happens: one server-sent event an entry; its id is the ledger position, so nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from ledger import Entry
from oncourse.web.callers import Fronted, Reading, caller_of
from oncourse.web.front import Front
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
MOST_OF_ONE = 50
"""Streams of one caller: nobody takes the places of the others."""
ASKED_AGAIN = 10
"""Looks after which is asked whether the caller may still read."""


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


class Place(NamedTuple):
    """One open stream."""

    tenant_id: str
    principal_id: str
    mark: object


def a_place(request: Request, caller: Reading) -> set[Place]:
    """Return the process's open streams; 503 where there are too many, of all or of this caller."""
    streams: set[Place] = request.app.state.streams
    mine = (caller.tenant_id, caller.who.principal.principal_id)
    if len(streams) >= MOST or sum(one[:2] == mine for one in streams) >= MOST_OF_ONE:
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE, "too_many_streams", "this process tells all it can; come again in a moment"
        )
    return streams


@router.get("/stream", response_class=EventSourceResponse, responses=refusals(401, 403, 421, 422, 503))
async def stream(
    request: Request,
    caller: Reading,
    front: Fronted,
    streams: Annotated[set[Place], Depends(a_place)],
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,15}$")] = None,
    after: Annotated[int | None, Query(ge=0, le=2**53, description="As Last-Event-ID.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Tell each new entry of the tenant's ledger; begins behind Last-Event-ID, else now."""
    mine = Place(caller.tenant_id, caller.who.principal.principal_id, object())
    streams.add(mine)
    try:
        house = await run_in_threadpool(front.house, caller.tenant_id)
        at = int(last_event_id) if last_event_id is not None else after
        if at is None:
            at = await run_in_threadpool(_head, house)
        for look in range(int(LIFE.total_seconds() / LOOK)):
            if look % ASKED_AGAIN == ASKED_AGAIN - 1 and not await run_in_threadpool(_still_known, request, front):
                return
            for position, entry in await run_in_threadpool(_fresh, house, at):
                at = position
                yield ServerSentEvent(data=told(position, entry), event="entry", id=str(position))
            await asyncio.sleep(LOOK)
    finally:
        streams.discard(mine)


def _still_known(request: Request, front: Front) -> bool:
    """Tell whether the secret that the stream was opened with still opens anything."""
    try:
        caller_of(request, front)
    except ProblemError:
        return False
    return True


def _head(house: Orchestrator) -> int:
    with house.desk.unit(reading=True) as unit:
        return unit.head()


def _fresh(house: Orchestrator, after: int) -> list[tuple[int, Entry]]:
    with house.desk.unit(reading=True) as unit:
        return unit.entries_after(after, AT_ONCE) if unit.head() > after else []
