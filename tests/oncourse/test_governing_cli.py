"""Governing by hand: policies, switches, mode, people and past decisions, with one clear line for every mistake."""

import re
from importlib.resources import files

import pytest

from oncourse.console import out
from tests.oncourse.test_cli import draft, shell
from tests.oncourse.test_docs import ROOT

__all__ = ["draft", "shell"]  # fixtures
ROOT_POLICY = files("gate").joinpath("default_policy.yaml").read_text(encoding="utf-8")

WHY = ("--reason", "It is time for that.")


@pytest.fixture
def admins(shell):
    shell.run("principal", "add", "root2", "--role", "tenant_admin", "--as", "admin")
    return shell


@pytest.fixture
def tighter(tmp_path):
    path = tmp_path / "tighter.yaml"
    path.write_text(ROOT_POLICY.replace("max_steps: 12", "max_steps: 3").replace("name: default", "name: tighter"))
    return str(path)


def test_a_policy_comes_into_force_by_hand(admins, draft, tighter):
    assert "max_steps: 12 -> 3" in admins.run("policy", "diff", "current", tighter)
    assert "ASK -> DENY" in admins.run("policy", "simulate", tighter, "--since", "2w")
    told = admins.run("policy", "publish", tighter, "--as", "admin")
    command = told.strip().split("\n")[-1].split()
    assert command[:3] == ["oncourse", "policy", "publish"]
    assert "root2" in admins.refuse("policy", "publish", command[3], "--as", "admin", expect=3)
    assert "is in force instead" in admins.run("policy", "publish", command[3], "--as", "root2")
    [current] = [p for p in admins.json("policy", "list") if p["in_force"]]
    assert current["name"] == "tighter"
    assert admins.json("policy", "show", "current")["policy"]["max_steps"] == 3
    admins.run("doctor")


def test_a_proposal_that_was_overtaken_is_refused(admins, tmp_path, tighter):
    other = tmp_path / "other.yaml"
    other.write_text(ROOT_POLICY.replace("max_steps: 12", "max_steps: 9"))
    first = admins.json("policy", "publish", tighter, "--as", "admin")["digest"]
    second = admins.json("policy", "publish", str(other), "--as", "admin")["digest"]
    admins.run("policy", "publish", second, "--as", "root2")
    assert "simulate it again" in admins.refuse("policy", "publish", first, "--as", "root2", expect=4)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("policy", "show", "feedbeef"), 5, "no policy"),
        (("policy", "diff", "current", "nowhere.yaml"), 2, "cannot be read"),
        (("policy", "diff", "current", "pyproject.yaml"), 2, "does not fit"),
        (("policy", "simulate", "default", "--since", "90"), 2, "as 90d or 12w"),
        (("policy", "simulate", "default", "--since", "0d"), 2, "as 90d or 12w"),
        (("policy", "simulate", "default", "--since", "-3d"), 2, "as 90d or 12w"),
        (("policy", "publish", "default", "--as", "admin"), 2, "in force already"),
        (("policy", "publish", "feedbeef", "--as", "admin"), 5, "no policy"),
        (("policy", "publish", "tight.yaml", "--as", "p-lena"), 3, "admin could (a tenant_admin)"),
        (("policy", "test", "nowhere"), 2, "holds no table"),
        (("switch", "on", "lights", "--as", "admin", *WHY), 2, "known: tenant"),
        (("switch", "on", "tenant", "--as", "admin"), 2, "a reason is needed"),
        (("switch", "on", "tenant", "--as", "p-lena", *WHY), 3, "admin could (an operator or a tenant_admin)"),
        (("switch", "off", "tenant", "--as", "admin", *WHY), 2, "is off"),
        (("mode", "loud", "--as", "admin", *WHY), 2, "shadow, live"),
        (("mode", "live", "--as", "p-lena", *WHY), 3, "admin could (a tenant_admin)"),
        (("principal", "deactivate", "admin", "--as", "admin", *WHY), 3, "last active tenant_admin"),
        (("principal", "deactivate", "nemo", "--as", "admin", *WHY), 5, "no principal"),
        (("principal", "delegate", "--to", "p-lena", "--act", "fly", "--as", "p-otto"), 2, "what can be: approve"),
        (
            ("principal", "delegate", "--to", "p-lena", "--act", "approve", "--days", "99", "--as", "p-otto"),
            2,
            "1 to 14",
        ),
        (("principal", "undelegate", "--to", "p-lena", "--as", "p-otto"), 5, "delegated nothing"),
        (("gate", "replay", "feed"), 2, "8 digits"),
        (("gate", "replay", "plan/feedfeed#2"), 5, "no plan"),
        (("gate", "replay", "principal/admin#1"), 2, "no decision of the gate"),
        (("policy", "who-can", "fly", "feedfeed"), 2, "one of: approve"),
    ],
)
def test_a_mistake_gives_one_line_and_its_exit_code(shell, tmp_path, words, code, says):
    (tmp_path / "pyproject.yaml").write_text("name: x\n")
    (tmp_path / "tight.yaml").write_text(ROOT_POLICY.replace("max_steps: 12", "max_steps: 4"))
    assert says in shell.refuse(*words, expect=code)


def test_switches_and_mode_by_hand(admins):
    assert "No kill switch is on." in admins.run("switch", "list")
    assert "is stopped" in admins.run("switch", "on", "action:ENGAGE_EXEC_SPONSOR", "--as", "admin", *WHY)
    [on] = admins.json("switch", "list")
    assert (on["name"], on["thrown_by"], on["reason"]) == ("action:ENGAGE_EXEC_SPONSOR", "admin", WHY[1])
    assert sum(one["on"] for one in admins.json("switch", "list", "--all")) == 1
    asked = admins.json("switch", "off", "action:ENGAGE_EXEC_SPONSOR", "--as", "admin", *WHY)
    assert (asked["on"], asked["could"]) == (True, ["root2"])
    assert "runs again" in admins.run("switch", "off", "action:ENGAGE_EXEC_SPONSOR", "--as", "root2", *WHY)
    assert admins.json("mode") == {"mode": "SHADOW"}
    assert "it takes two" in admins.run("mode", "live", "--as", "admin", *WHY)
    assert admins.json("mode", "live", "--as", "root2", *WHY)["mode"] == "LIVE"
    assert "SHADOW mode" in admins.run("mode", "shadow", "--as", "admin", *WHY)
    admins.run("doctor")


def test_people_come_delegate_and_go_by_hand(admins, draft):
    admins.run("principal", "delegate", "--to", "p-lena", "--act", "approve", "--act", "approve-step", "--as", "p-otto")
    [otto] = [p for p in admins.json("principal", "list") if p["principal_id"] == "p-otto"]
    assert [(d["to"], d["acts"]) for d in otto["delegations"]] == [("p-lena", ["approve", "approve_step"])]
    admins.run("principal", "add", "p-otto", "--role", "plan_approver", "--limit", "900", "--as", "admin")
    [otto] = [p for p in admins.json("principal", "list") if p["principal_id"] == "p-otto"]
    assert (otto["approval_limit_minor"], len(otto["delegations"])) == (900, 1)
    admins.run("principal", "undelegate", "--to", "p-lena", "--as", "p-otto")
    assert admins.json("principal", "deactivate", "p-mara", "--as", "admin", *WHY)["open_plans"] == [draft]
    admins.run("principal", "add", "p-mara", "--role", "editor", "--as", "admin")
    [mara] = [p for p in admins.json("principal", "list") if p["principal_id"] == "p-mara"]
    assert not mara["active"]
    admins.run("principal", "reactivate", "p-mara", "--as", "admin", *WHY)
    admins.run("doctor")


def test_who_could_approve_is_said_by_name(shell, draft):
    assert shell.json("policy", "who-can", "approve", draft)["who"] == ["p-otto", "p-sara"]
    assert "p-otto" in shell.run("policy", "who-can", "pause", draft)


def test_a_decision_is_asked_again_and_kept_as_a_base_for_tests(shell, draft, tmp_path):
    told = shell.run("gate", "replay", f"plan/{draft[:8]}#2", "--save", "mine.json")
    assert "The same: ASK" in told
    digest = shell.json("gate", "replay", f"plan/{draft}#2")["recorded"]
    assert shell.json("gate", "replay", digest[:20])["answer"] == "same"
    (tmp_path / "cases.yaml").write_text(
        "cases:\n  - {name: ours, base: mine.json, set: {policy.max_steps: 2}, expect: {codes: [PG010]}}\n"
        "  - {name: wrong, base: mine.json, expect: {verdict: DENY}}\n"
    )
    told = shell.run("policy", "test", ".", expect=6)
    assert "cases.yaml: wrong: ASK instead of DENY" in told
    assert "1 of 2 cases hold in 1 tables." in told


def test_every_table_fits_eighty_columns(admins, draft, tighter, monkeypatch):
    monkeypatch.setattr(out, "_width", 80)
    admins.run("principal", "delegate", "--to", "p-lena", "--act", "approve", "--as", "p-otto")
    admins.run("switch", "on", "connector:simulator", "--as", "admin", "--reason", "It sends everything twice. " * 5)
    for words in (
        ("policy", "list"),
        ("policy", "simulate", tighter),
        ("switch", "list", "--all"),
        ("principal", "list"),
    ):
        assert max(map(len, admins.run(*words).split("\n"))) <= 80, words


def test_the_tables_of_the_page_run(shell, tmp_path):
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    page = re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "page.yaml").write_text(page)
    assert "2 of 2 cases hold" in shell.run("policy", "test", "tables")
    assert "cases hold" in shell.run("policy", "test", str(ROOT / "docs" / "policy-tests"))
    assert all(r["wrong"] == "" for r in shell.json("policy", "test", str(ROOT / "docs" / "policy-tests")))
