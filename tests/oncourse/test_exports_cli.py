"""`oncourse plan export`: one file, whole or not at all, for its owner alone to read."""

import json

from plan import PlanExport
from tests.oncourse.test_cli import digest_of, draft, shell, step_of

__all__ = ["draft", "shell"]
REASON = "Write to Ben instead."


def reviewed(shell, draft):
    """Send a draft back, edit it, approve it."""
    shell.run("plan", "send-back", draft, "--reason", REASON, "--as", "p-otto")
    meeting, notice = (
        step_of(shell, draft, name)["step_id"] for name in ("REQUEST_RENEWAL_MEETING", "NOTIFY_ACCOUNT_TEAM")
    )
    asked = ("--set", f"{meeting}.contact_id=aurora-2", "--remove", f"{notice}=They know.", "--answer", "Ben is asked.")
    shell.run("plan", "edit", draft, *asked, "--as", "p-mara")
    shell.run("plan", "approve", draft, "--digest", digest_of(shell, draft), "--as", "p-otto")
    return draft


def test_it_goes_to_a_file_that_only_its_owner_reads(shell, draft, tmp_path):
    said = shell.run("plan", "export", reviewed(shell, draft)[:8], "--out", "aurora.json")
    assert "2 revisions, sent back 1 time and edited by a person; it is APPROVED." in said
    assert "It holds names, addresses and notes" in said
    file = tmp_path / "aurora.json"
    assert file.stat().st_mode & 0o077 == 0
    told = PlanExport.model_validate_json(file.read_bytes())
    assert (told.reasons, [r.verdict for r in told.revisions]) == ((REASON,), ["sent_back", "approved"])
    assert file.read_text("utf-8").startswith('{\n  "format": "oncourse/plan-export",\n  "version": 1,\n')
    assert list(tmp_path.glob(".*")) == []


def test_it_goes_to_standard_output_without_a_file_and_says_beside_it_what_there_is_to_learn(shell, draft):
    told = json.loads(shell.run("plan", "export", draft))
    assert (told["format"], told["version"], len(told["revisions"])) == ("oncourse/plan-export", 1, 1)
    assert shell.err == "1 revision, never sent back or edited; it is DRAFT.\n"


def test_it_says_in_json_what_it_wrote(shell, draft):
    assert shell.json("plan", "export", draft, "--out", "aurora.json") == {
        "file": "aurora.json",
        "revisions": 1,
        "status": "DRAFT",
        "sent_back": 0,
        "edited": False,
    }


def test_a_file_that_exists_is_replaced_only_by_force(shell, draft, tmp_path):
    file = tmp_path / "aurora.json"
    file.write_text("mine")
    line = shell.refuse("plan", "export", draft, "--out", "aurora.json", expect=2)
    assert "aurora.json exists already; give another name, or --force to replace it" in line
    assert file.read_text() == "mine"
    shell.run("plan", "export", draft, "--out", "aurora.json", "--force")
    assert json.loads(file.read_text())["version"] == 1


def test_a_place_where_nothing_can_be_written_and_a_plan_that_is_not_there_get_one_line(shell, draft, tmp_path):
    assert "nothing can be written" in shell.refuse("plan", "export", draft, "--out", "no/aurora.json", expect=1)
    assert "is a folder" in shell.refuse("plan", "export", draft, "--out", str(tmp_path), expect=2)
    assert "there is no plan" in shell.refuse("plan", "export", "nothing", expect=5)


def test_exporting_writes_nothing_into_the_ledger(shell, draft):
    before = shell.json("ledger", "replay")["entries"]
    shell.run("plan", "export", draft)
    assert shell.json("ledger", "replay")["entries"] == before
