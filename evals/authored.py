"""A local server that speaks the Messages API and answers as a script says.

It never passes for a model: it names itself in a header, answers `model: authored`, and its ids begin `msg_local_`.
"""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from evals.serving import MessagesServer, Reply

Turn = dict[str, Any]
"""One of `answer` (a draft), `text`, `tools` (names and inputs), `stop` (a reason), `status`, or a raw `body`.

`headers` adds to what every answer carries, or replaces it.
"""


class AuthoredServer(MessagesServer):
    """Answers the n-th turn of a conversation with the n-th turn of a script.

    A turn that is a list answers repeated requests of the same turn one after the other.
    """

    def __init__(self, name: str, turns: Sequence[Turn | list[Turn]], *, compress: bool = False) -> None:
        super().__init__(self._answer)
        self.name, self.turns, self._compress = name, turns, compress
        self._asked: Counter[int] = Counter()

    def _answer(self, asked: dict[str, Any]) -> Reply:
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
        return Reply(status, headers, raw)


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
