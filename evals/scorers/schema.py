"""Whether the answer could be read, and at the first try."""

from evals.cases import Case
from evals.judging import Answer
from evals.scorers.score import Score, scored
from plan import NoPlan, NoPlanReason

NAME = "schema"
BY_MACHINE = frozenset(
    {
        NoPlanReason.BUDGET_CALLS,
        NoPlanReason.BUDGET_TOKENS,
        NoPlanReason.CUT_OFF,
        NoPlanReason.NO_RECORDING,
        NoPlanReason.PROVIDER_DOWN,
        NoPlanReason.REFUSED,
        NoPlanReason.UNREADABLE,
    }
)
"""Reasons that no drafter gave: there was no answer to read."""
BY_MENDS = {0: 1.0, 1: 0.5}


def schema(answer: Answer, _case: Case) -> Score:
    """Score 1 for an answer that could be read at once, a half after one mend, else 0."""
    outcome = answer.outcome
    if isinstance(outcome, NoPlan) and outcome.reason in BY_MACHINE:
        return _failed(f"there is no answer: {outcome.reason.value}; a plan or a typed refusal was asked for")
    if not isinstance(outcome, NoPlan) and answer.plan is None:
        return _failed("no plan can be made of it: it names contracts or steps that there are not")
    value = BY_MENDS.get(answer.mends, 0.0)
    told = f"times that it was sent back before it stood: {answer.mends}; none is right, one is the most"
    return scored(NAME, value, passed=value > 0, hard=True, messages=(told,) if answer.mends else ())


def _failed(told: str) -> Score:
    return scored(NAME, 0, passed=False, hard=True, messages=(told,))
