"""Is it over? One pure function over a plan, dated facts and the time.

Never changes a plan, never judges whether something may happen, never reads a clock: the same plan, facts and `now`
give the same evaluation, byte for byte.
"""

from evaluator.closing import Ending, Evaluation, EvaluatorError, evaluate
from evaluator.objectives import OBJECTIVES
from evaluator.readings import ContractReading, Reading

__all__ = ["OBJECTIVES", "ContractReading", "Ending", "Evaluation", "EvaluatorError", "Reading", "evaluate"]
