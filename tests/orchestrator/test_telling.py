import pytest

from orchestrator import Removal, story, tell, tell_step, tell_turns
from orchestrator.editing import PlanEdit
from plan import PlanStatus
from store import NotFoundError
from tests.house import MONDAY, House


def lines(house, told):
    with house.unit() as unit:
        return [line.sentence for line in told(unit)]


def test_a_turn_is_told_after_what_caused_it_in_another_stream():
    house = House()
    plan_id = house.active()
    house.orchestrator.governance.deactivate("mara", "She left.", house.who("root"))
    house.engine.run_due()
    assert house.plan(plan_id).status is PlanStatus.PAUSED
    told = lines(house, lambda unit: tell_turns(unit, story(unit, plan_id)))
    at = next(i for i, line in enumerate(told) if "paused the plan because its owner changed" in line)
    before = [line for line in told[:at] if line.startswith("principal/mara#")]
    assert len(before) == 1
    assert "changed mara because the person left: She left." in before[0]


def test_a_removed_step_is_told_of_by_its_name():
    house = House()
    plan_id = house.draft()
    step = house.step(plan_id, "NOTIFY_ACCOUNT_TEAM")
    edit = PlanEdit(removed=(Removal(step_id=step.step_id, reason="They know."),))
    house.orchestrator.edit(plan_id, edit, house.who("mara"))
    [gone] = [
        line
        for line in lines(house, lambda unit: tell_step(unit, story(unit, plan_id), step.step_id))
        if "removed" in line
    ]
    assert f"removed step Notify account team ({str(step.step_id)[:8]}): They know." in gone


def test_what_stands_in_the_whole_ledger_is_told_with_the_names_of_steps():
    house = House()
    house.active()
    house.run(1)
    with house.unit() as unit:
        entries = [entry for _, entry in unit.entries_after(0, 500)]
        told = [line.sentence for line in tell(unit, entries)]
    assert len(told) == len(entries)
    ready = [line for line in told if line.endswith("ready. [cause: its time had come]")]
    assert ready
    assert all(" made step " in line and " (" in line.partition("made step")[2] for line in ready)


def test_a_plan_that_was_not_there_yet_has_no_story():
    house = House()
    plan_id = house.draft()
    with house.unit() as unit, pytest.raises(NotFoundError, match="was not there yet at 2020"):
        story(unit, plan_id, MONDAY.replace(year=2020))
