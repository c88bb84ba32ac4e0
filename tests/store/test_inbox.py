"""The inbox on both databases: the newest changed posture stands for the others, and a day counts its drafts."""

from datetime import timedelta

import pytest

from store import WISHED, Event, EventType
from tests.databases import fresh_url
from tests.house import House
from tests.store.conftest import NOW


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, tmp_path):
    made = House(fresh_url(request.param, tmp_path))
    for name in ("acme", "beta"):
        made.know(name)
    return made


def posture(name, account="acme", minute=0, source="crm"):
    at = NOW + timedelta(minutes=minute)
    body = {"posture": "AT_RISK", "as_of": at.isoformat()}
    return Event(
        source=source, event_id=name, type=EventType.POSTURE_CHANGED, account_id=account, body=body, received_at=at
    )


def keep(house, *events):
    with house.unit() as unit:
        assert [unit.events.receive(event) for event in events] == [True] * len(events)


def due(house, at):
    """Return what is due, as one tenant's engine and as a worker of all tenants see it."""
    with house.unit() as unit:
        mine = [event.target for event in unit.events.waiting(at)]
    with house.store.workers(reading=True) as workers:
        everybodys = [one.target for one in workers.due(at, 100) if one.target.startswith("event/")]
    assert mine == everybodys
    return [target.rpartition("/")[2] for target in mine]


def test_of_one_accounts_changes_only_the_newest_is_due_and_a_wish_is_due_besides(house):
    keep(house, posture("old"), posture("new", minute=2), posture("other", "beta", minute=1))
    assert due(house, NOW) == ["other", "new"]
    keep(house, posture("wish", minute=3, source=f"{WISHED}mara"))
    assert due(house, NOW) == ["other", "new", "wish"]


def test_an_older_change_waits_with_the_newest_and_is_never_lost(house):
    keep(house, posture("old"), posture("new", minute=2))
    later = NOW + timedelta(hours=1)
    with house.unit() as unit:
        unit.events.postpone(unit.events.get("crm", "new"), later, "why")
    assert due(house, NOW) == []
    with house.unit() as unit:
        assert unit.events.next_retry() == later
        assert [(e.event_id, e.told) for e in unit.events.postponed(NOW)] == [("new", "why")]
        assert [e.event_id for e in unit.events.postures("acme")] == ["old", "new"]
    assert due(house, later) == ["new"]
    with house.unit() as unit:
        unit.events.processed(unit.events.get("crm", "new"), later, "done")
    assert due(house, later) == ["old"]


def test_what_waits_for_a_draft_is_looked_at_once_the_draft_is_there(house):
    keep(house, posture("first"), posture("next", minute=1))
    with house.unit() as unit:
        unit.events.begin(unit.events.get("crm", "first"), NOW)
        unit.events.postpone(unit.events.get("crm", "next"), NOW + timedelta(minutes=15), "under way")
    assert due(house, NOW) == []
    with house.unit() as unit:
        unit.events.processed(unit.events.get("crm", "first"), NOW, "drafted")
    assert due(house, NOW) == ["next"]


def test_a_day_counts_its_drafts_up_to_its_most_and_the_next_day_begins_anew(house):
    with house.unit() as unit:
        assert [unit.model_use.begin_draft(NOW, 2) for _ in range(4)] == [True, True, False, False]
        assert unit.model_use.begin_draft(NOW, 0)
        unit.model_use.add_calls(NOW, 5)
        assert unit.model_use.begin_draft(NOW + timedelta(days=1), 2)
    with house.unit() as unit:
        assert (unit.model_use.of(NOW).drafts, unit.model_use.of(NOW).calls) == (3, 5)
        assert unit.model_use.of(NOW + timedelta(days=1)).drafts == 1
        assert unit.model_use.of(NOW + timedelta(days=2)).drafts == 0
