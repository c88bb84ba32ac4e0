"""Traffic of the Messages API as others recorded it: read in whichever form it was kept, and served again."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, NamedTuple

import yaml

from tests.real_data import real_data

FOLDER = "wire-cassettes"
_KEPT = {"content-type", "content-encoding", "request-id", "retry-after", "x-should-retry"}
_MAGIC = b"\x1f\x8b"


class Exchanged(NamedTuple):
    """One request and its answer."""

    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    raw: bytes
    """As it went over the wire, compressed where it was kept so."""

    @property
    def text(self) -> str:
        return (gzip.decompress(self.raw) if self.raw[:2] == _MAGIC else self.raw).decode()

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.text)

    def compressed(self) -> "Exchanged":
        raw = self.raw if self.raw[:2] == _MAGIC else gzip.compress(self.raw)
        return self._replace(raw=raw, headers=self.headers | {"content-encoding": "gzip"})

    def plain(self) -> "Exchanged":
        return self._replace(raw=self.text.encode(), headers=_without(self.headers, "content-encoding"))


@cache
def exchanges(name: str) -> tuple[Exchanged, ...]:
    """Return what one file holds, in order; skip where the files are not beside this repository."""
    told = yaml.safe_load((real_data(FOLDER) / name).read_text(encoding="utf-8"))
    return tuple(_exchanged(each["request"], each["response"]) for each in told["interactions"])


@contextmanager
def served(*answers: Exchanged) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield an address that gives these answers one after the other, the last for ever, and what it was asked."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            answer = answers[min(len(seen), len(answers)) - 1]
            self.send_response(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(answer.raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.raw)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()


def _exchanged(request: dict[str, Any], response: dict[str, Any]) -> Exchanged:
    status = response["status"]
    found = response.get("headers", {}).items()
    headers = {name.lower(): value[0] if isinstance(value, list) else value for name, value in found}
    kept, raw = {name: value for name, value in headers.items() if name in _KEPT}, _raw(response)
    if raw[:2] != _MAGIC:
        kept = _without(kept, "content-encoding")
    asked = request.get("parsed_body") or json.loads(request["body"])
    return Exchanged(asked, status["code"] if isinstance(status, dict) else status, kept, raw)


def _raw(response: dict[str, Any]) -> bytes:
    if "parsed_body" in response:
        return json.dumps(response["parsed_body"]).encode()
    body = response["body"]
    if body.get("type") == "json":
        return json.dumps(body["content"]).encode()
    return body["string"] if isinstance(body["string"], bytes) else body["string"].encode()


def _without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {other: value for other, value in headers.items() if other != name}
