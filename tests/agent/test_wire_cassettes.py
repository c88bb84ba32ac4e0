"""Our client reads the Messages API as others recorded it, in every file and every form."""

import json
from itertools import pairwise

import anthropic
import httpx2
import pytest
from anthropic.types import Message
from pydantic import BaseModel, ConfigDict

from agent import ClaudeDrafter, ClaudeSettings
from agent.aliases import Sizes
from agent.draft import answer_model
from agent.prompt import prompt_of
from agent.stops import StoppedError
from agent.structured import NativeOutput, assistant_turn, output_format, readable
from agent.wire import Meter, explain, open_client, reason_of
from plan import NoPlan, NoPlanReason, PlanType
from tests.agent.samples import ACTIONS, NOW, request
from tests.agent.traffic import FOLDER, Exchanged, exchanges, served
from tests.real_data import real_data

pytestmark = pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")

ENDS = {
    "otel-01-two-tool-calls-gzip-full-headers": ["tool_use"],
    "otel-02-structured-output-beta-2025": ["end_turn"],
    "pai-01-native-output-with-two-tools": ["tool_use", "end_turn"],
    "pai-03-native-output-no-tools": ["end_turn"],
    "pai-04-native-output-constraints-in-description": ["end_turn"],
    "pai-05-strict-and-loose-tools-loop": ["tool_use", "tool_use", "end_turn"],
    "pai-07-forced-any": ["tool_use", "tool_use"],
    "pai-09-opus-5-adaptive-thinking-effort": ["end_turn"],
    "pai-12-opus-4-6-adaptive-thinking-forced-any": ["tool_use"],
    "pai-13-forced-named-tool": ["tool_use"],
}
"""The files of good answers, and how each of them ends."""
FAILURES = {
    "dd-01-error-400-x-should-retry": "req_01N7iW6qh7wHr9je4z3FDn2n",
    "pai-10-error-400": "req_011Ca7jT9AHpgXgdv8igm4z9",
}
"""The files of failures, and the id under which the provider knows each."""
STREAMS = {"llma-01-refusal-stream": "refusal"}
STRUCTURED = [
    "otel-02-structured-output-beta-2025",
    "pai-01-native-output-with-two-tools",
    "pai-03-native-output-no-tools",
    "pai-04-native-output-constraints-in-description",
]
"""The files whose last answer is a structured one."""
ANSWERS = [(name, number) for name, ends in ENDS.items() for number in range(len(ends))]
WAITING = [name for name in ENDS if name.startswith(("otel-02", "pai-05"))]
"""The files whose good answers ask to wait before a retry."""


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


def read(name: str) -> tuple[Exchanged, ...]:
    return exchanges(f"{name}.yaml")


def meter() -> Meter:
    return Meter(prompt_of(PlanType.RENEWAL_DEFENSE), "anthropic", lambda _: "", NOW)


def sent(client: anthropic.Anthropic, asked: dict) -> Message:
    """Send a recorded request as it was, unknown fields and all."""
    needed = ("model", "max_tokens", "messages")
    more = {name: value for name, value in asked.items() if name not in (*needed, "stream")}
    return client.messages.create(**{name: asked[name] for name in needed}, extra_body=more)


def heard(told: Exchanged, *middleware) -> Message:
    with served(told) as (url, _), open_client("k", url, *middleware) as client:
        return sent(client, told.request)


def streamed(told: Exchanged) -> Message:
    """Return the message that the events of a stream make."""
    asked = {"model": "m", "max_tokens": 9, "messages": told.request["messages"]}
    with served(told) as (url, _), open_client("k", url) as client, client.messages.stream(**asked) as stream:
        return stream.get_final_message()


def drafted(told: Exchanged) -> NoPlan:
    """Return what our drafter makes of an answer to somebody else's question."""
    with served(told) as (url, _):
        outcome = ClaudeDrafter(ClaudeSettings(api_key="k", base_url=url)).draft(request()).outcome
    assert isinstance(outcome, NoPlan)
    return outcome


def test_no_file_is_left_out():
    found = {path.stem for path in real_data(FOLDER).glob("*.yaml")}
    assert found == {*ENDS, *FAILURES, *STREAMS}


@pytest.mark.parametrize("name", ENDS)
def test_each_answer_ends_as_the_table_says(name):
    assert [told.body["stop_reason"] for told in read(name)] == ENDS[name]


@pytest.mark.parametrize("form", ["plain", "compressed"])
@pytest.mark.parametrize(("name", "number"), ANSWERS)
def test_an_answer_comes_back_equal(name, number, form):
    told = read(name)[number]
    message = heard(told.plain() if form == "plain" else told.compressed())
    assert message.to_dict(exclude_unset=True) == told.body
    assert readable(message)
    assert assistant_turn(message) == {"role": "assistant", "content": told.body["content"]}


@pytest.mark.parametrize(("name", "number"), ANSWERS)
def test_an_answer_is_metered_whole(name, number):
    told, watching = read(name)[number], meter()
    heard(told, watching)
    (call,) = watching.calls
    usage = told.body["usage"]
    cached = usage.get("cache_creation_input_tokens", 0) + usage.get("cache_read_input_tokens", 0)
    assert (call.model_asked, call.model_answered) == (told.request["model"], told.body["model"])
    assert (call.input_tokens, call.output_tokens) == (usage["input_tokens"] + cached, usage["output_tokens"])
    assert call.request_id == told.headers.get("request-id", "")
    assert call.cost_micro_usd > 0


def test_the_price_of_a_real_answer_is_that_of_the_list():
    watching = meter()
    told = read("pai-03-native-output-no-tools")[0]
    heard(told, watching)
    per_million_in, per_million_out = 3, 15
    assert watching.calls[0].cost_micro_usd == 196 * per_million_in + 19 * per_million_out


@pytest.mark.parametrize("name", WAITING)
def test_a_wish_to_wait_on_a_good_answer_is_not_heard(name, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("the client waits"))
    for told in read(name):
        assert int(told.headers["retry-after"]) > 0
        with served(told) as (url, seen), open_client("k", url) as client:
            sent(client, told.request)
        assert len(seen) == 1


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_of_its_class_and_is_asked_once(name):
    (told,), watching = read(name), meter()
    refused = pytest.raises(anthropic.BadRequestError)
    with served(told) as (url, seen), open_client("k", url, watching) as client, refused as caught:
        sent(client, told.request)
    assert (len(seen), seen[0]["model"]) == (1, told.request["model"])
    assert caught.value.body == told.body
    assert (reason_of(caught.value), "(400)" in explain(caught.value)) == (NoPlanReason.PROVIDER_REFUSES, True)
    assert told.body["error"]["message"] not in explain(caught.value)
    (call,) = watching.calls
    assert (call.request_id, call.model_answered, call.cost_micro_usd) == (FAILURES[name], "", 0)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_a_verdict_with_the_providers_id(name):
    outcome = drafted(read(name)[0])
    assert outcome.reason is NoPlanReason.PROVIDER_REFUSES
    assert [call.request_id for call in outcome.provenance.calls] == [FAILURES[name]]


def test_one_failure_names_itself_in_its_body_only():
    (told,) = read("pai-10-error-400")
    assert "request-id" not in told.headers
    assert told.body["request_id"] == FAILURES["pai-10-error-400"]


@pytest.mark.parametrize(
    ("status", "kind", "reason", "words"),
    [
        (400, anthropic.BadRequestError, NoPlanReason.PROVIDER_REFUSES, "model's name"),
        (401, anthropic.AuthenticationError, NoPlanReason.PROVIDER_REFUSES, "key"),
        (403, anthropic.PermissionDeniedError, NoPlanReason.PROVIDER_REFUSES, "key"),
        (404, anthropic.NotFoundError, NoPlanReason.PROVIDER_REFUSES, "model's name"),
        (413, anthropic.APIStatusError, NoPlanReason.PROVIDER_REFUSES, "model's name"),
        (408, anthropic.APIStatusError, NoPlanReason.PROVIDER_DOWN, "propose again later"),
        (429, anthropic.RateLimitError, NoPlanReason.PROVIDER_DOWN, "propose again later"),
        (500, anthropic.InternalServerError, NoPlanReason.PROVIDER_DOWN, "propose again later"),
        (529, anthropic.APIStatusError, NoPlanReason.PROVIDER_DOWN, "propose again later"),
    ],
)
def test_a_real_body_under_any_status_is_of_its_class(status, kind, reason, words):
    told = read("pai-10-error-400")[0]._replace(status=status)
    with served(told) as (url, _), open_client("k", url, retries=0) as client, pytest.raises(kind) as caught:
        sent(client, told.request)
    assert reason_of(caught.value) is reason
    assert words in explain(caught.value)


def test_nobody_at_the_address_is_a_provider_that_is_down():
    error = anthropic.APIConnectionError(request=httpx2.Request("POST", "http://127.0.0.1:1"))
    assert reason_of(error) is NoPlanReason.PROVIDER_DOWN
    assert "cannot be reached" in explain(error)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_ends_in_the_message_that_its_events_tell(name):
    (told,) = read(name)
    assert told.headers["content-type"].startswith("text/event-stream")
    message = streamed(told)
    assert (message.stop_reason, message.content) == (STREAMS[name], [])
    assert message.usage.input_tokens == 97
    assert message.stop_details.category == "reasoning_extraction"
    assert "blocked" in message.stop_details.explanation
    with pytest.raises(StoppedError, match="reasoning_extraction"):
        NativeOutput().parse_response(message, Anything)


def test_a_refusal_with_its_details_is_a_verdict_that_names_the_category():
    (told,) = read("llma-01-refusal-stream")
    whole = json.dumps(streamed(told).to_dict()).encode()
    outcome = drafted(Exchanged({}, 200, {"content-type": "application/json"}, whole))
    assert outcome.reason is NoPlanReason.REFUSED
    assert "reasoning_extraction" in outcome.suggestion
    assert "Terms of Service" not in outcome.suggestion
    assert len(outcome.provenance.calls) == 1


@pytest.mark.parametrize(("name", "number"), ANSWERS)
def test_an_answer_to_another_question_is_a_verdict(name, number):
    told = read(name)[number]
    expected = {"tool_use": NoPlanReason.BUDGET_CALLS, "end_turn": NoPlanReason.UNREADABLE}
    assert drafted(told).reason is expected[told.body["stop_reason"]]


@pytest.mark.parametrize("name", STRUCTURED)
def test_a_structured_answer_is_read_by_our_handler(name):
    told = read(name)[-1]
    message = heard(told)
    parsed = NativeOutput().parse_response(message, Anything)
    assert parsed.model_extra == json.loads(told.body["content"][-1]["text"])
    assert parsed.model_extra


@pytest.mark.parametrize("name", [name for name in STRUCTURED if name.startswith("pai")])
def test_we_ask_for_a_structured_answer_as_others_do(name):
    (theirs,) = {json.dumps(told.request["output_config"]["format"]) for told in read(name)}
    ours = output_format(answer_model(ACTIONS, Sizes(8, 8, 8)))
    assert set(json.loads(theirs)) == set(ours) == {"type", "schema"}
    assert json.loads(theirs)["type"] == ours["type"]
    assert json.loads(theirs)["schema"]["additionalProperties"] is ours["schema"]["additionalProperties"] is False


@pytest.mark.parametrize("name", ["pai-01-native-output-with-two-tools", "pai-05-strict-and-loose-tools-loop"])
def test_a_turn_that_we_send_back_is_the_one_that_others_sent_back(name):
    told = read(name)
    for before, after in pairwise(told):
        count = len(before.request["messages"])
        assert after.request["messages"][:count] == before.request["messages"]
        theirs, ours = after.request["messages"][count], assistant_turn(heard(before))
        assert theirs["role"] == ours["role"]
        for mine, other in zip(ours["content"], theirs["content"], strict=True):
            assert {name: mine[name] for name in other} == other
