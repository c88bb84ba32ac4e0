"""Every seeded defect is caught by the scorer that it names, and no benign change by any; a hole turns the exam red."""

from random import Random
from statistics import fmean

import pytest
from scipy.stats import kendalltau

from evals.cases import all_cases, case_of
from evals.defects import BENIGN, DEFECTS
from evals.defects.seeding import of_proposal
from evals.judging import answered
from evals.matrix import holes, matrix
from evals.report.summary import proof
from evals.scorers import SCORERS, Score, quality, scores_of
from evals.scripts import script_of
from evals.trying import scripted
from gate import Phase, Severity, rules
from plan import Proposal

GOOD = {case.name: scripted(case) for case in all_cases() if script_of(case).get("turns")}
BASE = {name: answer for name, answer in GOOD.items() if case_of(name).change is None}
OUT_OF_REACH = {
    "PG001": "a plan type without a playbook makes no plan at all, which the schema scorer sees",
    "PG003": "no case has a kill switch on",
    "PG040": "no case has an ACTIVE plan of the same type",
}
"""Rules that are asked of a proposal and that no answer to a case can break."""


def of_scorer(name: str):
    return [defect for defect in DEFECTS if defect.scorer == name]


def content(_answer, _case) -> Score:
    return Score(name="any", value=1, passed=True, hard=True)


def strict(_answer, _case) -> Score:
    return Score(name="any", value=0, passed=False, hard=True, messages=("PG999 steps: never",))


def test_there_are_many_defects_for_each_scorer_and_some_benign_changes():
    assert len(DEFECTS) >= 50
    assert len(BENIGN) >= 8
    assert {defect.scorer for defect in DEFECTS} == set(SCORERS)
    assert min(len(of_scorer(name)) for name in SCORERS) >= 4
    assert len({(defect.scorer, defect.name) for defect in DEFECTS}) == len(DEFECTS)


def test_every_rule_that_an_answer_can_break_has_a_defect_that_breaks_it():
    counted = {
        rule.code
        for rule in rules()
        if Phase.PROPOSE in rule.phases and rule.floor is not Severity.ADVISORY and rule.code != "PG999"
    }
    assert {defect.code for defect in of_scorer("policy")} == counted - OUT_OF_REACH.keys()


@pytest.mark.parametrize("name", SCORERS)
def test_every_defect_can_be_seeded_and_is_caught_wherever_it_is(name):
    found = matrix(GOOD, defects=of_scorer(name), benign={})
    assert [seen.name for seen in found.defects if not seen.tried] == []
    assert {seen.name: seen.missed for seen in found.defects if seen.missed} == {}
    assert holes(found) == []


@pytest.mark.parametrize("name", BENIGN)
def test_every_good_plan_survives_a_benign_change(name):
    (kept,) = matrix(GOOD, defects=(), benign={name: BENIGN[name]}).benign
    assert kept.broken == ()
    assert kept.passing == kept.tried >= 20


@pytest.mark.parametrize("name", SCORERS)
def test_a_scorer_that_is_always_content_is_found_by_every_defect_that_names_it(name, monkeypatch):
    monkeypatch.setitem(SCORERS, name, content)
    found = matrix(GOOD, most=2, defects=of_scorer(name), benign={})
    assert found.caught == 0
    assert [finding.where for finding in holes(found)] == [defect.name for defect in of_scorer(name)]
    assert all(f"mend evals/scorers/{name}.py" in finding.told for finding in holes(found))


@pytest.mark.parametrize("name", SCORERS)
def test_a_scorer_that_is_never_content_is_found_by_plans_that_nothing_changed(name, monkeypatch):
    monkeypatch.setitem(SCORERS, name, strict)
    found = matrix(BASE, most=2, defects=(), benign={"as_it_stands": BENIGN["as_it_stands"]})
    assert [finding.cause for finding in holes(found)] == ["benign change"]


def test_another_code_than_the_one_named_is_a_miss(monkeypatch):
    monkeypatch.setitem(SCORERS, "policy", strict)
    assert matrix(GOOD, most=1, defects=of_scorer("policy"), benign={}).caught == 0


def test_a_defect_that_no_answer_can_have_is_a_finding():
    never = of_proposal("timing", lambda _proposal, _case: None)
    (finding,) = holes(matrix(GOOD, defects=[never], benign={}))
    assert "no good answer" in finding.told


def test_a_part_of_the_plans_is_another_for_each_defect():
    aimless = of_scorer("objective")
    whole, part = (matrix(GOOD, most=most, defects=aimless, benign={}).defects for most in (None, 5))
    assert [seen.tried for seen in part] == [min(5, seen.tried) for seen in whole]
    blind = matrix(GOOD, most=1, defects=[defect._replace(code="PG999") for defect in aimless], benign={})
    assert len({seen.missed for seen in blind.defects}) > 5


def test_the_matrix_is_told_in_one_line():
    found = matrix(GOOD, most=3, defects=of_scorer("coverage"), benign={"less_said": BENIGN["less_said"]})
    assert proof(found) == (
        f"defects caught 12/12 by 4 operators, each on up to 3 of {found.plans} plans; benign 6/6 by 1"
    )


def bent(proposal: Proposal, case, drawn: Random, times: int) -> list[Proposal]:
    """Return a plan and what it comes to with one more defect each time."""
    found, gentle = [proposal], [defect for defect in DEFECTS if defect.scorer in GENTLE]
    while len(found) <= times:
        seeded = drawn.choice(gentle).seed(answered(found[-1], case.request), case)
        if seeded is not None and isinstance(seeded.outcome, Proposal) and seeded.case is case:
            found.append(seeded.outcome)
    return found


GENTLE = {"grounding", "dependency", "timing", "coverage", "parsimony", "objective", "confidentiality"}
"""Families whose defects can stand beside each other in one plan."""


def test_the_more_defects_the_lower_the_quality():
    doses: list[list[float]] = [[] for _ in range(7)]
    for name, answer in BASE.items():
        if not isinstance(answer.outcome, Proposal):
            continue
        case = case_of(name)
        for dose, plan in enumerate(bent(answer.outcome, case, Random(name), 6)):
            doses[dose].append(quality(scores_of(answered(plan, case.request), case)))
    means = [fmean(values) for values in doses]
    assert means == sorted(means, reverse=True)
    assert means[0] > 0.97
    assert means[0] - means[6] > 0.2
    told = kendalltau([d for d, values in enumerate(doses) for _ in values], [v for values in doses for v in values])
    assert told.statistic < -0.5
    assert told.pvalue < 1e-6
