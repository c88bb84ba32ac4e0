"""How much time a plan has left: by its longest chain of open, required steps."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from plan import StepStatus, done_by, slack, spec_of
from tests.house import MONDAY, House

HOUSE = House()
PLAN = HOUSE.plan(HOUSE.draft())


def with_statuses(plan, status):
    return plan.model_copy(update={"steps": tuple(s.model_copy(update={"status": status}) for s in plan.steps)})


def test_a_plan_with_nothing_open_is_done_now():
    over = with_statuses(PLAN, StepStatus.SKIPPED)
    assert done_by(over, MONDAY) == MONDAY
    assert slack(over, MONDAY) == PLAN.expires_at - MONDAY


def test_a_chain_takes_as_long_as_its_steps_one_after_another():
    chained = [s for s in PLAN.steps if s.depends_on]
    last = max(chained, key=lambda s: s.not_before)
    least = last.not_before + spec_of(last.action_type).typical_duration
    assert done_by(PLAN, MONDAY) >= least


@given(days=st.integers(0, 400))
def test_time_that_passes_never_gives_slack_back(days):
    later = MONDAY + timedelta(days=days)
    assert slack(PLAN, later) <= slack(PLAN, MONDAY)


def test_an_optional_step_that_nothing_waits_for_takes_no_slack():
    alone = next(s for s in PLAN.steps if not s.required)
    late = alone.model_copy(update={"not_before": PLAN.expires_at + timedelta(days=90)})
    waits = any(d.step_id == alone.step_id for s in PLAN.steps for d in s.depends_on)
    moved = PLAN.model_copy(update={"steps": tuple(late if s == alone else s for s in PLAN.steps)})
    assert (slack(moved, MONDAY) == slack(PLAN, MONDAY)) is not waits
