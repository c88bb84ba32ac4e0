"""The real-input run, as its one command."""

import json

from oncourse.cli import main
from tests.real_data import real_data


def test_every_account_that_needs_it_is_rehearsed_to_its_end(capsys, tmp_path, monkeypatch):
    folder = real_data("ravenstack")
    monkeypatch.chdir(tmp_path)
    assert main(["rehearse", str(folder), "--json", "--drafter", "playbook"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["dated_renewals"], told["candidates"], told["too_late"]) == (489, 26, 4)
    assert told["broken"] == []
    assert told["turned_away"] == []
    assert len(told["plans"]) + sum(told["refused"].values()) + sum(told["no_plan"].values()) == 30
    assert all(plan["why"].startswith(("Completed", "Expired", "Aborted")) for plan in told["plans"])
    assert told["no_plan"]["deadline_passed"] >= 4
