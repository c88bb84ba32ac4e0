"""A database kept in a file and put back: whole or not at all, whoever writes, dies or hands in something else."""

import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oncourse.clock import RealClock, random_salt
from oncourse.identity import Doorkeeper, Sessions
from store import Store, StoreError, Whose, dump_database, opened
from tests.databases import _binaries, fresh_url
from tests.oncourse.shells import AnyShell, writing
from tests.oncourse.test_databases_cli import execute, old

COPIES = 6


@pytest.fixture
def shell(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return AnyShell(capsys, fresh_url("sqlite", tmp_path)).found()


def people(shell):
    return {person["principal_id"] for person in shell.json("principal", "list")}


def signed_in(shell):
    with opened(shell.url) as engine:
        store, clock = Store(engine, random_salt), RealClock()
        secret = Sessions(store, clock, random_salt).open(Whose("main", "admin"), "local", clock.now()).secret
        assert Doorkeeper(store, clock).by_session(secret) is not None
    return secret


@contextmanager
def workers_of(shell):
    with opened(shell.url) as engine, Store(engine, random_salt).workers() as workers:
        yield workers


def listing(folder):
    """Return the bytes of every file: what must stay as it was."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_each_copy_that_is_made_while_another_process_writes_is_whole(shell, tmp_path):
    sign = tmp_path / "sign"
    writer = writing(shell.url, sign)
    sizes = []
    try:
        for number in range(COPIES):
            shell.run("db", "backup", f"copy-{number}")
            sizes.append(int(sign.read_text()))
            ends = time.monotonic() + 30
            while int(sign.read_text()) == sizes[-1] and time.monotonic() < ends:
                time.sleep(0.05)
        assert writer.is_alive()
    finally:
        writer.kill()
        writer.join()
    assert len(set(sizes)) == COPIES  # the writer went on between any two copies
    counts = []
    for number in range(COPIES):
        other = AnyShell(shell._capsys, f"sqlite:///{tmp_path / f'{number}.db'}")
        other.run("db", "restore", f"copy-{number}")
        assert "every row is what the ledger says" in other.run("ledger", "replay")
        counts.append(len(people(other)))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_what_is_put_back_is_what_was_kept_and_its_queue_and_workers_are_gone(shell, tmp_path):
    with workers_of(shell) as workers:
        workers.beat("w-1", datetime.now(UTC) - timedelta(minutes=5))
    secret = signed_in(shell)
    shell.run("db", "backup", "kept")
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0
    before = people(shell)
    shell.run("principal", "add", "p-late", "--role", "editor", "--as", "admin")
    queue = [tmp_path / f"test.queue.db{suffix}" for suffix in ("", "-wal", "-shm")]
    for path in queue:
        path.write_text("what a worker left")
    told = shell.refuse("db", "restore", "kept", expect=2)
    assert "is not empty" in told
    assert ": 1 tenant at schema " in shell.run("db", "restore", "kept", "--force")
    assert people(shell) == before
    assert not any(path.exists() for path in queue)
    assert "every row is what the ledger says" in shell.run("ledger", "replay")
    shell.run("db", "check")
    with workers_of(shell) as workers:
        assert workers.alive(datetime.now(UTC) - timedelta(days=1)) == []
    with opened(shell.url) as engine:
        assert Doorkeeper(Store(engine, random_salt), RealClock()).by_session(secret) is None
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


def test_a_copy_of_an_older_schema_is_brought_on_aside_and_stays_as_it_was(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell = AnyShell(capsys, fresh_url("sqlite", tmp_path))
    old(shell.url)
    shell.run("db", "backup", "old")
    kept = (tmp_path / "old").read_bytes()
    other = AnyShell(capsys, f"sqlite:///{tmp_path / 'other.db'}")
    assert "brought on from schema 0001" in other.run("db", "restore", "old")
    assert "every row is what the ledger says" in other.run("ledger", "replay")
    assert (tmp_path / "old").read_bytes() == kept


def test_a_backup_replaces_no_file_unless_told_and_never_the_database(shell, tmp_path):
    (tmp_path / "kept").write_text("precious")
    assert "exists already" in shell.refuse("db", "backup", "kept", expect=2)
    assert (tmp_path / "kept").read_text() == "precious"
    shell.run("db", "backup", "kept", "--force")
    assert (tmp_path / "kept").read_bytes().startswith(b"SQLite format 3")
    (tmp_path / "link").symlink_to("test.db")
    for name in ("test.db", "test.db-wal", "test.queue.db", "link"):
        assert "is the database itself" in shell.refuse("db", "backup", name, "--force", expect=2)
        if name != "test.db-wal":
            assert "oncourse: " in shell.refuse("db", "restore", name, "--force", expect=2)
    assert "is a folder" in shell.refuse("db", "backup", str(tmp_path), "--force", expect=2)
    assert "nothing can be written" in shell.refuse("db", "backup", "nowhere/kept", expect=1)
    shell.run("ledger", "replay")


def test_a_copy_that_fails_half_way_leaves_nothing(shell, tmp_path, monkeypatch):
    def full(_number):
        raise OSError(28, "No space left on device")

    (tmp_path / "kept").write_text("precious")
    before = set(listing(tmp_path))
    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in shell.refuse("db", "backup", "kept", "--force", expect=1)
    assert (tmp_path / "kept").read_text() == "precious"
    assert set(listing(tmp_path)) == before


def truncated(good):
    good.write_bytes(good.read_bytes()[: good.stat().st_size // 2])


def foreign(good):
    good.unlink()
    with closing(sqlite3.connect(good)) as connection:
        connection.execute("CREATE TABLE guest (id INTEGER)")
        connection.commit()


def newer(good):
    execute(f"sqlite:///{good}", "UPDATE alembic_version SET version_num = '9999'")


def tampered(good):
    execute(f"sqlite:///{good}", "UPDATE principal SET body = replace(body, 'revops', 'editor')")


def unreadable(good):
    execute(f"sqlite:///{good}", "UPDATE ledger_stream SET last_seq = 9", "UPDATE tenant SET policy = 'x'")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (truncated, "nothing was changed"),
        (foreign, "holds no oncourse database"),
        (newer, "a newer oncourse wrote it"),
        (tampered, "principal/admin: the row differs from its ledger"),
        (unreadable, "the policy in force is not the one that was published last"),
        (lambda good: good.write_text("a text that is long enough to be looked into" * 9), "file is not a database"),
        (lambda good: good.write_bytes(b""), "holds no oncourse database"),
        (Path.unlink, "there is no file"),
    ],
    ids=["truncated", "foreign", "newer", "tampered", "another policy", "text", "empty", "gone"],
)
def test_what_is_not_a_whole_backup_is_refused_and_nothing_is_changed(shell, tmp_path, spoil, said):
    folder = tmp_path / "backups"
    folder.mkdir()
    shell.run("db", "backup", "backups/kept")
    spoil(folder / "kept")
    before = listing(tmp_path), listing(folder)
    told = shell.refuse("db", "restore", "backups/kept", "--force", expect=2 if said == "there is no file" else 1)
    assert said in told
    assert (listing(tmp_path), listing(folder)) == before


def test_nothing_is_put_in_the_place_of_a_database_that_is_worked_on(shell, tmp_path):
    shell.run("db", "backup", "kept")
    with workers_of(shell) as workers:
        workers.beat("w-1", datetime.now(UTC))
    assert "the worker w-1 works on" in shell.refuse("db", "restore", "kept", "--force", expect=1)
    with workers_of(shell) as workers:
        workers.forget("w-1")
    with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as reader:
        reader.execute("SELECT count(*) FROM tenant").fetchone()
        assert "is open in another process" in shell.refuse("db", "restore", "kept", "--force", expect=1)
        assert reader.execute("SELECT count(*) FROM tenant").fetchone() == (1,)
    shell.run("db", "restore", "kept", "--force")


def test_what_a_dead_process_left_beside_a_database_never_meets_the_one_that_takes_its_place(shell, tmp_path):
    """A writer that was killed leaves its last commits in the log beside the database."""
    shell.run("db", "backup", "kept")
    before = people(shell)
    sign = tmp_path / "sign"
    writer = writing(shell.url, sign)
    writer.kill()
    writer.join()
    assert (tmp_path / "test.db-wal").stat().st_size > 0
    shell.run("db", "restore", "kept", "--force")
    assert people(shell) == before
    shell.run("db", "check")


def test_a_database_beyond_reading_is_replaced_when_told(shell, tmp_path):
    shell.run("db", "backup", "kept")
    (tmp_path / "test.db").write_text("what is left of a database" * 40)
    assert "is not empty" in shell.refuse("db", "restore", "kept", expect=2)
    shell.run("db", "restore", "kept", "--force")
    shell.run("db", "check")


def test_a_restore_that_fails_at_its_last_step_leaves_the_old_database(shell, tmp_path, monkeypatch):
    shell.run("db", "backup", "kept")
    shell.run("principal", "add", "p-late", "--role", "editor", "--as", "admin")

    def fail(_self, _target):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        assert "Input/output error" in shell.refuse("db", "restore", "kept", "--force", expect=1)
    assert "p-late" in people(shell)
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []
    shell.run("db", "check")


def test_postgresql_is_kept_by_its_own_program_and_comes_back_by_the_one_that_is_named(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell = AnyShell(capsys, fresh_url("postgresql", tmp_path)).found()
    monkeypatch.setenv("PATH", f"{_binaries()}:{os.environ['PATH']}")
    shell.run("db", "upgrade")
    assert "kept holds the database" in shell.run("db", "backup", "kept")
    assert "exists already" in " ".join([shell.run("db", "backup", "kept", expect=2), shell.err])
    shell.run("db", "restore", "kept", expect=2)
    assert "pg_restore --single-transaction --no-owner --dbname=NEW FILE" in shell.err
    other = AnyShell(capsys, fresh_url("postgresql", tmp_path))
    words = [shutil.which("pg_restore"), "--single-transaction", "--no-owner", f"--dbname={other.url}", "kept"]
    subprocess.run(words, check=True, capture_output=True)
    other.run("db", "check")
    assert "every row is what the ledger says" in other.run("ledger", "replay")
    assert people(other) == people(shell)
    other.run("db", "upgrade")


def test_a_dump_that_would_be_empty_because_a_pooler_drops_its_options_is_refused(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("store.dumps._SHOW_ALL", "-c oncourse.tenant=")
    with pytest.raises(StoreError, match="a copy would hold no rows"):
        dump_database(AnyShell(capsys, fresh_url("postgresql", tmp_path)).found().url, tmp_path / "kept")


def test_what_a_url_or_the_environment_asks_of_the_server_is_asked_by_the_dump_too(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{_binaries()}:{os.environ['PATH']}")
    url = AnyShell(capsys, fresh_url("postgresql", tmp_path)).found().url
    for number, (address, known) in enumerate(((url, "-c work_mem=nonsense"), (f"{url}?options=-c%20work_mem=1", ""))):
        monkeypatch.setenv("PGOPTIONS", known)
        with pytest.raises(StoreError, match="work_mem"):
            dump_database(address, tmp_path / f"kept{number}")


def test_where_pg_dump_is_missing_or_fails_one_line_says_what_to_do(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell = AnyShell(capsys, fresh_url("postgresql", tmp_path)).found()
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    shell.run("db", "backup", "kept", expect=1)
    assert "pg_dump --format=custom" in shell.err
    (tools / "pg_dump").write_text(
        "#!/bin/sh\necho 'pg_dump: error: aborting because of server version mismatch' >&2\nexit 1\n"
    )
    (tools / "pg_dump").chmod(0o755)
    shell.run("db", "backup", "kept", expect=1)
    assert "pg_dump failed, and nothing was written: pg_dump: error: aborting because of server version" in shell.err
    assert not (tmp_path / "kept").exists()
