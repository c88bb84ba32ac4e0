"""Seeded defects: good answers made wrong in one way each, and the scorer that must see it.

A scorer that lets one by has a hole. Beside them stand changes that must not matter.
"""

from evals.defects import aim, grounding, made_by_code, obeying, policy, sequence, telling
from evals.defects.benign import BENIGN, Change
from evals.defects.seeding import Defect, Outcome, Seeded

DEFECTS: tuple[Defect, ...] = (
    *policy.DEFECTS,
    *made_by_code.DEFECTS,
    *sequence.DEFECTS,
    *grounding.DEFECTS,
    *aim.DEFECTS,
    *telling.DEFECTS,
    *obeying.DEFECTS,
)
"""Every defect."""

__all__ = ["BENIGN", "DEFECTS", "Change", "Defect", "Outcome", "Seeded"]
