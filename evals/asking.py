"""The conversation of a case: the drafter is asked as the product asks it, and may mend what the rules refuse."""

from collections.abc import Iterator

from agent import Deps, ProposalRequest, ProposalResult, propose
from agent.contract import Drafter
from evals.judging import Answer, answered, judged
from gate import Decision
from plan import NoPlan, NoPlanReason, Rejected

REPAIRS = 2


class Unasked:
    """A drafter for cases that code answers alone; where it is asked after all, a recording is missing."""

    name = "nobody"

    def draft(self, _request: ProposalRequest) -> ProposalResult:
        """Say that no recording answers."""
        return ProposalResult(outcome=NoPlan(reason=NoPlanReason.NO_RECORDING, suggestion="Record this case first."))


def conversation(drafter: Drafter, request: ProposalRequest) -> Iterator[tuple[ProposalResult, Decision | None]]:
    """Yield each answer with its judgement, until one passes or the repairs are used up."""
    for _ in range(REPAIRS + 1):
        result = propose(request, Deps(drafter))
        if isinstance(result.outcome, NoPlan):
            yield result, None
            return
        decision = judged(result.outcome, request)
        yield result, decision
        if decision.verdict != "DENY" or result.answer is None:
            return
        lines = tuple(f"{v.code} {v.severity} {v.where}: {v.message}. {v.mend}" for v in decision.violations)
        request = request.model_copy(
            update={"rejected": (*request.rejected, Rejected(answer=result.answer, findings=lines))}
        )


def ask(drafter: Drafter, request: ProposalRequest) -> Answer:
    """Return what a drafter's last answer comes to, and how often it had to be asked."""
    results = [result for result, _ in conversation(drafter, request)]
    calls = tuple(call for result in results for call in result.outcome.provenance.calls)
    tools = sum(_used_tools(result) for result in results)
    return answered(results[-1].outcome, request)._replace(calls=calls, mends=max(0, len(calls) - tools - 1))


def _used_tools(result: ProposalResult) -> int:
    """Count the calls that ended with a wish to look closer, which is no fault."""
    turns = (result.answer or {}).get("turns", [])
    return sum(any(b.get("type") == "tool_use" for b in t["content"]) for t in turns if t["role"] == "assistant")
