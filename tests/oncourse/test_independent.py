"""An exported ledger is checked by programs that are not ours: Go's transparency-log packages, and openssl."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import missing
from tests.oncourse.test_archives_cli import demo, mine, plan_of, shell

__all__ = ["demo", "mine", "shell"]
SOURCE = Path(__file__).parent.parent / "ledger" / "independent" / "main.go"
PACKAGES = Path("/usr/share/gocode")
"""Where Debian's golang-golang-x-mod-dev puts Go's own packages."""
FLIPS = 1_000
"""In each kind of file."""


@pytest.fixture(scope="module")
def checker(tmp_path_factory):
    """The program, built offline from Debian's packages."""
    if shutil.which("go") is None or not (PACKAGES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        missing("Go with golang.org/x/mod (Debian: golang-go golang-golang-x-mod-dev)")
    made = tmp_path_factory.mktemp("independent")
    offline = {
        "GO111MODULE": "off", "GOPATH": str(PACKAGES), "GOCACHE": str(made / "cache"), "GOFLAGS": "", "CGO_ENABLED": "0",
    }  # fmt: skip
    told = subprocess.run(
        ["go", "build", "-o", str(made / "independent"), str(SOURCE)],
        env={**os.environ, **offline}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr

    def run(*words, expect=0):
        done = subprocess.run(
            [str(made / "independent"), *map(str, words)], capture_output=True, text=True, check=False
        )
        assert done.returncode == expect, (words, done.stdout, done.stderr)
        return json.loads(done.stdout) if expect == 0 else done.stderr

    return run


@pytest.fixture
def key(shell):
    return shell.run("ledger", "key").strip()


def export(shell, name, *words):
    shell.run("ledger", "export", name, *words)
    return Path(name)


@pytest.mark.parametrize("form", ["tiles", "jsonl"])
def test_go_finds_a_whole_export_sound(shell, checker, key, form):
    size = shell.json("ledger", "export", "out", "--form", form, "--proofs")["of"]
    told = checker("check", "out", key)
    assert (told["size"], told["entries"], told["proofs"]) == (size, size, size)
    assert (told["tiles"] > 2) is (form == "tiles")


@pytest.mark.parametrize("form", ["tiles", "jsonl"])
def test_no_bit_can_be_turned_over_without_go_finding_it(shell, checker, key, form):
    export(shell, "out", "--form", form, "--plan", plan_of(shell))
    told = checker("flips", "out", key, FLIPS)
    kinds = (
        {"checkpoint", "entries", "tile", "proofs"} if form == "tiles" else {"checkpoint", "entries.jsonl", "proofs"}
    )
    assert told["flips"] == dict.fromkeys(kinds, FLIPS)
    assert told["missed"] == []
    assert told["unused"] < FLIPS / 50


def test_go_refuses_what_was_moved_cut_or_put_in(shell, checker, key):
    plan = plan_of(shell)
    whole = export(shell, "whole", "--form", "jsonl", "--plan", plan) / "entries.jsonl"
    lines = whole.read_bytes().splitlines(keepends=True)
    for other in (lines[1::-1] + lines[2:], lines[:-1], [*lines, lines[0]]):
        whole.write_bytes(b"".join(other))
        checker("check", "whole", key, expect=1)
    whole.write_bytes(b"".join(lines))
    checker("check", "whole", key)
    tiles = export(shell, "tiles", "--form", "tiles")
    (tiles / "tile" / "0" / "999").write_bytes(b"")
    assert "belongs to nothing" in checker("check", "tiles", key, expect=1)
    (tiles / "tile" / "0" / "999").unlink()
    (tiles / "tile" / "0" / "000").unlink()
    assert "tile/0/000" in checker("check", "tiles", key, expect=1)


def test_go_trusts_no_other_key(shell, checker, key, capsys):
    from ledger import Signer

    export(shell, "out")
    other = str(Signer(key.partition("+")[0], bytes(32)).verifier)
    assert "checkpoint" in checker("check", "out", other, expect=1)


def test_go_proves_that_a_ledger_only_grew(checker, mine):
    from ledger import Frontier

    key = mine.run("ledger", "key").strip()
    before = export(mine, "before", "--form", "tiles") / "checkpoint"
    mine.run("principal", "add", "p-new", "--role", "editor", "--as", "p-admin")
    export(mine, "after", "--form", "tiles")
    assert checker("grown", before, "after", key) == "the newer log begins with the older one"
    old = before.read_text()
    before.write_text(old.replace(old.split("\n")[2], base64.b64encode(Frontier().root()).decode()))
    checker("grown", before, "after", key, expect=1)
    checker("grown", "after/checkpoint", "before", key, expect=1)


def test_openssl_checks_the_checkpoints_signature(shell, key, tmp_path):
    if shutil.which("openssl") is None:
        missing("openssl")
    text, _, signatures = (export(shell, "out") / "checkpoint").read_text().rpartition("\n\n")
    Path("text").write_text(text + "\n")
    Path("signature").write_bytes(base64.b64decode(signatures.split(" ")[2])[4:])
    Path("key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + base64.b64decode(key.split("+", 2)[2])[1:])

    def verified():
        words = "openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in text -sigfile signature"
        return subprocess.run(words.split(), capture_output=True, text=True, check=False)

    assert "Signature Verified Successfully" in verified().stdout
    Path("text").write_text(text + " \n")
    assert verified().returncode == 1


PAGE = (Path(__file__).parents[2] / "docs" / "auditing.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def bare(text):
    """Leave out what another demo changes: keys and numbers."""
    return [re.sub(r"\d+", "N", re.sub(r"oncourse\.log/\S+", "KEY", line)) for line in text.rstrip().split("\n")]


def test_the_auditors_page_shows_what_the_commands_print(shell):
    commands = [part for block in blocks("console") for part in block.split("$ oncourse ")[1:]]
    assert len(commands) == 5
    for part in commands:
        command, _, shown = part.partition("\n")
        printed = shell.run(*command.split())
        wanted = shown.removeprefix("...\n")
        assert bare(printed)[-len(bare(wanted)) :] == bare(wanted), command
        assert shown != wanted or bare(printed) == bare(wanted), command


def test_what_the_auditors_page_tells_to_run_says_that_all_is_well(shell, checker, key):
    export(shell, "audit", "--plan", "87e1d49d")
    export(shell, "everything", "--form", "tiles")
    export(shell, "whole")
    shutil.copy("everything/checkpoint", "kept-checkpoint")
    by_openssl, by_go = blocks("sh")
    told = subprocess.run(
        ["sh", "-e"], input=by_openssl, env={**os.environ, "KEY": key}, capture_output=True, text=True, check=False
    )
    assert "Signature Verified Successfully" in told.stdout
    commands = re.findall(r"go run main.go (.*) \"\$KEY\"", by_go)
    assert len(commands) == 3
    for command in commands:
        checker(*command.split(), key)
    [script] = blocks("python")
    for changed, says in ((b"", "True"), (b"{}\n", "False")):
        with Path("whole/entries.jsonl").open("ab") as file:
            file.write(changed)
        done = subprocess.run(
            [sys.executable, "-"], input=script, cwd="whole", capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == says
