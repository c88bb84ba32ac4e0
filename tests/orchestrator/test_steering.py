"""What people decide about steps and running plans, and what the gate says at the last moment."""

from datetime import timedelta

import pytest

from oncourse.simulator import EAGER, SILENT, Answer
from orchestrator import BadInputError, NotAllowedError, Receipt, ReceiptKind, Records
from plan import Contact, PlanStatus, Principal, Role, StepStatus
from tests.house import MONDAY, House, records, scripts
from tests.orchestrator.test_effects import Connector


def waiting(house, plan_id, action):
    """Return a step and the digest of its rendered text."""
    step = house.step(plan_id, action)
    with house.unit() as unit:
        kept = unit.effects.artefact(plan_id, step.step_id, step.attempts + 1)
    return step, kept.digest if kept else ""


def test_a_refused_text_skips_its_step_and_ends_what_waited_for_it():
    house = House(scripts=scripts(acme={"temper": EAGER}))
    plan_id = house.active()
    house.run(4)
    step, _ = waiting(house, plan_id, "REQUEST_RENEWAL_MEETING")
    house.orchestrator.reject_step(plan_id, str(step.step_id), "Not in this tone.", house.who("otto"))
    house.run(1)
    assert house.step(plan_id, "REQUEST_RENEWAL_MEETING").status is StepStatus.SKIPPED
    review = house.step(plan_id, "RUN_VALUE_REVIEW")
    assert (review.status, review.outcome) == (StepStatus.FAILED, "PREREQ_SKIPPED")
    assert house.plan(plan_id).status is PlanStatus.PAUSED
    assert house.broken() == []


def test_a_required_step_is_skipped_by_an_approver_only_and_an_optional_one_by_the_owner():
    house = House()
    plan_id = house.active()
    required, optional = house.step(plan_id, "RUN_VALUE_REVIEW"), house.step(plan_id, "NOTIFY_ACCOUNT_TEAM")
    with pytest.raises(NotAllowedError, match="skip_required"):
        house.orchestrator.skip(plan_id, str(required.step_id), "No time.", house.who("mara"))
    house.orchestrator.skip(plan_id, str(optional.step_id), "They know.", house.who("mara"))
    house.orchestrator.skip(plan_id, str(required.step_id), "Held last week.", house.who("otto"))
    assert house.step(plan_id, "RUN_VALUE_REVIEW").status is StepStatus.SKIPPED
    assert house.broken() == []


@pytest.mark.parametrize(
    ("found", "ends"),
    [
        (ReceiptKind.SUCCEEDED, StepStatus.AUTO_EXECUTED),
        (ReceiptKind.FAILED, StepStatus.FAILED),
        (ReceiptKind.NOT_SENT, StepStatus.PENDING),
    ],
)
def test_a_person_ends_a_doubt_with_what_he_found_out(found, ends):
    house = House(executor=Connector(answer=TimeoutError()))
    plan_id = house.active()
    house.run(1)
    brief = house.step(plan_id, "PREP_RENEWAL_BRIEF")
    house.orchestrator.reconcile(plan_id, str(brief.step_id), found, "I called them.", house.who("otto"))
    assert house.step(plan_id, "PREP_RENEWAL_BRIEF").status is ends
    assert house.broken() == []


def test_a_step_that_is_not_in_doubt_cannot_be_reconciled():
    house = House()
    plan_id = house.active()
    brief = house.step(plan_id, "PREP_RENEWAL_BRIEF")
    with pytest.raises(BadInputError, match="not in doubt"):
        house.orchestrator.reconcile(plan_id, str(brief.step_id), ReceiptKind.FAILED, "A guess.", house.who("otto"))


def test_a_provider_that_sends_at_most_once_is_never_asked_and_waits_for_a_person():
    class Dropping(Connector):
        def execute(self, order):
            self.orders.append(order)
            if order.action_type == "ENGAGE_EXEC_SPONSOR":
                raise TimeoutError
            return Receipt(kind=ReceiptKind.DISPATCHED) if order.external else super().execute(order)

    house = House(executor=Dropping())
    house.know(exec_sponsor_id="mara")
    known = records(exec_sponsor_id="mara")
    house.orchestrator.take_records(Records(families=threat(known)), house.who("root"))
    house.posture(posture="CRITICAL")
    plan_id = house.plan_of()
    house.approve(plan_id, "sara", "vera")
    house.engine.run_due()
    house.run(2)
    mapping = house.step(plan_id, "MAP_STAKEHOLDERS")
    house.orchestrator.report_outcome(plan_id, str(mapping.step_id), "MAP_COMPLETE", house.who("otto"))
    house.run(2)
    step, digest = waiting(house, plan_id, "ENGAGE_EXEC_SPONSOR")
    for name in ("sara", "vera"):
        house.orchestrator.approve_step(plan_id, str(step.step_id), digest, house.who(name))
    house.run(15)
    assert house.step(plan_id, "ENGAGE_EXEC_SPONSOR").status is StepStatus.IN_DOUBT
    assert house.executor.asked == []
    assert [o.action_type for o in house.executor.orders].count("ENGAGE_EXEC_SPONSOR") == 1
    assert house.broken() == []


def threat(known):
    from plan import SignalType

    first = known["signals"][0].model_copy(update={"signal_id": "acme-s9", "type": SignalType.COMPETITOR_EVALUATION})
    return {"signals": (first,)}


def test_a_contact_who_opts_out_after_the_approval_is_not_written_to():
    house = House(scripts=scripts(acme={"temper": EAGER}))
    plan_id = house.active()
    house.run(4)
    step, digest = waiting(house, plan_id, "REQUEST_RENEWAL_MEETING")
    house.orchestrator.approve_step(plan_id, str(step.step_id), digest, house.who("otto"))
    gone = Contact(contact_id="acme-c1", account_id="acme", name="Ida Stern", opted_out=True)
    house.orchestrator.take_records(Records(families={"contacts": (gone,)}), house.who("root"))
    house.run(4)
    record = house.record(plan_id)
    assert (record.plan.status, record.state.pause_reason) == (PlanStatus.PAUSED, "policy")
    assert any("opted out" in line for line in house.sentences(plan_id))
    assert not [o for o in house.executor.applied.values() if o.external]
    assert house.broken() == []


def test_a_step_nobody_approves_in_time_is_overdue_and_pauses_the_plan():
    house = House(scripts=scripts(acme={"temper": EAGER}))
    plan_id = house.active()
    house.run(80)
    meeting = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    assert (meeting.status, meeting.outcome) == (StepStatus.FAILED, "OVERDUE")
    assert house.plan(plan_id).status is PlanStatus.PAUSED


def test_silence_is_tried_again_and_then_taken_as_a_failure():
    house = House(scripts=scripts(acme={"temper": SILENT, "answers": {"CONFIRM_RENEWAL_OWNER": ()}}))
    plan_id = house.active()
    house.run(30)
    owner = house.step(plan_id, "CONFIRM_RENEWAL_OWNER")
    assert (owner.attempts, owner.status, owner.outcome) == (2, StepStatus.FAILED, "TIMEOUT")
    assert house.record(plan_id).state.pause_reason == "failure"
    with pytest.raises(BadInputError, match="tried 2 times, its maximum"):
        house.orchestrator.retry(plan_id, str(owner.step_id), "Once more.", house.who("otto"))


def test_an_answer_that_comes_after_the_failure_still_counts():
    house = House(scripts=scripts(acme={"answers": {"CONFIRM_RENEWAL_OWNER": ()}}))
    plan_id = house.active()
    house.run(30)
    owner = house.step(plan_id, "CONFIRM_RENEWAL_OWNER")
    house.orchestrator.report_outcome(plan_id, str(owner.step_id), "OWNER_CONFIRMED", house.who("mara"))
    assert house.step(plan_id, "CONFIRM_RENEWAL_OWNER").status is StepStatus.DONE
    house.orchestrator.resume(plan_id, "The owner is known.", house.who("otto"))
    assert house.plan(plan_id).status is PlanStatus.ACTIVE
    assert house.broken() == []


def test_an_optional_step_that_fails_is_set_aside_and_the_plan_goes_on():
    answers = {"LAUNCH_ADOPTION_PLAY": (Answer(outcome="DECLINED", after_days=1),)}
    house = House(scripts=scripts(acme={"temper": EAGER, "answers": answers}))
    plan_id = house.active()
    house.reviewers(MONDAY + timedelta(days=20))
    house.run(18)
    assert house.plan(plan_id).status is PlanStatus.ACTIVE
    assert house.step(plan_id, "LAUNCH_ADOPTION_PLAY").status in {StepStatus.FAILED, StepStatus.SKIPPED}


def test_an_approval_lapses_when_its_approver_leaves_before_the_start():
    house = House()
    plan_id = house.draft()
    house.approve(plan_id)
    gone = Principal(principal_id="otto", tenant_id="t1", roles=frozenset({Role.PLAN_APPROVER}), active=False)
    house.orchestrator.add_principal(gone, house.who("root"))
    house.engine.run_due()
    plan = house.plan(plan_id)
    assert (plan.status, plan.revision) == (PlanStatus.DRAFT, 2)
    assert any("whoever approved it may not any more" in line for line in house.sentences(plan_id))
    house.approve(plan_id, "sara")
    house.engine.run_due()
    assert house.plan(plan_id).status is PlanStatus.ACTIVE
    assert house.broken() == []


def test_an_approval_lapses_when_the_account_changes_hands_before_the_start():
    house = House()
    plan_id = house.draft()
    house.approve(plan_id)
    moved = records()["accounts"][0].model_copy(update={"owner_id": "otto"})
    house.orchestrator.take_records(Records(families={"accounts": (moved,)}), house.who("root"))
    house.engine.run_due()
    assert house.plan(plan_id).status is PlanStatus.DRAFT
    assert any("its owner changed" in line for line in house.sentences(plan_id))


def test_a_high_plan_takes_two_persons():
    house = House()
    house.know(exec_sponsor_id="mara")
    house.orchestrator.take_records(Records(families=threat(records())), house.who("root"))
    house.posture(posture="CRITICAL")
    plan_id = house.plan_of()
    with pytest.raises(NotAllowedError):
        house.approve(plan_id, "otto")
    house.approve(plan_id, "sara")
    assert house.plan(plan_id).status is PlanStatus.DRAFT
    with pytest.raises(NotAllowedError, match="already"):
        house.approve(plan_id, "sara")
    house.approve(plan_id, "vera")
    assert house.plan(plan_id).status is PlanStatus.APPROVED
    assert house.broken() == []


def test_a_policy_that_raises_an_actions_risk_raises_the_plans():
    from gate import default_bundle
    from plan import PlanType, RiskClass

    house = House()
    plan = house.plan(house.draft())
    raised = default_bundle().model_dump(mode="json")
    raised["actions"]["RENEWAL_DEFENSE"]["REQUEST_RENEWAL_MEETING"]["risk"] = "HIGH"
    strict = House(policy=type(default_bundle()).model_validate(raised))
    plan_id = strict.draft()
    assert (plan.risk, strict.plan(plan_id).risk) == (RiskClass.MEDIUM, RiskClass.HIGH)
    assert strict.plan(plan_id).plan_type is PlanType.RENEWAL_DEFENSE
    with pytest.raises(NotAllowedError):
        strict.approve(plan_id, "otto")
    assert strict.broken() == []
