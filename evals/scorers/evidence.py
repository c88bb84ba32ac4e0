"""What evidence says: which steps it calls for, and in which words."""

import re
from typing import Any

from agent import ProposalRequest, subject
from evals.reading import ancestors, deals_of, required_by
from evals.treatments import BILLING, COMMERCIAL, PEOPLE, QUIET, SUPPORT, THREAT, TREATS, USAGE, VALUE
from plan import Proposal, ProposedStep, Signal, Situation, contacts_of, ids_of

_WORDS = {
    USAGE: "usage using adoption active login product feature enablement",
    SUPPORT: "support ticket outage fault failed helped mended trust",
    PEOPLE: "champion left single voice stakeholders relation contact successor",
    QUIET: "silent quiet cold executive relation contact call",
    VALUE: "value price cost survey satisfaction unhappy trust sour smaller",
    THREAT: "threat leave rival competitor alternative compare export stay",
    BILLING: "bill invoice payment paid overdue finance",
}
"""How colleagues speak of a signal, beside its own name."""
_KINDS = {
    "tickets": "ticket support",
    "invoices": "invoice bill payment overdue",
    "opportunities": "renewal deal offer order",
    "contracts": "contract renewal",
    "history": "contact touch spoke call answer",
}
_IDS = {
    "signals": "signal_id",
    "tickets": "ticket_id",
    "invoices": "invoice_id",
    "opportunities": "opportunity_id",
    "contracts": "contract_id",
    "history": "touch_id",
}


def rows_of(known: Situation) -> dict[str, tuple[str, Any]]:
    """Return everything that may be cited, by id, with its family."""
    return {getattr(row, ref): (family, row) for family, ref in _IDS.items() for row in getattr(known, family)}


def supporting(step: ProposedStep, proposal: Proposal, request: ProposalRequest) -> set[str]:
    """Return the ids that call for a step.

    These are the signals that it treats or that a step treats which requires it, the records that its parameters name,
    and touches of the people whom it reaches; where no signal calls for a step about the renewal, the contract and the
    deal. What a note or a subject says calls for nothing.
    """
    known, before = request.situation, ancestors(proposal)
    served = [
        other.action_type
        for other in proposal.steps
        if step.key in before[other.key] and step.action_type in required_by(other.action_type)
    ]
    types = frozenset[Any]().union(*(TREATS.get(action, ()) for action in (step.action_type, *served)))
    people = contacts_of(step.params)
    found = {signal.signal_id for signal in known.signals if signal.type in types}
    found |= set(ids_of(step.params, "ticket_ids", "invoice_ids", "opportunity_id"))
    found |= {touch.touch_id for touch in known.history if touch.contact_id in people}
    if step.action_type in COMMERCIAL and found.isdisjoint(signal.signal_id for signal in known.signals):
        found |= {contract.contract_id for contract in subject(request)} | deals_of(request)
    return found


def stems_of(ref: str, known: Situation) -> set[str]:
    """Return the stems of the words in which people speak of a piece of evidence."""
    family, row = rows_of(known)[ref]
    if not isinstance(row, Signal):
        return stems(_KINDS[family])
    plain = " ".join(words for types, words in _WORDS.items() if row.type in types)
    return stems(f"{row.type} {row.source} {plain}")


def stems(text: str) -> set[str]:
    """Return the first four letters of each longer word of a text."""
    return {word[:4] for word in re.findall(r"[^\W\d_]{4,}", text.casefold())}
