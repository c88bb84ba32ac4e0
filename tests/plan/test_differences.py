"""What differs between two revisions, whatever happened in between."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from plan import Change, compare
from tests import builders

PLAN = builders.plan()
BRIEF, OWNER, ESCALATE, MEETING, *_ = PLAN.steps


def told(older, newer):
    return [(d.change, d.step_id, d.field, d.before, d.after) for d in compare(older, newer)]


def test_equal_plans_differ_in_nothing():
    assert compare(PLAN, PLAN) == ()


def test_a_step_that_moved_is_told_with_both_dates():
    later = PLAN.with_step(MEETING.model_copy(update={"not_before": MEETING.not_before + timedelta(days=2)}))
    was, now = (f"{m:%Y-%m-%d %H:%M}" for m in (MEETING.not_before, MEETING.not_before + timedelta(days=2)))
    assert told(PLAN, later) == [(Change.MOVED, MEETING.step_id, "not_before", was, now)]


def test_a_parameter_and_a_dependency_are_told_each_by_itself():
    freed = MEETING.model_copy(
        update={"params": {**MEETING.params, "proposed_slots": 2}, "depends_on": MEETING.depends_on[:1]}
    )
    found = told(PLAN, PLAN.with_step(freed))
    assert [(change, field) for change, _, field, _, _ in found] == [
        (Change.MOVED, "depends_on"),
        (Change.PARAMS, "proposed_slots"),
    ]
    assert found[1][3:] == ("3", "2")


def test_progress_is_no_difference():
    from plan import StepStatus

    done = MEETING.model_copy(update={"status": StepStatus.DONE, "attempts": 1, "outcome": "MEETING_BOOKED"})
    assert compare(PLAN, PLAN.with_step(done)) == ()


def test_another_order_is_told_once():
    turned = PLAN.model_copy(update={"steps": (OWNER, BRIEF, *PLAN.steps[2:])})
    assert told(PLAN, turned) == [(Change.PLAN, None, "order of the steps", "", "")]


@given(st.sets(st.sampled_from(range(len(PLAN.steps)))), st.sets(st.sampled_from(range(len(PLAN.steps)))))
def test_whatever_is_taken_out_and_put_in_is_told_by_id(left, right):
    older = PLAN.model_copy(update={"steps": tuple(s for n, s in enumerate(PLAN.steps) if n in left)})
    newer = PLAN.model_copy(update={"steps": tuple(s for n, s in enumerate(PLAN.steps) if n in right)})
    found = compare(older, newer)
    ids = {kind: {d.step_id for d in found if d.change is kind} for kind in Change}
    assert ids[Change.NEW] == {PLAN.steps[n].step_id for n in right - left}
    assert ids[Change.REMOVED] == {PLAN.steps[n].step_id for n in left - right}
    assert {d.change for d in found} <= {Change.NEW, Change.REMOVED}
