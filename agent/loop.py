"""The conversation with a model as a LangGraph subgraph: think, act, think ... then propose.

`system`, `tools` and the output format are the same bytes in every call; messages only grow.
"""

import json
import operator
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import anthropic
import instructor
from anthropic.types import Message
from instructor.v2.core.errors import InstructorRetryException
from langgraph.graph import END, START, StateGraph
from pydantic import ValidationError, model_validator

from agent.aliases import Aliases
from agent.contract import ProposalRequest
from agent.conversation import opening, system_blocks
from agent.draft import Draft, answer_model
from agent.prompt import Prompt
from agent.settings import ClaudeSettings
from agent.stops import StoppedError, foreign, unreadable
from agent.structured import assistant_turn, output_format, readable
from agent.tools import call, tools_for, wire_tools
from agent.translation import outcome_of
from agent.wire import Meter, explain
from plan import NoPlanReason, Provenance

_NO_MODEL = Provenance(drafter="playbook")


class Heard(NamedTuple):
    """What the model answered, and every turn since it was asked."""

    answer: Draft
    turns: list[dict[str, Any]]


class Talk(TypedDict, total=False):
    """The conversation as it grows."""

    messages: Annotated[list[dict[str, Any]], operator.add]
    last: Message
    tool_calls: Annotated[int, operator.add]
    answer: Draft


class Loop:
    """One proposal's conversation, inside its budget."""

    def __init__(
        self,
        client: anthropic.Anthropic,
        meter: Meter,
        prompt: Prompt,
        request: ProposalRequest,
        given: ClaudeSettings,
        seconds: Callable[[], float],
    ) -> None:
        self._client, self._meter, self._prompt, self._budget = client, meter, prompt, given.budget
        self._seconds, self._until = seconds, seconds() + given.budget.seconds
        self._names = Aliases(request.situation)
        self._request = request
        self._tools = tools_for(request, self._names)
        shape = answer_model(request.approved_actions, self._names.sizes, replying=bool(request.sent_back))
        self._answer = _bound(shape, request, self._names)
        self._same: dict[str, Any] = {
            "model": given.model,
            "max_tokens": given.max_tokens,
            "system": system_blocks(prompt, request.approved_actions),
            "tools": wire_tools(self._tools),
            "output_config": {"format": output_format(shape)},
        }
        self._turns = 0
        self._sent: list[dict[str, Any]] = []
        self._heard: Message | None = None

    def run(self) -> Heard:
        """Hold the conversation; raise StoppedError where it ends without a readable answer."""
        graph = StateGraph(Talk)
        graph.add_node("think", self._think)
        graph.add_node("act", self._act)
        graph.add_node("propose", self._propose)
        graph.add_edge(START, "think")
        graph.add_conditional_edges("think", _after_think)
        graph.add_edge("act", "think")
        graph.add_edge("propose", END)
        begun = opening(self._request, self._names)
        try:
            ended = graph.compile().invoke({"messages": begun, "tool_calls": 0})
        except anthropic.AnthropicError as error:
            raise StoppedError(NoPlanReason.PROVIDER_DOWN, explain(error)) from error
        if self._heard is None:
            raise unreadable()
        return Heard(ended["answer"], [*self._sent[len(begun) :], assistant_turn(self._heard)])

    def _think(self, state: Talk) -> Talk:
        message = self._ask(messages=state["messages"])
        if message.stop_reason == "tool_use":
            return {"messages": [assistant_turn(message)], "last": message}
        return {"last": message}

    def _act(self, state: Talk) -> Talk:
        asked = [block for block in state["last"].content if block.type == "tool_use"]
        results = []
        for number, block in enumerate(asked, state["tool_calls"] + 1):
            if number > self._budget.tool_calls:
                told, failed = "no tool calls are left; answer with what you know", True
            else:
                told, failed = call(self._tools, block.name, block.input, self._budget.tool_result_chars)
            results.append({"type": "tool_result", "tool_use_id": block.id, "content": told, "is_error": failed})
        return {"messages": [{"role": "user", "content": results}], "tool_calls": len(asked)}

    def _propose(self, state: Talk) -> Talk:
        ready = [state["last"]]

        def create(**asked: Any) -> Message:
            return ready.pop() if ready else self._ask(messages=asked["messages"])

        ask = instructor.patch(create=create, provider=instructor.Provider.ANTHROPIC, mode=instructor.Mode.JSON_SCHEMA)
        try:
            answer = ask(
                response_model=self._answer,
                max_retries=self._budget.reasks,
                messages=state["messages"],
            )
        except InstructorRetryException as error:
            raise _unwrapped(error) from None
        return {"answer": answer}

    def _ask(self, messages: Any) -> Message:
        """Call the model once more, where the budget allows it."""
        self._afford()
        self._turns += 1
        try:
            message: Any = self._client.messages.create(messages=messages, **self._same)
        except ValueError as error:
            raise foreign() from error
        if not isinstance(message, Message) or not readable(message):
            raise foreign()
        if self._prompt.canary in json.dumps(assistant_turn(message)).lower():
            raise StoppedError(NoPlanReason.REFUSED, "The answer repeated confidential text; draft this plan by hand.")
        self._sent, self._heard = messages, message
        return message

    def _afford(self) -> None:
        most = self._budget
        if self._turns >= most.turns:
            raise StoppedError(NoPlanReason.BUDGET_CALLS, f"{most.turns} answers brought no plan; draft it by hand.")
        if self._meter.tokens >= most.tokens:
            raise StoppedError(NoPlanReason.BUDGET_TOKENS, f"{most.tokens} tokens are spent; draft it by hand.")
        if self._seconds() > self._until:
            raise StoppedError(NoPlanReason.PROVIDER_DOWN, f"No plan after {most.seconds} s; propose again later.")


def _after_think(state: Talk) -> Literal["act", "propose"]:
    return "act" if state["last"].stop_reason == "tool_use" else "propose"


def _bound(shape: type[Draft], request: ProposalRequest, names: Aliases) -> type[Draft]:
    """Return the answer's model for one request: what names nothing cannot be read."""

    class Answer(shape):  # type: ignore[misc, valid-type] # the model is made at run time
        @model_validator(mode="after")
        def _means_something(self) -> "Answer":
            outcome_of(self, request, names, _NO_MODEL)
            return self

    return Answer


def _unwrapped(error: InstructorRetryException) -> Exception:
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return unreadable()
    return cause if isinstance(cause, Exception) else error
