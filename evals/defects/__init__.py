"""Seeded defects: good answers made wrong in one way each, and the scorer that must see it.

A scorer that lets one by has a hole. Beside them stand changes that must not matter.
"""

from evals.defects import (
    confidentiality,
    coverage,
    grounding,
    human_touch,
    injection,
    kinds,
    made_by_code,
    objective,
    parsimony,
    policy,
    sequence,
)
from evals.defects.benign import BENIGN, Change
from evals.defects.seeding import Defect, Outcome, Seeded

DEFECTS: tuple[Defect, ...] = (
    *policy.DEFECTS,
    *made_by_code.DEFECTS,
    *sequence.DEFECTS,
    *grounding.DEFECTS,
    *objective.DEFECTS,
    *coverage.DEFECTS,
    *parsimony.DEFECTS,
    *human_touch.DEFECTS,
    *confidentiality.DEFECTS,
    *kinds.DEFECTS,
    *injection.DEFECTS,
)
"""Every defect."""

__all__ = ["BENIGN", "DEFECTS", "Change", "Defect", "Outcome", "Seeded"]
