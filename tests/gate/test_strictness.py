"""Of two answers the stricter: never weaker than either."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import (
    Decision,
    GateError,
    Phase,
    Recording,
    RequiredAuthority,
    Severity,
    Verdict,
    Violation,
    check,
    default_bundle,
    judge_again,
    strictest,
)
from gate.policy import Approver
from plan import RiskClass
from tests import builders
from tests.builders import DIGEST, OTHER
from tests.gate.cases import CASES
from tests.house import MONDAY

VIOLATIONS = st.builds(
    Violation,
    code=st.sampled_from(["PG010", "PG060", "PG082"]),
    severity=st.sampled_from(list(Severity)),
    where=st.sampled_from(["steps", "steps[1]"]),
    message=st.sampled_from(["too many", "too soon"]),
    mend=st.just("Wait."),
    clears_at=st.none() | st.integers(0, 9).map(lambda days: MONDAY + timedelta(days=days)),
)
AUTHORITY = st.builds(
    RequiredAuthority,
    role=st.sampled_from([str(role) for role in Approver]),
    persons=st.integers(1, 5),
    overrides=st.lists(st.sampled_from(["PG060", "PG082"]), unique=True).map(lambda codes: tuple(sorted(codes))),
)
DECISIONS = st.builds(
    Decision,
    verdict=st.sampled_from(list(Verdict)),
    phase=st.just(Phase.STEP),
    risk=st.sampled_from(list(RiskClass)),
    required_authority=AUTHORITY,
    violations=st.lists(VIOLATIONS, max_size=5).map(tuple),
    policy_digest=st.sampled_from([DIGEST, OTHER]),
    ruleset_digest=st.just(DIGEST),
    inputs_digest=st.just(DIGEST),
)


@given(DECISIONS, DECISIONS)
def test_it_is_weaker_than_neither(one, other):
    found = strictest(one, other)
    for answer in (one, other):
        assert list(Verdict).index(found.verdict) >= list(Verdict).index(answer.verdict)
        assert found.risk.rank >= answer.risk.rank
        asked, wanted = found.required_authority, answer.required_authority
        assert asked.persons >= wanted.persons
        assert Approver(asked.role).rank >= Approver(wanted.role).rank
        assert set(asked.overrides) >= set(wanted.overrides)
        for violation in answer.violations:
            assert any(_covers(one_found, violation) for one_found in found.violations)
    assert found.policy_digest == one.policy_digest


def _covers(found, violation):
    same = (found.code, found.where, found.message) == (violation.code, violation.where, violation.message)
    lasts = found.clears_at is None or (violation.clears_at is not None and found.clears_at >= violation.clears_at)
    return same and found.severity.rank >= violation.severity.rank and lasts


@given(DECISIONS, DECISIONS)
def test_the_order_changes_only_in_whose_name_it_speaks(one, other):
    named = {"policy_digest": DIGEST}
    left, right = strictest(one, other).model_copy(update=named), strictest(other, one).model_copy(update=named)
    assert left.codes == right.codes
    assert left.required_authority == right.required_authority
    assert left.verdict == right.verdict


@given(DECISIONS)
def test_nothing_is_invented(one):
    found = strictest(one, one)
    assert (found.verdict, found.required_authority, found.risk) == (one.verdict, one.required_authority, one.risk)
    assert {v.code for v in found.violations} == {v.code for v in one.violations}


@pytest.mark.parametrize("case", list(CASES), ids=lambda case: case.name)
def test_the_same_bundle_twice_says_what_it_says_once(case):
    once = check(case.plan, case.context, case.policy, phase=case.phase, now=MONDAY + case.after)
    twice = strictest(once, once)
    assert (twice.verdict, twice.codes, twice.required_authority) == (once.verdict, once.codes, once.required_authority)


def test_answers_to_different_questions_are_not_combined():
    plan, context, policy = builders.plan(), builders.context(), default_bundle()
    one = check(plan, context, policy, phase=Phase.STEP, now=MONDAY)
    other = check(plan, context, policy, phase=Phase.STEP, now=MONDAY + timedelta(days=1))
    with pytest.raises(GateError, match="different questions"):
        strictest(one, other)


def test_a_recording_is_judged_under_both_bundles():
    plan, context, policy = builders.plan(), builders.context(), default_bundle()
    asked = Recording(plan=plan, context=context, phase=Phase.RESUME, now=MONDAY)
    tighter = policy.model_copy(update={"max_steps": 2})
    assert judge_again(asked, policy).verdict is Verdict.ASK
    assert judge_again(asked, policy, tighter).verdict is Verdict.DENY
    assert judge_again(asked, tighter, policy).verdict is Verdict.DENY
