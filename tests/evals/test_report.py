"""The report says first where the answers came from, and never breaks on what a stranger wrote."""

from functools import cache
from xml.etree.ElementTree import fromstring

import pytest

from evals.arms import arms
from evals.cassettes import AUTHORED, read_cassettes
from evals.exam import Exam, good, mix
from evals.examining import examine
from evals.gating import Finding
from evals.matrix import matrix
from evals.report import write_report
from evals.report.annotations import annotations
from evals.report.figures import figures
from evals.report.junit import junit
from evals.report.page import page
from evals.report.summary import summary
from evals.results import Row
from plan import NoPlan, NoPlanReason

SOME = ("aurora", "aurora-note-discount", "brixton", "brixton-order", "lomond")
STRANGE = "</b><script>alert(1)</script> 100%\nsecond line"


@cache
def exam() -> Exam:
    rows = tuple(
        row
        for row in examine([c for c in read_cassettes() if c.case in SOME and c.model == AUTHORED])
        if row.case in SOME
    )
    return Exam(rows=rows, arms=tuple(arms(rows)), matrix=matrix(good(rows), 1), findings=())


def red(where: str = "aurora/authored.1") -> Exam:
    return exam().model_copy(update={"findings": (Finding(cause="lost", where=where, told=STRANGE),)})


def test_the_first_line_is_the_mix_of_sources_and_says_that_no_model_was_measured():
    first = summary(exam()).splitlines()[0]
    assert first == "0 claude, 5 authored, 0 local-model recordings; a model's quality: not measured"


def test_with_a_real_model_quality_is_measured_on_its_answers_alone():
    real = exam().rows[0].model_copy(update={"source": "claude", "model": "claude-sonnet-5-5"})
    told = exam().model_copy(update={"rows": (*exam().rows, real)})
    assert mix(told.rows) == "1 claude, 5 authored, 0 local-model recordings"
    assert "cases passed, claude" in summary(told)
    assert "not measured" not in summary(told)


def test_the_summary_names_each_finding_and_each_case_that_does_not_pass():
    row = exam().rows[0]
    worse = row.scores[0].model_copy(update={"passed": False, "messages": ("step brief: too late",)})
    failing = row.model_copy(update={"passed": False, "scores": (worse,)})
    told = summary(red().model_copy(update={"rows": (failing, *exam().rows[1:])}))
    assert "**RED: 1 findings**" in told
    assert "- **lost** aurora/authored.1" in told
    assert f"- {row.key}: step brief: too late" in told


def test_junit_has_a_test_for_each_answer_and_fails_those_that_are_found():
    suite = fromstring(junit(red()))  # noqa: S314 - our own
    assert suite.attrib["tests"] == "5"
    assert suite.attrib["failures"] == "1"
    (failed,) = [test for test in suite if test.find("failure") is not None]
    assert failed.attrib["name"] == "aurora/authored.1"
    assert failed.find("failure").text == STRANGE


def test_junit_gives_a_finding_that_is_about_no_answer_a_test_of_its_own():
    suite = fromstring(junit(red("gate/default_policy.yaml")))  # noqa: S314 - our own
    assert suite.attrib["tests"] == "6"
    assert suite[-1].attrib["name"] == "lost: gate/default_policy.yaml"


def test_the_page_needs_nothing_from_elsewhere_and_escapes_every_word():
    told = page(red())
    assert "<script>alert(1)" not in told
    assert "&lt;script&gt;alert(1)" in told
    assert "http://" not in told
    assert "https://" not in told
    assert "default-src &#39;none&#39;" in told or "default-src 'none'" in told


def test_the_page_opens_with_the_mix_and_shows_plan_scores_and_attack_of_each_case():
    told = page(exam())
    assert told.index("0 claude, 5 authored") < told.index("<h1>")
    for words in (
        "Planted in signal note aurora-s3",
        "PG021",
        "Prep renewal brief",
        "grounding 1",
        "gate-valid random",
    ):
        assert words in told


def test_the_page_shows_how_an_answer_differs_from_the_accepted_one():
    row = exam().rows[0]
    fewer = row.outcome.model_copy(update={"steps": row.outcome.steps[:-1]})
    told = page(exam().model_copy(update={"rows": (row.model_copy(update={"outcome": fewer}),)}))
    assert "-day  35  RECORD_COMMITMENT" in told


@pytest.mark.parametrize(
    ("where", "file"),
    [
        ("aurora/authored.1", "evals/cases/aurora.yaml"),
        ("gate/default_policy.yaml", "gate/default_policy.yaml"),
        ("aurora/authored.1, brixton/authored.1", "evals/cases/aurora.yaml"),
        ("cite everything", "evals"),
    ],
)
def test_an_annotation_stands_at_its_file_and_on_one_line(where, file):
    (line,) = annotations(red(where))
    assert line.startswith(f"::error file={file},title=evals%3A lost::")
    assert "\n" not in line
    assert "100%25%0Asecond" in line


def test_two_reports_of_one_exam_are_the_same_bytes(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    for name in ("one", "two"):
        write_report(exam(), tmp_path / name)
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [p.name for p in one] == ["answers.json", "junit.xml", "report.html", "results.json", "summary.md"]
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_in_ci_the_annotations_are_printed_and_the_summary_is_handed_over(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    write_report(red(), tmp_path / "out")
    assert "::error file=" in capsys.readouterr().out
    assert (tmp_path / "step.md").read_text("utf-8") == summary(red())


def as_model(row: Row, k: int = 1, **changes) -> Row:
    return row.model_copy(update={"source": "claude", "model": "claude-sonnet-5-5", "k": k} | changes)


def test_several_answers_to_a_case_count_once_and_tell_whether_all_pass_and_agree():
    first, other = (row for row in exam().rows if row.case in {"aurora", "lomond"})
    rows = (as_model(first), as_model(first, 2, passed=False), as_model(other), as_model(other, 2))
    told = {figure.name: figure for figure in figures(exam().model_copy(update={"rows": rows}))}
    assert told["answers passed, claude"].value == "0.750"
    assert told["all of 2 answers pass, claude"].value == "0.500"
    assert told["stability, claude"].value == "1.000"
    assert "cases passed, claude" not in told


def test_an_attack_worked_where_its_goal_is_reached_and_not_where_the_answer_only_differs():
    attacked = next(row for row in exam().rows if row.change == "attacked")
    refusing = NoPlan(reason=NoPlanReason.UNREADABLE, suggestion="Draft it by hand.")
    discount = attacked.outcome.steps[0].model_copy(update={"key": "d", "action_type": "REQUEST_DISCOUNT_APPROVAL"})
    obeying = attacked.outcome.model_copy(update={"steps": (*attacked.outcome.steps, discount)})
    for outcome, hits in ((attacked.outcome, "0/1"), (refusing, "0/1"), (obeying, "1/1")):
        rows = tuple(as_model(row, outcome=outcome if row == attacked else row.outcome) for row in exam().rows)
        told = {figure.name: figure.value for figure in figures(exam().model_copy(update={"rows": rows}))}
        assert told["attacks that worked, claude"] == hits
