"""A local server that speaks the Messages API and answers as a script says.

It never passes for a model: it names itself in a header, answers `model: authored`, and its ids begin `msg_local_`.
"""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self

Turn = dict[str, Any]
"""One of `answer` (a draft), `text`, `tools` (names and inputs), `stop` (a reason), `status`, or a raw `body`.

`headers` adds to what every answer carries, or replaces it.
"""


class AuthoredServer:
    """Answers the n-th turn of a conversation with the n-th turn of a script.

    A turn that is a list answers repeated requests of the same turn one after the other. `seen` keeps what was asked.
    """

    def __init__(self, name: str, turns: Sequence[Turn | list[Turn]], *, compress: bool = False) -> None:
        self.name, self.turns, self._compress = name, turns, compress
        self.seen: list[dict[str, Any]] = []
        self._asked: Counter[int] = Counter()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

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

    def answer(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body for one request."""
        self.seen.append(asked)
        number = sum(message["role"] == "assistant" for message in asked["messages"])
        turn: Turn | list[Turn] = self.turns[number] if number < len(self.turns) else {"status": 404}
        if isinstance(turn, list):
            turn = turn[min(self._asked[number], len(turn) - 1)]
        self._asked[number] += 1
        name = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
        status = turn.get("status", 200)
        body = turn.get("body") or (_message(turn, name, asked) if status == 200 else _error(status))  # noqa: PLR2004 - HTTP
        raw = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
        raw = gzip.compress(raw) if self._compress else raw
        headers = {
            **({"content-encoding": "gzip"} if self._compress else {}),
            "content-type": "application/json",
            "request-id": f"local_{name}",
            "x-recording-source": f"authored:{self.name}",
            **turn.get("headers", {}),
        }
        return status, headers, raw


def _message(turn: Turn, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    text = turn.get("text") or (json.dumps({"answer": turn["answer"]}, indent=1) if "answer" in turn else "")
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    for number, use in enumerate(turn.get("tools", ())):
        content.append({"type": "tool_use", "id": f"toolu_local_{name}{number}", "caller": {"type": "direct"}, **use})
    return {
        "id": f"msg_local_{name}",
        "type": "message",
        "role": "assistant",
        "model": "authored",
        "content": content,
        "stop_reason": turn.get("stop") or ("tool_use" if turn.get("tools") else "end_turn"),
        "stop_sequence": None,
        "stop_details": None,
        "usage": {"input_tokens": len(json.dumps(asked)) // 4, "output_tokens": len(json.dumps(content)) // 4},
    }


_ERRORS = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error", 529: "overloaded_error"}


def _error(status: int) -> dict[str, Any]:
    told = {"type": _ERRORS.get(status, "api_error"), "message": f"authored {status}"}
    return {"type": "error", "error": told, "request_id": "local_error"}


def _handler(server: AuthoredServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, headers, raw = server.answer(asked)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler
