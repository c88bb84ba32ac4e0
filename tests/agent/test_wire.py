"""Real traffic of the Messages API, recorded by others, passes our client unchanged."""

import gzip
import json
from pathlib import Path

import httpx2
import pytest
import yaml
from pydantic import BaseModel, ValidationError

import agent
from agent import ClaudeSettings
from agent.claude import ClaudeDrafter
from agent.prompt import prompt_of
from agent.stops import StoppedError
from agent.structured import NativeOutput, assistant_turn, readable
from agent.wire import LONGEST_WAIT, Meter, open_client
from plan import NoPlan, NoPlanReason, PlanType
from tests.agent.samples import request

FOLDER = Path(agent.__file__).parents[1].parent / "shared" / "data" / "wire-cassettes"
FILES = sorted(FOLDER.glob("*.yaml"))
pytestmark = pytest.mark.skipif(not FILES, reason="the wire recordings of others are not beside this repository")


def body_of(response: dict) -> bytes:
    """Return an answer's body, in whichever of four forms a recorder kept it."""
    if "parsed_body" in response:
        return json.dumps(response["parsed_body"]).encode()
    body = response["body"]
    if body.get("type") == "json":
        return json.dumps(body["content"]).encode()
    raw = body["string"]
    raw = raw.encode() if isinstance(raw, str) else raw
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def answers(status: int) -> list:
    found = []
    for path in FILES:
        for number, told in enumerate(yaml.safe_load(path.read_text())["interactions"]):
            response = told["response"]
            code = response["status"]["code"] if isinstance(response.get("status"), dict) else response["status_code"]
            kept = response.get("headers", {})
            headers = {name.lower(): value[0] if isinstance(value, list) else value for name, value in kept.items()}
            if code == status and "event-stream" not in headers.get("content-type", ""):
                kept = {n: v for n, v in headers.items() if n in {"content-type", "request-id", "retry-after"}}
                found.append(pytest.param(body_of(response), kept, id=f"{path.stem[:8]}-{number}"))
    return found


def served(status: int, body: bytes, headers: dict) -> httpx2.Client:
    return httpx2.Client(
        transport=httpx2.MockTransport(lambda _: httpx2.Response(status, content=body, headers=headers))
    )


@pytest.mark.parametrize(("body", "headers"), answers(200))
def test_a_real_answer_is_read_metered_and_sent_back_as_it_came(body, headers):
    meter = Meter(prompt_of(PlanType.RENEWAL_DEFENSE), "anthropic", lambda _: "")
    with open_client("k", None, meter, retries=0, http=served(200, body, headers)) as client:
        message = client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
    real = json.loads(body)
    assert readable(message)
    assert assistant_turn(message)["content"] == real["content"]
    (call,) = meter.calls
    assert call.model_answered == real["model"]
    assert call.output_tokens == real["usage"]["output_tokens"]
    assert call.input_tokens >= real["usage"]["input_tokens"]


@pytest.mark.parametrize(("body", "headers"), answers(200))
def test_a_real_structured_answer_is_read_by_our_handler(body, headers):
    class Anything(BaseModel):
        model_config = {"extra": "allow"}

    with open_client("k", None, retries=0, http=served(200, body, headers)) as client:
        message = client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
    text = "".join(block.text for block in message.content if block.type == "text")
    if message.stop_reason == "end_turn" and text.startswith("{"):
        read = NativeOutput().parse_response(message, Anything)
        assert read.model_extra == json.loads(text)
    else:
        with pytest.raises((StoppedError, ValidationError)):
            NativeOutput().parse_response(message, Anything)


@pytest.mark.parametrize(("body", "headers"), answers(200))
def test_a_real_answer_to_another_question_is_a_verdict(body, headers, monkeypatch):
    told = drafted(200, body, headers, monkeypatch)
    assert told.reason in {NoPlanReason.UNREADABLE, NoPlanReason.BUDGET_CALLS, NoPlanReason.CUT_OFF}


@pytest.mark.parametrize(("body", "headers"), answers(400))
def test_a_real_refusal_of_the_request_is_a_verdict(body, headers, monkeypatch):
    told = drafted(400, body, headers, monkeypatch)
    assert told.reason is NoPlanReason.PROVIDER_DOWN
    assert told.provenance.calls[0].request_id.startswith("req_")


def drafted(status: int, body: bytes, headers: dict, monkeypatch) -> NoPlan:
    def client(_drafter, meter):
        return open_client("k", None, meter, retries=0, http=served(status, body, headers))

    monkeypatch.setattr(ClaudeDrafter, "_client", client)
    outcome = ClaudeDrafter(ClaudeSettings(api_key="k")).draft(request()).outcome
    assert isinstance(outcome, NoPlan)
    return outcome


def test_there_is_traffic_of_both_kinds():
    assert len(answers(200)) >= 10
    assert answers(400)
    assert LONGEST_WAIT < 60
