"""Intervals, paired tests and power, by scipy. All intervals are 95 %, two-sided."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
_SIGNIFICANT = 0.05
_Z = 1.959964 + 0.841621
"""Of a two-sided test at 0.05 with power 0.8."""
RESAMPLES = 9999
_SEED = 20260302


class Interval(NamedTuple):
    """An estimate and its bounds."""

    value: float
    low: float
    high: float


class Paired(NamedTuple):
    """How two sides differ over the same cases."""

    n: int
    mean: float
    low: float
    high: float
    p: float
    """By sign flips."""
    sd: float
    """Of the differences: what power depends on."""


def rate(passed: int, n: int) -> Interval:
    """Return a rate with Wilson's interval; of nothing, nothing is known."""
    if n == 0:
        return Interval(0.0, 0.0, 1.0)
    found = stats.binomtest(passed, n).proportion_ci(LEVEL, method="wilson")
    return _rounded(passed / n, found.low, found.high)


def mean(groups: Sequence[Sequence[float]]) -> Interval:
    """Return a mean whose groups are the answers to one case each: cases vary, answers to one case hang together."""
    means = [float(np.mean(group)) for group in groups]
    if not means:
        return Interval(0.0, 0.0, 1.0)
    centre = float(np.mean(means))
    if len(means) == 1:
        return _rounded(centre, 0.0, 1.0)
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(means) - 1)) * float(np.std(means, ddof=1)) / math.sqrt(len(means))
    return _rounded(centre, max(0.0, centre - half), min(1.0, centre + half))


def paired(before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]]) -> Paired:
    """Return how the cases that both sides have differ, after minus before: t interval and sign-flip p."""
    shared = sorted(set(before) & set(after))
    moved = np.array([float(np.mean(after[case])) - float(np.mean(before[case])) for case in shared])
    n = len(shared)
    if n < 2:  # noqa: PLR2004 - one difference has no spread
        told = float(moved[0]) if n else 0.0
        return Paired(n, told, -1.0, 1.0, 1.0, 0.0)
    sd = float(np.std(moved, ddof=1))
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * sd / math.sqrt(n)
    centre = float(np.mean(moved))
    return Paired(n, *(round(v, 6) for v in (centre, centre - half, centre + half, sign_flip(moved), sd)))


def sign_flip(moved: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """Return how often chance alone moves a mean so far, either way: each difference might as well be the other."""
    if not np.any(moved):
        return 1.0
    found = stats.permutation_test(
        (moved,),
        np.mean,
        permutation_type="samples",
        n_resamples=RESAMPLES,
        vectorized=True,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.pvalue)


def mcnemar(gained: int, lost: int) -> float:
    """Return the exact p of cases that changed sides."""
    return float(stats.binomtest(min(gained, lost), gained + lost).pvalue) if gained + lost else 1.0


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """Return p values corrected for how many were looked at, by Holm."""
    corrected, worst = dict[str, float](), 0.0
    ranked = sorted(values.items(), key=lambda told: (told[1], told[0]))
    for rank, (name, p) in enumerate(ranked):
        worst = max(worst, min(1.0, p * (len(ranked) - rank)))
        corrected[name] = worst
    return corrected


def all_of(k: int, passed: int, n: int) -> float:
    """Return the chance that k answers drawn from n all pass, where `passed` did."""
    return math.comb(passed, k) / math.comb(n, k) if n >= k else 0.0


def cases_for_mean(sd: float, difference: float) -> int:
    """Return how many paired cases show a difference of a mean, where the differences spread by `sd`."""
    return math.ceil((_Z * sd / difference) ** 2)


def cases_for_rate(discordance: float, difference: float) -> int:
    """Return how many paired cases show a difference of a pass rate, where so large a share changes sides."""
    if discordance <= difference**2:
        raise ValueError(f"a difference of {difference} needs more than that share of cases to change sides")
    told = 1.959964 * math.sqrt(discordance) + 0.841621 * math.sqrt(discordance - difference**2)
    return math.ceil((told / difference) ** 2)


def smallest_difference(n: int, sd: float) -> float:
    """Return the smallest difference of a mean that n paired cases would show four times in five."""
    return _Z * sd / math.sqrt(n) if n else 1.0


def none_of(n: int) -> float:
    """Return how large a rate may be of which n trials showed none (upper bound at 95 %)."""
    return float(1 - (1 - LEVEL) ** (1 / n)) if n else 1.0


def _rounded(*values: float) -> Interval:
    return Interval(*(round(float(value), 4) for value in values))
