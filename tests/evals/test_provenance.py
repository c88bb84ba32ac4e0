"""A recording's source is proved by what passed, or it is not kept."""

import json

import pytest

import agent
from agent import Recording, RecordingMeta, open_tape, read_recordings, requests_digest
from evals.authored import AuthoredServer
from evals.cases import case_names, case_of
from evals.cassettes import load, read_cassettes
from evals.commands import main
from evals.examining import play
from evals.provenance import UnprovenSourceError, faults, one_source, source_of
from evals.record import keep, record, replayed
from evals.scripts import ANSWERS, turns_of
from plan import Proposal

PUBLIC = "https://api.anthropic.com/v1/messages"


def shipped(case: str = "aurora") -> Recording:
    return next(r for r in read_recordings() if r.meta.case == case)


def as_claude(**headers) -> Recording:
    """Return a recording as a real one would look."""
    made = shipped()
    (exchange,) = made.exchanges
    real = exchange.model_copy(
        update={
            "response": exchange.response | {"id": "msg_01abc", "model": "claude-sonnet-5-5"},
            "response_headers": {"content-type": "application/json", "request-id": "req_011abc"} | headers,
        }
    )
    meta = made.meta.model_copy(update={"source": "claude", "model_answered": "claude-sonnet-5-5"})
    return made.model_copy(update={"meta": meta, "exchanges": (real,)})


def test_a_real_answer_from_the_real_address_is_claude():
    assert source_of(PUBLIC, as_claude().exchanges[0]) == "claude"
    assert faults(as_claude()) == []


@pytest.mark.parametrize(
    "uri",
    [
        "http://api.anthropic.com/v1/messages",
        "https://api.anthropic.com.evil.example/v1/messages",
        "https://x.example/",
    ],
)
def test_a_real_looking_answer_from_elsewhere_proves_nothing(uri):
    with pytest.raises(UnprovenSourceError, match="nothing proves"):
        source_of(uri, as_claude().exchanges[0])


def test_an_answer_without_the_providers_request_id_proves_nothing():
    with pytest.raises(UnprovenSourceError):
        source_of(PUBLIC, as_claude(**{"request-id": "local_1"}).exchanges[0])


def test_the_local_server_names_itself():
    assert source_of("http://127.0.0.1:5/v1/messages", shipped().exchanges[0]) == "authored:aurora"


def test_an_authored_answer_at_the_real_address_is_not_claude():
    with pytest.raises(UnprovenSourceError):
        source_of(PUBLIC, shipped().exchanges[0])


def test_one_recording_has_one_source():
    assert one_source(["claude", "claude"]) == "claude"
    with pytest.raises(UnprovenSourceError, match="authored:x, claude"):
        one_source(["claude", "authored:x"])


@pytest.mark.parametrize("cassette", read_cassettes(), ids=lambda cassette: cassette.name)
def test_every_recording_stands(cassette):
    _answer, found = play(cassette.recording, case_of(cassette.case))
    assert found == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"source": "claude"}, "does not bear out the source claude"),
        ({"source": "authored:other"}, "does not bear out"),
        ({"requests_digest": "sha256:" + "0" * 64}, "not those that were recorded"),
        ({"model_answered": "claude-sonnet-5-5"}, "another model"),
        ({"case": "lomond"}, "it says that it is of lomond"),
    ],
)
def test_a_false_claim_is_found(change, told):
    made = shipped()
    _answer, found = play(made.model_copy(update={"meta": made.meta.model_copy(update=change)}), case_of("aurora"))
    assert any(told in fault for fault in found)


@pytest.mark.parametrize("secret", ["sk-ant-api03-abc", "Authorization: Bearer abcdefgh12345678"])
def test_a_key_in_a_recording_is_found(secret):
    made = shipped()
    exchange = made.exchanges[0].model_copy(update={"response_headers": {"x": secret}})
    assert any("key" in fault for fault in faults(made.model_copy(update={"exchanges": (exchange,)})))


def test_a_changed_request_is_found_as_stale():
    made = shipped()
    exchange = made.exchanges[0].model_copy(update={"request": made.exchanges[0].request | {"max_tokens": 9}})
    changed = made.model_copy(update={"exchanges": (exchange,)})
    assert any("no recording answers this request" in fault for fault in play(changed, case_of("aurora"))[1])


def test_an_answer_that_is_never_asked_for_is_found():
    made, other = shipped(), shipped("lomond")
    both = made.model_copy(update={"exchanges": made.exchanges + other.exchanges})
    assert any("never asked for" in fault for fault in play(both, case_of("aurora"))[1])


@pytest.mark.parametrize("case", ["aurora", "brixton"])
def test_recording_a_script_again_gives_the_same_exchanges(case, tmp_path):
    asked = case_of(case)
    with AuthoredServer(case, turns_of(asked)) as server:
        fresh = record(asked, agent.ClaudeSettings(api_key="k", base_url=server.url, max_retries=0))
    assert fresh is not None
    assert fresh.exchanges == shipped(case).exchanges
    assert isinstance(replayed(fresh, asked), Proposal)
    keep(fresh, asked, tmp_path / "kept.json")
    assert load((tmp_path / "kept.json").read_text()) == fresh
    assert [p.name for p in tmp_path.iterdir()] == ["kept.json"]


def test_a_failed_answer_is_never_kept():
    with AuthoredServer("aurora", [{"status": 529}]) as server:
        given = agent.ClaudeSettings(api_key="k", base_url=server.url, max_retries=0)
        with pytest.raises(UnprovenSourceError, match="nothing is kept"):
            record(case_of("aurora"), given)


def test_a_recording_that_does_not_play_leaves_the_old_one_alone(tmp_path):
    made = shipped()
    place = tmp_path / "aurora.json"
    place.write_text("old")
    both = made.model_copy(update={"exchanges": made.exchanges + shipped("lomond").exchanges})
    with pytest.raises(UnprovenSourceError):
        keep(both, case_of("aurora"), place)
    assert place.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["aurora.json"]


def test_without_a_key_the_recorder_says_what_to_do(capsys, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    assert main(["record", "aurora"]) == 1
    assert "--authored" in capsys.readouterr().err


def test_an_unknown_case_is_one_line(capsys):
    assert main(["record", "nobody", "--authored"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_every_script_belongs_to_a_case():
    assert {p.stem for p in ANSWERS.glob("*.yaml")} <= set(case_names())


def test_a_repaired_case_shows_both_answers_and_only_grows():
    one, other = shipped("brixton").exchanges
    before, after = one.request["messages"], other.request["messages"]
    assert after[: len(before)] == before
    assert "PG021" in json.dumps(after[-1])


def test_meta_says_which_prompt_was_asked():
    for recording in read_recordings():
        asked = case_of(recording.meta.case).request
        assert recording.meta.prompt == agent.prompt_of(asked.plan_type).name
        assert recording.meta.requests_digest == requests_digest(recording.exchanges)
        assert isinstance(recording.meta, RecordingMeta)


def test_a_compressed_answer_is_kept_readable():
    script = turns_of(case_of("aurora"))
    with AuthoredServer("aurora", script, compress=True) as server:
        tape = open_tape(record=True)
        given = agent.ClaudeSettings(api_key="k", base_url=server.url, max_retries=0)
        agent.ClaudeDrafter(given, tape).draft(case_of("aurora").request)
    assert tape.exchanges()[0].response["model"] == "authored"
