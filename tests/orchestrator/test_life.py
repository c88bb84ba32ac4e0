"""One plan lives its whole life."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from oncourse.simulator import EAGER, SILENT, Answer
from orchestrator import BadInputError, ChangedError, NotAllowedError, PlanEdit, Removal
from plan import IllegalMoveError, PlanStatus, StepStatus
from tests.house import MONDAY, House, scripts


def test_a_posture_change_becomes_a_draft_that_waits_for_review():
    house = House()
    plan_id = house.draft()
    assert house.plan(plan_id).status is PlanStatus.DRAFT
    assert house.types(plan_id)[:2] == ["plan.proposed.v1", "plan.gate_evaluated.v1"]
    assert house.broken() == []


def test_a_redelivered_posture_event_changes_nothing():
    house = House()
    house.know()
    assert house.posture(event_id="once")
    before = house.types(house.plan_of())
    assert not house.posture(event_id="once")
    assert house.types(house.plan_of()) == before


def test_a_second_posture_change_drafts_no_second_plan_while_one_is_open():
    house = House()
    plan_id = house.draft()
    house.posture(event_id="again")
    assert house.plan_of() == plan_id


def test_a_plan_runs_to_its_last_step_and_says_that_the_objective_was_not_reached():
    house = House(scripts=scripts(acme={"temper": EAGER, "closes_at_bp": None}))
    plan_id = house.active(urgent_ticket=True)
    house.reviewers(MONDAY + timedelta(days=80))
    house.run(80)
    record = house.record(plan_id)
    assert (record.plan.status, record.state.closed_reason) == (PlanStatus.COMPLETED, "all_steps_done")
    assert house.broken() == []


def test_a_signed_renewal_completes_the_plan_and_cancels_what_was_not_sent():
    house = House()
    plan_id = house.active()
    house.run(3)
    house.fact(value="CLOSED_WON")
    record = house.record(plan_id)
    assert (record.plan.status, record.state.closed_reason) == (PlanStatus.COMPLETED, "objective_met")
    assert all(s.settled or s.status is StepStatus.AWAITING_OUTCOME for s in record.plan.steps)
    assert house.broken() == []


def test_a_lost_renewal_aborts_the_plan():
    house = House()
    plan_id = house.active()
    house.fact(value="CLOSED_LOST")
    record = house.record(plan_id)
    assert (record.plan.status, record.state.closed_reason) == (PlanStatus.ABORTED, "lost")


def test_a_draft_whose_objective_is_already_true_is_moot():
    house = House()
    plan_id = house.draft()
    house.fact(value="CLOSED_WON")
    record = house.record(plan_id)
    assert (record.plan.status, record.state.closed_reason) == (PlanStatus.ABORTED, "moot")


def test_a_plan_nobody_answers_pauses_and_expires_at_its_deadline():
    house = House(scripts=scripts(acme={"temper": SILENT}))
    plan_id = house.active()
    house.reviewers(MONDAY + timedelta(days=100))
    house.run(100)
    record = house.record(plan_id)
    assert record.plan.status is PlanStatus.EXPIRED
    assert record.state.closed_at > record.plan.expires_at
    assert house.broken() == []


def test_a_draft_that_nobody_reviews_expires():
    house = House()
    plan_id = house.draft()
    house.run(100)
    assert house.plan(plan_id).status is PlanStatus.EXPIRED


def test_an_approval_of_something_else_than_what_is_there_is_refused_and_changes_nothing():
    house = House()
    plan_id = house.draft()
    before = house.types(plan_id)
    with pytest.raises(ChangedError, match="not what you saw"):
        house.orchestrator.approve(plan_id, "sha256:" + "0" * 64, house.who("otto"))
    assert house.types(plan_id) == before


def test_an_edit_makes_a_new_revision_and_the_old_digest_no_longer_approves():
    house = House()
    plan_id = house.draft()
    seen = house.record(plan_id).content_digest
    gone = house.step(plan_id, "NOTIFY_ACCOUNT_TEAM").step_id
    edit = PlanEdit(removed=(Removal(step_id=gone, reason="The team knows already."),))
    house.orchestrator.edit(plan_id, edit, house.who("mara"))
    assert house.plan(plan_id).revision == 2
    with pytest.raises(ChangedError):
        house.orchestrator.approve(plan_id, seen, house.who("otto"))
    house.approve(plan_id)
    assert house.plan(plan_id).status is PlanStatus.APPROVED
    assert house.broken() == []


def test_an_unchanged_text_keeps_the_digest_of_its_step_over_an_edit():
    house = House()
    plan_id = house.draft()
    before = {s.step_id: s for s in house.record(plan_id).state.plan.steps}
    gone = house.step(plan_id, "NOTIFY_ACCOUNT_TEAM").step_id
    house.orchestrator.edit(
        plan_id, PlanEdit(removed=(Removal(step_id=gone, reason="Not needed."),)), house.who("mara")
    )
    assert all(before[s.step_id] == s for s in house.record(plan_id).state.plan.steps)


def test_a_sent_back_draft_carries_its_reason_until_an_edit_answers_it():
    house = House()
    plan_id = house.draft()
    house.orchestrator.send_back(plan_id, "Leave the team out of it.", house.who("otto"))
    assert house.record(plan_id).state.sent_back
    gone = house.step(plan_id, "NOTIFY_ACCOUNT_TEAM").step_id
    edit = PlanEdit(removed=(Removal(step_id=gone, reason="As asked."),))
    with pytest.raises(BadInputError, match="Leave the team out of it"):
        house.orchestrator.edit(plan_id, edit, house.who("mara"))
    answered = edit.model_copy(update={"answers": ("The team is out.",)})
    house.orchestrator.edit(plan_id, answered, house.who("mara"))
    assert house.record(plan_id).state.sent_back == ()
    assert any("it had been sent back" in line for line in house.sentences(plan_id))


def test_who_may_not_approve_is_told_who_could():
    house = House()
    plan_id = house.draft()
    with pytest.raises(NotAllowedError, match="mara may not approve"):
        house.approve(plan_id, "mara")


def test_a_paused_plan_starts_nothing_and_goes_on_when_resumed():
    house = House()
    plan_id = house.active()
    house.orchestrator.pause(plan_id, "The customer asked for quiet.", house.who("mara"))
    house.run(10)
    assert all(s.attempts == 0 for s in house.plan(plan_id).steps)
    house.orchestrator.resume(plan_id, "They are back.", house.who("mara"))
    house.run(1)
    assert any(s.attempts for s in house.plan(plan_id).steps)
    assert house.broken() == []


def test_an_aborted_plan_is_final():
    house = House()
    plan_id = house.active()
    house.orchestrator.abort(plan_id, "The company was sold.", house.who("otto"))
    with pytest.raises(IllegalMoveError, match="the plan is ABORTED"):
        house.orchestrator.pause(plan_id, "Too late.", house.who("otto"))
    house.run(30)
    assert house.broken() == []


def test_a_resume_loses_against_another_plan_that_took_the_slot():
    house = House()
    first = house.active()
    house.orchestrator.pause(first, "Wait for legal.", house.who("otto"))
    with house.unit() as unit:
        record = unit.plans.get(first)
        copy = text(  # another plan of the same account and type becomes ACTIVE meanwhile
            "INSERT INTO plan SELECT tenant_id, 'other', account_id, plan_type, 'ACTIVE', owner, revision, "
            "content_digest, expires_at, body, row_version, fence, next_wake_at FROM plan WHERE plan_id = :first"
        )
        unit._connection.execute(copy, {"first": str(record.plan.plan_id)})
    with pytest.raises(Exception, match="PG040"):
        house.orchestrator.resume(first, "Legal agrees.", house.who("otto"))
    assert house.plan(first).status is PlanStatus.PAUSED


def test_the_same_seed_tells_the_same_story_byte_for_byte():
    def story():
        house = House(scripts=scripts(acme={"temper": EAGER}))
        plan_id = house.active(urgent_ticket=True)
        house.reviewers(MONDAY + timedelta(days=40))
        house.run(40)
        return house.sentences(plan_id)

    assert story() == story()


def test_an_outcome_that_asks_for_another_try_is_tried_again_with_a_new_approval():
    answers = {
        "REQUEST_RENEWAL_MEETING": (
            Answer(outcome="OUT_OF_OFFICE", after_days=1),
            Answer(outcome="MEETING_BOOKED", after_days=2),
        )
    }
    house = House(scripts=scripts(acme={"temper": EAGER, "answers": answers}))
    plan_id = house.active()
    house.reviewers(MONDAY + timedelta(days=60))
    house.run(60)
    meeting = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    assert (meeting.attempts, meeting.outcome) == (2, "MEETING_BOOKED")
    approvals = [line for line in house.sentences(plan_id) if f"({str(meeting.step_id)[:8]}) as it was shown" in line]
    assert len(approvals) == 2
    assert house.broken() == []


def test_a_provider_that_turns_away_the_first_try_is_asked_again():
    house = House(scripts=scripts(acme={"faults": {"PREP_RENEWAL_BRIEF": 1}}))
    plan_id = house.active()
    house.run(1)
    brief = house.step(plan_id, "PREP_RENEWAL_BRIEF")
    assert (brief.attempts, brief.status) == (2, StepStatus.AUTO_EXECUTED)
    assert house.broken() == []
