"""`propose`: the room's one public act."""

from agent.contract import Deps, ProposalRequest, ProposalResult
from agent.refusals import refuse


def propose(request: ProposalRequest, deps: Deps) -> ProposalResult:
    """Answer a request with a proposal or a typed refusal. Nothing in the answer can act."""
    refusal = refuse(request)
    if refusal is not None:
        return ProposalResult(outcome=refusal)
    return deps.drafter.draft(request)
