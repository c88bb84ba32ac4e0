"""Proposals that came in from outside: whose they are, and what their taking is caused by."""

from oncourse.web.front import Caller
from plan import Cause, Proposal, Provenance


def own(proposal: Proposal, caller: Caller) -> Proposal:
    """Return a proposal as its author's: a program is no person, whatever it says of itself."""
    provenance = Provenance(drafter="person" if caller.by == "session" else "program")
    return proposal.model_copy(update={"provenance": provenance})


def cause_of(caller: Caller) -> Cause:
    """Return what a caller's proposal is caused by."""
    return Cause(kind="person", ref=caller.who.principal.principal_id)
