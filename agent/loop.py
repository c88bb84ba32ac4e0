"""The conversation with a model as a LangGraph subgraph: think, act, think ... then propose.

`system`, `tools` and the output format are the same bytes in every call; messages only grow.
"""

import json
import operator
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import anthropic
import httpx2
import instructor
from anthropic.types import Message
from instructor.v2.core.errors import InstructorRetryException
from langgraph.graph import END, START, StateGraph
from pydantic import ValidationError

from agent.aliases import Aliases
from agent.contract import ProposalRequest
from agent.conversation import opening
from agent.draft import Draft
from agent.prompt import Prompt
from agent.question import Question, question
from agent.recordings import canonical_body
from agent.settings import ClaudeSettings
from agent.spending import Purse
from agent.stops import StoppedError, foreign, unreadable
from agent.structured import assistant_turn, readable
from agent.tools import call, tools_for
from agent.wire import SECONDS_TO_CONNECT, explain, is_too_large, reason_of
from plan import NoPlanReason


class Heard(NamedTuple):
    """What the model answered, and every turn since it was asked."""

    answer: Draft
    turns: list[dict[str, Any]]


class Talk(TypedDict, total=False):
    """The conversation as it grows."""

    messages: Annotated[list[dict[str, Any]], operator.add]
    last: Message
    answer: Draft


class Loop:
    """One proposal's conversation, inside its budget."""

    def __init__(
        self,
        client: anthropic.Anthropic,
        purse: Purse,
        prompt: Prompt,
        request: ProposalRequest,
        given: ClaudeSettings,
    ) -> None:
        self._client, self._purse, self._prompt, self._given = client, purse, prompt, given
        self._names = Aliases(request.situation)
        self._request = request
        self._tools = tools_for(request, self._names)
        self._question = self._asking(flat=False)
        self._sent: list[dict[str, Any]] = []
        self._heard: Message | None = None

    def _asking(self, *, flat: bool) -> Question:
        return question(self._given, self._prompt, self._request, self._names, self._tools, flat=flat)

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
            ended = graph.compile().invoke({"messages": begun})
        except anthropic.AnthropicError as error:
            raise StoppedError(reason_of(error), explain(error)) from error
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
        for block in asked:
            if self._purse.take_tool_call():
                told, failed = call(self._tools, block.name, block.input, self._given.budget.tool_result_bytes)
            else:
                told, failed = "no tool calls are left; answer with what you know", True
            results.append({"type": "tool_result", "tool_use_id": block.id, "content": told, "is_error": failed})
        return {"messages": [{"role": "user", "content": results}]}

    def _propose(self, state: Talk) -> Talk:
        ready = [state["last"]]

        def create(**asked: Any) -> Message:
            if ready:
                return ready.pop()
            self._purse.take_reask()
            return self._ask(messages=asked["messages"])

        ask = instructor.patch(create=create, provider=instructor.Provider.ANTHROPIC, mode=instructor.Mode.JSON_SCHEMA)
        try:
            answer = ask(
                response_model=self._question.answer,
                max_retries=self._purse.reasks_left,
                messages=state["messages"],
            )
        except InstructorRetryException as error:
            raise _unwrapped(error) from None
        return {"answer": answer}

    def _ask(self, messages: Any) -> Message:
        """Call the model once more, where the budget allows it."""
        self._purse.take_turn(canonical_body({**self._question.same, "messages": messages}), self._given.model)
        try:
            message: Any = self._create(messages)
        except ValueError as error:
            raise foreign() from error
        if not isinstance(message, Message) or not readable(message):
            raise foreign()
        if self._prompt.canary in json.dumps(assistant_turn(message)).lower():
            raise StoppedError(NoPlanReason.REFUSED, "The answer repeated confidential text; draft this plan by hand.")
        self._sent, self._heard = messages, message
        return message

    def _create(self, messages: Any) -> Any:
        """Send a request; one whose schema is too large for the provider is sent anew in the flat form.

        Only the first of a conversation can be: it brought no answer, so none is bound to what changes.
        """
        seconds = min(float(self._given.answer_seconds), max(self._purse.seconds_left, 1.0))
        timeout = httpx2.Timeout(seconds, connect=SECONDS_TO_CONNECT)
        try:
            return self._client.messages.create(messages=messages, timeout=timeout, **self._question.same)
        except anthropic.BadRequestError as error:
            if self._heard is not None or self._question.flat or not is_too_large(error):
                raise
        self._question = self._asking(flat=True)
        return self._client.messages.create(messages=messages, timeout=timeout, **self._question.same)


def _after_think(state: Talk) -> Literal["act", "propose"]:
    return "act" if state["last"].stop_reason == "tool_use" else "propose"


def _unwrapped(error: InstructorRetryException) -> Exception:
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return unreadable()
    return cause if isinstance(cause, Exception) else error
