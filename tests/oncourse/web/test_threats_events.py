"""The threats that events bring (T4 forged, T5 replayed, T6 a flood), each tried at the real door."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator import Bounds
from plan import NoPlanReason
from store import Event, EventType
from tests.databases import fresh_url
from tests.oncourse.web.conftest import Door
from tests.oncourse.web.events_in import (
    FOREIGN_SECRET,
    NEXT_SECRET,
    SOURCES,
    Counting,
    engine_of,
    event,
    one_sentence,
    post_all,
    signed,
    structured,
)

PLENTY = 10_000
ACCOUNTS = 50
TOKEN = {"authorization": "Bearer onc_known:events"}


@pytest.fixture
def door(tmp_path):
    door = Door(fresh_url("sqlite", tmp_path), sources=SOURCES)
    door.house.know("acme")
    return door


@pytest.fixture
def wide_door():
    """A door without a rate limit, over a database in memory where the machine has such a place."""
    there = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=there) as folder:
        door = Door(fresh_url("sqlite", Path(folder)), sources=SOURCES, events_per_minute=0)
        for number in range(ACCOUNTS):
            door.house.know(f"a{number:02d}")
        yield door


def send(door, request):
    headers, body = request
    return door.of().post("/v1/events", headers=headers, content=body)


def waiting(door):
    with door.house.unit() as unit:
        return [(e.source, e.event_id) for e in unit.events.waiting(unit.now)]


def refused(door, request, status=401):
    answer = send(door, request)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert one_sentence(answer.json()["detail"])
    assert waiting(door) == []
    return answer


def test_t4_an_event_that_nobody_signed_and_no_token_vouches_for_is_refused(door):
    answer = refused(door, structured(event()))
    assert "www-authenticate" in answer.headers


def test_t4_a_signed_event_reaches_the_tenant_of_its_secret(door):
    answer = send(door, signed(event(), door.house.clock.now()))
    assert (answer.status_code, answer.json()["duplicate"]) == (202, False)
    assert waiting(door) == [("crm", "e1")]


def test_t4_both_secrets_hold_while_one_is_exchanged_for_the_other(door):
    now = door.house.clock.now()
    assert send(door, signed(event("e1"), now)).status_code == 202
    assert send(door, signed(event("e2"), now, secret=NEXT_SECRET)).status_code == 202


def test_t4_an_altered_body_is_refused(door):
    headers, body = signed(event(), door.house.clock.now())
    refused(door, (headers, body.replace(b"AT_RISK", b"SECURE")))


def test_t4_a_signature_under_another_id_or_time_is_refused(door):
    headers, body = signed(event(), door.house.clock.now())
    refused(door, (headers | {"webhook-id": "msg-2"}, body))
    later = str(int(headers["webhook-timestamp"]) + 1)
    refused(door, (headers | {"webhook-timestamp": later}, body))


def test_t4_a_secret_speaks_only_as_its_own_sources_and_to_its_own_tenant(door):
    now = door.house.clock.now()
    refused(door, signed(event(source="billing"), now))
    assert send(door, signed(event(), now, secret=FOREIGN_SECRET)).status_code != 202
    assert waiting(door) == []


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,!!!"},
        {"webhook-signature": "v1,AAAA v1a,AAAA ,,, v2,"},
        {"webhook-signature": "v1," + "A" * 5000},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "9" * 30},
        {"webhook-timestamp": "-1"},
        {"webhook-id": ""},
    ],
)
def test_t4_a_malformed_signature_is_refused_with_one_sentence(door, change):
    headers, body = signed(event(), door.house.clock.now())
    refused(door, (headers | change, body))


def test_t4_a_signature_does_not_vouch_for_an_envelope_in_headers(door):
    headers, body = signed(event(), door.house.clock.now())
    envelope = {f"ce-{name}": value for name, value in event("forged").items() if name != "data"}
    refused(door, (headers | envelope | {"content-type": "application/json"}, body), 415)


def test_t4_a_token_without_the_scope_brings_nothing_in(door):
    headers, body = structured(event())
    refused(door, (headers | {"authorization": "Bearer onc_known:read+propose"}, body), 403)


def test_t4_nothing_from_outside_passes_for_a_wish_of_somebody_here(door):
    headers, body = structured(event(source="person:otto"))
    refused(door, (headers | TOKEN, body), 422)


def test_t5_a_replay_within_the_window_is_a_duplicate_and_changes_nothing(door):
    request = signed(event(), door.house.clock.now())
    assert send(door, request).json()["duplicate"] is False
    drafter = Counting()
    engine_of(door, drafter).run_due()
    with door.house.unit() as unit:
        before = sum(1 for _ in unit.every_entry())
    answer = send(door, request)
    assert (answer.status_code, answer.json()["duplicate"]) == (202, True)
    engine_of(door, drafter).run_due()
    with door.house.unit() as unit:
        assert sum(1 for _ in unit.every_entry()) == before
    assert drafter.calls == 1


def test_t5_the_same_event_under_a_new_signature_is_a_duplicate_too(door):
    now = door.house.clock.now()
    send(door, signed(event(), now))
    answer = send(door, signed(event(), now, message="msg-2", late=timedelta(seconds=30)))
    assert (answer.status_code, answer.json()["duplicate"]) == (202, True)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_t5_a_signature_outside_the_window_is_refused(door, seconds):
    refused(door, signed(event(), door.house.clock.now(), late=timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-300, 300])
def test_t5_a_signature_at_the_windows_edge_holds(door, seconds):
    request = signed(event(), door.house.clock.now(), late=timedelta(seconds=seconds))
    assert send(door, request).status_code == 202


def posture(number, account=None):
    name = f"a{number % ACCOUNTS:02d}" if account is None else account
    headers, body = structured(
        event(f"e{number:06d}", account=name, posture=("AT_RISK", "CRITICAL")[number // ACCOUNTS % 2])
    )
    return headers | TOKEN, body


def test_t6_ten_thousand_postures_of_fifty_accounts_ask_a_model_fifty_times_and_none_is_lost(wide_door):
    door, drafter = wide_door, Counting()
    assert post_all(door.app, map(posture, range(PLENTY))) == {202: PLENTY}
    ticks = engine_of(door, drafter).run_due()
    assert drafter.calls <= ACCOUNTS
    assert ticks <= 2 * ACCOUNTS
    with door.house.unit() as unit:
        told = unit.entries_of(["event.received.v1"], door.house.clock.now())
        assert len({e.data["event_id"] for e in told}) == len(told) == PLENTY
        assert unit.events.waiting(unit.now) == []
        assert unit.model_use.of(unit.now).model_dump() == {"day": "2026-03-02", "drafts": 50, "calls": 50}
        assert unit.replay() == []


def test_t6_a_flood_that_keeps_coming_costs_what_is_news_and_no_more(wide_door):
    door, drafter = wide_door, Counting()
    engine = engine_of(door, drafter)
    for round_ in range(20):
        post_all(door.app, map(posture, range(round_ * 100, round_ * 100 + 100)))
        engine.run_due()
    assert drafter.calls <= 2 * ACCOUNTS  # two readings of each account, however often they alternate
    door.house.clock.set(door.house.clock.now() + timedelta(hours=25))
    post_all(door.app, [posture(5000)])
    engine.run_due()
    assert drafter.calls <= 2 * ACCOUNTS + 1


def test_t6_ten_thousand_bodies_of_garbage_cost_no_call_and_leave_nothing(wide_door):
    door, drafter = wide_door, Counting()
    garbage = (
        ({"content-type": "application/cloudevents+json"} | TOKEN, b"{" * (number % 97) + str(number).encode())
        for number in range(PLENTY)
    )
    assert post_all(door.app, garbage) == {400: PLENTY}
    assert engine_of(door, drafter).run_due() == 0
    assert drafter.calls == 0


def test_t6_readings_that_are_all_news_stop_at_the_days_budget_and_go_on_the_next_day(wide_door):
    door, drafter = wide_door, Counting()
    engine = engine_of(door, drafter, Bounds(drafts_per_day=7))
    post_all(door.app, map(posture, range(ACCOUNTS)))
    engine.run_due()
    assert drafter.calls == 7
    engine.run_due()
    assert drafter.calls == 7
    with door.house.unit() as unit:
        late = unit.events.postponed(unit.now)
        assert len(late) == ACCOUNTS - 7
        assert {e.retry_at for e in late} == {door.house.clock.now().replace(hour=0, minute=0) + timedelta(days=1)}
        assert all("used up" in e.told for e in late)
    engine.run_until(door.house.clock.now() + timedelta(days=7), door.house.clock)
    assert drafter.calls == ACCOUNTS
    with door.house.unit() as unit:
        assert unit.events.postponed(unit.now) == unit.events.waiting(unit.now) == []
        assert unit.replay() == []


def test_t6_a_process_that_dies_again_and_again_asks_no_more_often_than_a_day_allows(door):
    drafter = Counting(dies=100)
    engine = engine_of(door, drafter, Bounds(drafts_per_day=3))
    send(door, signed(event(), door.house.clock.now()))
    for _ in range(10):
        try:
            engine.run_due()
        except KeyboardInterrupt:
            continue
    assert drafter.calls == 3
    with door.house.unit() as unit:
        assert unit.model_use.of(unit.now).drafts == 3
        assert [e.event_id for e in unit.events.postponed(unit.now)] == ["e1"]


def test_t6_a_wish_of_somebody_is_drafted_although_the_posture_is_no_news(door):
    drafter = Counting()
    engine = engine_of(door, drafter)
    send(door, signed(event(), door.house.clock.now()))
    engine.run_due()
    send(door, signed(event("e2"), door.house.clock.now()))
    engine.run_due()
    assert drafter.calls == 1
    door.house.orchestrator.wish("acme", door.house.who("mara"))
    engine.run_due()
    assert drafter.calls == 2


def test_t6_a_posture_that_no_model_answered_to_asks_again(door):
    drafter = Counting(NoPlanReason.PROVIDER_DOWN)
    engine = engine_of(door, drafter)
    for name in ("e1", "e2"):
        send(door, signed(event(name), door.house.clock.now()))
        engine.run_due()
    assert drafter.calls == 2


def test_t6_while_one_change_is_drafted_upon_the_next_one_waits_for_its_answer(door):
    engine_of(door, Counting())
    house, clock = door.house.orchestrator, door.house.clock
    kept = [
        Event(source="crm", event_id=name, type=EventType.POSTURE_CHANGED, account_id="acme", received_at=clock.now(),
              body={"posture": reading, "as_of": clock.now().isoformat()})
        for name, reading in (("e1", "AT_RISK"), ("e2", "CRITICAL"))
    ]  # fmt: skip
    house.receive(kept[0])
    assert house.take_event("crm", "e1").told == "posture changed"  # and its drafter is at work elsewhere
    house.receive(kept[1])
    assert house.take_event("crm", "e2").told == "waits: another change of this account is being drafted upon"
    assert house.event("crm", "e1").processed_at is None
    assert house.event("crm", "e2").retry_at == clock.now() + timedelta(minutes=15)
    drafter = Counting()
    clock.set(clock.now() + timedelta(minutes=15))  # nothing is heard of the first draft any more
    engine_of(door, drafter).run_due()
    assert drafter.calls == 1
    assert "stands for it" in house.event("crm", "e1").told


def test_t6_a_tenant_that_sends_too_fast_is_told_when_to_send_on(tmp_path):
    door = Door(fresh_url("sqlite", tmp_path), sources=SOURCES, events_per_minute=3)
    door.house.know("acme")
    now = door.house.clock.now()
    answers = [send(door, signed(event(f"e{n}"), now)) for n in range(4)]
    assert [a.status_code for a in answers] == [202, 202, 202, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["code"] == "too_many_events"
    assert len(waiting(door)) == 1
    with door.house.unit() as unit:
        assert len(unit.events.postures("acme")) == 3


def test_t6_a_body_above_64_kib_is_refused_before_it_is_read_to_its_end(door):
    headers, body = structured(event(note="x" * 65_536))
    refused(door, (headers | TOKEN, body), 413)
