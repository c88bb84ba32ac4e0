from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import ValidationError

from ledger import (
    DATA,
    PLAN_ENTRIES,
    STEP_ENTRIES,
    Actor,
    Authority,
    Entry,
    LedgerError,
    Reason,
    StepRemoved,
    fold,
)
from plan import PLAN_MOVES, STEP_MOVES, Cause

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STEP = UUID(int=7)


def entry(**changes):
    given = {
        "stream": "plan/p1",
        "seq": 1,
        "type": "step.removed.v1",
        "at": NOW,
        "actor": Actor(kind="human", id="mara"),
        "authority": Authority(role="owner", grant="AUTH-EDIT"),
        "cause": Cause(kind="person", ref="mara"),
        "reason": Reason(code="removed"),
        "data": StepRemoved(step_id=STEP).model_dump(mode="json"),
    }
    return Entry.model_validate(given | changes)


def test_every_edge_of_both_tables_has_its_entry_type():
    assert {move.event for move in PLAN_MOVES} == set(PLAN_ENTRIES)
    assert {move.event for move in STEP_MOVES} == set(STEP_ENTRIES)
    assert set(PLAN_ENTRIES.values()) | set(STEP_ENTRIES.values()) <= set(DATA)


@pytest.mark.parametrize("kind", ["step.removed.v1", "plan.aborted.v1", "plan.sent_back.v1"])
def test_what_takes_something_away_needs_a_reason(kind):
    with pytest.raises(ValidationError, match="reason"):
        entry(type=kind, reason=None)


def test_an_unknown_type_is_refused():
    with pytest.raises(ValidationError, match="no entry type"):
        entry(type="plan.loved.v1")


def test_a_reason_in_clear_text_is_refused():
    with pytest.raises(ValidationError):
        Reason(code="removed", text="Ida left the company")


def test_data_of_another_type_is_named():
    wrong = entry(data={"step": "x"})
    with pytest.raises(LedgerError, match=r"plan/p1#1 \(step.removed.v1\) does not fit"):
        wrong.body()


def test_a_stream_that_starts_in_the_middle_does_not_fold():
    with pytest.raises(LedgerError, match="where 1 must stand"):
        fold([entry(seq=2)])


def test_a_plan_that_was_never_proposed_does_not_fold():
    with pytest.raises(LedgerError, match="never proposed"):
        fold([entry()])
