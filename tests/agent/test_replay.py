"""Recordings: played strictly, missed loudly, labelled by what they prove."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import pytest
from vcr.stubs.httpx_stubs import vcr_handle_request

from agent import (
    ClaudeDrafter,
    Recording,
    RecordingMeta,
    StaleRecordingError,
    open_tape,
    parse_recording,
    playbook_drafter,
    player,
    read_recordings,
    replay_drafter,
    requests_digest,
)
from plan import NoPlan, Proposal, Rejected
from tests.agent.samples import GOOD, NOW, answering, brief, meeting, plan, request, signal

BAD = plan(brief(), meeting(contact_id="C8"))


def recorded(*turns, asked=None, case="sample") -> Recording:
    tape = open_tape(record=True)
    with answering(*turns) as (live, _):
        ClaudeDrafter(live._given, tape).draft(asked or request())
    exchanges = tape.exchanges()
    meta = RecordingMeta(
        case=case,
        source="authored:test",
        recorded_at=NOW,
        prompt="renewal_defense@v1",
        requests_digest=requests_digest(exchanges),
        model_asked="claude-sonnet-5-5",
        model_answered="authored",
    )
    return Recording(meta=meta, exchanges=exchanges)


def test_a_recording_answers_the_same_request_and_says_where_it_came_from():
    told = replay_drafter(None, (recorded(GOOD),)).draft(request()).outcome
    assert isinstance(told, Proposal)
    assert told.provenance.drafter == "replay"
    assert [c.cassette for c in told.provenance.calls] == ["authored:test"]


@pytest.mark.parametrize(
    ("source", "fits"),
    [
        ("claude", True),
        ("authored:a-script", True),
        ("local-model:smollm2-135m.q8", True),
        ("local-model:", False),
        ("local-model:two words", False),
        ("authored", False),
        ("openai", False),
        ("claude:really", False),
    ],
)
def test_a_recording_names_one_of_three_sources(source, fits):
    meta = recorded(GOOD).meta.model_dump()
    if fits:
        assert RecordingMeta.model_validate(meta | {"source": source}).source == source
    else:
        with pytest.raises(ValueError, match="source"):
            RecordingMeta.model_validate(meta | {"source": source})


def test_a_recording_may_be_played_again_and_again():
    drafter = replay_drafter(None, (recorded(BAD, GOOD),))
    assert drafter.draft(request()) == drafter.draft(request())


def test_a_recorded_verdict_is_a_verdict_again():
    assert isinstance(replay_drafter(None, (recorded({"stop": "refusal"}),)).draft(request()).outcome, NoPlan)


def test_a_recording_reads_back_as_it_was_written():
    made = recorded(BAD, GOOD)
    assert parse_recording(made.dump()) == made


def test_a_file_is_readable_and_holds_no_key_no_port_and_no_foreign_header():
    text = recorded(GOOD).dump()
    assert max(len(line) for line in text.splitlines()) < 1500
    assert "key-for-tests" not in text
    assert "127.0.0.1" not in text
    told = json.loads(text)["exchanges"][0]
    assert set(told["request_headers"]) <= {"anthropic-version", "anthropic-beta", "content-type"}
    assert set(told["response_headers"]) == {"content-type", "request-id", "x-recording-source"}


def test_a_changed_situation_is_missed_loudly_with_the_difference_and_the_command():
    drafter = replay_drafter(None, (recorded(GOOD),))
    with pytest.raises(StaleRecordingError) as caught:
        drafter.draft(request({"signals": (signal(1, note="All is well."), signal(2))}))
    told = str(caught.value)
    assert "sample.json" in told
    assert "python -m evals.record sample" in told
    assert "+" in told
    assert "All is well." in told


def test_a_miss_in_the_middle_of_a_conversation_is_as_loud():
    drafter = replay_drafter(None, (recorded(GOOD),))
    first = drafter.draft(request())
    again = (Rejected(answer=first.answer, findings=("PG010 HARD steps: too many",)),)
    with pytest.raises(StaleRecordingError, match="too many"):
        drafter.draft(request(rejected=again))


def test_a_miss_while_asking_again_is_as_loud():
    made = recorded(BAD, GOOD)
    cut = made.model_copy(update={"exchanges": made.exchanges[:1]})
    with pytest.raises(StaleRecordingError, match="names nothing"):
        replay_drafter(None, (cut,)).draft(request())


def test_no_recording_at_all_says_how_to_make_one():
    with pytest.raises(StaleRecordingError, match=r"evals\.record"):
        replay_drafter(None, ()).draft(request())


def test_with_a_fallback_a_miss_goes_to_it_and_is_labelled():
    drafter = replay_drafter(playbook_drafter(), (recorded(GOOD),))
    assert drafter.draft(request()).outcome.provenance.drafter == "replay"
    other = drafter.draft(request({"signals": (signal(9),)})).outcome
    assert other.provenance.drafter == "playbook"


def test_with_a_fallback_a_miss_in_the_middle_goes_to_it_too():
    drafter = replay_drafter(playbook_drafter(), (recorded(GOOD),))
    again = (Rejected(answer=drafter.draft(request()).answer, findings=("PG010 HARD steps: no",)),)
    assert drafter.draft(request(rejected=again)).outcome.provenance.drafter == "playbook"


def test_played_once_a_tape_knows_what_was_never_asked_for():
    made = recorded(BAD, GOOD)
    tape = open_tape((made,), once=True)
    assert not tape.all_played
    player(tape).draft(request())
    assert tape.all_played
    with pytest.raises(StaleRecordingError, match="already played"):
        player(tape).draft(request())


def test_two_tapes_in_many_threads_do_not_meet():
    one, other = recorded(GOOD), recorded(plan(brief()), asked=request({"signals": (signal(5),)}))
    counts: list[int] = []

    def play(made, asked):
        counts.append(len(replay_drafter(None, (made,)).draft(asked).outcome.steps))

    jobs = [(one, request()), (other, request({"signals": (signal(5),)}))] * 4
    threads = [threading.Thread(target=play, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [1] * 4 + [2] * 4


def test_eight_threads_play_two_recordings_of_one_drafter_side_by_side():
    asked = [request(), request({"signals": (signal(5),)})]
    made = recorded(BAD, GOOD, case="one"), recorded(plan(brief()), asked=asked[1], case="other")
    drafter, start = replay_drafter(None, made), threading.Barrier(8)

    def play(number):
        start.wait()
        return drafter.draft(asked[number % 2]).outcome

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(play, range(8)))
    assert [(len(o.steps), len(o.provenance.calls)) for o in outcomes] == [(2, 2), (1, 1)] * 4
    assert len({o.model_dump_json() for o in outcomes}) == 2


def test_the_stub_of_the_pinned_recorder_is_where_we_take_it_from():
    assert vcr_handle_request.__module__ == "vcr.stubs.httpx_stubs"


def test_the_shipped_recordings_are_named_after_their_cases():
    names = sorted(f.name for f in files("agent").joinpath("cassettes").iterdir())
    assert names == sorted(f"{r.meta.case}.json" for r in read_recordings())
    assert names
