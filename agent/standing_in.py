"""The drafter that another stands in for while its provider is down; whose draft it is, the draft says."""

from agent.contract import Drafter, ProposalRequest, ProposalResult
from plan import NoPlan, NoPlanReason


class StandIn:
    """Drafts with the first; with the other where the first one's provider is down and the other has a plan."""

    def __init__(self, first: Drafter, other: Drafter) -> None:
        self.name = first.name
        self._first, self._other = first, other

    def draft(self, request: ProposalRequest) -> ProposalResult:
        """Answer a request; the calls that failed stand in the other's provenance."""
        result = self._first.draft(request)
        if not isinstance(result.outcome, NoPlan) or result.outcome.reason is not NoPlanReason.PROVIDER_DOWN:
            return result
        other = self._other.draft(request)
        if isinstance(other.outcome, NoPlan):
            return result
        calls = (*result.outcome.provenance.calls, *other.outcome.provenance.calls)
        provenance = other.outcome.provenance.model_copy(update={"calls": calls})
        return other.model_copy(update={"outcome": other.outcome.model_copy(update={"provenance": provenance})})


def stand_in(first: Drafter, other: Drafter) -> StandIn:
    """Return the first drafter, with another for the times when its provider is down."""
    return StandIn(first, other)
