"""Whether a drafter's confidence means something."""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from evals.scorers.score import Score, scored
from plan import NoPlan, Proposal

NAME = "calibration"
ENOUGH = 30
"""So many answers at least; of fewer nothing can be said."""
BINS = 5
MOST_BRIER, MOST_GAP = 0.20, 0.15


class Reliability(NamedTuple):
    """What confidences come to, against what passed."""

    answers: int
    brier: float
    """The mean squared error; 0 is best."""
    skill: float
    """1 is best; 0 is no better than always naming the share that passes."""
    gap: float
    """The mean distance of confidence and share passed over bins of about as many; who is as sure shares a bin."""
    bins: tuple[tuple[float, float, int], ...]
    """Of each bin, least sure first: the mean confidence, the share that passed, how many."""


def reliability(answers: Sequence[tuple[Proposal | NoPlan, bool]]) -> Reliability | None:
    """Return how answers with a confidence fare; None where they are too few or all ended alike."""
    told = [
        (outcome.confidence_percent / 100, float(passed))
        for outcome, passed in answers
        if isinstance(outcome, Proposal) and outcome.confidence_percent is not None
    ]
    if len(told) < ENOUGH or len({passed for _, passed in told}) == 1:
        return None
    share = fmean(passed for _, passed in told)
    brier = fmean((sure - passed) ** 2 for sure, passed in told)
    rows: dict[int, list[tuple[float, float]]] = {}
    for one in sorted(told):
        below = sum(sure < one[0] for sure, _ in told)
        rows.setdefault(BINS * below // len(told), []).append(one)
    bins = tuple((fmean(s for s, _ in row), fmean(p for _, p in row), len(row)) for row in rows.values())
    gap = sum(abs(sure - passed) * count for sure, passed, count in bins) / len(told)
    return Reliability(len(told), round(brier, 4), round(1 - brier / (share * (1 - share)), 4), round(gap, 4), bins)


def calibration(answers: Sequence[tuple[Proposal | NoPlan, bool]]) -> Score | None:
    """Score 1 less the mean squared error of the confidences of answers, each with whether it passed its case."""
    found = reliability(answers)
    if found is None:
        return None
    passed = found.brier <= MOST_BRIER and found.gap <= MOST_GAP
    messages = tuple(
        f"{count} answers are {sure:.0%} sure, and {share:.0%} of them pass"
        for sure, share, count in found.bins
        if round(abs(sure - share), 4) > MOST_GAP
    )
    return scored(NAME, 1 - found.brier, passed=passed, hard=False, messages=messages)
