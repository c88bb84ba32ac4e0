"""From a proposal to a plan: what code sets, and what is refused."""

from datetime import date
from uuid import UUID

import pytest
from pydantic import ValidationError

from plan import (
    Approval,
    PlanError,
    PlanStatus,
    PlanType,
    Posture,
    PostureReading,
    Proposal,
    RiskClass,
    Situation,
    StepStatus,
    Terms,
    assemble,
    deadline,
    risk_of,
)
from tests.plan.samples import BERLIN, CAUSE, DEADLINE, NOW, contract, ids, proposal, proposed, situation, step

TERMS = Terms(min_retained_bp=9000, trusted_sources=("crm",))


def assembled(told: Proposal, known: Situation | None = None):
    return assemble(told, known or situation(), TERMS, new_id=ids(), now=NOW, cause=CAUSE)


@pytest.mark.parametrize("status", [s.value for s in StepStatus if s is not StepStatus.PENDING])
def test_a_proposal_with_a_step_that_is_not_pending_is_refused(status):
    with pytest.raises(ValidationError, match="status"):
        proposed(status=status)
    assert proposed(status="PENDING").status == "PENDING"


@pytest.mark.parametrize(
    "field",
    ["risk", "approval", "step_id", "plan_id", "status_of_plan", "constraints", "not_before", "due_by", "outcome"],
)
def test_a_proposal_may_not_say_what_code_sets(field):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        proposed(**{field: "x"})
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        proposal(**{field: "x"})


def test_a_step_key_stands_once():
    with pytest.raises(ValidationError, match="a step key stands twice"):
        proposal(steps=(proposed(), proposed()))


def test_a_proposal_defends_something():
    with pytest.raises(ValidationError, match="subject"):
        proposal(subject=())


def test_a_proposal_holds_no_floats():
    with pytest.raises(ValidationError, match=r"params\.rate is a float"):
        proposed(params={"rate": 0.1})


def test_code_sets_ids_dates_deadline_approvals_risk_and_constraints():
    plan = assembled(proposal(steps=(proposed(), proposed("meet", "REQUEST_RENEWAL_MEETING", "brief", start_day=3))))
    brief, meet = plan.steps
    assert plan.status is PlanStatus.DRAFT
    assert plan.risk is RiskClass.MEDIUM
    assert plan.constraints.no_external_contact_without_approval is True
    assert (plan.created_at, plan.expires_at, plan.objective_params.deadline) == (NOW, DEADLINE, DEADLINE)
    assert (brief.approval, meet.approval) == (Approval.AUTO, Approval.DRAFT)
    assert [d.step_id for d in meet.depends_on] == [brief.step_id]
    assert brief.not_before == NOW
    assert meet.not_before == BERLIN.at(date(2026, 1, 15), 9)
    assert len({plan.plan_id, brief.step_id, meet.step_id}) == 3
    assert plan.objective == "Secure renewal before day -30"
    assert plan.objective_params.baseline_arr_minor == {"k-1": 10_000_000}


def test_a_step_never_starts_before_the_proposal_nor_on_a_day_off():
    afternoon = NOW.replace(hour=15)
    plan = assemble(proposal(), situation(), TERMS, new_id=ids(), now=afternoon, cause=CAUSE)
    assert plan.steps[0].not_before == afternoon
    saturday = assembled(proposal(steps=(proposed(start_day=5),)))
    assert saturday.steps[0].not_before == BERLIN.at(date(2026, 1, 19), 9)


def test_a_due_day_ends_with_the_tenants_day_and_nothing_is_due_after_the_deadline():
    assert assembled(proposal(steps=(proposed(due_day=4),))).steps[0].due_by == BERLIN.end_of(date(2026, 1, 16))
    assert assembled(proposal(steps=(proposed(due_day=400),))).steps[0].due_by == DEADLINE
    for told in assembled(proposal(steps=(proposed(), proposed("two", "NOTIFY_ACCOUNT_TEAM", "brief")))).steps:
        assert told.not_before < told.due_by <= DEADLINE


def test_the_earliest_renewal_of_the_subject_sets_the_deadline():
    early, late = contract("k-1", date(2026, 5, 1)), contract("k-2", date(2026, 9, 1), arr_minor=5)
    known = situation(contracts=(late, early))
    plan = assembled(proposal(subject=("k-2", "k-1")), known)
    assert plan.objective_params.deadline == deadline(date(2026, 5, 1), BERLIN)
    assert plan.subject == ("k-1", "k-2")
    assert plan.objective_params.baseline_arr_minor == {"k-1": 10_000_000, "k-2": 5}


def test_what_the_account_does_not_have_is_refused():
    with pytest.raises(PlanError, match="the account has no contract k-7, k-9; it has: k-1"):
        assembled(proposal(subject=("k-9", "k-7")))
    with pytest.raises(PlanError, match="it has: none"):
        assembled(proposal(), situation(contracts=()))
    with pytest.raises(PlanError, match="share one currency"):
        assembled(proposal(subject=("k-1", "k-2")), situation(contracts=(contract(), contract("k-2", currency="USD"))))


def test_a_dependency_on_nothing_is_refused():
    with pytest.raises(PlanError, match="step brief waits for unknown steps ghost"):
        assembled(proposal(steps=(proposed("brief", "PREP_RENEWAL_BRIEF", "ghost"),)))


def test_a_plan_type_without_a_playbook_is_refused():
    with pytest.raises(PlanError, match="there is no playbook for EXPANSION; known: RENEWAL_DEFENSE"):
        assembled(proposal(plan_type=PlanType.EXPANSION))


def test_an_unknown_action_counts_as_high_and_asks_a_person():
    plan = assembled(proposal(steps=(proposed(action_type="DANCE"),)))
    assert plan.risk is RiskClass.HIGH
    assert plan.steps[0].approval is Approval.APPROVE
    assert risk_of((step(1, "PREP_RENEWAL_BRIEF"),)) is RiskClass.LOW


def test_a_plan_finds_and_replaces_its_steps_by_id():
    plan = assembled(proposal())
    changed = plan.steps[0].model_copy(update={"attempts": 1})
    assert plan.with_step(changed).step(changed.step_id) == changed
    with pytest.raises(PlanError, match="has no step 00000000-0000-0000-0000-0000000000ff"):
        plan.step(UUID(int=255))


def test_dates_that_no_calendar_can_hold_are_refused():
    with pytest.raises(ValidationError, match="renews_on"):
        contract(renews_on=date(1899, 12, 31), starts_on=date(2026, 1, 1))
    with pytest.raises(ValidationError, match="lies outside the years 1900 to 8999"):
        PostureReading(posture=Posture.SECURE, as_of=NOW.replace(year=9000))


def test_evidence_is_all_that_a_step_may_cite():
    assert situation().evidence_ids() == {"k-1"}
