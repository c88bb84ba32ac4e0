"""Events over HTTP: both modes of CloudEvents, one model behind them, and what became of each."""

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from oncourse.checkup import check_database
from oncourse.cli.entry import main
from oncourse.cloud_events import read_events
from oncourse.web import listening
from orchestrator import BadInputError, Bounds
from plan import PlanStatus
from tests.databases import fresh_url
from tests.oncourse.web.conftest import Door
from tests.oncourse.web.events_in import (
    SECRET,
    SOURCES,
    Counting,
    binary,
    engine_of,
    event,
    one_sentence,
    signed,
    structured,
)

STRUCTURED = "application/cloudevents+json"


@pytest.fixture
def door(tmp_path):
    door = Door(fresh_url("sqlite", tmp_path), sources=SOURCES)
    door.house.know("acme")
    return door


def send(door, request):
    headers, body = request
    return door.of(token="events").post("/v1/events", headers=headers, content=body)


def fate(door, path):
    return door.of(token="events").get(path)


def kept(door, source="crm", event_id="e1"):
    return door.house.orchestrator.event(source, event_id)


def change(found, without=(), **more):
    return {name: value for name, value in (found | more).items() if name not in without}


def test_both_modes_and_a_file_say_the_same(door):
    send(door, structured(event("e1")))
    send(door, binary(event("e2")))
    [from_file] = read_events(json.dumps(event("e3")), door.house.clock.now())
    bodies = [kept(door, event_id=name).body for name in ("e1", "e2")]
    assert bodies[0] == bodies[1] == from_file.body
    assert bodies[0]["as_of"].startswith("2026-03-02T08:00:00")


def test_a_time_that_is_not_sent_is_the_moment_of_arrival_and_not_the_librarys(door):
    for name, mode in (("e1", structured), ("e2", binary)):
        assert send(door, mode(change(event(name), ["time"]))).status_code == 202
        assert kept(door, event_id=name).body["as_of"] == door.house.clock.now().isoformat()


def test_a_header_is_percent_decoded_and_a_path_is_too(door):
    found = event(source="/crm/eu-west#a") | {"id": "a/b?c"}
    answer = send(door, structured(found))
    assert answer.json()["follow"] == f"/v1/events/{quote('/crm/eu-west#a', safe='')}/{quote('a/b?c', safe='')}"
    told = fate(door, answer.json()["follow"]).json()
    assert (told["source"], told["id"], told["state"]) == ("/crm/eu-west#a", "a/b?c", "waiting")
    headers, body = binary(event("e2", source="%2Fcrm%2Fus"))
    assert send(door, (headers, body)).status_code == 202
    assert kept(door, "/crm/us", "e2").account_id == "acme"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ((({"content-type": STRUCTURED}), b""), 400),
        ((({"content-type": STRUCTURED}), b"{"), 400),
        ((({"content-type": STRUCTURED}), b"[]"), 400),
        ((({"content-type": STRUCTURED}), b"[" * 60_000), 400),
        ((({"content-type": STRUCTURED}), b'{"a":' * 9_000), 400),
        ((({"content-type": STRUCTURED}), b"\xff\xfe"), 400),
        ((({"content-type": STRUCTURED}), b'{"specversion":NaN}'), 400),
        (structured(change(event(), time="yesterday")), 400),
        (structured(change(event(), id=7)), 400),
        (structured(change(event(), BadName="x")), 400),
        (structured(change(event(), ["id"])), 422),
        (structured(change(event(), ["specversion"])), 422),
        (structured(change(event(), specversion="0.3")), 422),
        (structured(change(event(), ["subject"])), 422),
        (structured(change(event(), ["data"], data_base64="e30=")), 422),
        (structured(change(event(), data="text")), 422),
        (structured(change(event(), type="posture.guessed")), 422),
        (structured(change(event(), time="2026-03-02T08:00:00")), 400),
        (structured(change(event(), time="0001-01-01T00:00:00+14:00")), 422),
        (structured(event(account="nobody")), 422),
        (structured(event(posture="FINE")), 422),
        (structured(event(plan_id=7)), 422),
        (structured(event(plan_id="p")), 422),
        (structured(event(more=1)), 422),
        ((binary(event())[0], b"{bad"), 400),
        ((binary(event())[0], b'"text"'), 400),
        ((binary(event())[0], b""), 422),
        (binary(change(event(), time="nope")), 400),
        (binary(change(event(), ["id"])), 422),
        ((binary(event())[0] | {"content-type": "text/plain"}, b"{}"), 415),
        (({"content-type": "application/json"}, structured(event())[1]), 400),
        (({}, structured(event())[1]), 415),
        (({"content-type": "application/cloudevents-batch+json"}, b"[]"), 415),
        (({"content-type": "application/cloudevents+avro"}, b"x"), 415),
    ],
)
def test_what_is_no_event_is_refused_with_one_clear_sentence(door, request_, status):
    answer = send(door, request_)
    assert answer.status_code == status, answer.text
    assert one_sentence(answer.json()["detail"]), answer.json()["detail"]
    with door.house.unit() as unit:
        assert unit.events.waiting(unit.now) == []


def test_an_envelope_header_that_stands_there_twice_is_refused(door):
    headers, body = binary(event())
    twice = [*headers.items(), ("ce-subject", "other")]
    assert send(door, (twice, body)).status_code == 400


def test_a_fact_that_the_ledger_could_not_commit_to_is_refused_at_the_door(door):
    data = {"kind": "renewal.status", "subject_id": "acme-k1", "value": "OPEN", "number": 1.0}
    found = change(event(), type="fact.recorded", data=data)
    answer = send(door, structured(found))
    assert (answer.status_code, "float" in answer.json()["detail"]) == (422, True), answer.text


def test_a_person_tells_nothing_in_the_name_of_a_system(door):
    headers, body = structured(event())
    answer = door.of("otto").post("/v1/events", headers=headers, content=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")


def test_the_ledger_says_whose_token_brought_an_event(door):
    send(door, structured(event()))
    door.house.engine.run_due()
    with door.house.unit() as unit:
        told = [entry.actor for entry in unit.entries("account/acme") if entry.type == "event.received.v1"]
    assert {actor.on_behalf_of for actor in told} <= {"robot"}
    with door.house.unit() as unit:
        assert unit.events.get("crm", "e1").sender == "robot"


def test_what_became_of_an_event_is_told_from_its_arrival_to_its_draft(door):
    follow = send(door, structured(event())).json()["follow"]
    assert fate(door, follow).json()["state"] == "waiting"
    assert door.house.orchestrator.take_event("crm", "e1").told == "posture changed"
    assert fate(door, follow).json()["state"] == "drafting"
    door.house.engine.run_due()
    told = fate(door, follow).json()
    plan_id = door.house.plan_of()
    assert (told["state"], told["told"]) == ("taken_up", f"drafted: {plan_id}")
    assert door.house.plan(plan_id).status is PlanStatus.DRAFT
    send(door, structured(event("e2")))
    door.house.engine.run_due()
    assert "open already" in fate(door, "/v1/events/crm/e2").json()["told"]


def test_a_tenant_sees_no_event_of_another_one_and_no_unknown_one(door):
    answer = fate(door, "/v1/events/crm/e9")
    assert answer.status_code == 404
    assert fate(door, "/v1/events/crm").status_code in {404, 405}
    assert door.of(token="propose").get("/v1/events/crm/e1").status_code == 403


def test_a_person_cannot_be_spoken_for_by_a_file_either(door):
    [found] = read_events(json.dumps(event(source="person:otto")), door.house.clock.now())
    with pytest.raises(BadInputError, match="no source may begin"):
        door.house.orchestrator.receive(found)


def test_a_signed_event_of_a_source_with_slashes_is_taken(door):
    assert send_signed(door, event(source="/crm/eu-west")).status_code == 202


def send_signed(door, found):
    headers, body = signed(found, door.house.clock.now())
    return door.of().post("/v1/events", headers=headers, content=body)


def test_the_newest_change_of_an_account_stands_for_the_older_ones(door):
    drafter = Counting()
    for name, posture in (("e1", "SECURE"), ("e2", "WATCH"), ("e3", "CRITICAL")):
        send(door, structured(event(name, posture=posture)))
    engine_of(door, drafter).run_due()
    assert drafter.calls == 1
    with door.house.unit() as unit:
        assert unit.accounts.situation("acme", unit.tenant(), unit.now, ()).posture.posture == "CRITICAL"
        reasons = [e.reason and e.reason.code for e in unit.entries("account/acme") if e.type == "event.received.v1"]
        assert reasons == ["superseded", "superseded", None]
        assert unit.replay() == []


def test_the_signed_example_of_the_page_is_taken(door):
    page = (Path(__file__).parents[3] / "docs" / "events.md").read_text()
    code = page.partition("```python\n")[2].partition("```")[0]
    with listening(door.app, "127.0.0.1", 0) as address:
        for said, here in (
            ("datetime.now(UTC)", f"datetime.fromisoformat({door.house.clock.now().isoformat()!r})"),
            ("https://plans.example", address),
            ("whsec_...", SECRET),
            ("aurora", "acme"),
        ):
            assert said in code
            code = code.replace(said, here)
        exec(code, {})  # noqa: S102 - what the page tells people to run
    assert kept(door, event_id="e-3").account_id == "acme"


def test_review_and_doctor_say_what_waits_for_the_next_days_drafts(door, capsys):
    engine = engine_of(door, Counting(), Bounds(drafts_per_day=1))
    door.house.know("bolt")
    for name, account in (("e1", "acme"), ("e2", "bolt")):
        send(door, structured(event(name, account=account)))
    engine.run_due()
    url = door.front.settings.database
    assert main(["--db", url, "--tenant", "t1", "review"]) == 0
    assert "1 accounts wait for a draft until 2026-03-03 00:00Z" in capsys.readouterr().out
    door.house.clock.set(door.house.clock.now() + timedelta(hours=2))
    [check] = [c for c in check_database(door.front.settings, "simulator", door.house.clock, lambda _: None)
               if c.what == "nothing stuck"]  # fmt: skip
    assert (check.findings, check.note) == ((), "1 events wait for the next day's drafts (drafts_per_day)")
