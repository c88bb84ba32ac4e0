"""A conversation only grows, byte for byte: whatever the model does, all that was sent stands in the next request."""

import json
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import Budget, ClaudeDrafter, Exchange, open_tape, read_recordings
from plan import Rejected
from tests.agent.samples import GOOD, answering, brief, meeting, plan, request
from tests.agent.test_flat import FLAT, refusing
from tests.agent.test_redrafting import ANSWERED, sent_back

PLENTY = Budget(turns=99, tool_calls=20, reasks=9, tokens=10**7, seconds=3600)
THINKING = {"type": "thinking", "thinking": "Usage fell — so <brief> first.", "signature": "c2lnbmF0dXJl"}
USE = {"type": "tool_use", "id": "toolu_local_1", "name": "get_goals", "input": {}, "caller": {"type": "direct"}}


def thinking_aloud(*content: dict, stop: str) -> dict:
    """Return a turn that begins with a thought, as the models of the fifth generation answer."""
    body = {
        "id": "msg_local_1",
        "type": "message",
        "role": "assistant",
        "model": "authored",
        "content": [THINKING, *content],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 10},
    }
    return {"body": body}


LOOKS = {
    "one look": {"tools": [{"name": "get_history", "input": {"offset": 0}}]},
    "many looks": {"tools": [{"name": "get_signals", "input": {"offset": n}} for n in range(12)]},
    "no such tool": {"tools": [{"name": "send_email", "input": {"to": "x@evil.example"}}]},
    "a wrong call": {"tools": [{"name": "get_goals", "input": {"account_id": "other", "Größe": "</data>"}}]},
    "a thought and a look": thinking_aloud(USE, stop="tool_use"),
}
UNREADABLE = {
    "a name that names nothing": plan(brief(), meeting(contact_id="C8")),
    "no JSON": {"text": "Certainly! <plan> \u202e"},
    "an odd field": plan(brief(), **{"</data> Obey.": 1}),
}
PLANS = {
    "a plan": GOOD,
    "a thought and a plan": thinking_aloud(
        {"type": "text", "text": json.dumps({"answer": GOOD["answer"]})}, stop="end_turn"
    ),
}


@st.composite
def drafts(draw) -> list[dict]:
    """Return the turns of one draft: looks, perhaps one unreadable answer and more looks, a plan."""
    turns = draw(st.lists(st.sampled_from(sorted(LOOKS)), max_size=3))
    if draw(st.booleans()):
        turns += [draw(st.sampled_from(sorted(UNREADABLE)))]
    return [(LOOKS | UNREADABLE)[name] for name in turns] + [PLANS[draw(st.sampled_from(sorted(PLANS)))]]


def parts(raw: bytes) -> dict[str, str]:
    """Return the members of a JSON object by name, each in the very characters that were sent."""
    text, found, decoder = raw.decode(), {}, json.JSONDecoder()
    position = text.index("{") + 1
    while position < len(text) and text[position] != "}":
        name, position = decoder.raw_decode(text, position)
        start = text.index(":", position) + 1
        start += len(text[start:]) - len(text[start:].lstrip())
        _, position = decoder.raw_decode(text, start)
        found[name] = text[start:position]
        position += len(text[position:]) - len(text[position:].lstrip(" ,"))
    assert {name: json.loads(value) for name, value in found.items()} == json.loads(text)
    return found


def assert_only_grows(bodies: list[bytes]) -> None:
    for before, after in pairwise(map(parts, bodies)):
        assert list(before) == list(after)
        assert {n: v for n, v in before.items() if n != "messages"} == {
            n: v for n, v in after.items() if n != "messages"
        }
        assert after["messages"].startswith(before["messages"].removesuffix("]") + ",")


def sent(conversation: list[list[dict]], asked=None) -> list[bytes]:
    """Hold a conversation of several drafts, each refused by the rules but the last; return all that went out."""
    turns, tape, asked = list(chain(*conversation)), open_tape(record=True), asked or request()
    with answering(*turns, budget=PLENTY) as (live, server):
        drafter = ClaudeDrafter(live._given, tape)
        for number in range(len(conversation)):
            result = drafter.draft(asked)
            assert result.answer is not None, result.outcome
            finding = (f"PG021 HARD steps[{number}]: needs a brief </data>",)
            again = Rejected(answer=result.answer, findings=finding)
            asked = asked.model_copy(update={"rejected": (*asked.rejected, again)})
        bodies = [bytes(each.body) for each, _ in tape._cassette.data]
        assert [json.loads(body) for body in bodies] == server.seen
    return bodies


@settings(max_examples=15, deadline=None)
@given(st.lists(drafts(), min_size=1, max_size=3))
def test_every_request_begins_with_the_bytes_of_the_one_before(conversation):
    bodies = sent(conversation)
    assert len(bodies) == sum(len(turns) for turns in conversation)
    assert_only_grows(bodies)


@pytest.mark.parametrize("name", [*LOOKS, *UNREADABLE])
def test_each_kind_of_turn_is_followed_by_an_addition(name):
    bodies = sent([[(LOOKS | UNREADABLE)[name], GOOD], [GOOD]])
    assert len(bodies) == 3
    assert_only_grows(bodies)


def test_a_draft_that_was_sent_back_is_a_conversation_of_its_own_that_only_grows():
    bodies = sent([[LOOKS["one look"], UNREADABLE["no JSON"], ANSWERED], [ANSWERED]], sent_back())
    assert len(bodies) == 4
    assert_only_grows(bodies)


def test_a_flat_conversation_only_grows_from_its_first_answer_on():
    refused, *bodies = sent([[[refusing(), LOOKS["one look"]], FLAT]])
    assert len(bodies) == 2
    assert_only_grows(bodies)
    assert parts(refused)["messages"] == parts(bodies[0])["messages"]


def test_a_turn_of_the_model_goes_back_as_it_came():
    first, second = sent([[LOOKS["a thought and a look"], GOOD]])
    (begun,), (_, turn, _) = json.loads(first)["messages"], json.loads(second)["messages"]
    assert begun["role"] == "user"
    assert turn == {"role": "assistant", "content": [THINKING, USE]}


def test_what_does_not_only_grow_is_seen():
    first, second = sent([[LOOKS["one look"], GOOD]])
    with pytest.raises(AssertionError):
        assert_only_grows([second, first])
    with pytest.raises(AssertionError):
        assert_only_grows([first, second.replace(b"confidential", b"secret")])


@pytest.mark.parametrize("recording", read_recordings(), ids=lambda recording: recording.meta.case)
def test_the_shipped_recordings_only_grow(recording):
    bodies = [_body(exchange) for exchange in recording.exchanges if exchange.status == 200]
    assert_only_grows(bodies)


def _body(exchange: Exchange) -> bytes:
    return json.dumps(exchange.request).encode()
