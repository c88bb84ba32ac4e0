"""Which tone and icon a state has: colour never says it alone, a word or an icon always stands beside it."""

from plan import PlanStatus, Posture, RiskClass, StepStatus

KINDS: dict[str, str] = {
    "draft": "Review the draft",
    "answer": "Answer why it was sent back",
    "step": "Approve: {action}",
    "doubt": "Find out: {action}",
    "task": "Do: {action}",
    "handover": "Accept the hand-over",
    "paused": "Resume, reopen or end it",
    "held": "Look at what came in",
}
"""What a person is asked, by the kind of what waits."""
RISK: dict[RiskClass, str] = {RiskClass.LOW: "good", RiskClass.MEDIUM: "warn", RiskClass.HIGH: "bad"}
POSTURE: dict[Posture, str] = {
    Posture.SECURE: "good",
    Posture.WATCH: "warn",
    Posture.AT_RISK: "bad",
    Posture.CRITICAL: "bad",
    Posture.RECOVERING: "info",
    Posture.EXPANSION_READY: "good",
    Posture.LOST: "calm",
    Posture.PROSPECT: "calm",
}
STEP: dict[StepStatus, str] = {
    StepStatus.DONE: "done",
    StepStatus.AUTO_EXECUTED: "done",
    StepStatus.RUNNING: "busy",
    StepStatus.AWAITING_OUTCOME: "busy",
    StepStatus.RETRY_WAIT: "busy",
    StepStatus.PENDING_APPROVAL: "asks",
    StepStatus.IN_DOUBT: "asks",
    StepStatus.FAILED: "failed",
    StepStatus.SKIPPED: "gone",
    StepStatus.CANCELLED: "gone",
    StepStatus.PENDING: "open",
    StepStatus.READY: "open",
}
ICON: dict[str, str] = {
    "you": "hand",
    "somebody": "users",
    "system": "bolt",
    "customer": "users",
    "nobody": "check",
}
GROUPS: tuple[tuple[str, str, frozenset[PlanStatus]], ...] = (
    ("Running", "pulse", frozenset({PlanStatus.ACTIVE, PlanStatus.APPROVED})),
    ("Drafts that wait for others", "pencil", frozenset({PlanStatus.DRAFT})),
    ("Paused", "pause", frozenset({PlanStatus.PAUSED})),
    ("Closed", "check", frozenset({PlanStatus.COMPLETED, PlanStatus.EXPIRED, PlanStatus.ABORTED})),
)
VERDICTS: dict[str, str] = {"PERMIT": "Permitted", "ASK": "May be approved", "DENY": "Denied"}
"""What the gate says, in a reader's words."""
STRONG = frozenset({"AUTH-F07-second-factor", "AUTH-F08-second-factor-to-override"})
"""Refusals that a second factor mends."""
JUDGED: dict[str, str] = {"PERMIT": "Permitted", "ASK": "Permitted with a person", "DENY": "Denied"}
"""What the gate said, once it is the past."""
