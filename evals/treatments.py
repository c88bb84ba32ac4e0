"""Which signals an action treats. A signal that no action treats asks for a person, not for a plan."""

from plan import SignalType

_USAGE = {SignalType.USAGE_DROP, SignalType.USAGE_DECLINE_STREAK, SignalType.NO_USAGE, SignalType.LOW_ADOPTION}
_SUPPORT = {SignalType.SUPPORT_ESCALATION, SignalType.SLA_BREACHED, SignalType.TICKET_LOAD}
_PEOPLE = {SignalType.CHAMPION_LEFT, SignalType.SINGLE_THREADED}
_QUIET = {SignalType.EXEC_SILENCE, SignalType.RELATIONSHIP_COLD}
_VALUE = {SignalType.NPS_DETRACTOR, SignalType.COST_OPTIMIZING, SignalType.DOWNGRADE, SignalType.PARTIAL_CHURN}
_THREAT = {SignalType.COMPETITOR_EVALUATION, SignalType.CHURN_THREAT, SignalType.DATA_EXPORT_REQUEST}

TREATS: dict[str, frozenset[SignalType]] = {
    "LAUNCH_ADOPTION_PLAY": frozenset(_USAGE),
    "ESCALATE_SUPPORT_RISK": frozenset(_SUPPORT),
    "REBUILD_CHAMPION": frozenset(_PEOPLE),
    "MAP_STAKEHOLDERS": frozenset(_PEOPLE),
    "ENGAGE_EXEC_SPONSOR": frozenset(_THREAT | {SignalType.EXEC_SILENCE}),
    "RESOLVE_BILLING_BLOCKER": frozenset({SignalType.PAYMENT_OVERDUE}),
    "REQUEST_RENEWAL_MEETING": frozenset(_QUIET | _VALUE | _THREAT | _USAGE),
    "RUN_VALUE_REVIEW": frozenset(_VALUE | _THREAT | _USAGE | _QUIET),
    "REQUEST_DISCOUNT_APPROVAL": frozenset({SignalType.COST_OPTIMIZING, SignalType.DOWNGRADE}),
    "SEND_RENEWAL_PROPOSAL": frozenset({SignalType.COST_OPTIMIZING, SignalType.DOWNGRADE}),
}
"""By action; what is not named treats none and must be a prerequisite or close the objective."""

TREATABLE: frozenset[SignalType] = frozenset().union(*TREATS.values())
CLOSING = ("RECORD_COMMITMENT", "SEND_RENEWAL_PROPOSAL")
"""The actions that bring the signature that the objective asks for."""
SUPPORTING = frozenset({"PREP_RENEWAL_BRIEF", "CONFIRM_RENEWAL_OWNER", "NOTIFY_ACCOUNT_TEAM"})
"""Actions without which the others are blind or nobody answers for them: they need no signal of their own."""
