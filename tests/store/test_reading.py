"""What is read of a plan was written together: a write in between is waited for, never seen half."""

import threading

import pytest

from ledger import Authority, SwitchNamed
from plan import Cause
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


def test_a_switch_thrown_while_an_account_was_waited_for_is_seen(tmp_path):
    house = House(fresh_url("postgresql", tmp_path))
    house.active()
    with house.unit() as unit:
        assert unit.tenant_state().switches == ()
        house.orchestrator.governance.throw_switch("tenant", "Nothing leaves today.", house.who("root"))
        unit.hold_account("acme")
        assert [switch.name for switch in unit.tenant_state().switches] == ["tenant"]
    house.sql.dispose()


def test_a_switch_thrown_after_another_one_that_was_not_seen_yet_keeps_both(tmp_path):
    house = House(fresh_url("postgresql", tmp_path))
    root = house.who("root")
    with house.unit() as unit:
        assert unit.tenant_state().switches == ()
        house.orchestrator.governance.throw_switch("tenant", "Nothing leaves today.", root)
        unit.record(
            unit.tenant_stream,
            "switch.thrown.v1",
            SwitchNamed(switch="action:PREP_RENEWAL_BRIEF"),
            actor=root.actor,
            authority=Authority(role="operator", grant="AUTH-SWITCH"),
            cause=Cause(kind="person", ref="root"),
            reason=("thrown", "Not this either."),
        )
    thrown = {switch.name for switch in house.orchestrator.governance.switches()}
    assert thrown == {"tenant", "action:PREP_RENEWAL_BRIEF"}
    assert house.broken() == []
    house.sql.dispose()
