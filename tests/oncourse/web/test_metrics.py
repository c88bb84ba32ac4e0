"""What Prometheus reads: figures of all tenants for this machine, of its own for a program, and never a name."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, insert, text

from ledger import Actor
from oncourse import counting
from plan import Tenant
from store.door_tables import webhook
from store.tables import inbox
from tests.databases import over_all

ROOT = Actor(kind="human", id="root")


def here(door, **headers):
    """Return a client on this machine."""
    return TestClient(door.app, base_url="http://127.0.0.1:8642", client=("127.0.0.1", 5), headers=headers)


def figures(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    found = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def real(door, tenant_id="t1"):
    """Let a tenant live by the real clock: what waits is told of those alone."""
    with door.house.store.unit(tenant_id, door.house.clock.now()) as unit:
        unit.set_virtual_now(None)


@pytest.fixture
def other(door):
    with door.house.store.unit("t2", door.house.clock.now()) as unit:
        unit.open_tenant(Tenant(tenant_id="t2", name="Tenant Two"), ROOT)


def test_what_happens_between_two_scrapes_is_counted_once(door):
    client = here(door)
    before = figures(client)
    assert not any(name.startswith("oncourse_proposals_total") for name in before)
    plan_id = door.house.draft()
    door.house.clock.set(door.house.clock.now() + timedelta(minutes=10))
    door.house.approve(plan_id)
    for _ in range(2):
        found = figures(client)
        assert found['oncourse_proposals_total{result="drafted",tenant="t1"}'] == 1
        assert found['oncourse_decisions_total{decision="approved",tenant="t1"}'] == 1
        assert found['oncourse_decision_seconds_bucket{le="60.0",tenant="t1"}'] == 0
        assert found['oncourse_decision_seconds_bucket{le="900.0",tenant="t1"}'] == 1
        assert found['oncourse_decision_seconds_sum{tenant="t1"}'] == 600
        assert found['oncourse_plans{status="APPROVED",tenant="t1"}'] == 1
        assert found['oncourse_uncounted_entries{tenant="t1"}'] == 0
    assert found['oncourse_ledger_entries{tenant="t1"}'] > before['oncourse_ledger_entries{tenant="t1"}']


def test_who_decides_within_five_seconds_is_seen(door):
    client = here(door)
    figures(client)
    door.house.approve(door.house.draft())
    assert figures(client)['oncourse_decision_seconds_bucket{le="5.0",tenant="t1"}'] == 1


def test_refusals_are_counted_by_code_and_a_plans_end_by_reason(door):
    client, house = here(door), door.house
    figures(client)
    house.orchestrator.reject(house.draft(), "Not now.", house.who("otto"))
    found = figures(client)
    assert found['oncourse_decisions_total{decision="rejected",tenant="t1"}'] == 1
    ends = [name for name in found if name.startswith("oncourse_plan_endings_total")]
    assert len(ends) <= 1
    house.know("beta")
    house.orchestrator.governance.throw_switch("plan_type:RENEWAL_DEFENSE", "Not this type.", house.who("root"))
    house.posture("beta")
    refused = [name for name in figures(client) if name.startswith("oncourse_gate_refusals_total")]
    assert refused
    assert all(re.search(r'code="[A-Z]+\d{3}"', name) for name in refused), refused


def test_a_long_absence_is_counted_in_portions(door, monkeypatch):
    client = here(door)
    figures(client)
    monkeypatch.setattr(counting, "AT_ONCE", 3)
    door.house.active()
    waiting = 'oncourse_uncounted_entries{tenant="t1"}'
    seen = [figures(client)[waiting]]
    while seen[-1]:
        seen.append(figures(client)[waiting])
    assert len(seen) > 1
    assert seen == sorted(seen, reverse=True)
    assert figures(client)['oncourse_proposals_total{result="drafted",tenant="t1"}'] == 1


def test_a_tenant_that_came_later_is_counted_from_its_beginning(door, other):
    client = here(door)
    figures(client)
    door.house.draft()
    assert figures(client)['oncourse_proposals_total{result="drafted",tenant="t1"}'] == 1
    assert 'oncourse_ledger_entries{tenant="t2"}' in figures(client)


def test_what_waits_is_told_with_its_age_and_only_under_the_real_clock(door):
    house, client = door.house, here(door)
    at = house.clock.now() - timedelta(minutes=3)
    row = {"tenant_id": "t1", "source": "s", "event_id": "e", "type": "x", "body": "{}", "received_at": at}
    with over_all(house.sql) as connection:
        connection.execute(insert(inbox).values(row))
    assert not any("events_waiting" in name for name in figures(client))
    real(door)
    found = figures(client)
    assert found['oncourse_events_waiting{tenant="t1"}'] == 1
    assert found['oncourse_events_waiting_oldest_seconds{tenant="t1"}'] >= 180


def test_steps_on_their_way_and_the_slowest_webhook_are_told(door):
    house, client = door.house, here(door)
    plan_id = house.active()
    with over_all(house.sql) as connection:
        moved = "UPDATE plan_step SET status = 'IN_DOUBT' WHERE plan_id = :p AND position = 0"
        connection.execute(text(moved), {"p": plan_id})
        for number, told in enumerate((2, 5)):
            row = {
                "tenant_id": "t1",
                "webhook_id": f"w{number}",
                "url": "https://x.example",
                "types": "[]",
                "secret": "s",
            }
            row |= {"active": True, "made_by": "root", "made_at": house.clock.now(), "told_pos": told, "attempts": 0}
            connection.execute(insert(webhook).values(row))
    found = figures(client)
    assert found['oncourse_steps{status="IN_DOUBT",tenant="t1"}'] == 1
    assert found['oncourse_webhook_lag_entries{tenant="t1"}'] == found['oncourse_ledger_entries{tenant="t1"}'] - 2


def test_t7_a_token_hears_of_its_own_tenant_and_this_machine_of_all(door, other):
    def tenants(client):
        return {tenant for name in figures(client) for tenant in re.findall(r'tenant="(\w+)"', name)}

    door.house.draft()
    assert tenants(here(door)) == {"t1", "t2"}
    assert tenants(door.of(token="read")) == {"t1"}


@pytest.mark.parametrize(
    ("client", "status"),
    [
        (lambda door: door.of(), 401),
        (lambda door: door.of("root"), 401),
        (lambda door: door.of(token="events"), 403),
        (lambda door: here(door, **{"x-forwarded-for": "203.0.113.9"}), 401),
        (lambda door: here(door, forwarded="for=203.0.113.9"), 401),
        (lambda door: here(door, host="rebound.example:8642"), 401),
        (lambda door: here(door, authorization="Bearer onc_unknown"), 401),
    ],
    ids=[
        "a stranger",
        "a person",
        "a token for events",
        "a proxy here",
        "another proxy",
        "a rebound name",
        "a bad token",
    ],
)
def test_nobody_else_hears_a_figure(door, client, status):
    answer = client(door).get("/metrics")
    assert answer.status_code == status
    assert "oncourse_" not in answer.text


def test_no_name_and_no_text_stands_in_the_figures(door):
    client, house = here(door), door.house
    figures(client)
    plan_id = house.draft()
    house.orchestrator.reject(plan_id, "Ida Stern said Zitronenfalter.", house.who("otto"))
    told = client.get("/metrics").text
    assert not re.search(r"Ida|Stern|Acme|acme|Mara|mara|otto|Zitronenfalter|example|" + plan_id, told)


def test_every_query_of_a_scrape_goes_along_an_index(door):
    """SQLite knows no sizes: the index that it takes for none it takes for a million."""
    client, house, asked = here(door), door.house, []
    real(door)
    figures(client)
    house.draft()
    event.listen(
        house.sql, "before_cursor_execute", lambda _c, _r, statement, given, *_: asked.append((statement, given))
    )
    figures(client)
    with house.sql.connect() as connection:
        ways = {
            row.detail
            for statement, given in list(asked)
            if statement.lstrip().startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
        }
    assert any("COVERING INDEX ix_plan_status" in way for way in ways), ways
    assert any("ix_plan_step_moving" in way for way in ways), ways
    assert any("SEARCH plan USING COVERING INDEX ix_plan_tenant_wake" in way for way in ways), ways
    assert any("event_inbox USING COVERING INDEX ix_event_inbox_unread" in way for way in ways), ways
    assert {way for way in ways if way.startswith("SCAN") and "INDEX" not in way} <= {
        "SCAN tenant",
        "SCAN webhook",
        "SCAN ledger_head",
    }
