"""Events in: CloudEvents 1.0 over HTTP, from whoever signs them or holds a token; and what became of each."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool

from oncourse.cloud_events import BadEventError, event_of
from oncourse.http_events import (
    STRUCTURED,
    EventMediaError,
    UnreadableEventError,
    is_structured,
    read_http_event,
)
from oncourse.signatures import SignatureError, is_signed
from oncourse.throttle import ThrottledError
from oncourse.web.callers import Calling, Fronted, Housed, caller_of
from oncourse.web.front import Caller, Front
from oncourse.web.problems import ProblemError, problem_of
from oncourse.web.refusals import refusals
from plan import Frozen, Id, Instant, OncourseError
from store import NotFoundError, event_named, target_of

MAX_EVENT = 65_536
"""Bytes of one event's body."""
router = APIRouter(prefix="/v1/events", tags=["events"])


class Accepted(Frozen):
    """The event is in the inbox."""

    accepted: bool = True
    duplicate: bool
    """It had arrived before; this delivery changed nothing."""
    follow: str
    """Where to look what becomes of it."""


class Fate(Frozen):
    """What became of an event."""

    source: Id
    id: Id
    type: str
    account_id: Id | None
    plan_id: Id | None
    state: Literal["waiting", "drafting", "taken_up"]
    received_at: Instant
    retry_at: Instant | None
    """When it is looked at again, where it waits for an instant."""
    taken_up_at: Instant | None
    told: str
    """What became of it, or what it waits for."""


_REFUSED: tuple[tuple[type[OncourseError], HTTPStatus], ...] = (
    (SignatureError, HTTPStatus.UNAUTHORIZED),
    (ThrottledError, HTTPStatus.TOO_MANY_REQUESTS),
    (EventMediaError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (UnreadableEventError, HTTPStatus.BAD_REQUEST),
    (BadEventError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFoundError, HTTPStatus.UNPROCESSABLE_ENTITY),
)
"""What each refusal means at this door: an account that is not there is something of the event's that does not fit."""
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        STRUCTURED: {
            "schema": {
                "type": "object",
                "required": ["specversion", "id", "source", "type"],
                "properties": {
                    **{name: {"type": "string"} for name in ("id", "source", "type", "subject", "time")},
                    "specversion": {"const": "1.0"},
                    "data": {"type": "object"},
                },
            }
        },
        "application/json": {
            "schema": {"type": "object", "description": "Binary mode: `data`; the envelope in ce- headers."}
        },
    },
}


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    responses=refusals(400, 401, 403, 413, 415, 421, 422, 429, 503),
    openapi_extra={"requestBody": _BODY, "security": [{"token": []}, {"session": []}, {"signature": []}]},
)
async def accept(request: Request, front: Fronted) -> Accepted:
    """Take one event in, once: signed by a known system, or sent with a token of the scope `events`."""
    body = await _body(request)
    return await run_in_threadpool(_take, request, front, body)


def _take(request: Request, front: Front, body: bytes) -> Accepted:
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        if any(len(request.headers.getlist(name)) > 1 for name in headers if name.startswith(("ce-", "webhook-"))):
            raise UnreadableEventError("a ce- or webhook- header stands there twice; send each once")
        tenant_id, sources, name = _sender(request, headers, front, body)
        front.throttle.take(tenant_id)
        given = read_http_event(headers, body)
        if sources is not None and given.source not in sources:
            raise SignatureError(f"who signed this may not speak as {given.source}; see [sources] in oncourse.toml")
        house = front.house(tenant_id)
        event = event_of(given, house.desk.clock.now()).model_copy(update={"sender": name})
        fresh = house.receive(event)
    except OncourseError as error:
        raise _refused(error) from error
    where = target_of(event.source, event.event_id).partition("/")[2]
    return Accepted(duplicate=not fresh, follow=f"/v1/events/{where}")


def _sender(
    request: Request, headers: dict[str, str], front: Front, body: bytes
) -> tuple[str, frozenset[str] | None, str | None]:
    """Return whose tenant it is, as which sources the sender may speak (None: as any), and which machine brought it."""
    if not is_signed(headers):
        caller = caller_of(request, front)
        _scoped(caller, "events")
        return caller.tenant_id, None, caller.who.principal.principal_id
    sender = front.signatures.sender(headers, body, front.clock.now())
    if not is_structured(headers):
        raise EventMediaError(f"a signature covers the body and no ce- headers: sign an event sent as `{STRUCTURED}`")
    return sender.tenant, sender.sources, None


async def _body(request: Request) -> bytes:
    """Read a body up to the cap, and no further."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MAX_EVENT:
            raise ProblemError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "event_too_large",
                f"an event has at most {MAX_EVENT:,} bytes; send what it points to by itself",
            )
    return bytes(found)


def _refused(error: OncourseError) -> ProblemError:
    told = problem_of(error)
    told.status = next((status for kind, status in _REFUSED if isinstance(error, kind)), told.status)
    if isinstance(error, ThrottledError):
        told.headers["retry-after"] = str(error.seconds)
    if told.status is HTTPStatus.UNAUTHORIZED:
        told.headers["www-authenticate"] = 'Bearer realm="oncourse"'
    return told


def _scoped(caller: Caller, *scopes: str) -> None:
    if not caller.scopes & set(scopes):
        wanted = " or ".join(scopes)
        raise ProblemError(HTTPStatus.FORBIDDEN, "scope", f"this token does not open {wanted}; make one that does")


def _following(caller: Calling) -> Caller:
    _scoped(caller, "events", "read")
    return caller


@router.get("/{source:path}/{event_id}", responses=refusals(401, 403, 404, 421, 422, 503))
def follow(
    request: Request, source: str, event_id: str, _caller: Annotated[Caller, Depends(_following)], house: Housed
) -> Fate:
    """Tell what became of an event. Its source and its id are percent-encoded: a source may hold slashes."""
    sent = bytes(request.scope.get("raw_path") or b"").partition(b"?")[0].rpartition(b"/v1/events/")[2].decode("ascii")
    named = event_named(sent) if sent else (source, event_id)
    event = house.event(*named)
    state: Literal["waiting", "drafting", "taken_up"] = "waiting"
    if event.processed_at is not None:
        state = "taken_up"
    elif event.begun_at is not None:
        state = "drafting"
    return Fate(
        source=event.source,
        id=event.event_id,
        type=event.type.value,
        account_id=event.account_id,
        plan_id=event.plan_id,
        state=state,
        received_at=event.received_at,
        retry_at=None if event.processed_at else event.retry_at,
        taken_up_at=event.processed_at,
        told=event.told or "",
    )
