"""Settings choose the executor, nothing heavy loads before it is needed, and the doctor looks at the server's tools."""

import subprocess
import sys

import pytest

from oncourse.bootstrap import pick_executor
from oncourse.cli import main
from oncourse.config import ConfigError, read_settings
from oncourse.simulator import SimulatedExecutor

KNOWN = "t-1"


def given(monkeypatch, **settings):
    for name, value in settings.items():
        monkeypatch.setenv(f"ONCOURSE_{name.upper()}", str(value))
    return read_settings()


def test_the_simulator_is_used_where_nothing_else_is_said():
    assert isinstance(pick_executor(read_settings()), SimulatedExecutor)


def test_the_settings_name_the_server_its_token_and_its_prefix(monkeypatch, server):
    settings = given(monkeypatch, executor="mcp", mcp_url=server.url, mcp_token=KNOWN, mcp_tool_prefix="crm___")
    executor = pick_executor(settings)
    assert executor.name == "mcp"
    assert executor.tool("PREP_RENEWAL_BRIEF") == "crm___prep_renewal_brief"
    assert KNOWN not in repr(settings)
    assert executor.gaps([]) == []


@pytest.mark.parametrize("url", ["", "crm.example/mcp", "ftp://crm.example/mcp", "http://", "file:///mcp"])
def test_an_address_that_is_none_is_refused_in_one_line(monkeypatch, url):
    with pytest.raises(ConfigError, match="set ONCOURSE_MCP_URL to an http"):
        pick_executor(given(monkeypatch, executor="mcp", mcp_url=url))


def test_a_credential_in_the_address_is_refused_and_not_repeated(monkeypatch):
    with pytest.raises(ConfigError, match="ONCOURSE_MCP_TOKEN") as found:
        pick_executor(given(monkeypatch, executor="mcp", mcp_url="https://me:hush@crm.example/mcp"))
    assert "hush" not in str(found.value)


@pytest.mark.parametrize(("name", "value"), [("executor", "smtp"), ("mcp_timeout_seconds", "0")])
def test_a_setting_that_does_not_fit_is_named(monkeypatch, name, value):
    with pytest.raises(ConfigError, match=name):
        given(monkeypatch, **{name: value})


def test_the_protocol_loads_only_when_a_call_leaves():
    code = (
        "import sys; from oncourse.connectors import Line, McpExecutor;"
        "McpExecutor(Line(url='http://127.0.0.1:9/mcp')); print('mcp' in sys.modules, 'httpx2' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]


def doctor(monkeypatch, tmp_path, capsys, **settings):
    monkeypatch.chdir(tmp_path)
    given(monkeypatch, executor="mcp", **settings)
    assert main(["init"]) == 0
    capsys.readouterr()
    code = main(["doctor"])
    return code, " ".join(capsys.readouterr().out.split())


def test_the_doctor_is_content_with_a_server_that_has_every_tool(monkeypatch, tmp_path, capsys, server):
    code, printed = doctor(monkeypatch, tmp_path, capsys, mcp_url=server.url, mcp_token=KNOWN)
    assert (code, "promises hold" in printed) == (0, True)


def test_the_doctor_names_the_approved_actions_that_have_no_tool(monkeypatch, tmp_path, capsys, server):
    code, printed = doctor(monkeypatch, tmp_path, capsys, mcp_url=server.url, mcp_token=KNOWN, mcp_tool_prefix="x_")
    assert code == 6
    assert "NOTIFY_ACCOUNT_TEAM has no tool x_notify_account_team" in printed
    assert "REQUEST_RENEWAL_MEETING has no tool x_lookup" in printed
    assert "CONFIRM_RENEWAL_OWNER" not in printed


@pytest.mark.parametrize(("token", "outcome"), [("t-2", "TOKEN_REFUSED"), (KNOWN, "SERVER_UNREACHABLE")])
def test_the_doctor_says_why_a_server_cannot_be_asked(monkeypatch, tmp_path, capsys, server, token, outcome):
    url = server.url if outcome == "TOKEN_REFUSED" else "http://127.0.0.1:9/mcp"
    code, printed = doctor(monkeypatch, tmp_path, capsys, mcp_url=url, mcp_token=token)
    assert code == 6
    assert f"the MCP server at {url} cannot be asked for its tools: {outcome}" in printed


def test_without_an_address_the_commands_say_what_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    given(monkeypatch, executor="mcp")
    capsys.readouterr()
    assert main(["doctor"]) == 2
    assert "ONCOURSE_MCP_URL" in capsys.readouterr().err


def test_a_tenant_whose_time_is_made_up_sends_nothing_real(monkeypatch, tmp_path, capsys, server):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--clock", "2026-03-02T08:00:00+01:00"]) == 0
    given(monkeypatch, executor="mcp", mcp_url=server.url, mcp_token=KNOWN)
    capsys.readouterr()
    assert main(["worker", "--until", "2026-03-03T08:00:00+01:00"]) == 2
    assert "virtual clock" in capsys.readouterr().err
