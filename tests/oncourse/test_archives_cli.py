"""The ledger written out by command: whole or not at all, and what is written is what was signed."""

import csv
import json
import shutil
import sqlite3
import subprocess
from base64 import b64decode
from contextlib import closing
from pathlib import Path

import pytest

from ledger import Proof, Verifier, bundled, leaf_hash, root_from, root_of
from oncourse.cli import main
from tests.oncourse.shells import ONCOURSE
from tests.oncourse.test_cli import Shell


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archives")
    assert main(["demo", "--plain", "--dir", str(folder)]) == 0
    return folder / "oncourse.db"


@pytest.fixture
def shell(demo, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONCOURSE_LEDGER_KEY_FILE", str(demo.with_suffix(".key")))
    capsys.readouterr()
    return Shell(capsys, demo)


@pytest.fixture
def mine(demo, capsys, tmp_path, monkeypatch):
    """A copy of it that a test may write into."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(demo.with_suffix(".key"), "mine.key")
    with closing(sqlite3.connect(demo)) as source, closing(sqlite3.connect("mine.db")) as target:
        source.backup(target)
    monkeypatch.setenv("ONCOURSE_LEDGER_KEY_FILE", str(tmp_path / "mine.key"))
    capsys.readouterr()
    return Shell(capsys, tmp_path / "mine.db")


@pytest.fixture
def hurt(shell, demo, capsys, tmp_path):
    """The same ledger with one byte of one entry changed behind its back."""
    with closing(sqlite3.connect(demo)) as source, closing(sqlite3.connect("hurt.db")) as target:
        source.backup(target)
        target.executescript(
            "DROP TRIGGER IF EXISTS ledger_entry_no_update;"
            'UPDATE ledger_entry SET body = replace(body, \'"role":"plan_approver"\', \'"role":"plan_approved"\')'
            ' WHERE pos = (SELECT min(pos) FROM ledger_entry WHERE body LIKE \'%"role":"plan_approver"%\')'
        )
        target.commit()
    return Shell(capsys, tmp_path / "hurt.db")


def stored(demo):
    with closing(sqlite3.connect(demo)) as connection:
        return [body for (body,) in connection.execute("SELECT body FROM ledger_entry ORDER BY pos")]


def table_of(name):
    with Path(name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def root_in(checkpoint):
    return b64decode(checkpoint.split("\n")[2])


def plan_of(shell, account="aurora"):
    return next(p["plan_id"] for p in shell.json("plan", "list", "--account", account))


def left(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir())


def test_json_lines_are_the_bytes_that_were_hashed_with_their_checkpoint(shell, demo):
    said = shell.run("ledger", "export", "out")
    bodies = stored(demo)
    assert f"out holds {len(bodies)} entries, and the checkpoint over {len(bodies)}." in said
    lines = Path("out/entries.jsonl").read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert lines == [body.encode() for body in bodies]
    checkpoint = Path("out/checkpoint").read_text()
    assert root_of(map(leaf_hash, lines)) == root_in(checkpoint)
    assert said.endswith(shell.run("ledger", "key"))
    assert {path.name for path in Path("out").iterdir()} == {"entries.jsonl", "checkpoint"}


def test_tiles_hold_every_entry_and_come_to_the_root_that_was_signed(shell, demo):
    shell.run("ledger", "export", "out", "--form", "tiles")
    files = {path.relative_to("out").as_posix(): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    bundles = sorted(name for name in files if name.startswith("tile/entries/"))
    assert [e.decode() for name in bundles for e in bundled(files[name])] == stored(demo)
    assert root_from(files, len(stored(demo))) == root_in(files["checkpoint"].decode())


@pytest.mark.parametrize("form", ["jsonl", "tiles"])
def test_each_entry_of_a_plan_has_its_proof(shell, form):
    plan = plan_of(shell)
    told = shell.json("ledger", "export", "out", "--form", form, "--plan", plan[:8])
    mine = shell.json("ledger", "explain", plan)
    assert told["proofs"] == len(mine)
    key = Verifier.read(told["key"])
    proofs = sorted(
        (Proof.read(p.read_text()) for p in Path("out/proofs").rglob("*.tlog-proof")), key=lambda p: p.index
    )
    if form == "jsonl":
        bodies = Path("out/entries.jsonl").read_bytes().splitlines()
        assert not Path("out/tile").exists()
    else:
        every = [
            e
            for path in sorted(Path("out/tile/entries").rglob("*"))
            if path.is_file()
            for e in bundled(path.read_bytes())
        ]
        bodies = [every[proof.index] for proof in proofs]
    assert len(bodies) == len(proofs) == len(mine)
    for body, proof in zip(bodies, proofs, strict=True):
        assert proof.proves(body, [key])
        assert json.loads(body)["stream"] == f"plan/{plan}"


def test_days_narrow_what_is_written_and_both_belong_to_it(shell, demo):
    shell.run("ledger", "export", "some.csv", "--form", "csv", "--since", "2026-03-03", "--until", "2026-03-03")
    rows = table_of("some.csv")
    # The tenant lives in Berlin: its day begins an hour before that of UTC.
    days = [e for e in map(json.loads, stored(demo)) if "2026-03-02T23:00" <= e["at"] < "2026-03-03T23:00"]
    assert [row["entry"] for row in rows] == [f"{e['stream']}#{e['seq']}" for e in days]
    assert rows


def test_a_table_shows_texts_only_where_they_were_asked_for(shell):
    shell.run("ledger", "export", "plain.csv", "--form", "csv")
    said = shell.run("ledger", "export", "full.csv", "--form", "csv", "--texts")
    assert "It holds names and texts as the database does" in said
    plain, full = (Path(name).read_text("utf-8-sig") for name in ("plain.csv", "full.csv"))
    assert "Write to Knut alone first" in full
    assert "Write to Knut alone first" not in plain
    assert Path("full.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert Path("full.csv").stat().st_mode & 0o077 == 0
    assert "ref:sha256" not in full + plain
    row = next(r for r in csv.DictReader(plain.splitlines()) if "sent the plan back" in r["what"])
    assert (row["who"], row["role"], row["account"], row["why"]) == ("p-otto", "plan_approver", "ibsen", "[not shown]")


@pytest.mark.parametrize("form", ["cloudevents", "otlp"])
def test_other_forms_have_one_line_an_entry(shell, demo, form):
    shell.run("ledger", "export", "out", "--form", form)
    assert len([json.loads(line) for line in Path("out").read_text().splitlines()]) == len(stored(demo))


@pytest.mark.parametrize("form", ["jsonl", "cloudevents", "otlp", "csv", "tiles"])
def test_a_ledger_that_is_not_what_was_signed_is_not_written_out(hurt, tmp_path, form):
    before = left(tmp_path)
    line = hurt.refuse("ledger", "export", "out", "--form", form, expect=6)
    assert "nothing was written: the entries are not what the checkpoint signs" in line
    assert left(tmp_path) == before


@pytest.mark.parametrize("form", ["cloudevents", "otlp", "csv"])
@pytest.mark.parametrize("body", ["", "{}", "[]", '{"type": 1}', "x", '{"data": {"plan": 7}}'])
def test_what_is_no_entry_any_more_is_not_written_out_either(hurt, tmp_path, form, body):
    with closing(sqlite3.connect("hurt.db")) as connection:
        first = "(SELECT min(pos) FROM ledger_entry WHERE type = 'plan.proposed.v1')"
        connection.execute("UPDATE ledger_entry SET body = ? WHERE pos = " + first, (body,))  # noqa: S608 - our own words
        connection.commit()
    assert "nothing was written" in hurt.refuse("ledger", "export", "out", "--form", form, expect=6)
    assert not Path("out").exists()


@pytest.mark.parametrize("form", ["jsonl", "tiles"])
def test_a_folder_that_holds_something_is_left_alone(shell, tmp_path, form):
    Path("out").mkdir()
    Path("out/mine").write_text("mine")
    line = shell.refuse("ledger", "export", "out", "--form", form, expect=2)
    assert "out exists and is not an empty folder; name a new one" in line
    assert left(tmp_path) == ["out"]
    assert [path.name for path in Path("out").iterdir()] == ["mine"]


def test_an_empty_folder_is_filled(shell):
    Path("out").mkdir()
    shell.run("ledger", "export", "out", "--form", "tiles")
    assert Path("out/checkpoint").exists()


def test_a_file_that_exists_is_left_alone(shell, tmp_path):
    Path("out.csv").write_text("mine")
    assert "out.csv exists already" in shell.refuse("ledger", "export", "out.csv", "--form", "csv", expect=2)
    assert Path("out.csv").read_text() == "mine"
    assert left(tmp_path) == ["out.csv"]


def test_a_place_where_nothing_can_be_written_gets_one_line(shell):
    for form in ("tiles", "csv"):
        assert "nothing can be written beside" in shell.refuse("ledger", "export", "no/out", "--form", form, expect=1)


@pytest.mark.parametrize("form", ["jsonl", "tiles", "csv", "cloudevents"])
def test_a_disk_that_fills_up_leaves_nothing_behind(shell, demo, tmp_path, form):
    words = [
        str(ONCOURSE),
        "--db",
        f"sqlite:///{demo}",
        "--tenant",
        "lindqvist",
        "ledger",
        "export",
        "out",
        "--form",
        form,
    ]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 160; exec "$@"', "sh", *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "oncourse: out cannot be written: File too large\n"
    assert left(tmp_path) == []


def test_without_the_key_nothing_is_written_and_one_line_says_why(shell, tmp_path, monkeypatch):
    monkeypatch.setenv("ONCOURSE_LEDGER_KEY_FILE", str(tmp_path / "none.key"))
    assert "there is no key at" in shell.refuse("ledger", "export", "out", expect=1)
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--texts",), "--texts goes with --form csv alone"),
        (("--form", "csv", "--proofs"), "--proofs goes with --form jsonl or tiles"),
        (("--since", "soon"), "'soon' is no day"),
    ],
)
def test_options_that_do_not_fit_get_one_line(shell, tmp_path, words, says):
    assert says in shell.refuse("ledger", "export", "out", *words, expect=2)
    assert left(tmp_path) == []


def test_a_plan_that_is_not_there_gets_one_line_and_leaves_nothing(shell, tmp_path):
    assert "there is no plan" in shell.refuse("ledger", "export", "out", "--plan", "nothing", expect=5)
    assert left(tmp_path) == []


def test_the_list_of_contacts_is_a_table_json_and_a_file(shell):
    said = shell.run("ledger", "contacts")
    assert "each was approved by a person, and nobody who had opted out was reached." in said
    found = shell.json("ledger", "contacts")
    assert {one["opted_out"] for one in found} == {"no"}
    assert {one["address"] for one in found} == {""}
    shell.run("ledger", "contacts", "--out", "contacts.csv", "--texts")
    rows = table_of("contacts.csv")
    assert [row["entry"] for row in rows] == [one["entry"] for one in found]
    assert any(row["address"].endswith("@aurora.example") for row in rows)
    only = shell.json("ledger", "contacts", "--account", "aurora", "--until", "2026-03-06")
    assert only
    assert only == [one for one in found if one["account_id"] == "aurora" and one["at"] < "2026-03-06T23"]
    assert "contacts.csv exists already" in shell.refuse("ledger", "contacts", "--out", "contacts.csv", expect=2)


def test_a_list_of_contacts_of_nobody_says_so(shell):
    assert "nosuch" in shell.refuse("ledger", "contacts", "--account", "nosuch", expect=5)
    assert shell.run("ledger", "contacts", "--since", "2031-01-01") == "Nobody outside was reached.\n"
    words = ("ledger", "contacts", "--since", "2026-05-02", "--until", "2026-05-01")
    assert "--since 2026-05-02 is after --until 2026-05-01" in shell.refuse(*words, expect=2)


def test_somebody_who_had_opted_out_and_was_written_to_is_named_with_exit_6(mine):
    told = {
        "specversion": "1.0", "id": "e-1", "source": "crm", "type": "contact.replied", "subject": "aurora",
        "time": "2026-03-04T09:00:00Z", "data": {"contact_id": "aurora-1", "heard": "opted_out"},
    }  # fmt: skip
    Path("late.json").write_text(json.dumps(told))
    mine.run("event", "send", "late.json", "--as", "p-admin")
    mine.run("worker", "--once")
    said = mine.run("ledger", "contacts", expect=6)
    assert "LAUNCH_ADOPTION_PLAY to aurora-1 on 2026-03-05 08:00: whoever it went to had asked to be left alone" in said
    assert said.endswith("28 contacts, 1 finding.\n")
    [bad] = [one for one in mine.json("ledger", "contacts", "--account", "aurora", expect=6) if one["finding"]]
    assert bad["opted_out"] == "yes, not known then"


def test_whoever_was_erased_is_still_shown_not_to_have_been_written_to_against_their_will(mine):
    mine.run("ledger", "erase", "--contact", "aurora-1", "--request", "req_1", "--as", "p-admin")
    found = [
        one for one in mine.json("ledger", "contacts", "--account", "aurora", "--texts") if one["channel"] != "by hand"
    ]
    assert "no, the gate said" in {one["opted_out"] for one in found}
    assert not any("ida.stern" in one["address"] for one in found)
    mine.run("ledger", "export", "out.csv", "--form", "csv", "--texts")
    assert "Ida" not in Path("out.csv").read_text("utf-8-sig")
    mine.run("ledger", "export", "out", "--form", "tiles")
