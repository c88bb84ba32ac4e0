from datetime import timedelta
from uuid import UUID

import pytest

from ledger import DATA, PLAN_ENTRIES, STEP_ENTRIES, as_of, causes_elsewhere, course_changes, of_step
from ledger.bodies import StepAdded, StepChanged
from ledger.course import STRAIGHT
from plan import Cause
from tests.builders import plan
from tests.ledger.test_entries import NOW, STEP, entry
from tests.ledger.test_explain import edge, judged, moved

OTHER = UUID(int=8)


def story():
    """Return a plan that ran straight, was judged badly, and was paused because its owner left."""
    made = entry(type="plan.accepted.v1", reason=None, data=moved("ACTIVE"))
    ready = entry(seq=2, type="step.ready.v1", at=NOW + timedelta(hours=1), data=edge())
    refused = judged(verdict="DENY", codes=("PG021",)).model_copy(
        update={"seq": 3, "at": NOW + timedelta(hours=2), "cause": Cause(kind="entry", ref="plan/p1#2")}
    )
    deferred = entry(
        seq=4, type="step.deferred.v1", at=NOW + timedelta(hours=3), data=edge(wait_until=NOW),
        cause=Cause(kind="entry", ref="plan/p1#3"),
    )  # fmt: skip
    paused = entry(
        seq=5, type="plan.paused.v1", at=NOW + timedelta(hours=4), data=moved("PAUSED"),
        cause=Cause(kind="entry", ref="principal/mara#2"),
    )  # fmt: skip
    return [made, ready, refused, deferred, paused]


def test_what_turned_a_plan_from_its_way_is_told_and_nothing_else():
    assert [one.seq for one in course_changes(story())] == [3, 4, 5]


def test_what_the_gate_let_through_is_no_turn():
    assert course_changes([judged(), judged(verdict="PERMIT")]) == []


GOES_ITS_WAY = """
    plan.proposed plan.endorsed plan.approved plan.activated plan.accepted plan.gate_evaluated plan.objective_evaluated
    step.ready step.approval_requested step.approved step.endorsed step.started step.dispatched step.succeeded
    step.outcome_ok step.reset step.cancelled event.received
"""


@pytest.mark.parametrize("kind", sorted({*PLAN_ENTRIES.values(), *STEP_ENTRIES.values(), *DATA}))
def test_each_type_is_a_turn_or_what_was_approved(kind):
    assert (kind in STRAIGHT) == (kind.removesuffix(".v1") in GOES_ITS_WAY.split())


def test_a_circle_of_causes_is_walked_once():
    one = entry(type="step.ready.v1", data=edge(), cause=Cause(kind="entry", ref="plan/p1#2"))
    two = entry(seq=2, type="plan.accepted.v1", data=moved("ACTIVE"), cause=Cause(kind="entry", ref="plan/p1#1"))
    assert [found.seq for found in of_step([one, two], STEP)] == [1, 2]


def test_what_came_from_outside_is_not_sought_among_the_entries():
    outside = entry(seq=2, type="step.ready.v1", data=edge(), cause=Cause(kind="event", ref="plan/p1#1"))
    first = entry(type="plan.accepted.v1", reason=None, data=moved("ACTIVE"))
    assert [found.seq for found in of_step([first, outside], STEP)] == [2]
    assert causes_elsewhere([outside]) == set()


def test_a_step_that_was_added_or_changed_is_told_of_with_it():
    step = plan().steps[0]
    added = entry(type="step.added.v1", data=StepAdded(step=step, position=0).model_dump(mode="json"))
    changed = entry(
        seq=2, type="step.changed.v1", data=StepChanged(step=step, fields=("due_by",)).model_dump(mode="json")
    )
    assert of_step([added, changed], step.step_id) == [added, changed]


def test_a_step_is_told_of_with_the_entries_that_caused_what_happened_to_it():
    assert [one.seq for one in of_step(story(), STEP)] == [2, 3, 4]
    assert of_step(story(), OTHER) == []


def test_a_cause_in_another_stream_is_named():
    assert causes_elsewhere(story()) == {"principal/mara#2"}


def test_as_of_an_instant_a_story_is_its_beginning():
    assert [one.seq for one in as_of(story(), NOW + timedelta(hours=2))] == [1, 2, 3]
    assert as_of(story(), NOW - timedelta(seconds=1)) == []


def test_a_clock_that_went_back_never_leaves_a_gap_in_a_story():
    told = story()
    told[1] = told[1].model_copy(update={"at": NOW + timedelta(days=400)})
    assert [one.seq for one in as_of(told, NOW + timedelta(hours=9))] == [1]
