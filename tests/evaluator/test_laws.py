"""What holds of every evaluation, whatever the plan, the facts and the time."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator import Ending, evaluate
from plan import CLOSED, Fact, FactKind, PlanEvent, PlanStatus, RenewalStatus, StepStatus, plan_move
from tests.evaluator.samples import BASELINE, ENOUGH, TICK, active, fact, retained, status
from tests.plan.samples import DEADLINE, step, terms

ACTIONS = ["PREP_RENEWAL_BRIEF", "MAP_STAKEHOLDERS", "REQUEST_RENEWAL_MEETING"]
CONTRACTS = ["k-1", "k-2"]
moments = st.sampled_from([timedelta(days=-2), timedelta(days=-1), -TICK, timedelta(), TICK, timedelta(days=1)]).map(
    lambda away: DEADLINE + away
)
numbers = st.none() | st.sampled_from([0, ENOUGH - 1, ENOUGH, BASELINE])
words = st.sampled_from(list(map(str, RenewalStatus)))


@st.composite
def facts(draw) -> list[Fact]:
    """Draw facts that lie around every boundary; ids are unique."""
    return [
        fact(
            f"f-{number}",
            draw(st.sampled_from([FactKind.RENEWAL_STATUS, FactKind.RETAINED_ARR, FactKind.REPLY])),
            value=draw(words),
            number=draw(numbers),
            subject_id=draw(st.sampled_from(CONTRACTS)),
            source=draw(st.sampled_from(["crm", "crm", "rumour"])),
            effective_at=draw(moments),
            recorded_at=draw(moments),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@st.composite
def plans(draw):
    """Draw a plan in any status with steps in any status."""
    return active(
        status=draw(st.sampled_from(PlanStatus)),
        subject=tuple(draw(st.lists(st.sampled_from(CONTRACTS), max_size=3))),
        objective_params=terms(
            baseline_arr_minor=draw(st.sampled_from([{}, {"k-1": BASELINE}, {"k-1": BASELINE, "k-2": BASELINE}])),
            trusted_sources=draw(st.sampled_from([("crm",), ()])),
        ),
        expires_at=draw(moments),
        steps=tuple(
            step(number, draw(st.sampled_from(ACTIONS)), required=draw(st.booleans()), status=draw(st.sampled_from(StepStatus)))
            for number in range(1, draw(st.integers(0, 3)) + 1)
        ),
    )  # fmt: skip


@given(plans(), facts(), moments)
def test_an_evaluation_always_comes_and_can_be_digested(told, known, now):
    found = evaluate(told, known, now)
    assert found.digest.startswith("sha256:")
    assert found.at == now
    assert set(found.facts) <= {f.fact_id for f in known}
    assert list(found.facts) == sorted(set(found.facts))
    assert found.objective_met == (bool(found.detail) and all(part.met for part in found.detail))
    assert [part.contract_id for part in found.detail] == sorted(set(told.subject))


@given(plans(), facts(), moments, st.randoms(use_true_random=False))
def test_the_order_of_the_facts_never_matters(told, known, now, random):
    shuffled = list(known)
    random.shuffle(shuffled)
    assert evaluate(told, shuffled, now) == evaluate(told, known, now)
    assert evaluate(told, tuple(shuffled), now).digest == evaluate(told, known, now).digest


@given(plans(), facts(), moments)
def test_a_fact_told_twice_is_told_once(told, known, now):
    assert evaluate(told, [*known, *known], now) == evaluate(told, known, now)


@given(plans(), facts(), moments)
def test_facts_that_are_not_known_yet_change_nothing(told, known, now):
    today = [f for f in known if f.recorded_at <= now and f.effective_at <= now]
    assert evaluate(told, known, now) == evaluate(told, today, now)


@given(plans(), facts(), st.integers(0, 400))
def test_once_the_window_has_passed_no_later_evaluation_says_otherwise(told, known, days):
    end = DEADLINE + timedelta(days=2)
    first, later = evaluate(told, known, end), evaluate(told, known, end + timedelta(days=days))
    assert later.model_copy(update={"at": end}) == first


EVENTS = {
    Ending.COMPLETE: PlanEvent.COMPLETE,
    Ending.EXPIRE: PlanEvent.EXPIRE,
    Ending.MOOT: PlanEvent.MOOT,
    Ending.ABORT: PlanEvent.ABORT,
}


@given(plans(), facts(), moments)
def test_every_ending_is_a_row_of_the_plan_table_with_its_reason(told, known, now):
    found = evaluate(told, known, now)
    if found.ending is Ending.GOES_ON:
        assert found.reason in {"goes_on", "waits_for_step_in_flight"}
    else:
        row = plan_move(EVENTS[found.ending], told.status)
        assert found.reason in row.reasons
        assert "orchestrator" in row.actors


@given(plans(), facts(), moments)
def test_no_open_plan_goes_on_past_its_end(told, known, now):
    found = evaluate(told, known, now)
    over = now > told.expires_at and told.status not in CLOSED
    assert not (over and found.ending is Ending.GOES_ON)


TOLD = """
from tests.evaluator.test_laws import told
print(told())
"""


def told() -> str:
    """Return the digest of an evaluation of several contracts, for another interpreter to repeat."""
    subject = tuple(f"k-{number}" for number in range(20))
    plan = active(subject=subject, objective_params=terms(baseline_arr_minor=dict.fromkeys(subject, BASELINE)))
    known = [status(fact_id=f"s-{c}", subject_id=c) for c in subject] + [
        retained(fact_id=f"r-{c}", subject_id=c) for c in subject
    ]
    return evaluate(plan, known, DEADLINE).digest


@pytest.mark.parametrize("seed", ["0", "1", "4294967295"])
def test_an_evaluation_has_the_same_digest_under_every_hash_seed(seed):
    again = subprocess.run(
        [sys.executable, "-c", TOLD],
        env=os.environ | {"PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.strip() == told()
