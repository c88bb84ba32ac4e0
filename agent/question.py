"""What every request of one conversation has in common, byte for byte, and how its answer is read."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from langchain_core.tools import BaseTool
from pydantic import BaseModel, model_validator

from agent.aliases import Aliases
from agent.contract import ProposalRequest
from agent.conversation import system_blocks
from agent.draft import Draft, answer_model
from agent.flat import flat_model, params_text, widened
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
    flat: bool


def question(
    given: ClaudeSettings,
    prompt: Prompt,
    request: ProposalRequest,
    names: Aliases,
    tools: Mapping[str, BaseTool],
    *,
    flat: bool = False,
) -> Question:
    """Return the question about a request; `flat` asks for the flat form and binds no tool's arguments either."""
    actions, replying = request.approved_actions, bool(request.sent_back)
    full = answer_model(actions, names.sizes, replying=replying)
    shape: type[BaseModel] = flat_model(actions, replying=replying) if flat else full
    system = system_blocks(prompt, actions)
    if flat:
        system.append({"type": "text", "text": params_text(actions, names.sizes)})
    same = {
        "model": given.model,
        "max_tokens": given.max_tokens,
        "system": system,
        "tools": wire_tools(tools, strict=not flat),
        "output_config": {"format": output_format(shape)},
    }
    return Question(same, _bound(full, request, names, flat=flat), flat)


def _bound(shape: type[Draft], request: ProposalRequest, names: Aliases, *, flat: bool) -> type[Draft]:
    class Answer(shape):  # type: ignore[misc, valid-type] # the model is made at run time
        @model_validator(mode="before")
        @classmethod
        def _full_form(cls, told: Any) -> Any:
            return widened(told) if flat else told

        @model_validator(mode="after")
        def _means_something(self) -> "Answer":
            outcome_of(self, request, names, _NO_MODEL)
            return self

    return Answer
