"""What every request of one conversation has in common, byte for byte, and how its answer is read."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from langchain_core.tools import BaseTool
from pydantic import model_validator

from agent.aliases import Aliases
from agent.contract import ProposalRequest
from agent.conversation import system_blocks
from agent.draft import Draft, answer_model
from agent.prompt import Prompt
from agent.settings import ClaudeSettings
from agent.structured import output_format
from agent.tools import wire_tools
from agent.translation import outcome_of
from plan import Provenance

_NO_MODEL = Provenance(drafter="playbook")


class Question(NamedTuple):
    """All of a request but its messages."""

    same: dict[str, Any]
    answer: type[Draft]
    """Reads an answer; what names nothing in the situation cannot be read."""


def question(
    given: ClaudeSettings,
    prompt: Prompt,
    request: ProposalRequest,
    names: Aliases,
    tools: Mapping[str, BaseTool],
) -> Question:
    """Return the question about a request."""
    actions, replying = request.approved_actions, bool(request.sent_back)
    full = answer_model(actions, names.sizes, replying=replying)
    same = {
        "model": given.model,
        "max_tokens": given.max_tokens,
        "system": system_blocks(prompt, actions),
        "tools": wire_tools(tools),
        "output_config": {"format": output_format(full)},
    }
    return Question(same, _bound(full, request, names))


def _bound(shape: type[Draft], request: ProposalRequest, names: Aliases) -> type[Draft]:
    class Answer(shape):  # type: ignore[misc, valid-type] # the model is made at run time
        @model_validator(mode="after")
        def _means_something(self) -> "Answer":
            outcome_of(self, request, names, _NO_MODEL)
            return self

    return Answer
