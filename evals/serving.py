"""A small server on loopback that speaks the Messages API; what it answers is a function's business."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, NamedTuple, Self


class Reply(NamedTuple):
    """Status, headers and body of one answer."""

    status: int
    headers: dict[str, str]
    raw: bytes


class MessagesServer:
    """Answers each request as its function says; `seen` keeps what was asked."""

    def __init__(self, answer: Callable[[dict[str, Any]], Reply]) -> None:
        self.seen: list[dict[str, Any]] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer, self.seen))

    @property
    def url(self) -> str:
        """Return the base address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()


def _handler(answer: Callable[[dict[str, Any]], Reply], seen: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            seen.append(asked)
            reply = answer(asked)
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": str(len(reply.raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.raw)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler
