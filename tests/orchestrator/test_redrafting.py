"""A draft that was sent back is drafted again by a model that answers each reason, as the next revision."""

from datetime import timedelta

import pytest

from agent import Deps, ProposalRequest, playbook_drafter, propose
from oncourse.graph import drafter_of
from orchestrator import compare_revisions
from plan import Cause, Change, NoPlan, PlanStatus, PlanType, Proposal, Rejected
from tests.agent.samples import answering, brief, meeting, plan
from tests.house import House

TYPE = PlanType.RENEWAL_DEFENSE
CAUSE = Cause(kind="timer", ref="sent back")
REASONS = ("Leave the team out of it.", "Ask Ben Roth for two slots only.")
ANSWERS = ("The team is told nothing.", "C2 is asked for two slots.")


def replying(*steps):
    """Return a turn in which the model drafts anew and answers both reasons."""
    turn = plan(*steps)
    turn["answer"]["answers"] = [{"reason_number": n, "answer": told} for n, told in enumerate(ANSWERS, start=1)]
    return turn


ANEW = replying(brief(), meeting(contact_id="C2", proposed_slots=2))


def sent_back() -> tuple[House, str]:
    house = House()
    plan_id = house.draft()
    for reason in REASONS:
        house.orchestrator.send_back(plan_id, reason, house.who("otto"))
    return house, plan_id


def asked(house, plan_id, *rejected: Rejected) -> ProposalRequest:
    """Return what a drafter is asked, as the store tells it."""
    told = house.orchestrator.request("acme", TYPE, sent_back=plan_id)
    return ProposalRequest(
        situation=told.situation,
        plan_type=told.plan_type,
        approved_actions=told.approved_actions,
        now=told.now,
        rejected=rejected,
        sent_back=told.reasons,
        earlier=told.earlier,
    )


def revised(house, plan_id, proposal, repair=0):
    return house.orchestrator.revise(plan_id, proposal, drafter_of("t1", "claude"), CAUSE, repair=repair)


def answered(house, plan_id, newer):
    with house.unit() as unit:
        found = compare_revisions(unit, plan_id, 1, newer)
    return found, [(a.revision, a.reason, a.answer) for a in found.answered]


@pytest.mark.parametrize("days", [0, 3])
def test_the_reasons_reach_the_new_draft_and_the_comparison_tells_what_it_answers(days):
    house, plan_id = sent_back()
    house.clock.set(house.clock.now() + timedelta(days=days))
    before = {step.action_type: step.step_id for step in house.plan(plan_id).steps}
    assert house.orchestrator.look(plan_id).redraft == "acme"
    with answering(ANEW) as (drafter, server):
        told = propose(asked(house, plan_id), Deps(drafter)).outcome
    words = "".join(block["text"] for block in server.seen[0]["messages"][0]["content"])
    assert "Leave the team out of it." in words
    assert "Ask C2 for two slots only." in words
    assert "acme-c2" not in words
    assert isinstance(told, Proposal)
    revised(house, plan_id, told)
    found = house.record(plan_id)
    assert (found.plan.status, found.plan.revision, found.state.sent_back) == (PlanStatus.DRAFT, 2, ())
    assert [s.action_type for s in found.plan.steps] == ["PREP_RENEWAL_BRIEF", "REQUEST_RENEWAL_MEETING"]
    assert all(before[s.action_type] == s.step_id for s in found.plan.steps)
    comparison, told_by_it = answered(house, plan_id, 2)
    assert told_by_it == [(1, REASONS[0], ANSWERS[0]), (1, REASONS[1], "acme-c2 is asked for two slots.")]
    gone = {d.action_type for d in comparison.differences if d.change is Change.REMOVED}
    assert "NOTIFY_ACCOUNT_TEAM" in gone
    assert house.orchestrator.look(plan_id).redraft is None
    house.approve(plan_id)
    assert house.plan(plan_id).status is PlanStatus.APPROVED
    assert house.broken() == []


def test_the_new_revision_says_who_was_asked_for_it_and_how_sure_it_is():
    house, plan_id = sent_back()
    with answering(ANEW) as (drafter, _):
        told = propose(asked(house, plan_id), Deps(drafter)).outcome
    revised(house, plan_id, told)
    with house.unit() as unit:
        (edited,) = [entry for entry in unit.entries(f"plan/{plan_id}") if entry.type == "plan.edited.v1"]
    assert edited.model == told.provenance.calls
    assert edited.data["confidence_percent"] == told.confidence_percent == 70
    (line,) = [line for line in house.sentences(plan_id) if "edited the plan" in line]
    assert "70 % sure that it is accepted" in line
    assert "[authored: 1 call" in line


def test_a_new_draft_that_the_gate_refuses_is_mended_in_the_same_conversation():
    house, plan_id = sent_back()
    lone = replying(meeting(contact_id="C2", proposed_slots=2) | {"depends_on": []})
    with answering(lone, ANEW) as (drafter, _):
        first = propose(asked(house, plan_id), Deps(drafter))
        refused = revised(house, plan_id, first.outcome)
        assert refused.plan_id is None
        found = house.record(plan_id)
        assert (found.plan.revision, len(found.state.sent_back)) == (1, 2)
        again = Rejected(answer=first.answer, findings=refused.findings)
        second = propose(asked(house, plan_id, again), Deps(drafter))
    assert str(revised(house, plan_id, second.outcome, repair=1).plan_id) == plan_id
    assert [reason for _, reason, _ in answered(house, plan_id, 2)[1]] == list(REASONS)
    assert house.broken() == []


def test_a_drafter_that_cannot_answer_is_asked_once_and_the_reasons_wait_for_a_person():
    house, plan_id = sent_back()
    told = propose(asked(house, plan_id), Deps(playbook_drafter())).outcome
    assert isinstance(told, NoPlan)
    house.orchestrator.no_plan("acme", TYPE, told, CAUSE, plan_id=plan_id)
    found = house.record(plan_id)
    assert (found.plan.revision, len(found.state.sent_back)) == (1, 2)
    assert house.orchestrator.look(plan_id).redraft is None
    assert any("what a plan needs is not known" in line for line in house.sentences(plan_id))
    assert house.broken() == []
