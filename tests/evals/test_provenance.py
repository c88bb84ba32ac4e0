"""A recording's source is proved by what passed, or it is not kept."""

import json

import pytest

import agent
from agent import Recording, RecordingMeta, open_tape, parse_recording, read_recordings, requests_digest
from evals import __main__ as exam
from evals.authored import ANSWERS, AuthoredServer, script_of
from evals.cases import case_names, request_of
from evals.provenance import UnprovenSourceError, faults, one_source, source_of
from evals.record import keep, main, record, replayed
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


@pytest.mark.parametrize("case", case_names())
def test_every_case_has_a_recording_that_stands(case):
    row = exam.examine(shipped(case))
    assert row.faults == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"source": "claude"}, "does not bear out the source claude"),
        ({"source": "authored:other"}, "does not bear out"),
        ({"requests_digest": "sha256:" + "0" * 64}, "not those that were recorded"),
        ({"model_answered": "claude-sonnet-5-5"}, "another model"),
        ({"case": "nobody"}, "no case has this name"),
    ],
)
def test_a_false_claim_is_found(change, told):
    made = shipped()
    row = exam.examine(made.model_copy(update={"meta": made.meta.model_copy(update=change)}))
    assert any(told in fault for fault in row.faults)


@pytest.mark.parametrize("secret", ["sk-ant-api03-abc", "Authorization: Bearer abcdefgh12345678"])
def test_a_key_in_a_recording_is_found(secret):
    made = shipped()
    exchange = made.exchanges[0].model_copy(update={"response_headers": {"x": secret}})
    assert any("key" in fault for fault in faults(made.model_copy(update={"exchanges": (exchange,)})))


def test_a_changed_request_is_found_as_stale():
    made = shipped()
    exchange = made.exchanges[0].model_copy(update={"request": made.exchanges[0].request | {"max_tokens": 9}})
    changed = made.model_copy(update={"exchanges": (exchange,)})
    assert any("no recording answers this request" in fault for fault in exam.examine(changed).faults)


def test_an_answer_that_is_never_asked_for_is_found():
    made, other = shipped(), shipped("lomond")
    both = made.model_copy(update={"exchanges": made.exchanges + other.exchanges})
    assert any("never asked for" in fault for fault in exam.examine(both).faults)


def test_a_denied_plan_is_found_with_its_rule():
    made = shipped()
    (exchange,) = made.exchanges
    turn = json.loads(exchange.response["content"][0]["text"])
    turn["answer"]["steps"] = [s for s in turn["answer"]["steps"] if s["key"] == "commitment"]
    turn["answer"]["steps"][0] |= {"depends_on": [], "start_day": 300}
    content = [{"type": "text", "text": json.dumps(turn)}]
    denied = exchange.model_copy(update={"response": exchange.response | {"content": content}})
    row = exam.examine(made.model_copy(update={"exchanges": (denied,)}))
    assert any(fault.startswith("PG022 ") for fault in row.faults)


def test_the_exam_opens_with_the_mix_of_sources(capsys):
    assert exam.main() == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(f"{len(read_recordings())} authored, 0 claude")
    assert "not measured" in first


def test_a_case_without_a_recording_fails_the_exam(capsys, monkeypatch):
    monkeypatch.setattr(exam, "read_recordings", lambda: read_recordings()[1:])
    assert exam.main() == 1
    assert "it has no recording" in capsys.readouterr().out


@pytest.mark.parametrize("case", case_names())
def test_recording_a_script_again_gives_the_same_exchanges(case, tmp_path):
    with AuthoredServer(case, script_of(case)) as server:
        given = agent.ClaudeSettings(api_key="k", base_url=server.url, max_retries=0)
        fresh = record(case, given)
    assert fresh.exchanges == shipped(case).exchanges
    assert isinstance(replayed(fresh), Proposal)
    assert parse_recording(keep(fresh, tmp_path).read_text()) == fresh
    assert [p.name for p in tmp_path.iterdir()] == [f"{case}.json"]


def test_a_failed_answer_is_never_kept():
    with AuthoredServer("aurora", [{"status": 529}]) as server:
        given = agent.ClaudeSettings(api_key="k", base_url=server.url, max_retries=0)
        with pytest.raises(UnprovenSourceError, match="nothing is kept"):
            record("aurora", given)


def test_a_recording_that_does_not_play_leaves_the_old_one_alone(tmp_path):
    made = shipped()
    place = tmp_path / "aurora.json"
    place.write_text("old")
    with pytest.raises(UnprovenSourceError):
        keep(made.model_copy(update={"exchanges": made.exchanges + shipped("lomond").exchanges}), tmp_path)
    assert place.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["aurora.json"]


def test_without_a_key_the_recorder_says_what_to_do(capsys, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    assert main(["aurora"]) == 1
    assert "--authored" in capsys.readouterr().err


def test_an_unknown_case_is_one_line(capsys):
    assert main(["nobody", "--authored"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_every_script_belongs_to_a_case():
    assert {p.stem for p in ANSWERS.glob("*.json")} <= set(case_names())


def test_a_repaired_case_shows_both_answers_and_only_grows():
    one, other = shipped("brixton").exchanges
    before, after = one.request["messages"], other.request["messages"]
    assert after[: len(before)] == before
    assert "PG021" in json.dumps(after[-1])


def test_meta_says_which_prompt_was_asked():
    for recording in read_recordings():
        asked = request_of(recording.meta.case)
        assert recording.meta.prompt == agent.prompt_of(asked.plan_type).name
        assert recording.meta.requests_digest == requests_digest(recording.exchanges)
        assert isinstance(recording.meta, RecordingMeta)


def test_a_compressed_answer_is_kept_readable():
    script = script_of("aurora")
    with AuthoredServer("aurora", script, compress=True) as server:
        tape = open_tape(record=True)
        given = agent.ClaudeSettings(api_key="k", base_url=server.url, max_retries=0)
        agent.ClaudeDrafter(given, tape).draft(request_of("aurora"))
    assert tape.exchanges()[0].response["model"] == "authored"
