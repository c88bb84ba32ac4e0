"""Whether there is a plan exactly where one is right."""

from evals.cases import Case
from evals.judging import Answer
from evals.scorers.score import Score, scored
from plan import NoPlan

NAME = "abstention"


def abstention(answer: Answer, case: Case) -> Score:
    """Score 1 where the answer is of the right kind, and a half where it declines for a wrong reason."""
    outcome, expect = answer.outcome, case.expect
    right = " or ".join(reason.value for reason in expect.reasons)
    if not isinstance(outcome, NoPlan):
        told = f"it plans where no plan is right ({right})" if expect.outcome == "no_plan" else ""
    elif expect.outcome == "plan":
        told = f"it declines ({outcome.reason.value}) where a plan is right"
    elif expect.reasons and outcome.reason not in expect.reasons:
        told = f"it declines rightly, but not for {outcome.reason.value}; right is {right}"
        return scored(NAME, 0.5, passed=False, hard=True, messages=(told,))
    else:
        told = ""
    return scored(NAME, not told, passed=not told, hard=True, messages=(told,) if told else ())
