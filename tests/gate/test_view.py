"""What all rules look at: which steps are in question, what comes before them, and what is worked out only once."""

from uuid import UUID

import pytest

import gate.judging
import gate.view
from gate import Phase, Severity, inputs_text
from gate.judging import weigh
from gate.rules import Found, Rule
from gate.view import View
from plan import Dependency, DependencyKind, StepStatus, canonical
from tests.builders import POLICY
from tests.gate.cases import BRIEF, COMMITMENT, CONTEXT, MEETING, PLAN, REVIEW, context, needs, with_plan, with_step
from tests.gate.conduct import ESCALATE, NOTICE, policy
from tests.house import MONDAY


def view(plan=PLAN, context=CONTEXT, phase=Phase.PROPOSE):
    return View(plan, context, POLICY, phase=phase, now=MONDAY)


def waiting(step, *others):
    return step.model_copy(update={"depends_on": tuple(Dependency(step_id=other.step_id) for other in others)})


@pytest.mark.parametrize(
    "name", ["playbook", "by_id", "judged", "known", "cycle", "plan_bytes", "inputs_bytes", "contracts"]
)
def test_what_was_worked_out_of_the_question_alone_is_not_worked_out_again_under_another_policy(monkeypatch, name):
    asked = view(needs(MEETING, REVIEW))
    worked_out = getattr(asked, name)
    monkeypatch.setattr(gate.view, "PLAYBOOKS", {})
    assert worked_out
    assert getattr(asked.under(policy(max_steps=1)), name) is worked_out


def test_what_the_gate_is_told_is_the_canonical_form_of_plan_context_and_instant():
    told = {"plan": PLAN.model_dump(mode="json"), "context": CONTEXT.model_dump(mode="json"), "now": MONDAY.isoformat()}
    assert view().inputs_bytes == canonical(told)
    assert inputs_text(PLAN, CONTEXT, MONDAY).encode() == canonical(told)


def test_a_question_under_another_policy_is_about_the_same_plan_at_the_same_instant():
    asked, other = view(phase=Phase.STEP), policy(max_steps=1)
    again = asked.under(other)
    assert (again.plan, again.context, again.phase, again.now) == (PLAN, CONTEXT, Phase.STEP, MONDAY)
    assert (again.policy, asked.policy) == (other, POLICY)


@pytest.mark.parametrize(
    ("look", "times"), [(lambda asked: asked.plan, 1), (lambda asked: asked.policy, 2), (lambda asked: asked.risk, 2)]
)
def test_only_a_rule_that_looks_at_the_policy_is_asked_again_under_another(monkeypatch, look, times):
    looked = []

    def judge(asked):
        looked.append(look(asked))
        yield Found("steps", "hm")

    rule = Rule("PG777", Severity.ADVISORY, tuple(Phase), "t", "t", "t", judge)
    monkeypatch.setattr(gate.judging, "RULES", (rule,))
    asked = view()
    first = weigh(asked).violations
    assert weigh(asked.under(policy(max_steps=1))).violations == first != ()
    assert len(looked) == times


def test_steps_that_wait_only_for_earlier_ones_make_no_circle():
    assert view().cycle == ()


def test_steps_that_wait_for_later_ones_make_no_circle_either():
    assert view(needs(COMMITMENT, REVIEW, NOTICE)).cycle == ()


@pytest.mark.parametrize("others", [(BRIEF, REVIEW), (REVIEW, BRIEF)])
def test_a_circle_is_found_wherever_it_is_closed(others):
    """The review waits for the meeting."""
    assert set(view(needs(MEETING, *others)).cycle) == {MEETING.step_id, REVIEW.step_id}


def test_a_step_that_waits_for_itself_is_a_circle_also_where_nothing_else_waits():
    assert set(view(with_plan(steps=(waiting(BRIEF, BRIEF),))).cycle) == {BRIEF.step_id}


def test_a_circle_is_found_through_the_last_of_two_steps_of_one_id():
    twin = waiting(BRIEF, ESCALATE)
    assert set(view(with_plan(steps=(BRIEF, waiting(ESCALATE, BRIEF), twin))).cycle) == {
        BRIEF.step_id,
        ESCALATE.step_id,
    }


def test_what_was_sent_or_has_ended_is_in_question_no_more():
    sent = with_step(MEETING, status=StepStatus.DONE, outcome="MEETING_BOOKED")
    assert [judged.where for judged in view(sent).judged] == [f"steps[{n}]" for n in (0, 1, 2, 4, 5, 6)]


def test_at_a_start_the_starting_step_alone_is_in_question():
    assert [judged.step for judged in view(phase=Phase.STEP).judged] == [MEETING]
    assert view(context=context(step_id=UUID(int=99)), phase=Phase.STEP).judged == ()


def test_what_must_succeed_before_a_step_is_found_along_every_way():
    loose = Dependency(step_id=BRIEF.step_id, kind=DependencyKind.OUTCOME_IN, outcomes=("BRIEF_READY",))
    nowhere = Dependency(step_id=UUID(int=99))
    after = Dependency(step_id=ESCALATE.step_id, kind=DependencyKind.FINISHED)
    plan = with_step(MEETING, depends_on=(nowhere, after, loose, Dependency(step_id=BRIEF.step_id)))
    asked = view(plan)
    assert list(asked.ancestors(plan.steps[3])) == [(BRIEF, ("BRIEF_READY",)), (BRIEF, None)]
    assert [parent for parent, _ in asked.ancestors(REVIEW)] == [plan.steps[3], BRIEF, BRIEF]
