"""Each command answers a mistake with one line, and says what it did."""

import json

import pytest

from evals import commands
from evals.case_files import SCHEMA, CaseFile
from evals.commands import main


def test_stale_says_so_when_nothing_is(capsys):
    assert main(["stale"]) == 0
    assert capsys.readouterr().out.strip().endswith("none is stale")


def test_try_scores_an_authored_answer_without_recording_it(capsys):
    assert main(["try", "aurora"]) == 0
    assert capsys.readouterr().out.startswith("aurora: 7 steps  schema 1 policy 1")


def test_power_tells_how_many_cases_there_are_and_would_be_needed(capsys):
    assert main(["power"]) == 0
    told = capsys.readouterr().out
    assert "  0.12     46 cases" in told
    assert "base cases" in told


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["try", "nobody"], "there is no case nobody"),
        (["record", "nobody", "--authored"], "there is no case nobody"),
        (["compare", "nowhere.json:authored", "evals/baseline.json:authored"], "names no answers"),
        (["compare", "evals/baseline.json", "evals/baseline.json:authored"], "names no answers"),
        (["compare", "evals/baseline.json:authored", "evals/baseline.json:nobody"], "holds no answer of nobody"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_1(args, words, capsys):
    assert main(args) == 1
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_an_unknown_command_is_misuse():
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2


@pytest.mark.parametrize(("verdict", "code"), [("PASS", 0), ("FAIL", 1), ("INCONCLUSIVE", 3)])
def test_compare_ends_with_a_code_for_each_verdict(verdict, code, capsys, monkeypatch):
    real = commands.compare
    monkeypatch.setattr(commands, "compare", lambda one, two: real(one, two)._replace(verdict=verdict))
    assert main(["compare", "evals/baseline.json:authored", "evals/baseline.json:authored"]) == code
    assert capsys.readouterr().out.startswith(verdict)


def test_the_schema_that_editors_read_is_that_of_the_case_files():
    assert json.loads(SCHEMA.read_text("utf-8")) == CaseFile.model_json_schema()
