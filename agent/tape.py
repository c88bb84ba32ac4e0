"""The HTTP client that plays or records: vcrpy's own stub inside one client, never a patch of the process."""

import json
from collections.abc import Iterable
from typing import Any

import anthropic
import httpx2
from anthropic import APIRequest, APIResponse, CallNext, Middleware
from vcr.cassette import Cassette
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.filters import decode_response
from vcr.matchers import method, path
from vcr.record_mode import RecordMode
from vcr.request import Request
from vcr.stubs.httpx_stubs import vcr_handle_request

from agent.recordings import Exchange, Recording, StaleRecordingError, canonical_body, explain_miss

_PUBLIC_URI = "https://api.anthropic.com/v1/messages"
_SENT = frozenset({"anthropic-version", "anthropic-beta", "content-type"})
_RECEIVED = frozenset({"content-type", "request-id", "retry-after", "x-should-retry", "x-recording-source"})


class Tape:
    """Plays recordings, or records what passes.

    `once` plays each answer a single time, so that `all_played` means something; otherwise they may repeat.
    """

    def __init__(self, recordings: Iterable[Recording] = (), *, record: bool = False, once: bool = False) -> None:
        self.recordings = tuple(recordings)
        self._cassette = Cassette(
            "recordings",
            record_mode=RecordMode.ALL if record else RecordMode.NONE,
            match_on=(method, path, same_body),
            allow_playback_repeats=not once,
        )
        self._cassette.data = [_played(exchange) for r in self.recordings for exchange in r.exchanges]
        self._cassette.rewound = True
        self._record = record

    @property
    def all_played(self) -> bool:
        """Tell whether every answer was played."""
        return bool(self._cassette.all_played)

    def client(self) -> httpx2.Client:
        """Return a client whose every request passes this tape."""
        base: Any = httpx2.HTTPTransport if self._record else httpx2.BaseTransport
        handle = vcr_handle_request(self._cassette, base.handle_request, httpx2)
        transport = type("TapeTransport", (base,), {"handle_request": handle})
        return httpx2.Client(transport=transport())

    def addresses(self) -> tuple[str, ...]:
        """Return where each exchange really went."""
        return tuple(str(request.uri) for request, _ in self._cassette.data)

    def exchanges(self) -> tuple[Exchange, ...]:
        """Return what passed, without keys, cookies and ports."""
        return tuple(_kept(request, decode_response(response)) for request, response in self._cassette.data)


class LoudReplay(Middleware):
    """Turns a missing recording into its own error: the SDK would call it a connection error."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def handle(self, request: APIRequest, call_next: CallNext) -> APIResponse[Any]:
        """Pass on one attempt."""
        try:
            return call_next(request)
        except anthropic.APIConnectionError as error:
            cause: BaseException | None = error
            while cause is not None:
                if isinstance(cause, CannotOverwriteExistingCassetteException):
                    asked = json.loads(cause.failed_request.body)
                    raise StaleRecordingError(explain_miss(asked, self._tape.recordings)) from None
                cause = cause.__cause__ or cause.__context__
            raise


def same_body(one: Request, other: Request) -> bool:
    """Tell whether two requests ask the same."""
    return canonical_body(json.loads(one.body)) == canonical_body(json.loads(other.body))


def _played(exchange: Exchange) -> tuple[Request, dict[str, Any]]:
    request = Request(exchange.method, exchange.uri, canonical_body(exchange.request), exchange.request_headers)
    response = {
        "status": {"code": exchange.status, "message": None},
        "headers": {name: [value] for name, value in exchange.response_headers.items()},
        "body": {"string": json.dumps(exchange.response).encode()},
    }
    return request, response


def _kept(request: Request, response: dict[str, Any]) -> Exchange:
    return Exchange(
        method=request.method,
        uri=_PUBLIC_URI,
        request_headers=_headers(request.headers, _SENT),
        request=json.loads(request.body),
        status=response["status"]["code"],
        response_headers=_headers(response["headers"], _RECEIVED),
        response=json.loads(response["body"]["string"]),
    )


def _headers(headers: Any, kept: frozenset[str]) -> dict[str, str]:
    found = {}
    for name, value in headers.items():
        if name.lower() in kept:
            found[name.lower()] = value[0] if isinstance(value, list) else str(value)
    return dict(sorted(found.items()))
