"""The API does what its description says: asked by a program that knows nothing but the description."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from oncourse.web import listening, stream

HERE = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
EXAMPLES = 4
"""Of each operation, beside those that cover its limits."""


@pytest.fixture
def served(door, monkeypatch):
    """A door that is served, with three drafts behind it."""
    monkeypatch.setattr(stream, "LIFE", timedelta(seconds=0.02))
    monkeypatch.setattr(stream, "LOOK", 0.01)
    for name in ("acme", "bolt", "cord"):
        door.house.draft(name)
    with listening(door.app, "127.0.0.1", 0) as address:
        yield door, address


def test_every_answer_is_one_that_the_description_holds(served, tmp_path):
    door, address = served
    # One worker: in two threads at once, parsing itself can fail in CPython 3.11 (SystemError, gh-106905).
    words = [
        str(SCHEMATHESIS), "--config-file", str(HERE / "schemathesis.toml"), "run", f"{address}/openapi.json",
        "--checks", "all", "--header", "Sec-Fetch-Site: same-origin", "--max-examples", str(EXAMPLES),
        "--seed", "1", "--no-color", "--no-shrink", "--workers", "1",
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-8000:]
    assert door.house.broken() == []


def test_the_description_names_a_problem_wherever_something_can_be_refused(door):
    description = door.app.openapi()
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            refusals = {status: told for status, told in operation["responses"].items() if status[0] in "45"}
            assert refusals, (method, path)
            for status, told in refusals.items():
                assert list(told["content"]) == ["application/problem+json"], (method, path, status)
    assert "HTTPValidationError" not in description["components"]["schemas"]


def test_every_operation_but_the_probes_and_the_sign_in_wants_a_secret(door):
    free = {"/livez", "/readyz", "/v1/session", "/v1/session:step-up", "/v1/session:enrol"}
    for path, operations in door.app.openapi()["paths"].items():
        for method, operation in operations.items():
            if path not in free:
                assert operation["security"], (method, path)
