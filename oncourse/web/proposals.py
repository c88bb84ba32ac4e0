"""Proposals that came in from outside: whose they are, and what their taking is caused by."""

from oncourse.web.front import Caller
from plan import Cause, Proposal


def own(proposal: Proposal, caller: Caller) -> Proposal:
    """Return a proposal as its author's: a program is no person, whatever it says of itself."""
    drafter = "person" if caller.by == "session" else caller.who.principal.principal_id
    return proposal.model_copy(update={"provenance": proposal.provenance.model_copy(update={"drafter": drafter})})


def cause_of(caller: Caller) -> Cause:
    """Return what a caller's proposal is caused by."""
    return Cause(kind="person", ref=caller.who.principal.principal_id)
