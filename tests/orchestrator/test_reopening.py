"""Adding steps and changing content happen only after reopening, and are approved anew; what was sent stays."""

from datetime import timedelta

import pytest

from orchestrator import BadInputError, NotAllowedError, PlanEdit, Removal, StepEdit, compare_revisions
from plan import Change, IllegalMoveError, PlanStatus, ProposedStep, StepStatus
from tests.house import House

NOTICE = ProposedStep(
    key="second_notice",
    action_type="NOTIFY_ACCOUNT_TEAM",
    params={"channel": "CRM_TASK", "message": "The plan was reopened."},
    start_day=20,
    required=False,
    evidence=("acme-s1",),
    rationale="The team should know.",
)


def running(**more):
    """Return a house and a plan whose first steps are done."""
    house = House()
    plan_id = house.active(**more)
    house.run(2)
    return house, plan_id


def reopened(**more):
    house, plan_id = running(**more)
    house.orchestrator.reopen(plan_id, "The customer wants another talk.", house.who("otto"))
    return house, plan_id


def edit(house, plan_id, who="mara", **change):
    return house.orchestrator.edit(plan_id, PlanEdit(**change), house.who(who))


def test_a_running_plan_takes_no_new_step():
    house, plan_id = running()
    with pytest.raises(IllegalMoveError, match="edit"):
        edit(house, plan_id, added=(NOTICE,))
    assert house.plan(plan_id).status is PlanStatus.ACTIVE


def test_only_an_approver_reopens():
    house, plan_id = running()
    with pytest.raises(NotAllowedError):
        house.orchestrator.reopen(plan_id, "I want to change it.", house.who("mara"))


def test_a_reopened_plan_is_a_draft_of_a_new_revision_without_approvals():
    house, plan_id = reopened()
    found = house.record(plan_id)
    assert (found.plan.status, found.plan.revision) == (PlanStatus.DRAFT, 2)
    assert found.state.approvals == found.state.step_approvals == ()
    waiting = {s.status for s in found.plan.steps if not s.settled and s.status is not StepStatus.AWAITING_OUTCOME}
    assert waiting == {StepStatus.PENDING}


def test_a_step_in_flight_keeps_a_plan_from_being_reopened():
    class Silent:
        name = "silent"

        def execute(self, order):
            raise TimeoutError

        def reconcile(self, order):
            raise TimeoutError

    house = House(executor=Silent())
    plan_id = house.active()
    house.run(1)
    with pytest.raises(BadInputError, match="is IN_DOUBT; wait for its result or reconcile it first"):
        house.orchestrator.reopen(plan_id, "Another way.", house.who("otto"))


def test_what_was_sent_or_has_ended_is_frozen():
    house, plan_id = reopened()
    brief = house.step(plan_id, "PREP_RENEWAL_BRIEF")
    assert brief.settled
    with pytest.raises(BadInputError, match="stays as it is"):
        edit(house, plan_id, removed=(Removal(step_id=brief.step_id, reason="Not needed."),))
    with pytest.raises(BadInputError, match="stays as it is"):
        edit(house, plan_id, changed=(StepEdit(step_id=brief.step_id, rationale="Other."),))


def test_an_added_step_runs_after_a_new_approval_and_not_before():
    house, plan_id = reopened()
    edit(house, plan_id, added=(NOTICE,))
    house.run(30)
    assert house.plan(plan_id).status is PlanStatus.DRAFT
    assert all(s.attempts == 0 for s in house.plan(plan_id).steps if s.action_type == "REQUEST_RENEWAL_MEETING")
    house2, second = reopened()
    edit(house2, second, added=(NOTICE,))
    with pytest.raises(NotAllowedError):
        house2.approve(second, "mara")
    house2.approve(second, "otto")
    house2.engine.run_due()
    assert house2.plan(second).status is PlanStatus.ACTIVE, house2.sentences(second)
    house2.run(25)
    notices = [s for s in house2.plan(second).steps if s.action_type == "NOTIFY_ACCOUNT_TEAM"]
    assert {s.status for s in notices} == {StepStatus.AUTO_EXECUTED}
    assert len(notices) == 2
    assert house2.broken() == []


def test_a_plan_reopened_and_approved_again_goes_on_where_it_stood():
    house, plan_id = reopened()
    before = house.step(plan_id, "PREP_RENEWAL_BRIEF")
    house.approve(plan_id)
    house.engine.run_due()
    assert house.plan(plan_id).status is PlanStatus.ACTIVE, house.sentences(plan_id)
    assert house.step(plan_id, "PREP_RENEWAL_BRIEF") == before
    assert house.broken() == []


def test_the_end_moves_only_in_a_draft_and_is_judged_like_everything_else():
    house, plan_id = reopened()
    later = house.plan(plan_id).expires_at + timedelta(days=14)
    edit(house, plan_id, expires_at=later)
    assert house.plan(plan_id).expires_at == later
    assert house.plan(plan_id).revision == 3
    with house.unit() as unit:
        found = compare_revisions(unit, plan_id, 2, 3)
    assert [(d.change, d.field) for d in found.differences] == [(Change.PLAN, "expires_at")]
    assert house.broken() == []


def test_a_comparison_of_any_two_revisions_tells_new_removed_and_changed_steps_with_reasons():
    house, plan_id = reopened()
    meeting = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    edit(house, plan_id, added=(NOTICE,))
    new = next(s for s in house.plan(plan_id).steps if (s.params or {}).get("channel") == "CRM_TASK")
    edit(house, plan_id, changed=(StepEdit(step_id=meeting.step_id, params={**meeting.params, "proposed_slots": 2}),))
    edit(house, plan_id, removed=(Removal(step_id=new.step_id, reason="Said enough."),))
    assert house.plan(plan_id).revision == 5
    with house.unit() as unit:
        seen = {
            (older, newer): [
                (d.change, d.step_id, d.field, d.before, d.after, d.reason)
                for d in compare_revisions(unit, plan_id, older, newer).differences
            ]
            for older in range(1, 6)
            for newer in range(older, 6)
        }
    slots = (Change.PARAMS, meeting.step_id, "proposed_slots", "3", "2", "")
    assert seen[1, 2] == seen[3, 3] == []
    assert seen[2, 3] == [(Change.NEW, new.step_id, "", "", "", "")]
    assert seen[3, 4] == [slots]
    assert seen[4, 5] == [(Change.REMOVED, new.step_id, "", "", "", "Said enough.")]
    assert seen[1, 5] == seen[2, 5] == [slots]
    with house.unit() as unit, pytest.raises(BadInputError, match="there is no revision 6; the plan has 1 to 5"):
        compare_revisions(unit, plan_id, 1, 6)


def test_a_comparison_tells_what_a_draft_was_sent_back_for_and_what_was_done_about_it():
    house = House()
    plan_id = house.draft()
    for reason in ("Leave the team out of it.", "Ask for two slots only."):
        house.orchestrator.send_back(plan_id, reason, house.who("otto"))
    with house.unit() as unit:
        found = compare_revisions(unit, plan_id, 1, 1)
    assert found.answered == ()
    gone = house.step(plan_id, "NOTIFY_ACCOUNT_TEAM").step_id
    with pytest.raises(BadInputError, match=r"1: Leave the team out of it\. 2: Ask for two slots only\."):
        edit(house, plan_id, removed=(Removal(step_id=gone, reason="As asked."),), answers=("Gone.",))
    edit(house, plan_id, removed=(Removal(step_id=gone, reason="As asked."),), answers=("Gone.", "Not yet."))
    with house.unit() as unit:
        found = compare_revisions(unit, plan_id, 1, 2)
    assert [(a.reason, a.answer) for a in found.answered] == [
        ("Leave the team out of it.", "Gone."),
        ("Ask for two slots only.", "Not yet."),
    ]
    with pytest.raises(BadInputError, match="nobody sent this draft back"):
        edit(house, plan_id, expires_at=house.plan(plan_id).expires_at + timedelta(days=1), answers=("Why?!",))
