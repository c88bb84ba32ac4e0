"""A byte that is changed behind the ledger's back, as a person at the command line meets it: nothing of it runs."""

import sqlite3
from contextlib import closing

import pytest

from tests.oncourse.tenant_states import States

OPERATIONAL = {"row_version", "fence", "next_wake_at"}
"""Columns that say when a plan is looked at and by whom; nothing of its content."""
PLACES = 4
"""How many bytes of a long column are changed, one at a time."""


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    return States(tmp_path_factory.mktemp("tampering"))


@pytest.fixture(autouse=True)
def here(states, monkeypatch):
    monkeypatch.chdir(states.folder)
    monkeypatch.setenv("ONCOURSE_DRAFTER", "playbook")


def places(office, table):
    """Yield every column of the table's first row with the bytes of it that are to be changed."""
    with closing(sqlite3.connect(office.path)) as connection:
        connection.row_factory = sqlite3.Row
        row = connection.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid").fetchone()  # noqa: S608 - our own tables
    for column in row.keys():  # noqa: SIM118 - a Row iterates over its values
        value = str(row[column])
        if column not in OPERATIONAL | {"rowid"} and value:
            steps = max(1, len(value) // PLACES) if column == "body" else len(value)
            yield from ((row["rowid"], column, value, at) for at in range(min(3, len(value) - 1), len(value), steps))


def change(office, table, rowid, column, value, at):
    other = value[:at] + chr(ord(value[at]) ^ 4) + value[at + 1 :]
    with closing(sqlite3.connect(office.path)) as connection:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (other, rowid))  # noqa: S608 - our own tables
        connection.commit()
    return f"{table}.{column}[{at}]: {value[max(0, at - 20) : at + 20]!r}"


def happened(office):
    """Return what the ledger says of starting, and what was sent."""
    with closing(sqlite3.connect(office.path)) as connection:
        started = "SELECT count(*) FROM ledger_entry WHERE type IN ('plan.activated.v1', 'step.started.v1')"
        return [connection.execute(q).fetchone()[0] for q in (started, "SELECT count(*) FROM effect")]


def seen(office):
    """Tell whether the gate saw it, and said so in the plan's story."""
    with closing(sqlite3.connect(office.path)) as connection:
        [plan_id] = connection.execute("SELECT plan_id FROM plan").fetchone()
    return "PG100" in office.do("plan", "explain", plan_id)


@pytest.mark.parametrize("table", ["plan", "plan_step", "approval"])
@pytest.mark.parametrize("when", ["approved", "active"])
def test_a_plan_of_which_one_byte_changed_after_its_approval_starts_nothing_and_is_found(table, when, states):
    state = getattr(states, when)
    office = states.office(state)
    before = happened(office)
    for place in list(places(office, table)):
        office.restore(state)
        what = change(office, table, *place)
        told = office.run("worker", "--once")
        assert "Traceback" not in told.err
        assert told.code == 0 or told.err.startswith("oncourse: "), (what, told.err)
        assert happened(office) == before, (what, told.out, told.err)
        replayed, checked = office.run("ledger", "replay"), office.run("doctor")
        # What a lapsed approval took with it is found no more; what the gate saw of it stays.
        assert replayed.code == 6 or seen(office), (what, replayed.out, replayed.err)
        assert "Traceback" not in checked.err
        assert checked.code or seen(office), (what, checked.out, checked.err)


def test_the_same_worker_starts_what_nobody_changed(states):
    office = states.office(states.approved)
    before = happened(office)
    office.do("worker", "--once")
    office.do("worker", "--until", "2026-03-03T12:00:00+01:00")
    assert all(now > then for now, then in zip(happened(office), before, strict=True))
    assert (office.run("ledger", "replay").code, office.run("doctor").code) == (0, 0)


def test_a_private_text_that_was_swapped_is_seen_and_nothing_starts(states):
    office = states.office(states.approved)
    before = happened(office)
    with closing(sqlite3.connect(office.path)) as connection:
        assert connection.execute("UPDATE ledger_blob SET content = 'p-marb' WHERE content = 'p-mara'").rowcount
        connection.commit()
    office.do("worker", "--once")
    assert happened(office) == before
    assert "not what its commitment says" in office.run("ledger", "replay").out
    assert office.run("doctor").code == 6
