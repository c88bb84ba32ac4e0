"""A ledger whose writers are killed has no gap, no unsigned entry, and nothing that somebody was told of is missing."""

import pytest
from sqlalchemy import text

from tests.chaos.ledgers import add, begun, judged, kill
from tests.databases import fresh_url, over_all
from tests.store.conftest import NOW
from tests.store.test_heads import drop_guards


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_writers_that_are_killed_leave_a_whole_ledger(kind, tmp_path):
    report, told, denied = kill(kind, 6, writers=3)
    assert report.findings == ()
    assert denied == []
    assert told > 3
    assert report.proof.size >= told


def test_a_commit_that_was_told_of_and_is_gone_is_found(tmp_path):
    store = begun(fresh_url("sqlite", tmp_path))
    told = set()
    for number in range(5):
        with store.unit("t", NOW) as unit:
            add(unit, f"p{number}")
        told.add(str(unit.written))
    with over_all(store._engine) as connection:
        drop_guards(connection)
        connection.execute(text("DELETE FROM ledger_entry WHERE pos = 6"))
    report, count, denied = judged(store, told)
    assert not report.holds
    assert count == 5
    assert len(denied) == 1
