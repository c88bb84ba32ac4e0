"""An approval given on a page can be taken back for ten seconds, and nothing starts before they are over."""

from datetime import timedelta

import pytest

from orchestrator import BadInputError, NotAllowedError
from orchestrator.withdrawing import UNDO
from plan import IllegalMoveError, PlanStatus, StepStatus
from tests.house import House
from tests.orchestrator.test_approvals import two_persons

SECOND = timedelta(seconds=1)


@pytest.fixture
def house():
    return House()


@pytest.fixture
def approved(house):
    """The id of a plan that was approved on a page just now."""
    plan_id = house.draft()
    house.orchestrator.approve(plan_id, house.record(plan_id).content_digest, house.who("otto"), hold=UNDO)
    return plan_id


def later(house, span):
    house.clock.set(house.clock.now() + span)
    house.engine.run_due()


def asked(house):
    """Run a plan until it asks for the approval of a text, and return both ids and the digest."""
    plan_id = house.active()
    for _ in range(40):
        step = next((s for s in house.plan(plan_id).steps if s.status is StepStatus.PENDING_APPROVAL), None)
        if step is not None:
            break
        house.run(1)
    with house.unit() as unit:
        kept = unit.effects.artefact(plan_id, step.step_id, step.attempts + 1)
        text = unit.blobs.reveal(kept.ref)
    return plan_id, str(step.step_id), kept.digest, text


def test_nothing_starts_while_the_approval_can_be_taken_back(house, approved):
    house.engine.run_due()
    assert house.plan(approved).status is PlanStatus.APPROVED
    later(house, UNDO + SECOND)
    assert house.plan(approved).status is PlanStatus.ACTIVE


def test_taken_back_the_plan_is_a_draft_that_can_be_approved_again(house, approved):
    later(house, 4 * SECOND)
    house.orchestrator.withdraw(approved, house.who("otto"))
    plan = house.plan(approved)
    assert (plan.status, plan.revision, house.record(approved).state.approvals) == (PlanStatus.DRAFT, 2, ())
    later(house, timedelta(hours=2))
    assert house.plan(approved).status is PlanStatus.DRAFT
    house.approve(approved)
    house.engine.run_due()
    assert house.plan(approved).status is PlanStatus.ACTIVE
    assert any("took the approval of the plan back" in sentence for sentence in house.sentences(approved))


def test_nobody_takes_back_what_another_person_approved(house, approved):
    with pytest.raises(BadInputError, match="not yours"):
        house.orchestrator.withdraw(approved, house.who("sara"))


def test_after_ten_seconds_it_is_too_late(house, approved):
    later(house, UNDO + SECOND)
    with pytest.raises(BadInputError, match="more than 10 seconds ago"):
        house.orchestrator.withdraw(approved, house.who("otto"))


def test_a_draft_that_lacks_a_second_approval_has_nothing_to_take_back():
    house = two_persons()
    plan_id = house.draft()
    house.orchestrator.approve(plan_id, house.record(plan_id).content_digest, house.who("sara"), hold=UNDO)
    with pytest.raises(BadInputError, match="is a draft"):
        house.orchestrator.withdraw(plan_id, house.who("sara"))


def test_once_a_step_has_started_the_approval_stands(house):
    plan_id = house.draft()
    later(house, timedelta(hours=2))
    house.approve(plan_id)  # without a hold: the plan starts at once
    house.engine.run_due()
    started = [s for s in house.plan(plan_id).steps if s.attempts]
    assert started
    with pytest.raises(BadInputError, match="has started since"):
        house.orchestrator.withdraw(plan_id, house.who("otto"))


def test_a_text_does_not_leave_while_its_approval_can_be_taken_back(house):
    plan_id, step_id, digest, _ = asked(house)
    house.orchestrator.approve_step(plan_id, step_id, digest, house.who("otto"), hold=UNDO)
    with house.unit() as unit:
        unit.wake(plan_id, unit.now)
    house.engine.run_due()
    step = next(s for s in house.plan(plan_id).steps if str(s.step_id) == step_id)
    assert (step.status, step.attempts) == (StepStatus.READY, 0)


def test_taken_back_a_text_waits_for_another_approval_as_it_was_edited(house):
    plan_id, step_id, digest, _ = asked(house)
    house.orchestrator.approve_step(plan_id, step_id, digest, house.who("otto"), text="Other words.", hold=UNDO)
    house.orchestrator.withdraw_step(plan_id, step_id, house.who("otto"))
    step = next(s for s in house.plan(plan_id).steps if str(s.step_id) == step_id)
    assert step.status is StepStatus.PENDING_APPROVAL
    with house.unit() as unit:
        kept = unit.effects.artefact(plan_id, step.step_id, 1)
        assert unit.blobs.reveal(kept.ref) == "Other words."
    later(house, timedelta(minutes=5))
    assert house.plan(plan_id).step(step.step_id).attempts == 0
    house.orchestrator.approve_step(plan_id, step_id, kept.digest, house.who("otto"))
    assert next(s for s in house.plan(plan_id).steps if str(s.step_id) == step_id).status is StepStatus.READY


def test_an_approved_plan_can_be_reopened_by_an_approver_and_by_nobody_less(house, approved):
    with pytest.raises(NotAllowedError):
        house.orchestrator.reopen(approved, "it came too early", house.who("mara"))
    house.orchestrator.reopen(approved, "it came too early", house.who("sara"))
    with pytest.raises(IllegalMoveError):
        house.orchestrator.reopen(approved, "it came too early", house.who("sara"))
