"""Nothing changes hands silently, and nothing runs on for an owner who left."""

from datetime import timedelta

import pytest

from orchestrator import Acting, BadInputError, NotAllowedError, Records
from plan import PlanStatus, Principal, Role
from tests.house import House, records

IN_TIME = timedelta(days=7)
"""Five business days from a Monday."""


def house_with_jonas():
    house = House()
    add(house, "jonas", Role.EDITOR)
    add(house, "rita", Role.REVOPS)
    return house


def add(house, name, *roles, active=True):
    who = Principal(principal_id=name, tenant_id="t1", roles=frozenset(roles), active=active)
    house.orchestrator.add_principal(who, house.who("root"))


def move_account(house, owner="jonas"):
    moved = records()["accounts"][0].model_copy(update={"owner_id": owner})
    house.orchestrator.take_records(Records(families={"accounts": (moved,)}), house.who("root"))


def state(house, plan_id):
    return house.record(plan_id).state


def test_a_draft_follows_its_account_and_loses_its_approvals():
    house = House(policy=two_persons())
    add(house, "jonas", Role.EDITOR)
    plan_id = house.draft()
    house.approve(plan_id, "otto")
    assert state(house, plan_id).approvals
    move_account(house)
    assert state(house, plan_id).approvals == ()
    assert (house.plan(plan_id).owner, house.plan(plan_id).status) == ("jonas", PlanStatus.DRAFT)
    assert state(house, plan_id).handover is None
    assert house.broken() == []


def two_persons():
    from gate import default_bundle

    raw = default_bundle().model_dump(mode="json")
    raw["authority"]["MEDIUM"]["persons"] = 2
    return type(default_bundle()).model_validate(raw)


def test_an_approved_plan_goes_back_to_draft():
    house = house_with_jonas()
    plan_id = house.draft()
    house.approve(plan_id)
    move_account(house)
    assert (house.plan(plan_id).owner, house.plan(plan_id).status) == ("jonas", PlanStatus.DRAFT)
    assert house.plan(plan_id).revision == 2
    assert house.broken() == []


def test_a_running_plan_pauses_at_once_and_runs_on_only_when_its_new_owner_accepts_and_an_approver_resumes():
    house = house_with_jonas()
    plan_id = house.active()
    move_account(house)
    assert house.plan(plan_id).status is PlanStatus.PAUSED
    assert state(house, plan_id).pause_reason == "owner_changed"
    with pytest.raises(BadInputError, match="for jonas to accept"):
        house.orchestrator.resume(plan_id, "Go on.", house.who("otto"))
    with pytest.raises(NotAllowedError):
        house.orchestrator.accept(plan_id, house.who("mara"))
    house.orchestrator.accept(plan_id, house.who("jonas"))
    assert house.plan(plan_id).status is PlanStatus.PAUSED
    with pytest.raises(NotAllowedError):
        house.orchestrator.resume(plan_id, "It is mine.", house.who("jonas"))
    house.orchestrator.resume(plan_id, "Jonas has it.", house.who("otto"))
    assert house.plan(plan_id).status is PlanStatus.ACTIVE
    house.run(2)
    assert any(step.attempts for step in house.plan(plan_id).steps)
    assert house.broken() == []


def test_what_nobody_accepts_within_five_business_days_ends_as_orphaned():
    house = house_with_jonas()
    plan_id = house.active()
    move_account(house)
    asked = house.clock.now()
    assert state(house, plan_id).handover.accept_by == asked + IN_TIME
    house.run(7)
    assert house.plan(plan_id).status is PlanStatus.PAUSED
    house.run(1)
    assert house.plan(plan_id).status is PlanStatus.ABORTED
    assert state(house, plan_id).closed_reason == "orphaned"
    assert any("jonas did not accept it by" in line for line in house.sentences(plan_id))
    assert house.broken() == []


def test_an_owner_who_leaves_in_the_crm_leaves_every_open_plan_paused_and_a_colleague_can_take_it():
    house = house_with_jonas()
    plan_id = house.active()
    gone = records()["owners"][0].model_copy(update={"active": False})
    house.orchestrator.take_records(Records(families={"owners": (gone,)}), house.who("root"))
    assert (house.plan(plan_id).owner, house.plan(plan_id).status) == ("nobody", PlanStatus.PAUSED)
    house.orchestrator.transfer(plan_id, "jonas", "He knows the account.", house.who("rita"))
    house.orchestrator.accept(plan_id, house.who("jonas"))
    assert (house.plan(plan_id).owner, state(house, plan_id).accepted_owner) == ("jonas", "jonas")
    assert house.broken() == []


def test_a_second_change_of_hands_asks_the_newest_owner_anew():
    house = house_with_jonas()
    add(house, "nora", Role.EDITOR)
    plan_id = house.active()
    move_account(house)
    house.orchestrator.accept(plan_id, house.who("jonas"))
    move_account(house, "nora")
    assert state(house, plan_id).accepted_owner is None
    with pytest.raises(NotAllowedError):
        house.orchestrator.accept(plan_id, house.who("jonas"))
    house.orchestrator.accept(plan_id, house.who("nora"))
    assert house.broken() == []


def test_the_same_import_twice_changes_no_hands():
    house = house_with_jonas()
    plan_id = house.active()
    house.know()
    house.know()
    assert house.plan(plan_id).status is PlanStatus.ACTIVE
    assert "plan.transferred.v1" not in house.types(plan_id)


@pytest.mark.parametrize(("to", "says"), [("mara", "owns the plan already"), ("ghost", "nobody who may act here")])
def test_a_plan_is_handed_only_to_somebody_else_who_may_act(to, says):
    house = house_with_jonas()
    plan_id = house.active()
    with pytest.raises(BadInputError, match=says):
        house.orchestrator.transfer(plan_id, to, "A change.", house.who("rita"))
    assert house.plan(plan_id).status is PlanStatus.ACTIVE


def test_a_machine_and_an_editor_hand_nothing_over():
    house = house_with_jonas()
    plan_id = house.active()
    machine = Acting(principal=house.orchestrator.desk.system.principal)
    for who in (house.who("jonas"), machine):
        with pytest.raises(NotAllowedError):
            house.orchestrator.transfer(plan_id, "jonas", "A change.", who)


def test_nobody_accepts_what_was_not_handed_over():
    house = house_with_jonas()
    plan_id = house.active()
    with pytest.raises(BadInputError, match="waits for no new owner"):
        house.orchestrator.accept(plan_id, house.who("mara"))
