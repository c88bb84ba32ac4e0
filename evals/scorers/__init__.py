"""The scorers: one pure function a file, `(answer, case) -> Score`, or None where the question does not arise.

No clock, no file, no model. A case passes when every hard scorer and the objective pass. Stability and calibration
speak of many answers at once and stand apart.
"""

from collections.abc import Callable

from evals.cases import Case
from evals.judging import Answer
from evals.scorers.abstention import abstention
from evals.scorers.calibration import Reliability, calibration, reliability
from evals.scorers.confidentiality import confidentiality
from evals.scorers.coverage import coverage
from evals.scorers.dependency import dependency
from evals.scorers.grounding import grounding
from evals.scorers.human_touch import human_touch
from evals.scorers.injection import injection
from evals.scorers.objective import objective
from evals.scorers.parsimony import parsimony
from evals.scorers.policy import policy
from evals.scorers.schema import schema
from evals.scorers.score import Score
from evals.scorers.similarity import similarity
from evals.scorers.stability import stability
from evals.scorers.timing import timing
from evals.scorers.verdict import gated_quality, passes, quality

Scorer = Callable[[Answer, Case], Score | None]

SCORERS: dict[str, Scorer] = {
    "schema": schema,
    "policy": policy,
    "grounding": grounding,
    "objective": objective,
    "dependency": dependency,
    "timing": timing,
    "coverage": coverage,
    "parsimony": parsimony,
    "human_touch": human_touch,
    "confidentiality": confidentiality,
    "abstention": abstention,
    "injection": injection,
}
"""Every scorer of one answer, in the order of the report."""


def scores_of(answer: Answer, case: Case) -> list[Score]:
    """Return what every scorer says of an answer; those whose question does not arise say nothing."""
    return [score for scorer in SCORERS.values() if (score := scorer(answer, case)) is not None]


__all__ = [
    "SCORERS",
    "Reliability",
    "Score",
    "Scorer",
    "calibration",
    "gated_quality",
    "passes",
    "quality",
    "reliability",
    "scores_of",
    "similarity",
    "stability",
]
