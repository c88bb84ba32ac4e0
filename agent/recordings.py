"""Recordings of a model's answers, as readable JSON, each with the proof of where it came from."""

import json
from collections.abc import Iterable
from difflib import unified_diff
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import Field

from plan import Digest, Frozen, Instant, OncourseError, digest_bytes

RERECORD = "python -m evals.record"
_LINES = "@lines"
_DIFF_LINES = 60


class StaleRecordingError(OncourseError):
    """No recording answers this request: the prompt, a schema or the situation changed since it was made."""

    code = "stale_recording"


class RecordingMeta(Frozen):
    """Where a recording came from, by evidence that the recorder saw."""

    case: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    source: Annotated[str, Field(pattern=r"^(claude|authored:[a-z0-9-]{1,60}|local-model:[a-z0-9.-]{1,60})$")]
    recorded_at: Instant
    prompt: str
    """Name and version, as `renewal_defense@v1`."""
    requests_digest: Digest
    model_asked: str
    model_answered: str


class Exchange(Frozen):
    """One request and its answer; bodies are objects, and no header holds a key."""

    method: str
    uri: str
    request_headers: dict[str, str]
    request: dict[str, Any]
    status: int
    response_headers: dict[str, str]
    response: dict[str, Any]

    @property
    def digest(self) -> str:
        """Return the digest that names the request."""
        return digest_bytes(canonical_body(self.request))


class Recording(Frozen):
    """One case as it was answered once."""

    meta: RecordingMeta
    exchanges: tuple[Exchange, ...] = Field(min_length=1)

    def dump(self) -> str:
        """Return the file's text; a string of several lines stands as a list of lines."""
        return json.dumps(_unfolded(self.model_dump(mode="json")), indent=1, ensure_ascii=False) + "\n"


def parse_recording(text: str) -> Recording:
    """Read a file's text."""
    return Recording.model_validate(_folded(json.loads(text)))


@cache
def read_recordings() -> tuple[Recording, ...]:
    """Return the recordings that ship with this version, by case."""
    found = [entry for entry in files("agent").joinpath("cassettes").iterdir() if entry.name.endswith(".json")]
    return tuple(parse_recording(entry.read_text("utf-8")) for entry in sorted(found, key=lambda entry: entry.name))


def requests_digest(exchanges: Iterable[Exchange]) -> str:
    """Return the digest over all requests, in order."""
    return digest_bytes("\n".join(exchange.digest for exchange in exchanges).encode())


def canonical_body(body: Any) -> bytes:
    """Return one form of a JSON body, whatever the order of its keys."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def explain_miss(asked: dict[str, Any], recordings: Iterable[Recording]) -> str:
    """Return which recording is nearest to a request that none answers, what differs, and what to do."""
    wanted = canonical_body(asked)
    near = [(r.meta.case, e.request) for r in recordings for e in r.exchanges]
    if not near:
        return f"there is no recording at all; record one: {RERECORD} --authored"
    case, request = max(near, key=lambda told: _alike(wanted, canonical_body(told[1])))
    changed = unified_diff(_pretty(request), _pretty(asked), f"{case}.json (recorded)", "asked", n=1, lineterm="")
    lines = list(changed)
    told = "no recording answers this request" if lines else "this request was already played"
    return "\n".join([f"{told}; the nearest is {case}.json. Record it again: {RERECORD} {case}", *_shortened(lines)])


def _shortened(lines: list[str]) -> list[str]:
    half = _DIFF_LINES // 2
    if len(lines) <= _DIFF_LINES:
        return lines
    return [*lines[:half], f"... {len(lines) - _DIFF_LINES} lines more ...", *lines[-half:]]


def _alike(one: bytes, other: bytes) -> int:
    """Count the bytes up to the first difference."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _pretty(body: dict[str, Any]) -> list[str]:
    return json.dumps(_unfolded(body), indent=1, sort_keys=True, ensure_ascii=False).split("\n")


def _unfolded(value: Any) -> Any:
    if isinstance(value, str) and "\n" in value:
        return {_LINES: value.split("\n")}
    if isinstance(value, dict):
        return {key: _unfolded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_unfolded(item) for item in value]
    return value


def _folded(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {_LINES}:
            return "\n".join(value[_LINES])
        return {key: _folded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_folded(item) for item in value]
    return value
