"""Whether several answers to one case agree."""

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

from evals.judging import Answer
from evals.scorers.score import Score, barred
from evals.scorers.similarity import similarity

NAME = "stability"
LEAST = 0.8


def stability(answers: Sequence[Answer]) -> Score | None:
    """Score the mean similarity of all pairs; None of fewer than two answers. A constant plan is stable too."""
    pairs = [similarity(one.outcome, other.outcome) for one, other in combinations(answers, 2)]
    if not pairs:
        return None
    like = fmean(pairs)
    told = f"{len(answers)} answers to one case agree only {like:.2f}; {LEAST} is the least"
    return barred(NAME, like, LEAST, told, hard=False)
