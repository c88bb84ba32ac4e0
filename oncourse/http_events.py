"""One CloudEvent over HTTP, in structured mode (all of it in the body) or binary mode (its envelope in `ce-` headers).

The library binds; what it lets pass or makes up is caught here: it fills a missing id and time, returns broken JSON as
text, and takes any JSON for an event whatever its content type says.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.exceptions import BaseCloudEventException
from pydantic import ValidationError

from oncourse.cloud_events import BadEventError, CloudEvent
from plan import explain_validation

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_MADE_UP = ("specversion", "id", "time")
"""Attributes that the library fills where they are missing."""


class UnreadableEventError(BadEventError):
    """No event can be read in it."""

    code = "unreadable_event"


class EventMediaError(BadEventError):
    """Its content type is none in which an event is taken."""

    code = "event_content_type"


def is_structured(headers: Mapping[str, str]) -> bool:
    """Tell whether the whole event stands in the body."""
    return _media(headers) == STRUCTURED


def read_http_event(headers: Mapping[str, str], body: bytes) -> CloudEvent:
    """Return the event of a request; header names are in small letters.

    Raises: EventMediaError for another content type, UnreadableEventError where no event can be read, BadEventError
    where it does not fit.
    """
    given, data = _parts(headers, body)
    try:
        bound = from_http_event(HTTPMessage(dict(headers), body))
    except (BaseCloudEventException, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise UnreadableEventError(f"the event cannot be read: {_line(error)}; send CloudEvents 1.0") from error
    attributes = {name: value for name, value in bound.get_attributes().items() if name not in _MADE_UP}
    named = {name: given[name] for name in _MADE_UP if name in given}
    try:
        return CloudEvent.model_validate(attributes | named | data)
    except ValidationError as error:
        raise BadEventError(f"the event does not fit: {explain_validation(error)}") from error


def _parts(headers: Mapping[str, str], body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the attributes as they were sent, and `data` where there is any."""
    media = _media(headers)
    if media == BATCH:
        raise EventMediaError("a batch is not taken; send each event by itself")
    if media == STRUCTURED:
        whole = _object(body)
        if "data_base64" in whole:
            raise BadEventError("the event does not fit: data_base64: its data is a JSON object; send it as `data`")
        return whole, {"data": whole["data"]} if "data" in whole else {}
    if media == "application/json":
        if not any(name.startswith("ce-") for name in headers):
            raise UnreadableEventError(f"there is no envelope: send ce- headers, or all of it as `{STRUCTURED}`")
        given = {name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")}
        return given, {"data": _object(body)} if body else {}
    raise EventMediaError(f"send `{STRUCTURED}`, or `application/json` with the envelope in ce- headers")


def _media(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnreadableEventError(f"the body is no JSON ({error.msg}); send one JSON object") from error
    if not isinstance(found, dict):
        raise UnreadableEventError("the body is JSON, but no object; send one event as one JSON object")
    return found


def _line(error: Exception) -> str:
    return " ".join(str(error).rpartition(":: ")[2].split())[:200] or type(error).__name__
