"""Four tools to look closer, all read-only and bound to the one account of the request: no id is an argument."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from anthropic import transform_schema
from langchain_core.tools import BaseTool, tool
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.aliases import Aliases, newest_signals, newest_touches
from agent.briefing import signal_row, situation_data, touch_row
from agent.contract import ProposalRequest
from agent.conversation import action_row
from agent.draft import json_schema
from agent.fence import fence_within
from plan import explain_validation

_PAGE = 20


class Page(BaseModel):
    """Where to go on reading."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    offset: int = Field(ge=0, le=10_000, description="How many of the newest to leave out.")


class Nothing(BaseModel):
    """No arguments."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


_ARGUMENTS: dict[str, type[BaseModel]] = {
    "get_signals": Page,
    "get_history": Page,
    "get_goals": Nothing,
    "list_action_types": Nothing,
}


def tools_for(request: ProposalRequest, names: Aliases) -> dict[str, BaseTool]:
    """Return the tools of one request, in the order in which they stand on the wire."""
    known = request.situation

    @tool(args_schema=_ARGUMENTS["get_signals"])
    def get_signals(offset: int) -> list[dict[str, Any]]:
        """Read the account's signals, newest first, twenty at a time."""
        return [signal_row(s, known, names) for s in newest_signals(known)[offset : offset + _PAGE]]

    @tool(args_schema=_ARGUMENTS["get_history"])
    def get_history(offset: int) -> list[dict[str, Any]]:
        """Read the account's past touches, newest first, twenty at a time."""
        return [touch_row(t, known, names) for t in newest_touches(known)[offset : offset + _PAGE]]

    @tool(args_schema=_ARGUMENTS["get_goals"])
    def get_goals() -> Any:
        """Read the tenant's goals."""
        return situation_data(request, names)["goals"]

    @tool(args_schema=_ARGUMENTS["list_action_types"])
    def list_action_types() -> list[dict[str, Any]]:
        """Read the approved actions."""
        return [action_row(action_type) for action_type in request.approved_actions]

    made: tuple[BaseTool, ...] = (get_signals, get_history, get_goals, list_action_types)
    return {each.name: each for each in made}


@cache
def _input_schema(name: str) -> dict[str, Any]:
    return transform_schema(json_schema(_ARGUMENTS[name]))


def wire_tools(tools: Mapping[str, BaseTool], *, strict: bool = True) -> list[dict[str, Any]]:
    """Return the tools as the Messages API takes them; `strict` has the provider bind the arguments, too."""
    bound = {"strict": True} if strict else {}
    return [
        {
            "name": each.name,
            "description": each.description,
            "input_schema": _input_schema(each.name),
            **bound,
        }
        for each in tools.values()
    ]


def call(tools: Mapping[str, BaseTool], name: str, given: Any, limit: int) -> tuple[str, bool]:
    """Return a tool's answer as a fenced block of so many bytes at most, and whether it is an error."""
    if name not in tools:
        return fence_within("error", [f"there is no such tool; there are: {', '.join(tools)}"], limit), True
    try:
        checked = _ARGUMENTS[name].model_validate(given)
        found = tools[name].invoke(checked.model_dump())
    except ValidationError as error:
        return fence_within("error", [explain_validation(error)], limit), True
    return fence_within(name, found, limit), False
