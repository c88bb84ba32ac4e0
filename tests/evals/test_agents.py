"""Trivial agents stay under their ceilings, and a scorer with a hole is found by them."""

import pytest

from evals.agents import CONSTANT, DRAWN, constructor, decline
from evals.arms import Arm, ceilings
from evals.cases import all_cases, case_of
from evals.judging import answered
from evals.statistics import Interval, Paired
from gate import Severity
from plan import NoPlan, Proposal

FEASIBLE = [case for case in all_cases() if case.change is None and case.kind == "feasible"]


def arm(name: str, passed: int, plans: int = 100, **changes) -> Arm:
    one = Interval(1, 1, 1)
    told = {"trivial": True, "cases": plans, "pass_rate": one, "quality": one, "gated": one, "means": {}}
    return Arm(name=name, passed=passed, plans=plans, **(told | changes))


@pytest.mark.parametrize("name", CONSTANT)
def test_a_constant_plan_takes_each_action_on_the_same_day_for_everyone(name):
    days: dict[str, set[int]] = {}
    for case in FEASIBLE:
        outcome = CONSTANT[name](case)
        if isinstance(outcome, Proposal) and case.request.approved_actions == FEASIBLE[0].request.approved_actions:
            for step in outcome.steps:
                days.setdefault(step.action_type, set()).add(step.start_day)
    assert len(days) >= 5
    assert all(len(seen) == 1 for seen in days.values())


@pytest.mark.parametrize("name", DRAWN)
def test_lots_fall_the_same_way_each_time_and_differ_by_number(name):
    draw, case = DRAWN[name], case_of("aurora")
    assert draw(case, 0) == draw(case, 0)
    assert draw(case, 0) != draw(case, 1)


def test_a_gate_valid_draw_keeps_every_rule():
    for case in FEASIBLE[:8]:
        outcome = DRAWN["gate-valid random"](case, 0)
        if isinstance(outcome, Proposal):
            decision = answered(outcome, case.request).decision
            assert decision is not None
            assert all(v.severity is Severity.ADVISORY for v in decision.violations)


def test_the_constructor_reads_the_situation_and_is_told_from_the_authored_answers_all_the_same():
    assert all(isinstance(constructor(case), Proposal) for case in FEASIBLE)


def test_the_decliner_declines():
    assert all(isinstance(decline(case), NoPlan) for case in FEASIBLE)


@pytest.mark.parametrize("name", ["template", "random", "gate-valid random", "decline"])
def test_an_agent_above_its_ceiling_is_a_finding(name):
    told = [f for f in ceilings([arm(name, 9)]) if f.where == name]
    assert [f.cause for f in told] == ["trivial agent"]
    assert "9 of 100" in told[0].told


def test_a_weak_model_that_scores_near_the_good_answers_is_a_finding():
    near = arm("smollm2-135m", 0, gap=Paired(24, -0.2, -0.3, -0.1, 0.001, 0.1))
    far = arm("smollm2-135m", 0, gap=Paired(24, -0.7, -0.8, -0.6, 0.001, 0.1))
    assert [f.cause for f in ceilings([near])] == ["discrimination"]
    assert ceilings([far]) == []
