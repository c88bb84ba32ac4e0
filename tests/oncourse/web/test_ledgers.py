"""The ledger, the stream, the catalogues and the time over HTTP."""

import json
from datetime import timedelta

import pytest

from oncourse.web import stream
from tests.databases import over_all


def test_the_ledger_is_read_in_pages_that_miss_nothing(door, draft):
    client, seen, cursor = door.of("otto"), [], None
    while True:
        page = client.get("/v1/ledger", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [line["position"] for line in page["entries"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    with door.house.unit() as unit:
        assert seen == list(range(1, unit.head() + 1))


def test_the_ledger_is_read_as_json_lines(door, draft):
    answer = door.of("otto").get("/v1/ledger", params={"after": 2}, headers={"accept": "application/jsonl"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"].startswith("application/jsonl")
    assert [line["position"] for line in lines] == list(range(3, len(lines) + 3))


def test_a_plan_tells_its_own_story_in_sentences(door, draft):
    page = door.of("otto").get(f"/v1/plans/{draft}/ledger").json()
    assert {line["entry"]["stream"] for line in page["entries"]} == {f"plan/{draft}"}
    assert "proposed the plan" in page["entries"][0]["sentence"]
    unknown = door.of("otto").get("/v1/plans/00000000-0000-4000-8000-000000000000/ledger")
    assert unknown.status_code == 404


def test_a_form_that_the_ledger_is_not_told_in_is_refused(door):
    answer = door.of("otto").get("/v1/ledger", headers={"accept": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


def test_the_ledger_verifies_and_a_forged_row_is_found(door, draft):
    client = door.of("otto")
    assert client.get("/v1/ledger:verify").json()["findings"] == []
    with over_all(door.house.sql) as connection:
        connection.exec_driver_sql("UPDATE plan SET owner = 'mallory'")
    assert client.get("/v1/ledger:verify").json()["findings"] == [f"plan/{draft}: the row differs from its ledger"]


def test_what_is_in_force_is_told(door):
    client = door.of("otto")
    policy = client.get("/v1/policy").json()
    assert policy["digest"].startswith("sha256:")
    actions = client.get("/v1/action-types").json()
    assert any("RENEWAL_DEFENSE" in action["allowed"] for action in actions)
    kinds = {kind["plan_type"]: kind for kind in client.get("/v1/plan-types").json()}
    assert kinds["RENEWAL_DEFENSE"]["playbook"]
    assert kinds["RENEWAL_DEFENSE"]["actions"] == sorted(
        action["spec"]["action_type"] for action in actions if "RENEWAL_DEFENSE" in action["allowed"]
    )


def test_made_up_time_passes_when_an_operator_says_so_and_never_goes_back(door, draft):
    now = door.house.clock.now()
    until = (now + timedelta(days=200)).isoformat()
    assert door.of("otto").post("/v1/time", json={"until": until}).status_code == 403
    passed = door.of("root").post("/v1/time", json={"until": until}).json()
    assert passed["ticks"] > 0
    assert door.of("otto").get(f"/v1/plans/{draft}").json()["plan"]["status"] == "EXPIRED"
    back = door.of("root").post("/v1/time", json={"until": now.isoformat()})
    assert (back.status_code, back.json()["code"]) == (409, "time_goes_on")


def test_real_time_is_nobodys_to_move(door):
    with door.house.unit() as unit:
        unit.set_virtual_now(None)
    answer = door.of("root").post("/v1/time", json={"until": "2030-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (409, "real_clock")


@pytest.fixture
def hasty(monkeypatch):
    """Streams that look often and end soon."""
    monkeypatch.setattr(stream, "LOOK", 0.01)
    monkeypatch.setattr(stream, "LIFE", timedelta(seconds=0.05))


def told(text):
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def test_the_stream_goes_on_where_the_reader_left_off(door, draft, hasty):
    answer = door.of("otto").get("/v1/events/stream", headers={"last-event-id": "3"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    with door.house.unit() as unit:
        assert [one["position"] for one in told(answer.text)] == list(range(4, unit.head() + 1))
    assert f"id: {told(answer.text)[-1]['position']}" in answer.text


def test_the_stream_begins_now_and_tells_nothing_that_anybody_wrote(door, draft, hasty):
    assert told(door.of("otto").get("/v1/events/stream").text) == []
    door.house.orchestrator.send_back(draft, "a canary in the reason", door.house.who("otto"))
    answer = door.of("otto").get("/v1/events/stream", params={"after": 0})
    assert "canary" not in answer.text
    assert told(answer.text)[-1]["type"] == "plan.sent_back.v1"


def test_too_many_streams_are_refused_and_an_ended_one_makes_room(door, hasty, monkeypatch):
    monkeypatch.setattr(stream, "MOST", 1)
    door.app.state.streams.add(object())
    answer = door.of("otto").get("/v1/events/stream")
    assert (answer.status_code, answer.json()["code"]) == (503, "too_many_streams")
    door.app.state.streams.clear()
    assert door.of("otto").get("/v1/events/stream").status_code == 200
    assert not door.app.state.streams


def test_a_path_or_method_that_is_not_there_is_a_problem_too(door):
    for answer in (door.of("otto").get("/v1/nowhere"), door.of("otto").delete("/v1/plans")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
    assert door.of("otto").delete("/v1/plans").headers["allow"]


def test_a_body_that_is_too_large_is_refused(door, draft):
    big = {"reason": "x" * 70_000}
    answer = door.of("otto").post(f"/v1/plans/{draft}:reject", json=big)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
