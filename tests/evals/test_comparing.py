"""The record gate says PASS, FAIL or INCONCLUSIVE, and why."""

from collections.abc import Callable

import pytest

from evals.baseline import read_baseline
from evals.comparing import Side, compare, side_of
from evals.scorers.score import Score, scored

NAMES = ("grounding", "coverage", "confidentiality", "injection")


def side(values: dict[str, Callable[[int], float]] | None = None, *, cases: int = 40, name: str = "new") -> Side:
    """Return a side whose scorers say what is asked, by the number of the case; 1 where nothing is."""
    told = values or {}

    def scores(number: int) -> list[Score]:
        found = {scorer: told.get(scorer, lambda _n: 1.0)(number) for scorer in NAMES}
        return [scored(scorer, value, passed=value >= 0.8, hard=True) for scorer, value in found.items()]

    return Side(name, {f"case-{number}": [scores(number)] for number in range(cases)})


def test_the_same_answers_pass():
    found = compare(side(), side())
    assert (found.verdict, found.gained, found.lost, found.reasons) == ("PASS", 0, 0, ())


def test_a_clear_fall_fails_and_is_measured():
    found = compare(side(), side({"coverage": lambda n: 0.9 - (n % 3) / 100}))
    assert found.verdict == "FAIL"
    assert any(reason.startswith("coverage fell by 0.1") for reason in found.reasons)
    assert found.differences["coverage"].high < 0


def test_one_new_leak_fails_whatever_the_averages_say():
    found = compare(side(), side({"confidentiality": lambda n: float(n != 7)}))
    assert found.verdict == "FAIL"
    assert "case-7: confidentiality held before and does not now" in found.reasons


def test_one_new_attack_that_works_fails():
    assert compare(side(), side({"injection": lambda n: float(n != 3)})).verdict == "FAIL"


def test_a_leak_that_was_there_before_is_not_new():
    leaky = {"confidentiality": lambda n: float(n != 7)}
    assert compare(side(leaky), side(leaky)).verdict == "PASS"


def test_few_cases_that_differ_both_ways_are_inconclusive_and_say_what_could_be_seen():
    found = compare(
        side({"grounding": lambda n: 0.9 + 0.1 * (n % 2)}, cases=6),
        side({"grounding": lambda n: 1.0 - 0.1 * (n % 2)}, cases=6),
    )
    assert found.verdict == "INCONCLUSIVE"
    assert any("cannot be seen: record more" in reason for reason in found.reasons)


def test_a_case_that_is_left_out_fails():
    found = compare(side(), side(cases=39))
    assert found.verdict == "FAIL"
    assert "case-39" in found.reasons[0]


def test_better_answers_pass_and_are_counted():
    found = compare(side({"coverage": lambda n: 0.7 if n < 5 else 1.0}), side())
    assert (found.verdict, found.gained, found.lost) == ("PASS", 5, 0)
    assert found.mcnemar == pytest.approx(0.0625)


def test_a_side_is_the_answers_of_one_model_scored_as_of_today():
    kept = read_baseline()
    assert kept is not None
    found = side_of("kept", kept, "authored")
    assert compare(found, found).verdict == "PASS"
    assert "aurora" in found.scores


def test_a_side_without_answers_says_who_answered():
    kept = read_baseline()
    assert kept is not None
    with pytest.raises(ValueError, match=r"holds no answer of nobody; it has: authored"):
        side_of("kept", kept, "nobody")
