"""The replay gate is green as it stands, and red with its cause named for everything that may go wrong."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from evals.baseline import Baseline, read_baseline, scored_again
from evals.cassettes import Cassette, read_cassettes
from evals.examining import examine
from evals.gating import findings, orphans
from evals.manifest import read_manifest
from evals.results import Row
from plan import NoPlan, NoPlanReason, digest_bytes

ROOT = Path(__file__).parents[2]
SOME = ("aurora", "aurora-note-discount", "brixton", "brixton-order", "inf-nobody-left", "con-legal-hold")
OTHER = digest_bytes(b"another")


@cache
def cassettes() -> tuple[Cassette, ...]:
    return tuple(c for c in read_cassettes() if c.case in SOME)


@cache
def rows() -> tuple[Row, ...]:
    return tuple(row for row in examine(cassettes()) if row.case in SOME)


def accepted() -> Baseline:
    kept = read_baseline()
    assert kept is not None
    return kept.model_copy(update={"answers": tuple(a for a in kept.answers if a.case in SOME)})


def causes(rows=None, baseline=None, cassettes_=None) -> dict[str, str]:
    """Return what is found, by cause; parts that only other recordings use are no fault here."""
    found = findings(
        rows if rows is not None else globals()["rows"](),
        cassettes_ or read_cassettes(),
        read_manifest(),
        baseline or accepted(),
    )
    return {finding.cause: f"{finding.where}: {finding.told}" for finding in found}


def changed(row: Row, **changes) -> tuple[Row, ...]:
    return tuple(other.model_copy(update=changes) if other == row else other for other in rows())


def test_as_it_stands_nothing_is_found():
    assert causes() == {}


def test_without_a_baseline_it_says_how_to_make_one():
    found = findings(rows(), read_cassettes(), read_manifest(), None)
    assert [f.cause for f in found] == ["baseline"]
    assert "python -m evals accept" in found[0].told


def test_a_case_that_passed_and_does_not_now_is_lost_with_the_scorer_named():
    row = rows()[0]
    worse = row.scores[0].model_copy(update={"passed": False, "value": 0.0, "messages": ("step brief: no good",)})
    told = causes(changed(row, passed=False, scores=(worse, *row.scores[1:])))
    assert told == {"lost": f"{row.key}: it passed when it was accepted: step brief: no good"}


def test_an_answer_that_was_accepted_and_is_gone_is_missing():
    gone, *others = rows()
    assert list(causes(tuple(others))) == ["missing"]
    assert gone.key in causes(tuple(others))["missing"]


def test_another_answer_than_the_accepted_one_is_said_so():
    row = rows()[0]
    other = NoPlan(reason=NoPlanReason.REFUSED, suggestion="Draft it by hand.")
    assert list(causes(changed(row, outcome=other))) == ["answer"]


def test_a_new_case_that_does_not_pass_fails():
    kept = accepted()
    row = rows()[0]
    fewer = kept.model_copy(update={"answers": tuple(a for a in kept.answers if a.key != row.key)})
    assert list(causes(changed(row, passed=False), fewer)) == ["fails"]
    assert causes(baseline=fewer) == {}


def test_what_is_wrong_with_a_recording_is_found():
    row = rows()[0]
    told = causes(changed(row, faults=("it holds what looks like a key",)))
    assert told["recording"] == f"{row.key}: it holds what looks like a key"


def test_a_recording_of_no_case_is_an_orphan():
    lone = cassettes()[0]._replace(case="nobody")
    assert orphans([lone, cassettes()[1]]) == [lone]
    assert "nobody" in causes(cassettes_=(*read_cassettes(), lone))["orphan"]


def test_a_recording_that_the_manifest_does_not_hold_is_named():
    new = cassettes()[0]._replace(k=9)
    assert "(authored 9)" in causes(cassettes_=(*read_cassettes(), new))["unknown recording"]


@pytest.mark.parametrize(
    ("update", "cause"),
    [({"policy": OTHER}, "policy"), ({"rules": OTHER}, "rules"), ({"scorers": {}}, "scorer timing")],
)
def test_a_changed_judge_is_named_with_what_it_does_to_the_accepted_answers(update, cause):
    told = causes(baseline=accepted().model_copy(update=update))
    assert "no accepted answer is judged otherwise" in told[cause]


def test_accepted_answers_are_scored_again_so_that_a_changed_scorer_is_no_changed_answer():
    kept = accepted()
    first = kept.answers[0]
    otherwise = first.model_copy(update={"values": first.values | {"timing": 0.25}, "passed": False})
    (moved,) = scored_again(kept.model_copy(update={"answers": (otherwise, *kept.answers[1:])}))
    assert (moved.passed_before, moved.passes_now) == (False, True)
    assert moved.changed == ("timing 0.25 -> 1",)


def test_one_word_one_number_and_one_line_each_turn_it_red_with_the_cause_named(tmp_path):
    for room in ("plan", "gate", "evaluator", "agent", "evals"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    edits = (
        ("agent/prompts/renewal_defense.v2.md", "You propose; you never act.", "You propose and never act."),
        ("gate/default_policy.yaml", "max_risky_steps: 6 ", "max_risky_steps: 5 "),
        ("evals/scorers/timing.py", '"""', '"""Changed. '),
    )
    for path, old, new in edits:
        text = (tmp_path / path).read_text("utf-8")
        assert old in text
        (tmp_path / path).write_text(text.replace(old, new, 1), "utf-8")
    ran = subprocess.run([sys.executable, "-m", "evals"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    for cause in ("**stale prompt**", "**policy** gate/default_policy.yaml", "**scorer timing**"):
        assert cause in ran.stdout
