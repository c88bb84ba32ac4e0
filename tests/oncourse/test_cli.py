"""The command line as people use it: a whole life by hand, and one clear line for every mistake."""

import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oncourse.bootstrap import open_store
from oncourse.cli import main
from oncourse.config import read_settings
from oncourse.console import out
from oncourse.demo import demo_batch
from tests.oncourse.folders import demo_folder

START = "2026-03-02T08:00:00+01:00"


class Shell:
    """Runs commands against one database and keeps what they print."""

    def __init__(self, capsys, database, tenant="lindqvist"):
        self._capsys, self._base = capsys, ["--db", f"sqlite:///{database}", "--tenant", tenant]
        self.err = ""

    def run(self, *words, expect=0):
        code = main([*self._base, *words])
        out, self.err = self._capsys.readouterr()
        assert code == expect, (words, out, self.err)
        assert "Traceback" not in out + self.err
        return out

    def json(self, *words, expect=0):
        return json.loads(self.run(*words, "--json", expect=expect))

    def refuse(self, *words, expect):
        """Run a command that must be refused with one line on stderr and nothing on stdout."""
        out = self.run(*words, expect=expect)
        assert out == ""
        [line] = self.err.removesuffix("\n").split("\n")
        assert line.startswith("oncourse: ")
        return line


@pytest.fixture
def shell(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONCOURSE_DRAFTER", "playbook")
    made = Shell(capsys, tmp_path / "test.db")
    made.run("init", "--name", "Lindqvist Sensors", "--zone", "Europe/Berlin", "--clock", START)
    made.run("import", str(demo_folder()), "--as", "admin")
    for name, role in (
        ("p-otto", "plan_approver"),
        ("p-sara", "senior_approver"),
        ("p-lena", "editor"),
        ("p-mara", "editor"),
    ):
        made.run("principal", "add", name, "--role", role, "--as", "admin")
    return made


@pytest.fixture
def draft(shell):
    return shell.json("plan", "propose", "aurora", "--as", "p-mara")["plan_id"]


def digest_of(shell, plan_id):
    return shell.json("plan", "show", plan_id)["approve_with"]


def step_of(shell, plan_id, action):
    return next(s for s in shell.json("step", "list", plan_id) if s["action_type"] == action)


def test_a_whole_life_by_hand(shell, draft):
    assert "approve the draft" in shell.run("review")
    shell.run("plan", "approve", draft, "--digest", digest_of(shell, draft), "--as", "p-otto")
    shell.run("worker", "--once")
    assert shell.json("plan", "show", draft)["status"] == "ACTIVE"
    shell.run("worker", "--until", "2026-03-05T12:00:00+01:00")
    shell.run(
        "step",
        "outcome",
        draft,
        step_of(shell, draft, "CONFIRM_RENEWAL_OWNER")["step_id"],
        "OWNER_CONFIRMED",
        "--as",
        "p-mara",
    )
    shell.run("worker", "--once")
    meeting = step_of(shell, draft, "REQUEST_RENEWAL_MEETING")
    assert meeting["status"] == "PENDING_APPROVAL"
    shown = shell.json("step", "show", draft, meeting["step_id"][:8])
    assert "Ida" in shown["text"]
    shell.run("step", "approve", draft, meeting["step_id"][:8], "--digest", shown["rendered"], "--as", "p-otto")
    shell.run("worker", "--until", "2026-03-10T12:00:00+01:00")
    assert step_of(shell, draft, "REQUEST_RENEWAL_MEETING")["status"] == "AWAITING_OUTCOME"
    shell.run("plan", "pause", draft, "--reason", "They are on holiday.", "--as", "p-otto")
    shell.run("plan", "resume", draft, "--reason", "They are back.", "--as", "p-otto")
    shell.run("plan", "abort", draft, "--reason", "They were bought.", "--as", "p-otto")
    story = shell.run("ledger", "explain", draft)
    assert "Aborted on 2026-03-10: a person stopped it. They were bought." in story
    assert "approved step" in shell.run("ledger", "why", draft, meeting["step_id"][:8])
    turns = shell.run("ledger", "course-changes", draft)
    assert "paused the plan because a person wanted it so: They are on holiday." in turns
    assert "let the plan go on: They are back." in turns
    assert "approved revision" not in turns
    assert "every row is what the ledger says" in shell.run("ledger", "replay")
    assert "16 promises hold" in shell.run("doctor")


def test_a_story_is_told_whole_also_where_the_clock_has_gone_back_since(shell, draft):
    shell.run("worker", "--until", "2026-03-10T12:00:00+01:00")
    shell.run("plan", "reject", draft, "--reason", "They leave.", "--as", "p-otto")
    back = datetime(2026, 3, 2, 7, tzinfo=UTC)
    with open_store(read_settings(database="sqlite:///test.db")).unit("lindqvist", back) as unit:
        unit.set_virtual_now(back)
    told = shell.run("ledger", "explain", draft)
    assert "ABORTED" in told.partition("\n")[0]
    assert "They leave." in told.splitlines()[-1]
    assert "nothing changed its course" not in shell.run("ledger", "course-changes", draft)


def test_a_plan_is_told_and_shown_as_it_stood_on_a_day(shell, draft):
    shell.run("worker", "--until", "2026-03-03T12:00:00+01:00")
    shell.run("plan", "approve", draft, "--digest", shell.json("plan", "show", draft)["approve_with"], "--as", "p-otto")
    shell.run("worker", "--until", "2026-03-10T12:00:00+01:00")
    before = shell.json("plan", "show", draft, "--as-of", "2026-03-02")
    assert before["plan"]["status"] == "DRAFT"
    assert "ACTIVE" in shell.run("plan", "show", draft, "--as-of", "2026-03-04T09:00")
    told = shell.run("ledger", "explain", draft, "--as-of", "2026-03-02")
    assert "approved revision" not in told
    assert "The plan was DRAFT." in told
    step = shell.json("plan", "show", draft)["steps"][0]["step_id"][:8]
    assert len(shell.json("ledger", "why", draft, step)) > len(
        shell.json("ledger", "why", draft, step, "--as-of", "2026-03-02")
    )
    assert "heard nothing on step" in shell.run("ledger", "course-changes", draft)
    assert "nothing changed its course" in shell.run("ledger", "course-changes", draft, "--as-of", "2026-03-04")


@pytest.mark.parametrize(
    ("as_of", "code", "says"),
    [
        ("tomorrow", 2, "is no day"),
        ("2026-03-02T25:00", 2, "is no time"),
        ("9999-12-31", 2, "outside the years"),
        ("2020-01-01", 5, "was not there yet"),
    ],
)
@pytest.mark.parametrize("command", [("ledger", "explain"), ("ledger", "course-changes"), ("plan", "show")])
def test_a_time_that_is_none_gets_one_clear_line(shell, draft, command, as_of, code, says):
    assert says in shell.refuse(*command, draft, "--as-of", as_of, expect=code)


def test_a_person_is_erased_and_the_ledger_still_proves_itself(shell, draft):
    shell.run("ledger", "anchor", "kept.jsonl")
    looked = shell.run("ledger", "erase", "--contact", "aurora-1", "--request", "req_1", "--dry-run", "--as", "admin")
    assert looked.startswith("Would erase, of aurora and wherever else they are named: 1 person, ")
    assert f"Plan {draft[:8]} would end: it lost a text." in looked
    told = shell.run("ledger", "erase", "--contact", "aurora-1", "--request", "req_1", "--as", "admin")
    assert told.startswith(looked.partition("\n")[0].replace("Would erase", "Erased"))
    assert "still holds" not in told
    assert b"Stern" not in Path("test.db").read_bytes()
    assert shell.json("plan", "show", draft)["status"] == "ABORTED"
    assert "the data of a person in it were erased" in shell.run("ledger", "explain", draft)
    assert "1 checkpoint from outside agrees with it." in shell.run("ledger", "verify", "--anchors", "kept.jsonl")
    assert "Nothing of aurora names them" in shell.run(
        "ledger", "erase", "--contact", "aurora-1", "--request", "req_2", "--as", "admin"
    )
    shell.run("import", str(demo_folder()), "--as", "admin")
    assert b"Stern" not in Path("test.db").read_bytes()
    assert "16 promises hold" in shell.run("doctor")


def test_an_erasure_says_where_deleted_bytes_are_still_in_the_file_since_somebody_reads_it(shell):
    with sqlite3.connect("test.db") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM plan").fetchall()
        words = ("ledger", "erase", "--contact", "aurora-1", "--request", "req_1", "--as", "admin")
        told = shell.run(*words, expect=6)
        assert told.startswith("Erased, of aurora")
        assert "still holds" in told
        assert b"Stern" in Path("test.db").read_bytes()
    reader.close()
    assert "Nothing of aurora names them" in shell.run(*words)
    assert b"Stern" not in Path("test.db").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--request", "r1"), 2, "name one of them"),
        (("--contact", "aurora-1", "--request", "Ida Stern"), 2, "is no code"),
        (("--contact", "nobody", "--request", "r1"), 5, "there is no contact nobody"),
        (("--account", "nobody", "--request", "r1"), 5, "there is no account nobody"),
        (("--contact", "aurora-1", "--also", "x", "--request", "r1"), 2, "too short"),
    ],
)
def test_an_erasure_of_nobody_gets_one_clear_line(shell, words, code, says):
    assert says in shell.refuse("ledger", "erase", *words, "--as", "admin", expect=code)


@pytest.mark.parametrize("words", [("--clock", "yesterday"), ("--admin", "ä")])
def test_an_init_that_is_refused_leaves_nothing_behind(capsys, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    Shell(capsys, tmp_path / "fresh.db").refuse("init", "--zone", "Europe/Berlin", *words, expect=2)
    assert list(tmp_path.iterdir()) == []


def test_what_never_ran_is_not_counted_as_done(shell, draft):
    shell.run("plan", "reject", draft, "--reason", "Not now.", "--as", "p-otto")
    assert " 0/7 " in shell.run("plan", "list")


def test_a_step_is_named_by_its_action_where_there_is_one_of_it(shell, draft):
    step = step_of(shell, draft, "CONFIRM_RENEWAL_OWNER")
    assert shell.json("step", "show", draft, "CONFIRM_RENEWAL_OWNER") == shell.json(
        "step", "show", draft, step["step_id"]
    )
    assert "there is no step 'DANCE'" in shell.refuse("step", "show", draft, "DANCE", expect=5)


def test_every_mistake_of_an_import_has_its_line(shell, tmp_path):
    (tmp_path / "accounts.csv").write_text("account_id,name\nacme,Acme\n")
    contract = "contract_id,account_id,arr,currency,starts_on,renews_on"
    (tmp_path / "contracts.csv").write_text(
        f"{contract}\nc1,acme,lots,EUR,2026-01-01,2027-03-01\nc2,acme,9,EUR,2026-01-01,01.03.2027\n"
    )
    assert shell.run("import", ".", "--as", "admin", expect=2) == ""
    first, second = shell.err.splitlines()
    assert first == "oncourse: contracts.csv line 2, column arr: 'lots' is no amount; write 120000.00 (and 1 more)"
    assert second == "contracts.csv line 3, column renews_on: '01.03.2027' is no day; write YYYY-MM-DD"


def test_tables_of_plans_and_steps_fit_eighty_columns_and_break_no_word(shell, draft, monkeypatch):
    monkeypatch.setattr(out, "_width", 80)
    shell.run("plan", "approve", draft, "--digest", digest_of(shell, draft), "--as", "p-otto")
    shell.run("worker", "--until", "2026-03-05T12:00:00+01:00")
    shell.run("plan", "pause", draft, "--reason", "They are on holiday.", "--as", "p-otto")
    steps = shell.json("step", "list", draft)
    words = {"step": [w for s in steps for w in (s["action_type"], s["status"], s["outcome"] or s["approval"])]}
    words["plan"] = ["aurora", "PAUSED", "human", "MEDIUM", "2026-05-31", "p-mara"]
    for command, whole in (("plan list", "plan"), (f"plan show {draft}", "step"), (f"step list {draft}", "step")):
        printed = shell.run(*command.split())
        assert [word for word in words[whole] if word not in printed] == []
        table = [line for line in printed.split("\n") if not line.startswith("#")]
        assert max(map(len, table)) <= 80, command


def test_an_edit_is_a_new_revision_and_the_diff_says_what_changed(shell, draft):
    notice = step_of(shell, draft, "NOTIFY_ACCOUNT_TEAM")["step_id"]
    meeting = step_of(shell, draft, "REQUEST_RENEWAL_MEETING")["step_id"]
    told = shell.json(
        "plan",
        "edit",
        draft,
        "--remove",
        f"{notice}=They know.",
        "--set",
        f"{meeting}.proposed_slots=2",
        "--as",
        "p-mara",
    )
    assert told["revision"] == 2
    changes = shell.run("plan", "diff", draft)
    assert "They know." in changes
    assert f"params  {meeting[:8]} REQUEST_RENEWAL_MEETING: proposed_slots 3 -> 2" in changes
    assert "revision 2" in shell.run("plan", "explain", draft)


def test_a_draft_can_be_sent_back_and_rejected(shell, draft):
    shell.run("plan", "send-back", draft, "--reason", "Write to Ben instead.", "--as", "p-otto")
    assert "Sent back: Write to Ben instead." in shell.run("plan", "show", draft)
    shell.run("plan", "reject", draft, "--reason", "Not worth it.", "--as", "p-otto")
    assert shell.json("plan", "show", draft)["status"] == "ABORTED"


def test_no_plan_says_why_and_exits_3(shell):
    assert "day -30 has passed" in shell.run("plan", "propose", "galway", "--as", "p-mara", expect=3)


def test_a_second_draft_is_not_made_while_one_is_open(shell, draft):
    assert "is open already" in shell.run("plan", "propose", "aurora", "--as", "p-mara", expect=3)


def test_a_proposal_of_ones_own_is_judged_and_refused_with_its_codes(shell, tmp_path):
    file = tmp_path / "mine.json"
    step = {
        "key": "meeting",
        "action_type": "REQUEST_RENEWAL_MEETING",
        "params": {"contact_id": "fenwick-1", "purpose": "COMMERCIAL"},
        "start_day": 2,
    }
    mine = {
        "account_id": "fenwick",
        "plan_type": "RENEWAL_DEFENSE",
        "subject": ["fenwick-2025"],
        "steps": [step],
        "provenance": {"drafter": "person"},
    }
    file.write_text(json.dumps(mine))
    line = shell.refuse("plan", "propose", "--file", str(file), "--as", "p-lena", expect=3)
    assert "PG061" in line
    assert "PG021" in line
    assert shell.json("plan", "list") == []


def test_every_code_of_the_gate_can_be_explained(shell):
    for doc in shell.json("gate", "explain", "all"):
        assert doc["mend"] in shell.run("gate", "explain", doc["code"])


def test_a_list_without_plans_says_so(shell):
    assert shell.run("plan", "list") == "There is no plan yet: oncourse plan propose ACCOUNT\n"
    assert shell.run("plan", "list", "--account", "aurora") == "There is no such plan.\n"
    assert shell.json("plan", "list") == []


def test_people_are_listed_with_their_roles(shell):
    assert re.search(r"p-otto\s+human\s+plan_approver", shell.run("principal", "list"))


def test_the_version_is_printed(shell):
    assert re.fullmatch(r"oncourse \d+\.\d+\.\d+\n", shell.run("version"))


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("plan", "show", "nothing"), 5, "there is no plan"),
        (("plan", "show", "%"), 5, "there is no plan"),
        (("plan", "propose", "nobody", "--as", "p-mara"), 5, "no account nobody"),
        (("plan", "pause", "nothing", "--reason", "because", "--as", "nobody"), 5, "there is no plan"),
        (("gate", "explain", "PG998"), 5, "there is no rule"),
        (("plan", "nonsense"), 2, "No such command"),
        (("plan", "approve", "x"), 2, "Missing option '--digest'"),
        (("plan", "propose", "--file", "missing.json", "--as", "p-mara"), 1, "missing.json cannot be read"),
        (("plan", "propose", "--as", "p-mara"), 2, "name an account"),
        (("plan", "propose", "aurora", "--drafter", "oracle", "--as", "p-mara"), 2, "unknown drafter"),
        (("principal", "add", "x"), 2, "who acts?"),
        (("principal", "add", "", "--as", "admin"), 2, "principal_id"),
        (("principal", "add", "bad id", "--as", "admin"), 2, "principal_id"),
        (("principal", "add", "x", "--limit", "-5", "--as", "admin"), 2, "approval_limit_minor"),
        (("plan", "show", ""), 5, "there is no plan"),
        (("plan", "show", "a\udcff"), 2, "not UTF-8"),
        (("worker", "--until", "9999-12-31T23:59:59-14:00"), 2, "outside the years"),
        (("worker", "--until", "9999-12-31T23:59:59+00:00"), 2, "outside the years"),
        (("rehearse", ".", "--as-of", "0001-01-01"), 2, "outside the years"),
        (("principal", "add", "x", "--as", "ghost"), 5, "no principal ghost"),
        (("principal", "add", "x", "--as", "p-otto"), 3, "p-otto may not add_principal"),
        (("import", "missing", "--as", "admin"), 2, "missing is no folder"),
        (("import", ".", "--mapping", "excel", "--as", "admin"), 2, "one of flat, ravenstack"),
        (("worker",), 2, "--once"),
        (("worker", "--until", "yesterday"), 2, "is no instant"),
        (("worker", "--until", "2020-01-01T00:00:00Z"), 2, "never goes back"),
        (("init",), 1, "exists already"),
        (("plan", "list", "--db", "mysql://x/y"), 2, "give sqlite:///FILE or postgresql://"),
        (("principal", "add", "x", "--role", "king", "--as", "admin"), 2, "for '--role': 'king' is not one of"),
        (("import", ".", "--as"), 2, "--as needs a value"),
        (("import", "--as", "--mapping", "flat", "."), 2, "--as needs a value"),
        (("import", ".", "--as-of", "2024-12-31", "--as", "admin"), 2, "--as-of belongs to --mapping ravenstack"),
    ],
)
def test_a_mistake_gets_one_clear_line_and_its_exit_code(shell, words, code, says):
    assert says in shell.refuse(*words, expect=code)


def test_mistakes_about_a_plan_change_nothing(shell, draft):
    before = shell.run("ledger", "explain", draft)
    meeting = step_of(shell, draft, "REQUEST_RENEWAL_MEETING")["step_id"]
    seen = digest_of(shell, draft)
    assert "not what you saw" in shell.refuse(
        "plan", "approve", draft, "--digest", "0" * 64, "--as", "p-otto", expect=4
    )
    assert "not what you saw" in shell.refuse(
        "plan", "approve", draft, "--digest", seen[7:12], "--as", "p-otto", expect=4
    )
    assert "may not approve" in shell.refuse("plan", "approve", draft, "--digest", seen, "--as", "p-lena", expect=3)
    assert "the plan is DRAFT" in shell.refuse(
        "plan", "pause", draft, "--reason", "why not", "--as", "p-otto", expect=1
    )
    assert "a reason is needed" in shell.refuse("plan", "send-back", draft, "--reason", " ", "--as", "p-otto", expect=2)
    assert "is no outcome of" in shell.refuse("step", "outcome", draft, meeting, "MARRIED", "--as", "p-otto", expect=2)
    assert "awaits no outcome" in shell.refuse(
        "step", "outcome", draft, meeting, "DECLINED", "--as", "p-otto", expect=2
    )
    assert "no step" in shell.refuse("step", "show", draft, "ffffffff", expect=5)
    assert "one of arrived" in shell.refuse(
        "step", "reconcile", draft, meeting, "--found", "perhaps", "--reason", "asked", "--as", "p-otto", expect=2
    )
    assert "STEP.param=value" in shell.refuse("plan", "edit", draft, "--set", "x=1", "--as", "p-mara", expect=2)
    assert "PG013" in shell.refuse(
        "plan", "edit", draft, "--set", f"{meeting}.proposed_slots=99", "--as", "p-mara", expect=3
    )
    assert "changes nothing" in shell.refuse("plan", "edit", draft, "--as", "p-mara", expect=2)
    assert shell.run("ledger", "explain", draft) == before


def test_an_error_in_json_names_its_code(shell):
    told = shell.json("plan", "show", "nothing", expect=5)
    assert told["error"]["code"] == "not_found"
    assert told["error"]["exit"] == 5
    assert shell.json("plan", "nonsense", expect=2)["error"]["code"] == "usage"


def test_an_empty_id_never_ends_a_plan(shell, draft):
    assert "there is no plan" in shell.refuse("plan", "reject", "", "--reason", "a slip", "--as", "p-otto", expect=5)
    assert shell.json("plan", "show", draft)["status"] == "DRAFT"


def test_control_characters_reach_neither_the_ledger_nor_the_terminal(shell, draft):
    line = shell.refuse("plan", "send-back", draft, "--reason", "\x1b[31mred\nline", "--as", "p-otto", expect=2)
    assert "control characters" in line


def test_the_file_and_the_account_that_are_named_must_agree(shell, tmp_path):
    file = tmp_path / "mine.json"
    file.write_text(
        json.dumps({"account_id": "brixton", "plan_type": "RENEWAL_DEFENSE", "subject": ["x"], "steps": []})
    )
    line = shell.refuse("plan", "propose", "aurora", "--file", str(file), "--as", "p-lena", expect=2)
    assert "for brixton, not for aurora" in line


def test_a_file_that_is_no_database_is_named(capsys, tmp_path):
    (tmp_path / "notes.db").write_text("dear diary, " * 500)
    shell = Shell(capsys, tmp_path / "notes.db")
    assert "cannot be opened" in shell.refuse("plan", "list", expect=1)


def test_a_row_changed_behind_the_ledger_is_found_by_doctor_and_replay(shell, draft, tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "test.db") as connection:
        connection.execute("UPDATE plan SET owner = 'thief'")
    assert "the row differs from its ledger" in shell.run("ledger", "replay", expect=6)
    assert "P9 is broken" in shell.run("doctor", expect=6)


def test_a_database_that_is_not_there_is_not_made_by_reading(capsys, tmp_path):
    shell = Shell(capsys, tmp_path / "none.db")
    assert "make one with: oncourse init" in shell.refuse("plan", "list", expect=1)
    assert not (tmp_path / "none.db").exists()


def test_a_setting_that_nobody_reads_is_named(shell, monkeypatch):
    monkeypatch.setenv("ONCOURSE_DATABSE", "x")
    assert "unknown variable ONCOURSE_DATABSE" in shell.run("doctor", expect=6)


def test_the_demo_folder_is_the_company_of_the_demo():
    assert len(demo_batch().accounts) == 12


@pytest.mark.parametrize(
    ("change", "expect", "says"),
    [
        ({"action_type": "BUY_FLOWERS"}, 3, "PG011 HARD steps[0]: BUY_FLOWERS is not approved"),
        ({"depends_on": [{"key": "help"}]}, 3, "PG020 HARD steps: the steps wait for each other"),
        ({"depends_on": [{"key": "ghost"}]}, 1, "waits for unknown steps ghost"),
        ({"params": {"sections": "USAGE"}}, 3, "PG013 HARD steps[0].params"),
        ({"params": {"sections": ["USAGE"], "pages": 1.5}}, 1, "whole numbers"),
        ({"start_day": "soon"}, 1, "start_day"),
        ({"status": "DONE"}, 1, "status"),
        ({"mood": "good"}, 1, "mood"),
    ],
)
def test_a_proposal_that_cannot_be_is_refused_with_the_place_and_leaves_no_plan(shell, tmp_path, change, expect, says):
    brief = {"key": "brief", "action_type": "PREP_RENEWAL_BRIEF", "params": {"sections": ["USAGE"]}, "start_day": 0}
    help_ = {
        "key": "help",
        "action_type": "CONFIRM_RENEWAL_OWNER",
        "params": {"candidate_owner": "p-jonas"},
        "start_day": 1,
        "depends_on": [{"key": "brief"}],
    }
    mine = {
        "account_id": "brixton",
        "plan_type": "RENEWAL_DEFENSE",
        "subject": ["brixton-2025"],
        "steps": [brief | change, help_],
    }
    (tmp_path / "mine.json").write_text(json.dumps(mine))
    assert says in shell.refuse(
        "plan", "propose", "--file", str(tmp_path / "mine.json"), "--as", "p-lena", expect=expect
    )
    assert shell.json("plan", "list") == []
