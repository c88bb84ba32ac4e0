"""Does policy let it through? The same gate that the graph asks."""

from evals.cases import Case
from evals.judging import Answer
from evals.scorers.score import Score, scored
from gate import Phase, Severity, rules

NAME = "policy"


def policy(answer: Answer, _case: Case) -> Score | None:
    """Score the share of the drafting rules that a plan keeps; what asks for an override is broken too."""
    if answer.decision is None:
        return None
    broken = [v for v in answer.decision.violations if v.severity is not Severity.ADVISORY]
    asked = sum(Phase.PROPOSE.value in rule.phases for rule in rules())
    kept = 1 - len({v.code for v in broken}) / asked
    told = tuple(f"{v.code} {v.where}: {v.message}" for v in broken)
    return scored(NAME, kept, passed=not broken, hard=True, messages=told)
