"""Who drafted, how sure it is and what it took: what a reviewer reads, with a model that answers on loopback."""

import pytest

from evals.authored import AuthoredServer
from tests.agent.samples import brief, meeting, plan
from tests.agent.test_spending import priced
from tests.oncourse.folders import demo_folder
from tests.oncourse.test_cli import START, Shell

GOOD = plan(brief(), meeting(), confidence_percent=72)


@pytest.fixture
def shell(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Shell(capsys, tmp_path / "test.db")
    made.run("init", "--name", "Lindqvist Sensors", "--zone", "Europe/Berlin", "--clock", START)
    made.run("import", str(demo_folder()), "--as", "admin")
    return made


def propose(shell, monkeypatch, *turns, expect=0, model="claude-sonnet-5-5"):
    with AuthoredServer("test", list(turns)) as server:
        monkeypatch.setenv("ONCOURSE_DRAFTER", "claude")
        monkeypatch.setenv("ONCOURSE_MODEL", model)
        monkeypatch.setenv("ONCOURSE_MODEL_API_KEY", "key-for-tests")
        monkeypatch.setenv("ONCOURSE_MODEL_BASE_URL", server.url)
        return shell.json("plan", "propose", "aurora", "--as", "admin", expect=expect)


def test_a_reviewer_reads_how_sure_the_drafter_is_and_what_it_took(shell, monkeypatch):
    plan_id = propose(shell, monkeypatch, priced(GOOD))["plan_id"]
    words = "proposed the plan (claude), 72 % sure that it is accepted"
    cost = "[claude-sonnet-5-5: 1 call, 10,000 tokens in, 1,000 out, 0.0300 USD]"
    for command in (["plan", "show", plan_id], ["ledger", "explain", plan_id]):
        told = " ".join(shell.run(*command).split())
        assert words in told
        assert cost in told
    told = shell.json("plan", "show", plan_id)
    assert told["confidence_percent"] == 72
    assert told["usage"] == {"calls": 1, "input_tokens": 10_000, "output_tokens": 1000, "cost_micro_usd": 30_000}


def test_what_has_no_list_price_is_unpriced(shell, monkeypatch):
    plan_id = propose(shell, monkeypatch, GOOD)["plan_id"]
    assert "out, unpriced]" in " ".join(shell.run("plan", "show", plan_id).split())
    assert shell.json("plan", "show", plan_id)["usage"]["cost_micro_usd"] is None


def test_a_plan_of_the_playbook_says_of_neither(shell, monkeypatch):
    monkeypatch.setenv("ONCOURSE_DRAFTER", "playbook")
    plan_id = shell.json("plan", "propose", "aurora", "--as", "admin")["plan_id"]
    assert "sure that" not in shell.run("plan", "show", plan_id)
    told = shell.json("plan", "show", plan_id)
    assert (told["confidence_percent"], told["usage"]["calls"]) == (None, 0)


def test_where_no_plan_came_of_it_one_reads_what_was_spent(shell, monkeypatch):
    told = propose(shell, monkeypatch, priced({"tools": 1}, tokens_in=40_000), expect=3)
    (line,) = told["why"]
    assert "because the budget of money is used up" in line
    assert "[claude-sonnet-5-5: 1 call, 40,000 tokens in, 1,000 out, 0.0900 USD]" in line
