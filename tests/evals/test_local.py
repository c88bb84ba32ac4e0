"""Recordings of the local model: real answers, whatever they are, and proof of who gave them."""

import json

import pytest

from agent import Completion, Recording
from evals.cases import case_of
from evals.cassettes import dump, load
from evals.examining import play
from evals.local import local_settings
from evals.provenance import UnprovenSourceError, faults, source_of
from evals.record import keep, plan_lines, record, replayed
from evals.scripts import turns_of
from plan import NoPlan, NoPlanReason

CASE = case_of("aurora")
GOOD = json.dumps(turns_of(CASE)[0])
HERE = "http://127.0.0.1:5/v1/messages"


def recorded(*texts: str, stop="end_turn") -> Recording:
    """Return the recording of one case, with texts in the place of what the model would write."""
    told = list(texts)
    with local_settings(lambda _chat, _schema, _most: Completion(told.pop(0), stop, 3000, 400)) as settings:
        return record(CASE, settings)


@pytest.fixture(scope="module")
def made() -> Recording:
    return recorded(GOOD)


def test_the_local_model_is_recorded_under_its_own_name(made):
    assert made.meta.source == "local-model:smollm2-135m"
    assert (made.meta.model_asked, made.meta.model_answered) == ("smollm2-135m", "smollm2-135m")
    assert faults(made) == []


def test_the_recording_holds_the_request_as_the_client_sent_it_and_the_answer_as_the_model_gave_it(made):
    (exchange,) = made.exchanges
    assert set(exchange.request) == {"model", "max_tokens", "system", "tools", "output_config", "messages"}
    assert exchange.response["content"] == [{"type": "text", "text": GOOD}]
    assert exchange.response["usage"] == {"input_tokens": 3000, "output_tokens": 400}


def test_a_recording_plays_and_is_kept_like_any_other(made, tmp_path):
    assert plan_lines(replayed(made, CASE))
    place = tmp_path / "aurora" / "smollm2-135m.1.json"
    keep(made, CASE, place)
    assert load(place.read_text("utf-8")) == made
    assert load(dump(made, place)) == made


def test_an_unreadable_answer_is_kept_with_the_one_that_was_asked_for_again():
    made = recorded("{", "nonsense")
    answer, found = play(made, CASE)
    assert len(made.exchanges) == 2
    assert found == []
    assert isinstance(answer.outcome, NoPlan)
    assert answer.outcome.reason is NoPlanReason.UNREADABLE


def test_an_answer_that_was_cut_off_is_kept_as_that():
    answer, found = play(recorded(GOOD[:90], stop="max_tokens"), CASE)
    assert found == []
    assert answer.outcome.reason is NoPlanReason.CUT_OFF


@pytest.mark.parametrize(
    "uri", ["https://api.anthropic.com/v1/messages", "http://10.0.0.7/v1/messages", "http://model.example/v1/messages"]
)
def test_only_a_server_on_this_machine_is_taken_for_the_local_model(made, uri):
    assert source_of(HERE, made.exchanges[0]) == "local-model:smollm2-135m"
    with pytest.raises(UnprovenSourceError):
        source_of(uri, made.exchanges[0])


@pytest.mark.parametrize(
    "response", [{"model": "claude-sonnet-5-5"}, {"model": "authored"}, {"model": ""}, {"id": "msg_01abc"}]
)
def test_an_answer_that_does_not_call_itself_the_local_model_proves_nothing(made, response):
    (exchange,) = made.exchanges
    other = exchange.model_copy(update={"response": exchange.response | response})
    with pytest.raises(UnprovenSourceError):
        source_of(HERE, other)
    assert faults(made.model_copy(update={"exchanges": (other,)}))


@pytest.mark.parametrize("named", ["local-model:other", "authored:aurora", "local-model:", "claude", ""])
def test_a_server_that_names_itself_otherwise_proves_nothing(made, named):
    (exchange,) = made.exchanges
    other = exchange.model_copy(update={"response_headers": exchange.response_headers | {"x-recording-source": named}})
    with pytest.raises(UnprovenSourceError):
        source_of(HERE, other)
    assert faults(made.model_copy(update={"exchanges": (other,)}))


@pytest.mark.parametrize("source", ["claude", "authored:aurora", "local-model:other"])
def test_a_recording_of_the_local_model_passes_for_no_other(made, source):
    claimed = made.model_copy(update={"meta": made.meta.model_copy(update={"source": source})})
    assert any("does not bear out" in fault for fault in faults(claimed))
