"""What is sought is found, and nothing else: entries by account, plan, actor, kind and time; accounts by name or id."""

import pytest

from plan import Account
from store import Sought
from tests.databases import fresh_url
from tests.house import House


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, tmp_path):
    house = House(fresh_url(request.param, tmp_path))
    for name in ("acme", "bolt"):
        house.draft(name)
    return house


def found(house, **sought):
    with house.unit() as unit:
        return [entry for _, entry in unit.entries_before(None, 1000, Sought(**sought))]


def test_an_account_has_its_own_entries_and_those_of_its_plans_alone(house):
    acme, bolt = found(house, account_id="acme"), found(house, account_id="bolt")
    assert {entry.stream for entry in acme} == {"account/acme", f"plan/{house.plan_of('acme')}"}
    assert {entry.stream for entry in bolt} == {"account/bolt", f"plan/{house.plan_of('bolt')}"}
    assert found(house, account_id="nobody") == []


def test_a_plan_has_the_entries_of_its_stream(house):
    plan_id = house.plan_of("acme")
    assert {entry.stream for entry in found(house, plan_id=plan_id)} == {f"plan/{plan_id}"}


def test_who_did_it_is_taken_letter_by_letter(house):
    house.approve(house.plan_of("acme"))
    assert {entry.actor.id for entry in found(house, actor_id="otto")} == {"otto"}
    assert found(house, actor_id="Otto") == []
    assert found(house, actor_id="ott%") == []
    assert found(house, actor_id='otto","kind":"human') == []


def test_a_span_of_time_begins_with_its_first_instant_and_ends_before_its_last(house):
    plan_id = house.plan_of("bolt")
    house.run(3)
    now = house.clock.now()
    house.approve(plan_id)
    assert "plan.approved.v1" in {entry.type for entry in found(house, since=now)}
    assert "plan.approved.v1" not in {entry.type for entry in found(house, until=now)}


def test_all_that_is_asked_for_holds_at_once(house):
    plan_id = house.plan_of("acme")
    for name in ("acme", "bolt"):
        house.approve(house.plan_of(name))
    told = found(house, kinds={"plan.approved.v1"}, account_id="acme", actor_id="otto")
    assert [(entry.type, entry.stream) for entry in told] == [("plan.approved.v1", f"plan/{plan_id}")]


def test_accounts_are_found_by_id_or_name_and_by_nothing_else_that_is_kept_of_them(house):
    with house.unit() as unit:
        unit.accounts.put("accounts", [Account(account_id="c9", name="ÖSTERLING_AG", segment="bolted")])

    def sought(letters, **more):
        with house.unit() as unit:
            return [account.account_id for account in unit.accounts.page(10, holding=letters, **more)]

    assert sought("ACM") == ["acme"]
    assert sought("österling") == ["c9"]
    assert sought("C9") == ["c9"]
    assert sought("bolt") == ["bolt"]
    assert sought("segment") == []
    assert sought("%") == []
    assert sought("", after="acme") == ["bolt", "c9"]
    assert sought("gmbh", after="acme") == ["bolt"]


def test_wishes_of_an_account_are_found_newest_first_taken_up_or_not(house):
    house.know("cord")
    first = house.orchestrator.wish("cord", house.who("mara"), "first")
    house.run(1)
    second = house.orchestrator.wish("cord", house.who("mara"), "second")
    with house.unit() as unit:
        assert [event.event_id for event in unit.events.wishes("cord", 9)] == [second.event_id, first.event_id]
        assert [event.event_id for event in unit.events.wishes("cord", 1)] == [second.event_id]
        assert unit.events.wishes("acme", 9) == []
