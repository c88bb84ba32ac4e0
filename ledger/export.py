"""A ledger in the forms that others read: CloudEvents, OpenTelemetry logs, and a table for people.

Bytes and entries in, lines out. An entry goes along as the bytes that were hashed, or whole as its JSON.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ledger.entries import Entry, Reason
from ledger.explain import Names, cause_of, deed
from ledger.wording import REASONS, SAID_ALREADY

PREFIX = "oncourse."
"""Before the type of every event that others are given."""
CSV_COLUMNS = (
    "number", "entry", "time (UTC)", "who", "kind", "role", "what", "why", "cause", "plan", "account",
)  # fmt: skip
BOM = "\ufeff"
"""Without it Excel takes UTF-8 for something else."""
_FORMULA = re.compile(r"^\s*[=+\-@\uff0b\uff0d\uff1d\uff20]")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def cloud_event(body: bytes, origin: str, position: int) -> bytes:
    """Return an entry as a CloudEvent 1.0 in structured form; the log's origin is its source.

    `sequence` is the position in the log, written so that it sorts; the data is the entry whole.
    """
    told = orjson.loads(body)
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"{told['stream']}#{told['seq']}",
            "source": f"//{origin}",
            "type": PREFIX + told["type"],
            "subject": told["stream"],
            "time": told["at"],
            "datacontenttype": "application/json",
            "sequence": f"{position:012}",
            "data": told,
        },
        option=orjson.OPT_SORT_KEYS,
    )


_GEN_AI = {
    "provider": "gen_ai.provider.name",
    "model_asked": "gen_ai.request.model",
    "model_answered": "gen_ai.response.model",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
}
"""A model call's field -> OpenTelemetry's name for it; the names are still in development there."""


def log_record(body: bytes, entry: Entry, origin: str, position: int) -> bytes:
    """Return an entry as OpenTelemetry logs in OTLP's JSON, one document of one record; its body is the bytes."""
    trace, _, span = (entry.trace or "").partition("-")
    at = str(int(entry.at.timestamp()) * 1_000_000_000 + entry.at.microsecond * 1_000)
    record: dict[str, Any] = {
        "timeUnixNano": at,
        "observedTimeUnixNano": at,
        "severityNumber": 9,
        "severityText": "INFO",
        "eventName": PREFIX + entry.type,
        "body": {"stringValue": body.decode()},
        "attributes": _attributes(entry, position),
    } | ({"traceId": trace, "spanId": span} if trace else {})
    scope = {"scope": {"name": "oncourse.ledger"}, "logRecords": [record]}
    resource = {"attributes": [_attribute("service.name", "oncourse"), _attribute("oncourse.log", origin)]}
    return orjson.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]})


def _attributes(entry: Entry, position: int) -> list[dict[str, Any]]:
    """Return what a reader of logs looks for; of several model calls the last one is named."""
    told: dict[str, str | int] = {
        "oncourse.stream": entry.stream,
        "oncourse.seq": entry.seq,
        "oncourse.position": position,
        "oncourse.actor.id": entry.actor.id,
        "oncourse.actor.kind": str(entry.actor.kind),
        "oncourse.authority.role": entry.authority.role,
        "oncourse.cause": f"{entry.cause.kind}:{entry.cause.ref}",
    }
    if entry.reason is not None:
        told["oncourse.reason"] = entry.reason.code
    for call in entry.model[-1:]:
        told.update((name, getattr(call, field)) for field, name in _GEN_AI.items())
    return [_attribute(name, value) for name, value in told.items()]


def _attribute(name: str, value: str | int) -> dict[str, Any]:
    """Return one attribute; OTLP's JSON writes whole numbers as text."""
    return {"key": name, "value": {"intValue" if isinstance(value, int) else "stringValue": str(value)}}


def csv_row(
    entry: Entry, position: int, reveal: Callable[[str], str], names: Names, accounts: Mapping[str, str]
) -> str:
    """Return an entry as a row for people, in the order of `CSV_COLUMNS`; `accounts` knows whose each plan is."""
    family, _, name = entry.stream.partition("/")
    role, lent = entry.authority.role, entry.authority.on_behalf_of
    asked = entry.actor.on_behalf_of
    return csv_line(
        position,
        entry.address,
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        names.get(entry.actor.id, entry.actor.id) + (f" (asked for by {names.get(asked, asked)})" if asked else ""),
        entry.actor.kind,
        f"{role} for {names.get(lent, lent)}" if lent else role,
        what_of(entry, reveal, names),
        why_of(entry, reveal),
        cause_of(entry, names),
        name if family == "plan" else "",
        accounts.get(name, "") if family == "plan" else name if family == "account" else "",
    )


def what_of(entry: Entry, reveal: Callable[[str], str], names: Names) -> str:
    """Return what was done, without why."""
    kept = Reason(code=entry.reason.code) if entry.reason and entry.reason.code in SAID_ALREADY else None
    alone = entry.model_copy(update={"reason": kept, "actor": entry.actor.model_copy(update={"on_behalf_of": None})})
    return deed(alone, reveal, names)


def why_of(entry: Entry, reveal: Callable[[str], str]) -> str:
    """Return why, in the words of its code and of whoever gave it; nothing where the deed says it."""
    if entry.reason is None:
        return ""
    words = "" if entry.reason.code in SAID_ALREADY else REASONS.get(entry.reason.code, entry.reason.code)
    text = reveal(entry.reason.text) if entry.reason.text else ""
    return f"{words}: {text}" if words and text else words or text


def csv_line(*cells: object) -> str:
    """Return cells as one line of a table, each quoted; none can be taken for a formula, or break the line."""
    return ",".join(f'"{_plain(cell)}"' for cell in cells) + "\r\n"


def _plain(cell: object) -> str:
    text = _BREAKS.sub(" ", str(cell)).replace('"', '""')
    return f"'{text}" if _FORMULA.match(text) else text
