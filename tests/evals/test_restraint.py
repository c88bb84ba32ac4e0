"""Where no plan is right none is made, and where rules and wishes pull apart the right plan holds back."""

import pytest

from agent import Deps, propose
from evals.cases import all_cases
from evals.scorers import passes, scores_of
from evals.scripts import script_of
from evals.trying import scripted
from gate import GateContext, Phase, Severity, check, default_bundle
from plan import Proposal, spec_of

BASES = [case for case in all_cases() if case.twin_of is None]
INFEASIBLE = [case for case in BASES if case.kind == "infeasible"]
CONFLICTS = [case for case in BASES if case.kind == "conflict"]
REFUSED = [case for case in INFEASIBLE if not script_of(case)]
ANSWERED = [case for case in (*INFEASIBLE, *CONFLICTS) if script_of(case)]
PLANNED = [case for case in CONFLICTS if case.expect.outcome == "plan"]


def each(cases) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


class Unasked:
    """A drafter that nobody may ask."""

    name = "unasked"

    def draft(self, request):
        raise AssertionError("a drafter was asked")


def test_there_are_six_of_each_and_half_of_what_is_infeasible_takes_a_drafter_s_own_judgement():
    assert (len(INFEASIBLE), len(CONFLICTS)) == (6, 6)
    assert len(REFUSED) == 3
    assert all(case.expect.outcome == "no_plan" for case in INFEASIBLE)


@each(REFUSED)
def test_code_refuses_before_any_drafter_is_asked(case):
    outcome = propose(case.request, Deps(Unasked())).outcome
    assert outcome.reason in case.expect.reasons


@each(ANSWERED)
def test_whatever_code_does_not_refuse_reaches_the_drafter(case):
    with pytest.raises(AssertionError, match="a drafter was asked"):
        propose(case.request, Deps(Unasked()))


@each(ANSWERED)
def test_the_authored_answer_passes_every_scorer(case):
    scores = scores_of(scripted(case), case)
    assert passes(scores)
    assert all(score.passed for score in scores)


@each(PLANNED)
def test_a_plan_that_holds_back_may_also_be_approved_as_it_stands(case):
    known = case.request.situation
    context = GateContext(tenant_id=known.tenant.tenant_id, situation=known)
    decision = check(scripted(case).plan, context, default_bundle(), phase=Phase.APPROVE, now=case.request.now)
    assert not [v for v in decision.violations if v.severity is not Severity.ADVISORY]


def test_under_a_legal_hold_no_step_reaches_the_customer():
    (case,) = [case for case in PLANNED if case.request.situation.account.legal_hold]
    outcome = scripted(case).outcome
    assert isinstance(outcome, Proposal)
    assert not any(spec_of(step.action_type).external for step in outcome.steps)
