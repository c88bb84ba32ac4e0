"""Native structured output for instructor: `output_config.format`, no forced tool.

Instructor's own handler of this mode speaks an older beta and falls back to a prompt; ours takes its place in the
registry that instructor documents. Only an answer that cannot be read is asked for again; a refusal and a cut-off are
verdicts.
"""

import logging
from functools import lru_cache
from typing import Any

import instructor.v2.providers.anthropic.handlers  # noqa: F401 - registers its handlers first, so that ours stays
from anthropic import transform_schema
from anthropic.types import Message
from instructor import Mode, Provider
from instructor.v2.core.decorators import register_mode_handler
from pydantic import BaseModel, ValidationError

from agent.draft import json_schema
from agent.fence import fence_within
from agent.stops import stopped_by_model

MOST_BYTES = 4000
"""Of what is said about an answer that cannot be read."""
_LOG = logging.getLogger("instructor")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False  # it logs what providers and models said, at ERROR


@register_mode_handler(Provider.ANTHROPIC, Mode.JSON_SCHEMA)
class NativeOutput:
    """Prepares, reads and re-asks one structured answer."""

    def prepare_request(
        self, response_model: type[BaseModel] | None, kwargs: dict[str, Any]
    ) -> tuple[type[BaseModel] | None, dict[str, Any]]:
        """Leave the request as it is: the format is part of every call of the conversation."""
        return response_model, kwargs

    def handle_reask(self, kwargs: dict[str, Any], response: Message, exception: Exception) -> dict[str, Any]:
        """Add the answer and what is wrong with it; nothing before it changes."""
        problems = fence_within("problems", render(exception), MOST_BYTES)
        told = f"The answer cannot be read:\n{problems}\nAnswer again, whole."
        added = [assistant_turn(response), {"role": "user", "content": [{"type": "text", "text": told}]}]
        return {**kwargs, "messages": [*kwargs["messages"], *added]}

    def parse_response(self, response: Message, response_model: type[BaseModel], **_: Any) -> BaseModel:
        """Read the answer; raise StoppedError where the model stopped for another reason than being done."""
        if response.stop_reason != "end_turn":
            raise stopped_by_model(response.stop_reason, getattr(response.stop_details, "category", None))
        return response_model.model_validate_json(answer_text(response))


@lru_cache(maxsize=64)
def output_format(model: type[BaseModel]) -> dict[str, Any]:
    """Return the format that binds an answer to a model's schema; the same object for the same model."""
    return {"type": "json_schema", "schema": transform_schema(json_schema(model))}


def readable(response: Any) -> bool:
    """Tell whether an endpoint answered as the Messages API does; the SDK itself does not look."""
    content: Any = getattr(response, "content", None)
    if not isinstance(response, Message) or not isinstance(content, list):
        return False
    needed = {"text": ("text",), "tool_use": ("id", "name")}
    kinds = [(block, getattr(block, "type", None)) for block in content]
    return all(
        isinstance(kind, str) and all(isinstance(getattr(block, name, None), str) for name in needed.get(kind, ()))
        for block, kind in kinds
    )


def assistant_turn(response: Message) -> dict[str, Any]:
    """Return the model's turn as it is sent back, thinking included."""
    content = [block.model_dump(mode="json", exclude_unset=True, warnings=False) for block in response.content]
    return {"role": "assistant", "content": content}


def answer_text(response: Message) -> str:
    """Return the text of an answer."""
    return "".join(block.text for block in response.content if block.type == "text")


def render(exception: Exception) -> list[str]:
    """Return what is wrong, one line each, without what was written."""
    if not isinstance(exception, ValidationError):
        return str(exception).split("\n")
    found = exception.errors(include_url=False, include_context=False, include_input=False)[:20]
    told = [(".".join(map(str, e["loc"])) or "answer", e["msg"].split("\n")) for e in found]
    return [f"{where}: {line}" for where, lines in told for line in lines]
