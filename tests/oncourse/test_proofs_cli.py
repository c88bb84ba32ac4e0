"""The ledger proven from the command line: what an auditor sees, and what a keeper of the key does."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ledger import Keyring
from oncourse.config import KEY_FILE
from tests.oncourse.shells import AnyShell

ONE = ("--as", "admin")


@pytest.fixture
def shell(capsys, tmp_path, monkeypatch):
    """A fresh installation, with a key of its own beside the database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(KEY_FILE)
    made = AnyShell(capsys, f"sqlite:///{tmp_path}/test.db")
    made.run("init")
    return made


def person(shell, name):
    shell.run("principal", "add", name, "--role", "editor", *ONE)


def tamper(*statements):
    with closing(sqlite3.connect("test.db", isolation_level=None)) as connection:
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS ledger_entry_no_{verb}")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0


def test_init_makes_a_key_that_only_its_owner_may_read(shell):
    file = Path("test.key")
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    Keyring.read(before.decode())
    shell.run("--tenant", "second", "init")
    assert file.read_bytes() == before


def test_the_key_is_an_ordinary_one_that_openssl_reads(shell):
    done = subprocess.run(
        ["openssl", "pkey", "-in", "test.key", "-text", "-noout"], check=False, capture_output=True, text=True
    )
    assert "ED25519 Private-Key" in done.stdout


@pytest.mark.parametrize("rights", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_may_use_is_refused_with_what_to_do(shell, rights):
    Path("test.key").chmod(rights)
    told = shell.refuse("principal", "list", expect=2)
    assert f"its rights are {rights:04o}" in told
    assert told.endswith("chmod 600 test.key") or "chmod 600" in told


def test_without_the_key_one_reads_and_does_not_write(shell):
    Path("test.key").rename("elsewhere.key")
    assert "admin" in shell.run("principal", "list")
    assert "put the key file back" in shell.refuse("principal", "add", "x", "--role", "editor", *ONE, expect=1)
    assert "nobody knows whose signature counts" in shell.refuse("ledger", "verify", expect=1)
    assert "no key at" in shell.refuse("ledger", "rotate", *ONE, expect=1)
    assert "a worker could do nothing" in shell.refuse("worker", expect=1)
    shell.run("--tenant", "second", "principal", "list", expect=5)
    assert "put the key file back" in shell.refuse("--tenant", "second", "init", expect=1)
    assert not Path("test.key").exists()


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_refused(shell, content):
    Path("test.key").write_text(content)
    assert "no key of the ledger" in shell.refuse("principal", "list", expect=2)


def test_another_key_than_the_one_that_signed_writes_nothing(shell):
    Path("test.key").write_text(Keyring([bytes(32)]).pem)
    assert "signed with a key that it does not have" in shell.refuse(
        "principal", "add", "x", "--role", "editor", *ONE, expect=1
    )
    assert "not signed by a key that is trusted" in shell.run("ledger", "verify", expect=6)


def test_an_honest_ledger_is_told_in_words_and_as_json(shell):
    told = shell.run("ledger", "verify")
    assert "Each is what was written, in its place, and none is missing." in told
    assert "every row is what the ledger says" in told
    assert shell.err == ""
    found = shell.json("ledger", "verify")
    assert found["holds"] is True
    assert found["findings"] == []
    assert found["proof"]["size"] == 4
    assert found["proof"]["key"] == shell.run("ledger", "key").strip()
    assert "replayed" not in shell.run("ledger", "verify", "--no-replay")


def test_what_was_changed_is_told_line_by_line_and_ends_with_6(shell):
    tamper(
        "UPDATE ledger_entry SET type = 'plan.approved.v1' WHERE pos = 2",
        "UPDATE principal SET body = replace(body, 'revops', 'editor')",
    )
    told = shell.run("ledger", "verify", expect=6)
    assert "entry 2: the column type says 'plan.approved.v1', its bytes say 'principal.added.v1'" in told
    assert "principal/admin: the row differs from its ledger" in told
    assert "2 findings. docs/ledger.md says what each means" in told
    assert len(shell.json("ledger", "verify", expect=6)["findings"]) == 2


def test_an_auditor_goes_on_from_what_he_kept(shell):
    shell.run("ledger", "anchor", "kept.jsonl")
    person(shell, "one")
    shell.run("ledger", "anchor", "kept.jsonl")
    person(shell, "two")
    key = shell.run("ledger", "key").strip()
    told = shell.json("ledger", "verify", "--since", "kept.jsonl", "--anchors", "kept.jsonl", "--key", key)
    assert (told["proof"]["since"], told["proof"]["size"], told["proof"]["anchors"], told["replayed"]) == (5, 6, 2, 1)
    other = key.partition("+")[0]
    stranger = str(Keyring([bytes(32)]).verifiers(other)[0])
    assert "not signed by a key that is trusted" in shell.refuse(
        "ledger", "verify", "--since", "kept.jsonl", "--key", stranger, expect=2
    )
    Path("kept.jsonl").write_text("nonsense")
    assert shell.refuse("ledger", "verify", "--anchors", "kept.jsonl", expect=1)
    assert "cannot be read" in shell.refuse("ledger", "verify", "--anchors", "nowhere", expect=2)


def test_an_entry_is_proven_to_somebody_without_the_database(shell, tmp_path):
    shell.run("ledger", "prove", "principal/admin#1", "--out", "mine")
    key = shell.run("ledger", "key").strip()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("mine.json", "mine.tlog-proof"):
        Path(name).rename(elsewhere / name)
    files = (str(elsewhere / "mine.tlog-proof"), str(elsewhere / "mine.json"))
    assert "stands in the log at position 2" in shell.run("ledger", "confirm", *files, "--key", key)
    Path(files[1]).write_text(Path(files[1]).read_text().replace("revops", "editor"))
    assert "does not hold" in shell.run("ledger", "confirm", *files, "--key", key, expect=6)
    assert "Give the log's public key" in shell.refuse("ledger", "confirm", *files, expect=2)
    assert shell.json("ledger", "prove", "log#1")["proof"].startswith("c2sp.org/tlog-proof@v1\nindex 0\n")


@pytest.mark.parametrize("address", ["log#9", "nobody#1", "log", "log#x", "plan/zz#1", "#", "log#99999999999999999999"])
def test_an_entry_that_is_not_there_is_said_so(shell, address):
    assert "there is no entry" in shell.refuse("ledger", "prove", address, expect=5)


def test_a_restored_backup_is_behind_its_anchor_and_goes_on_when_somebody_says_so(shell):
    person(shell, "one")
    shell.run("ledger", "anchor", "kept.jsonl")
    shell.run("db", "backup", "old.db")
    person(shell, "two")
    shell.run("ledger", "anchor", "kept.jsonl")
    told = shell.run("db", "restore", "old.db", "--force")
    assert "only a copy outside says" in told
    assert "holds" not in shell.run("ledger", "verify")
    told = shell.run("ledger", "verify", "--anchors", "kept.jsonl", expect=6)
    assert "over 6 entries is ahead of the ledger, which has 5" in told
    assert "is ahead of the ledger" in shell.refuse("ledger", "anchor", "kept.jsonl", expect=1)
    shell.run("principal", "add", "p", "--role", "plan_approver", *ONE)
    assert "AUTH-" in shell.refuse("ledger", "reopen", "--reason", "The disk died.", "--as", "p", expect=3)


def test_a_reopened_ledger_names_what_was_lost_and_is_proven_under_its_new_name(shell):
    person(shell, "one")
    shell.run("ledger", "anchor", "kept.jsonl")
    shell.run("db", "backup", "old.db")
    person(shell, "two")
    shell.run("ledger", "anchor", "kept.jsonl")
    shell.run("db", "restore", "old.db", "--force")
    told = shell.run("ledger", "reopen", "--anchors", "kept.jsonl", "--reason", "The disk died.", *ONE)
    assert "goes on after entry 5" in told
    assert "1 entry is lost, and it says so." in told
    person(shell, "three")
    shell.run("ledger", "anchor", "kept.jsonl")
    found = shell.json("ledger", "verify", "--anchors", "kept.jsonl")
    assert found["proof"]["origin"].endswith("/2")
    assert (found["proof"]["anchors"], found["findings"]) == (3, [])
    shell.json("ledger", "verify", "--anchors", "kept.jsonl", "--since", "kept.jsonl")
    again = shell.refuse("ledger", "reopen", "--anchors", "old.jsonl", "--reason", "The disk died.", *ONE, expect=2)
    assert "cannot be read" in again


def test_who_reopens_without_naming_what_was_lost_is_found_by_who_kept_it(shell):
    shell.run("db", "backup", "old.db")
    person(shell, "one")
    shell.run("ledger", "anchor", "kept.jsonl")
    shell.run("db", "restore", "old.db", "--force")
    shell.run("ledger", "reopen", "--reason", "Nothing to see.", *ONE)
    assert "gave up without saying so" in shell.run("ledger", "verify", "--anchors", "kept.jsonl", expect=6)


def test_a_ledger_that_lost_nothing_is_not_reopened_by_its_anchor(shell):
    shell.run("ledger", "anchor", "kept.jsonl")
    assert "nothing was lost" in shell.refuse(
        "ledger", "reopen", "--anchors", "kept.jsonl", "--reason", "The disk died.", *ONE, expect=2
    )


def test_a_key_is_rotated_for_each_tenant_and_then_forgotten(shell):
    shell.run("ledger", "anchor", "kept.jsonl")
    shell.run("--tenant", "second", "init")
    old = shell.run("ledger", "key").strip()
    before = Path("test.key").read_text()
    told = shell.run("ledger", "rotate", *ONE)
    assert "until these tenants have rotated, too: second" in told
    assert Path("test.key").read_text().count("PRIVATE KEY") == 4
    person(shell, "one")
    told = shell.run("--tenant", "second", "ledger", "rotate", *ONE)
    assert "The old key is gone from the key file" in told
    assert Path("test.key").read_text().count("PRIVATE KEY") == 2
    assert Path("test.key").stat().st_mode & 0o777 == 0o600
    person(shell, "two")
    new = shell.run("ledger", "key").strip()
    for key in (old, new):
        found = shell.json("ledger", "verify", "--anchors", "kept.jsonl", "--key", key)
        assert (found["holds"], found["proof"]["key"]) == (True, new)
    Path("test.key").write_text(before)
    assert "signed with a key that it does not have" in shell.refuse(
        "principal", "add", "x", "--role", "editor", *ONE, expect=1
    )


def test_the_bar_stands_on_a_terminal_alone_and_json_stays_json(shell):
    done = subprocess.run(
        [str(Path(sys.executable).parent / "oncourse"), "--db", shell.url, "ledger", "verify", "--json"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ},
    )
    assert json.loads(done.stdout)["holds"] is True
    assert done.stderr == ""
