"""The model's room: a situation in, a proposal or a typed refusal out.

It cannot act, write the record or judge; the approved actions come in its request. Model libraries load only when a
drafter that needs them is chosen.
"""

from agent.contract import Deps, Drafter, ProposalRequest, ProposalResult
from agent.playbook import playbook_drafter
from agent.proposing import propose

__all__ = ["Deps", "Drafter", "ProposalRequest", "ProposalResult", "playbook_drafter", "propose"]
