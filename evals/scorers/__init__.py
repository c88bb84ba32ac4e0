"""The scorers: one pure function a file, `(answer, case) -> Score`, or None where the question does not arise.

No clock, no file, no model. A case passes when every hard scorer, grounding and objective pass.
"""

from collections.abc import Callable

from evals.cases import Case
from evals.judging import Answer
from evals.scorers.policy import policy
from evals.scorers.score import Score

Scorer = Callable[[Answer, Case], Score | None]

SCORERS: dict[str, Scorer] = {
    "policy": policy,
}

__all__ = ["SCORERS", "Score", "Scorer"]
