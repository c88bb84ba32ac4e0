from datetime import timedelta
from uuid import UUID

import pytest

from ledger import PLAN_ENTRIES, STEP_ENTRIES, as_of, causes_elsewhere, course_changes, of_step
from ledger.course import STRAIGHT
from plan import Cause
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


def test_every_type_that_does_not_count_as_a_turn_is_one_of_a_plan():
    own = {*PLAN_ENTRIES.values(), *STEP_ENTRIES.values(), "step.approval_requested.v1"}
    assert own | {"plan.gate_evaluated.v1", "plan.objective_evaluated.v1", "event.received.v1"} >= STRAIGHT


@pytest.mark.parametrize("kind", ["plan.sent_back.v1", "step.added.v1", "step.removed.v1", "step.changed.v1"])
def test_each_change_of_what_was_planned_is_a_turn(kind):
    assert kind not in STRAIGHT


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
