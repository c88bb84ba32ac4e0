"""`oncourse db` over real databases: brought on once however many ask, and every kind of damage named."""

import json
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import text

from oncourse.clock import random_salt
from plan import Tenant
from store import Event, EventType, Store, open_engine, opened, schema_state
from store.connection import _config
from tests.databases import fresh_url, over_all
from tests.oncourse.shells import AnyShell, writing

LATEST = schema_state(open_engine("sqlite://"))[1]


def execute(url, *statements):
    engine = open_engine(url)
    with over_all(engine) as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def old(url):
    """Make a database of the first schema with one tenant, who has done nothing yet."""
    with opened(url) as engine:
        command.upgrade(_config(engine), "0001")
        row = {"body": Tenant(tenant_id="main", name="Main").model_dump_json()}
        with over_all(engine) as connection:
            connection.execute(text("INSERT INTO tenant (tenant_id, body, ledger_size) VALUES ('main', :body, 0)"), row)


@contextmanager
def both_waiting(url):
    """Hold up every migration until two of them wait; on SQLite, whose waiting nobody sees, for a while."""
    with opened(url) as engine, engine.connect() as connection, connection.begin():
        connection.execute(text("SELECT count(*) FROM event_inbox"))
        yield
        ends = time.monotonic() + (60 if engine.dialect.name == "postgresql" else 6)
        while time.monotonic() < ends:
            time.sleep(0.1)
            if engine.dialect.name == "postgresql":
                waiting = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
                if connection.execute(waiting).scalar_one() == 2:
                    return


def findings(shell, expect=6):
    found = shell.json("db", "check", expect=expect)
    return [line for one in found["checks"] for line in one["findings"]]


@pytest.fixture(params=["sqlite", "postgresql"])
def unmade(request, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return AnyShell(capsys, fresh_url(request.param, tmp_path))


@pytest.fixture
def shell(unmade):
    return unmade.found()


@pytest.fixture
def plain(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return AnyShell(capsys, fresh_url("sqlite", tmp_path)).found()


def test_an_older_database_is_refused_until_it_was_brought_on_and_two_at_once_do_it_once(unmade):
    shell = unmade
    old(shell.url)
    for words in (["plan", "list"], ["review"], ["worker", "--once"], ["init", "--name", "Other"]):
        shell.run(*words, expect=1)
        assert "bring it on with: oncourse db upgrade" in shell.err
    assert findings(shell) == [
        f"the database has schema 0001 and this program needs {LATEST}; bring it on with: oncourse db upgrade"
    ]
    shell.run("doctor", expect=6)
    with both_waiting(shell.url):
        both = [
            subprocess.Popen(shell.words("db", "upgrade", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert {json.loads(out)["to"] for out, _ in told} == {LATEST}
    assert f"has schema {LATEST} already" in shell.run("db", "upgrade")
    assert "oncourse db check" not in shell.run("plan", "list")
    checks = {one["what"]: one["findings"] for one in shell.json("db", "check", expect=6)["checks"]}
    assert (checks["schema"], checks["tables and guards"]) == ([], [])
    shell.run("ledger", "replay")


def test_a_newer_database_is_refused_by_every_command(shell):
    execute(shell.url, "UPDATE alembic_version SET version_num = '9999'")
    for words in (["plan", "list"], ["worker", "--once"], ["db", "upgrade"]):
        shell.run(*words, expect=1)
        assert "a newer oncourse wrote it" in shell.err
    assert "a newer oncourse wrote it" in findings(shell)[0]


@pytest.mark.parametrize(("command", "code"), [("upgrade", 1), ("check", 6), ("backup", 1)])
def test_where_there_is_no_database_none_is_made(command, code, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell = AnyShell(capsys, f"sqlite:///{tmp_path / 'typo.db'}")
    shell.run("db", command, *(["file"] if command == "backup" else []), expect=code)
    assert list(tmp_path.iterdir()) == []


def guards(url):
    if url.startswith("sqlite"):
        return ["DROP TRIGGER ledger_entry_no_update"], "ledger_entry_no_update"
    return ["ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_no_change"], "ledger_entry_no_change"


def test_a_missing_index_and_a_missing_guard_are_found(shell):
    statements, name = guards(shell.url)
    execute(shell.url, "DROP INDEX uq_plan_one_active", "CREATE TABLE guest (id INTEGER)", *statements)
    assert findings(shell) == [
        "the index uq_plan_one_active is missing",
        f"the guard {name} is missing: the ledger could be rewritten",
    ]
    assert "2 findings." in shell.run("db", "check", expect=6)


def test_a_row_that_is_not_what_its_ledger_says_is_found_with_its_tenant(shell):
    execute(shell.url, "UPDATE ledger_head SET size = size + 1")
    found = shell.json("db", "check", expect=6)
    [one] = [check for check in found["checks"] if check["findings"]]
    assert (one["of"], one["what"]) == ("main", "ledger")
    beside = "what is kept beside the checkpoint is not the tree of the entries"
    assert one["findings"] == ["the ledger's size differs from its head", beside]


def test_what_waits_for_more_than_an_hour_is_found_and_what_just_came_is_not(shell):
    now = datetime.now(UTC)
    engine = open_engine(shell.url)
    with Store(engine, random_salt).unit("main", now) as unit:
        for name, since in (("old", timedelta(hours=2)), ("new", timedelta(minutes=2))):
            event = Event(source="crm", event_id=name, type=EventType.POSTURE_CHANGED, account_id="aurora", body={},
                          received_at=now - since, retry_at=now + timedelta(minutes=5))  # fmt: skip
            unit.events.receive(event)
    engine.dispose()
    [one] = findings(shell)
    assert one.startswith("event old of crm came on ")


def test_a_row_that_nobody_can_read_is_a_finding_and_no_end(shell):
    execute(shell.url, "UPDATE tenant SET body = 'nonsense'")
    [one] = findings(shell)
    assert one.startswith("cannot be read: ")


def test_damaged_pages_are_found_in_one_line(plain, tmp_path):
    path = tmp_path / "test.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        [root] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ledger_entry'").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    found = findings(plain)
    assert any("malformed" in line or "Tree" in line or "btree" in line for line in found), found


def test_a_child_without_its_parent_is_found(plain):
    execute(plain.url, "PRAGMA user_version = 0")
    with closing(sqlite3.connect(plain.url.removeprefix("sqlite:///"))) as connection:
        connection.execute(
            "INSERT INTO plan_step VALUES ('main', 'p-1', 's-1', 0, 'PENDING', 'PREP_RENEWAL_BRIEF', '{}')"
        )
        connection.commit()
    assert "row 1 of plan_step belongs to no plan" in findings(plain)


def test_a_check_keeps_no_writer_waiting(plain):
    """A writer that holds the one write lock holds up no check, and a check none of them."""
    with closing(sqlite3.connect(plain.url.removeprefix("sqlite:///"), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        began = datetime.now(UTC)
        assert findings(plain, expect=0) == []
        assert datetime.now(UTC) - began < timedelta(seconds=20)  # the busy time-out is 30
        writer.execute("ROLLBACK")


def test_a_check_beside_a_writer_sees_one_state_and_finds_nothing(shell, tmp_path):
    sign = tmp_path / "sign"
    writer = writing(shell.url, sign)
    try:
        before = int(sign.read_text())
        for _ in range(3):
            assert findings(shell, expect=0) == []
        assert int(sign.read_text()) > before
    finally:
        writer.kill()
        writer.join()
