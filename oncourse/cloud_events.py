"""CloudEvents 1.0, however they come in; and from a file as JSON: one object, an array of them, or one a line."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plan import Id, Instant, OncourseError, digest, explain_validation
from store import Event, EventType

MAX_BYTES = 5_000_000
"""Of one file."""


class BadEventError(OncourseError):
    """What was given is no CloudEvent that is known here."""

    code = "bad_event"


class CloudEvent(BaseModel):
    """The envelope. `subject` names the account; extension attributes are allowed and not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"]
    id: Id
    source: Id
    type: EventType
    subject: Id | None = None
    time: Instant | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any] = Field(default_factory=dict)


_WHEN = {
    EventType.POSTURE_CHANGED: "as_of",
    EventType.CONTACT_REPLIED: "at",
    EventType.FACT_RECORDED: "effective_at",
}
"""Where the event's own time stands in its data, when the data does not say."""


def read_events(text: str, now: datetime) -> tuple[Event, ...]:
    """Return the events of a text in order; raise BadEventError with the number of the first that does not fit."""
    if len(text.encode()) > MAX_BYTES:
        raise BadEventError(f"more than {MAX_BYTES:,} bytes of events at once; send them in several files")
    found = []
    for number, raw in enumerate(_documents(text), start=1):
        try:
            found.append(event_of(CloudEvent.model_validate(raw), now))
        except (ValidationError, BadEventError) as error:
            told = explain_validation(error) if isinstance(error, ValidationError) else str(error)
            raise BadEventError(f"event {number}: {told}") from error
    if not found:
        raise BadEventError("there is no event in it; send CloudEvents 1.0 as JSON (docs/events.md)")
    return tuple(found)


def _documents(text: str) -> Iterator[Any]:
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield from _lines(text)
        return
    yield from whole if isinstance(whole, list) else [whole]


def _lines(text: str) -> Iterator[Any]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise BadEventError(f"line {number} is no JSON ({error.msg}); send CloudEvents 1.0 as JSON") from error


def _said_by(given: CloudEvent) -> dict[str, str]:
    """Return what the envelope alone says of a fact: nobody speaks as another source, or takes another's name for it.

    Raises BadEventError where the data says otherwise.
    """
    name = digest({"source": given.source, "id": given.id}).removeprefix("sha256:")[:40]
    said = {"source": given.source, "fact_id": f"told-{name}"}
    for field, value in said.items():
        if given.data.get(field, value) != value:
            raise BadEventError(f"the event's data names another {field} than its envelope; leave it out of the data")
    return said


def event_of(given: CloudEvent, now: datetime) -> Event:
    """Return the event for the inbox: what its envelope says completes its data. Raises BadEventError."""
    body = dict(given.data)
    plan_id = body.pop("plan_id", None)
    if given.type in _WHEN:
        body.setdefault(_WHEN[given.type], (given.time or now).isoformat())
    if given.type is EventType.FACT_RECORDED:
        body = {"account_id": given.subject} | body | _said_by(given) | {"recorded_at": now.isoformat()}
    try:
        return Event(
            source=given.source,
            event_id=given.id,
            type=given.type,
            account_id=given.subject,
            plan_id=plan_id,
            body=body,
            received_at=now,
        )
    except ValidationError as error:
        raise BadEventError(f"the event's data does not fit: {explain_validation(error)}") from error
