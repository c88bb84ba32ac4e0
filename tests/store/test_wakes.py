"""Who looks for what is due passes by all that sleep, however many there are."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from store import open_engine, upgrade
from store.blobs import Blobs
from store.plans import Plans
from store.workers import Workers
from tests.databases import fresh_url
from tests.house import House
from tests.store.conftest import NOW

LOOKS = {
    "a worker for all tenants": ("ix_plan_wake", lambda at: Workers(at).due(NOW, 500)),
    "at one tenant": ("ix_plan_tenant_wake", lambda at: Plans(at, "t", Blobs(at, "t")).due(NOW)),
    "at one tenant, for the next": ("ix_plan_tenant_wake", lambda at: Plans(at, "t", Blobs(at, "t")).next_wake()),
}


@pytest.mark.parametrize("name", list(LOOKS))
def test_a_look_goes_along_the_index_of_wake_ups_and_sorts_nothing(name, tmp_path):
    """SQLite knows no sizes: the index that it takes for none it takes for a million."""
    engine = open_engine(fresh_url("sqlite", tmp_path))
    upgrade(engine)
    asked = []
    event.listen(engine, "before_cursor_execute", lambda _c, _r, statement, given, *_: asked.append((statement, given)))
    index, look = LOOKS[name]
    with engine.connect() as connection:
        look(connection)
        ways = [
            row.detail
            for statement, given in list(asked)
            if 'FROM "plan"' in " ".join(statement.split())
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
        ]
    engine.dispose()
    assert any(f"INDEX {index} " in way for way in ways), ways
    assert not any("TEMP B-TREE" in way for way in ways), ways


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_worker_finds_the_earliest_of_the_tenants_that_live_by_the_real_clock(kind, tmp_path):
    house = House(fresh_url(kind, tmp_path))
    first, second, third = (house.active(name) for name in ("acme", "beta", "gamma"))
    with house.unit() as unit:
        unit.wake(first, NOW + timedelta(minutes=2))
        unit.wake(third, NOW + timedelta(minutes=3))
        unit.wake(second, NOW + timedelta(minutes=1))

    def due():
        with house.store.workers(reading=True) as workers:
            return [one.target for one in workers.due(NOW + timedelta(minutes=2), 2)]

    assert due() == ["plan/" + plan_id for plan_id in (second, first)]
    with house.unit() as unit:
        unit.set_virtual_now(NOW)
    assert due() == []
    house.sql.dispose()
