"""What the scores of one answer come to."""

from collections.abc import Sequence

from evals.scorers.score import Score

NEEDED = frozenset({"objective"})
"""Scorers that must pass though they are soft."""
KIND = "abstention"
"""Says whether the answer is of the right kind; where it is not, nothing else is worth anything."""
WEIGHTS = {
    "schema": 1,
    "policy": 1,
    "grounding": 3,
    "objective": 2,
    "dependency": 2,
    "timing": 2,
    "coverage": 3,
    "parsimony": 2,
}
"""What each scorer counts in the quality of an answer. What is not named guards: it is right, or the case fails."""


def passes(scores: Sequence[Score]) -> bool:
    """Tell whether an answer passes its case: every hard scorer passes, and the objective. Nothing said is no pass."""
    return bool(scores) and all(score.passed for score in scores if score.hard or score.name in NEEDED)


def quality(scores: Sequence[Score]) -> float:
    """Return the weighted mean of the scores, 0 to 1, times whether the answer is of the right kind at all."""
    told = [(WEIGHTS[score.name], score.value) for score in scores if score.name in WEIGHTS]
    kind = min((score.value for score in scores if score.name == KIND), default=1.0)
    whole = sum(weight for weight, _ in told)
    return round(kind * sum(weight * value for weight, value in told) / whole, 4) if whole else 0.0


def gated_quality(scores: Sequence[Score]) -> float:
    """Return the quality where every hard scorer passes, else 0."""
    return quality(scores) if all(score.passed for score in scores if score.hard) else 0.0
