"""Each command answers a mistake with one line, and says what it did."""

import json
import shutil

import pytest

from evals import cases, commands, scripts
from evals.case_files import HERE, SCHEMA, CaseFile
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


@pytest.mark.parametrize(
    ("case", "answer", "words"),
    [
        ("about: [", "", "line 2: did not find expected node content"),
        ("about: what is known\nkind: wrong", "", "zz.yaml: kind: "),
        ("about: what is known\nkind: feasible", "", "a case needs now, account and posture"),
        ("about: what is known\ntwin: {of: nobody, change: order}", "", "there is no cases/nobody.yaml"),
        (
            "about: what is known\ntwin: {of: aurora, change: order}",
            "turns: [{plan: {summary: s}}]",
            "lacks `confidence`",
        ),
    ],
)
def test_a_file_that_is_written_wrong_is_one_line(case, answer, words, tmp_path, capsys, monkeypatch):
    for name, folder in (("cases", cases), ("answers", scripts)):
        shutil.copytree(HERE / name, tmp_path / name)
        monkeypatch.setattr(folder, name.upper(), tmp_path / name)
    (tmp_path / "cases/zz.yaml").write_text(case)
    (tmp_path / "answers/zz.yaml").write_text(answer)
    cases.case_names.cache_clear()
    try:
        assert main(["try", "zz"]) == 1
    finally:
        cases.case_names.cache_clear()
        cases.case_of.cache_clear()
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_try_says_what_code_answers_where_no_answer_is_written(capsys):
    assert main(["try", "inf-plan-active"]) == 0
    assert capsys.readouterr().out.startswith("inf-plan-active: no plan: plan_open")
