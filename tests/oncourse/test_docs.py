"""The documents tell the truth: transcripts are compared, commands are run, tables are made from code."""

import re
from pathlib import Path

import pytest

import oncourse
from oncourse.cli import main
from oncourse.console import out
from oncourse.imports.columns import documentation

ROOT = Path(oncourse.__file__).parent.parent


def blocks(name):
    return re.findall(r"```console\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)


def test_the_readme_shows_what_the_demo_prints(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(out, "_width", 80)
    assert main(["demo", "--plain"]) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.rstrip("\n").split("\n")]
    shown = next(block for block in blocks("README.md") if block.startswith("$ make demo"))
    position = 0
    for part in shown.partition("\n")[2].rstrip("\n").split("\n...\n"):
        lines = part.split("\n")
        found = [n for n in range(position, len(printed)) if printed[n : n + len(lines)] == lines]
        assert found, f"the demo no longer prints:\n{part}"
        position = found[0] + len(lines)
    assert position == len(printed)


def test_a_second_demo_prints_the_same_bytes(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = []
    for _ in range(2):
        assert main(["demo", "--plain"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


def test_every_command_of_the_first_plan_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "oncourse").symlink_to(ROOT / "oncourse")
    values = {}

    def run(command):
        words = [values.get(word, word) for word in command.removeprefix("$ oncourse ").split()]
        code = main(words)
        printed, errors = capsys.readouterr()
        assert code == 0, (command, printed, errors)
        return printed

    for block in blocks("docs/first-plan.md"):
        for command in block.strip().split("\n"):
            if "step outcome" in command:
                values["STEP"] = waiting(run("$ oncourse step list PLAN --json"), "AWAITING_OUTCOME")
            elif "step show" in command:
                values["STEP"] = waiting(run("$ oncourse step list PLAN --json"), "PENDING_APPROVAL")
            printed = run(command)
            if "plan propose" in command:
                values["PLAN"] = re.search(r"Plan (\w{8})", printed).group(1)
            if " show " in command:
                values["DIGEST"] = re.search(r"sha256:[0-9a-f]{64}", printed).group(0)
    assert set(values) == {"PLAN", "STEP", "DIGEST"}


def test_a_backup_is_restored_as_the_page_shows(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(out, "_width", 80)
    for words in (
        ["init", "--zone", "Europe/Berlin"],
        ["import", str(ROOT / "oncourse" / "demo_data"), "--as", "admin"],
        ["principal", "add", "p-otto", "--role", "plan_approver", "--as", "admin"],
        ["principal", "add", "p-mara", "--role", "editor", "--as", "admin"],
    ):
        assert main(words) == 0, capsys.readouterr()
    capsys.readouterr()
    shown = next(block for block in blocks("docs/operating.md") if block.startswith("$ oncourse db backup"))
    printed = ""
    for command in re.findall(r"^\$ oncourse (.*)$", shown, re.MULTILINE):
        assert main(command.split()) == 0, (command, capsys.readouterr())
        printed += f"$ oncourse {command}\n{capsys.readouterr().out}"

    def bare(text):
        """Leave out what a new migration changes: sizes and the number of the schema."""
        same = re.sub(r"[\d,]+ bytes", "N bytes", re.sub(r"\b0\d{3}\b", "NNNN", text))
        return [line.rstrip() for line in same.split("\n") if line.strip()]

    assert bare(printed) == bare(shown)


def test_the_page_on_observing_names_every_figure_and_every_span(tmp_path):
    from fastapi.testclient import TestClient

    from tests.oncourse.web.conftest import Door

    page = (ROOT / "docs" / "observing.md").read_text(encoding="utf-8")
    client = TestClient(
        Door(f"sqlite:///{tmp_path / 'a.db'}").app, base_url="http://127.0.0.1", client=("127.0.0.1", 5)
    )
    told = set(re.findall(r"^# TYPE (\w+)", client.get("/metrics").text, re.MULTILINE))
    assert (
        set(re.findall(r"oncourse_[a-z_]+", page))
        - {"oncourse_decision_seconds_bucket", "oncourse_decision_seconds_count"}
        == told
    )
    code = "".join((ROOT / "oncourse" / f"{name}.py").read_text() for name in ("telemetry", "graph", "engine"))
    spans = re.findall(r'(?:spanned|start_span)\(\s*"([a-z.]+)"', code)
    assert len(set(spans)) >= 7
    assert {name for name in spans if f"| `{name}` |" not in page} == set()


def waiting(text, status):
    import json

    return next(s["step_id"] for s in json.loads(text) if s["status"] == status)


def test_the_import_page_lists_every_column_that_is_read():
    assert documentation() in (ROOT / "docs" / "import.md").read_text(encoding="utf-8")


def test_the_architecture_shows_the_graph_that_runs():
    from agent import Deps, playbook_drafter
    from oncourse.graph import build_graph
    from tests.house import House

    drawn = build_graph(House().orchestrator, Deps(drafter=playbook_drafter())).get_graph().draw_mermaid()
    shown = re.search(r"```mermaid\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text(), re.DOTALL).group(1)
    assert drawn.strip() == shown.strip()


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.name)
def test_a_decision_is_at_most_forty_lines(path):
    assert len(path.read_text(encoding="utf-8").rstrip("\n").split("\n")) <= 40


def test_no_document_names_a_path_of_a_machine():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        assert not re.search(r"(^|[^\w.])/(work|root|home|tmp)/", path.read_text(encoding="utf-8")), path


def test_the_proposal_of_the_page_is_accepted(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "proposal.md").read_text(encoding="utf-8")
    (tmp_path / "mine.json").write_text(re.search(r"```json\n(.*?)```", text, re.DOTALL).group(1))
    for words in (
        ["init", "--zone", "Europe/Berlin", "--clock", "2026-03-02T08:00:00+01:00"],
        ["import", str(ROOT / "oncourse" / "demo_data"), "--as", "admin"],
        ["principal", "add", "p-jonas", "--role", "editor", "--as", "admin"],
        ["plan", "propose", "--file", "mine.json", "--as", "p-jonas"],
    ):
        assert main(words) == 0, capsys.readouterr()
