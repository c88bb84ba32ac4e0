"""Which signals an action treats. A signal that no action treats asks for a person, not for a plan."""

from agent import ProposalRequest
from plan import PRECONDITIONS, Signal, SignalType, spec_of

USAGE = frozenset(
    {SignalType.USAGE_DROP, SignalType.USAGE_DECLINE_STREAK, SignalType.NO_USAGE, SignalType.LOW_ADOPTION}
)
SUPPORT = frozenset({SignalType.SUPPORT_ESCALATION, SignalType.SLA_BREACHED, SignalType.TICKET_LOAD})
PEOPLE = frozenset({SignalType.CHAMPION_LEFT, SignalType.SINGLE_THREADED})
QUIET = frozenset({SignalType.EXEC_SILENCE, SignalType.RELATIONSHIP_COLD})
VALUE = frozenset(
    {SignalType.NPS_DETRACTOR, SignalType.COST_OPTIMIZING, SignalType.DOWNGRADE, SignalType.PARTIAL_CHURN}
)
THREAT = frozenset({SignalType.COMPETITOR_EVALUATION, SignalType.CHURN_THREAT, SignalType.DATA_EXPORT_REQUEST})
BILLING = frozenset({SignalType.PAYMENT_OVERDUE})
PRICE = frozenset({SignalType.COST_OPTIMIZING, SignalType.DOWNGRADE})

TREATS: dict[str, frozenset[SignalType]] = {
    "LAUNCH_ADOPTION_PLAY": USAGE,
    "ESCALATE_SUPPORT_RISK": SUPPORT,
    "REBUILD_CHAMPION": PEOPLE,
    "MAP_STAKEHOLDERS": PEOPLE,
    "ENGAGE_EXEC_SPONSOR": THREAT | {SignalType.EXEC_SILENCE},
    "RESOLVE_BILLING_BLOCKER": BILLING,
    "REQUEST_RENEWAL_MEETING": QUIET | VALUE | THREAT | USAGE,
    "RUN_VALUE_REVIEW": QUIET | VALUE | THREAT | USAGE,
    "REQUEST_DISCOUNT_APPROVAL": PRICE,
    "SEND_RENEWAL_PROPOSAL": PRICE,
}
"""By action; what is not named treats none and must prepare another step or close the objective."""

TREATABLE: frozenset[SignalType] = frozenset().union(*TREATS.values())
CLOSING = ("RECORD_COMMITMENT", "SEND_RENEWAL_PROPOSAL")
"""The actions that bring the signature that the objective asks for."""
LEADING = ("REQUEST_RENEWAL_MEETING", "RUN_VALUE_REVIEW")
"""What a signature waits for: right without a signal of its own where a closing step waits for it."""
SUPPORTING = frozenset({"PREP_RENEWAL_BRIEF", "CONFIRM_RENEWAL_OWNER", "NOTIFY_ACCOUNT_TEAM"})
"""Actions without which the others are blind or nobody answers for them: they need no signal of their own."""
CALLED_FOR = {"ESCALATE_SUPPORT_RISK": "support_risk_is_open", "RESOLVE_BILLING_BLOCKER": "billing_is_blocked"}
"""Actions that a ticket or an invoice calls for without any signal, and the precondition that sees it."""
COMMERCIAL = frozenset({*CLOSING, *LEADING, "ENGAGE_EXEC_SPONSOR", "REQUEST_DISCOUNT_APPROVAL"})
"""Actions that are about the renewal itself: its contract and its deal call for them where no signal does."""


def treatable(signal: Signal, request: ProposalRequest) -> bool:
    """Tell whether an approved action treats a signal, and what it needs of the situation is there."""
    return any(
        name in request.approved_actions
        and signal.type in types
        and all(PRECONDITIONS[need](request.situation, {}) is None for need in spec_of(name).preconditions)
        for name, types in TREATS.items()
    )
