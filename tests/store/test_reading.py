"""What is read of a plan was written together: a write in between is waited for, never seen half."""

import threading

import pytest

from store.plans import Plans
from tests.databases import fresh_url
from tests.house import House


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("how", ["get", "state"])
def test_a_plan_read_while_it_is_written_is_believed(kind, how, tmp_path, monkeypatch):
    house = House(fresh_url(kind, tmp_path))
    plan_id = house.active()
    house.run(4)
    otto, writer = house.who("otto"), []
    last = str(house.step(plan_id, "RECORD_COMMITMENT").step_id)
    beside = Plans._beside

    def slowly(self, plan):
        """Let somebody write between the reading of the plan's row and of its steps."""
        if not writer:
            writer.append(threading.Thread(target=house.orchestrator.skip, args=(plan_id, last, "Not now.", otto)))
            writer[0].start()
            writer[0].join(0.5)
        return beside(self, plan)

    monkeypatch.setattr(Plans, "_beside", slowly)
    with house.unit() as unit:
        if how == "get":
            assert not unit.plans.get(plan_id).altered
        else:
            assert unit.state(plan_id)
            assert unit._cursor(f"plan/{plan_id}").believed
    writer[0].join()
    assert not house.record(plan_id).altered
    assert house.step(plan_id, "RECORD_COMMITMENT").status == "SKIPPED"
    assert house.broken() == []
    house.sql.dispose()
