"""The benchmarks run, at a tiny size and untimed, and those who are compared answer the same questions alike."""

import pytest

from tests.bench import SUBJECTS, subject
from tests.bench.__main__ import main
from tests.bench.authority import OURS, questions, ways
from tests.bench.measuring import beside


@pytest.mark.parametrize("name", list(SUBJECTS))
def test_a_benchmark_runs_and_says_its_figure(name):
    told = subject(name)(quick=True)
    assert told
    assert all(any(letter.isdigit() for letter in line) for line in told)


def test_everybody_who_decides_authority_in_the_benchmark_decides_it_alike():
    asked, known = questions()[::3], ways()
    answers = {name: [bool(way(*one)) for one in asked] for name, way in known.items()}
    assert {True, False} == set(answers[OURS])
    assert all(answer == answers[OURS] for answer in answers.values())


def test_works_are_measured_beside_each_other():
    calls = []
    found = beside({"one": lambda: calls.append(1), "other": lambda: calls.append(2)}, seconds=0)
    assert (calls, set(found)) == ([1, 2], {"one", "other"})
    assert all(taken > 0 for taken in beside({"one": lambda: None}, seconds=0.05).values())


def test_an_unknown_benchmark_is_named(capsys):
    assert main(["weather"]) == 2
    assert "weather; known: gate, authority" in capsys.readouterr().err
