"""The house: rooms are ours, arrows run down, and each contract is seen to catch what it forbids."""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import plan

ROOT = Path(plan.__file__).parent.parent
ROOMS = ("plan", "gate", "evaluator", "ledger", "store", "agent", "orchestrator", "oncourse")
FACES = ("plan", "gate", "evaluator", "ledger", "store", "agent", "orchestrator")

BREACHES = {
    "an arrow that runs up": ("store/connection.py", "import orchestrator", "Arrows run down"),
    "an agent that judges": ("agent/contract.py", "import gate", "The agent knows the vocabulary"),
    "a store that judges": ("store/connection.py", "import gate", "The store judges nothing"),
    "a room that needs the tests": ("plan/amounts.py", "import tests", "Nobody needs the exam or the tests"),
    "an exam that runs plans": ("evals/cases.py", "import store", "The exam does not run plans"),
    "a pure room with a clock": ("gate/view.py", "import time", "Pure rooms touch neither"),
    "a recording room with a model": ("ledger/explain.py", "import anthropic", "Rooms that decide, act and record"),
    "a second room with SQL": ("orchestrator/desk.py", "import sqlalchemy", "Only the store knows the database"),
    "an engine that opens a door": ("oncourse/engine.py", "import oncourse.cli.session", "Inside the front"),
    "a connector beside the connectors": ("orchestrator/desk.py", "import mcp", "Only the connectors speak"),
    "a second file with a queue": ("orchestrator/desk.py", "import dbos", "One file knows the durable queue"),
    "a room that makes spans": ("orchestrator/desk.py", "import opentelemetry", "Spans are made in one file"),
    "a second file that writes to people": ("orchestrator/desk.py", "import apprise", "One file knows how messages"),
    "an assistant that decides": (
        "oncourse/web/assistants/assistant.py",
        "import oncourse.web.decisions",
        "What an assistant holds knows no route",
    ),
    "YAML beside the policy": ("ledger/explain.py", "import yaml", "YAML is parsed in one file"),
}


@pytest.mark.parametrize("room", list(ROOMS))
def test_each_room_is_this_repositorys_own(room):
    assert Path(importlib.import_module(room).__file__).parent.parent == ROOT


@pytest.mark.parametrize("room", list(FACES))
def test_each_face_says_what_the_room_is_and_lists_what_it_shows(room):
    face = importlib.import_module(room)
    assert face.__doc__
    assert len(set(face.__all__)) == len(face.__all__)
    assert all(getattr(face, name, None) is not None for name in face.__all__)


@pytest.mark.parametrize("room", list(FACES))
def test_others_enter_a_room_by_its_face(room):
    for other in (r for r in (*ROOMS, "evals") if r != room):
        for path in (ROOT / other).rglob("*.py"):
            for line in path.read_text(encoding="utf-8").split("\n"):
                inside = line.strip().startswith((f"from {room}.", f"import {room}."))
                own = other == "evals" and room == "agent"  # the exam looks into recordings
                assert own or not inside, f"{path.relative_to(ROOT)}: {line.strip()}"


def lint_imports(folder):
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
    )


@pytest.mark.parametrize("breach", list(BREACHES))
def test_each_contract_catches_what_it_forbids(breach, tmp_path):
    file, line, contract = BREACHES[breach]
    for room in (*ROOMS, "evals", "tests"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / file
    target.write_text(target.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    told = lint_imports(tmp_path)
    assert told.returncode == 1, told.stdout + told.stderr
    broken = " ".join(told.stdout.split())
    assert any(f"{name} BROKEN" in broken for name in _names(contract)), told.stdout


def _names(start):
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    return [c["name"] for c in contracts if c["name"].startswith(start)]


def test_every_contract_has_its_breach():
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    starts = [start for _, _, start in BREACHES.values()]
    assert all(any(c["name"].startswith(start) for start in starts) for c in contracts)


def test_importing_the_agent_loads_no_model_library():
    program = (
        "import agent, sys; print([n for n in ('anthropic', 'instructor', 'langgraph', 'vcr') if n in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_the_lock_holds_hashes_and_no_address():
    text = (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    assert "://" not in text
