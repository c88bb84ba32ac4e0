"""The entry: one line of the ledger, in a closed list of types, each with its own closed data.

An entry is stored once, as the canonical bytes of this model. Free text and personal ids stand in it only as salted
commitments (`ref:sha256:...`). A removal or refusal without a reason code cannot be built.
"""

from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from ledger.bodies import (
    AccountHeld,
    AccountReleased,
    Activated,
    ConflictRefused,
    Edited,
    Endorsed,
    Erased,
    EventReceived,
    FactRecorded,
    GateEvaluated,
    LateResult,
    LogOpened,
    ModeAsked,
    ModeChanged,
    ObjectiveEvaluated,
    PlanEdge,
    PolicyProposed,
    PolicyPublished,
    PrincipalChanged,
    ProposalNone,
    ProposalRefused,
    Proposed,
    StepAdded,
    StepChanged,
    StepEdge,
    StepRemoved,
    StepsReordered,
    SwitchNamed,
    SwitchReleased,
    Transferred,
)
from ledger.custody import KeyRotated, LogReopened
from ledger.errors import LedgerError
from plan import (
    ActorKind,
    Cause,
    Code,
    Digest,
    Frozen,
    Id,
    Instant,
    ModelCall,
    PlanEvent,
    StepEvent,
    explain_validation,
)

MAX_ENTRY_BYTES = 65_535
"""An entry stays under 64 KiB, the limit of static transparency-log tiles."""


class Actor(Frozen):
    """Who did it, by pseudonymous id."""

    kind: ActorKind
    id: Id
    on_behalf_of: Id | None = None


class Authority(Frozen):
    """Under which role, and by which grant of policy."""

    role: str = Field(max_length=60)
    grant: str = Field(max_length=80)
    on_behalf_of: Id | None = None
    """Who delegated it."""


class Reason(Frozen):
    """Why: a code, and a sentence as a commitment."""

    code: Code
    text: str = Field(default="", pattern=r"^(ref:sha256:[0-9a-f]{64})?$")


class EvidenceRef(Frozen):
    """What it rests on."""

    kind: Code
    ref: str = Field(max_length=120)


PLAN_ENTRIES: dict[PlanEvent, str] = {
    PlanEvent.PROPOSE: "plan.proposed.v1",
    PlanEvent.EDIT: "plan.edited.v1",
    PlanEvent.SEND_BACK: "plan.sent_back.v1",
    PlanEvent.REJECT: "plan.rejected.v1",
    PlanEvent.ENDORSE: "plan.endorsed.v1",
    PlanEvent.APPROVE: "plan.approved.v1",
    PlanEvent.EXPIRE: "plan.expired.v1",
    PlanEvent.APPROVAL_LAPSE: "plan.approval_lapsed.v1",
    PlanEvent.ACTIVATE: "plan.activated.v1",
    PlanEvent.MOOT: "plan.mooted.v1",
    PlanEvent.ABORT: "plan.aborted.v1",
    PlanEvent.PAUSE: "plan.paused.v1",
    PlanEvent.COMPLETE: "plan.completed.v1",
    PlanEvent.REOPEN: "plan.reopened.v1",
    PlanEvent.RESUME: "plan.resumed.v1",
    PlanEvent.TRANSFER: "plan.transferred.v1",
    PlanEvent.ACCEPT: "plan.accepted.v1",
    PlanEvent.LATE_RESULT: "plan.late_result.v1",
}
STEP_ENTRIES: dict[StepEvent, str] = {
    StepEvent.READY: "step.ready.v1",
    StepEvent.APPROVE_STEP: "step.approved.v1",
    StepEvent.ENDORSE_STEP: "step.endorsed.v1",
    StepEvent.REJECT_STEP: "step.rejected.v1",
    StepEvent.APPROVAL_LAPSE: "step.approval_lapsed.v1",
    StepEvent.START: "step.started.v1",
    StepEvent.DEFER: "step.deferred.v1",
    StepEvent.ESCALATE: "step.escalated.v1",
    StepEvent.OVERDUE: "step.overdue.v1",
    StepEvent.PREREQ_UNMET: "step.prereq_unmet.v1",
    StepEvent.SUCCEED: "step.succeeded.v1",
    StepEvent.DISPATCHED: "step.dispatched.v1",
    StepEvent.FAIL_RETRYABLE: "step.attempt_failed.v1",
    StepEvent.FAIL: "step.failed.v1",
    StepEvent.CRASH: "step.in_doubt.v1",
    StepEvent.OUTCOME_OK: "step.outcome_ok.v1",
    StepEvent.OUTCOME_RETRY: "step.outcome_retry.v1",
    StepEvent.OUTCOME_BAD: "step.outcome_bad.v1",
    StepEvent.OUTCOME_TIMEOUT: "step.outcome_timed_out.v1",
    StepEvent.RECONCILE_OK: "step.reconciled_ok.v1",
    StepEvent.RECONCILE_BAD: "step.reconciled_bad.v1",
    StepEvent.RECONCILE_NOT_SENT: "step.reconciled_not_sent.v1",
    StepEvent.RETRY_DUE: "step.retry_due.v1",
    StepEvent.MANUAL_RETRY: "step.retried.v1",
    StepEvent.SKIP: "step.skipped.v1",
    StepEvent.PLAN_CLOSED: "step.cancelled.v1",
    StepEvent.PLAN_REOPENED: "step.reset.v1",
}
APPROVAL_REQUESTED = "step.approval_requested.v1"
"""The READY move of a step that a person approves: it ends in PENDING_APPROVAL."""

_EDGES: dict[PlanEvent, type[PlanEdge]] = {
    PlanEvent.PROPOSE: Proposed,
    PlanEvent.EDIT: Edited,
    PlanEvent.ENDORSE: Endorsed,
    PlanEvent.APPROVE: Endorsed,
    PlanEvent.ACTIVATE: Activated,
    PlanEvent.TRANSFER: Transferred,
    PlanEvent.LATE_RESULT: LateResult,
}
DATA: dict[str, type[Frozen]] = (
    {name: _EDGES.get(event, PlanEdge) for event, name in PLAN_ENTRIES.items()}
    | dict.fromkeys((*STEP_ENTRIES.values(), APPROVAL_REQUESTED), StepEdge)
    | {
        "step.added.v1": StepAdded,
        "step.removed.v1": StepRemoved,
        "step.changed.v1": StepChanged,
        "step.reordered.v1": StepsReordered,
        "plan.gate_evaluated.v1": GateEvaluated,
        "plan.objective_evaluated.v1": ObjectiveEvaluated,
        "plan.conflict_refused.v1": ConflictRefused,
        "proposal.refused.v1": ProposalRefused,
        "proposal.none.v1": ProposalNone,
        "fact.recorded.v1": FactRecorded,
        "event.received.v1": EventReceived,
        "account.held.v1": AccountHeld,
        "account.released.v1": AccountReleased,
        "evidence.erased.v1": Erased,
        "policy.proposed.v1": PolicyProposed,
        "policy.published.v1": PolicyPublished,
        "tenant.mode_asked.v1": ModeAsked,
        "tenant.mode_changed.v1": ModeChanged,
        "switch.thrown.v1": SwitchNamed,
        "switch.release_asked.v1": SwitchNamed,
        "switch.released.v1": SwitchReleased,
        "principal.added.v1": PrincipalChanged,
        "principal.changed.v1": PrincipalChanged,
        "log.opened.v1": LogOpened,
        "log.key_rotated.v1": KeyRotated,
        "log.reopened.v1": LogReopened,
    }
)
"""Every type that may ever be written; a changed meaning is a new type."""
PLAN_EVENTS = {name: event for event, name in PLAN_ENTRIES.items()}
STEP_EVENTS = {name: event for event, name in STEP_ENTRIES.items()} | {APPROVAL_REQUESTED: StepEvent.READY}
_NEEDS_REASON = frozenset(
    {
        "step.removed.v1",
        "step.skipped.v1",
        "account.released.v1",
        "plan.sent_back.v1",
        "plan.rejected.v1",
        "plan.aborted.v1",
        "switch.thrown.v1",
        "switch.release_asked.v1",
        "switch.released.v1",
        "log.reopened.v1",
    }
)


class Entry(Frozen):
    """One line of the ledger. `stream#seq` is the address that people quote; `at` is never used for order."""

    v: Literal[1] = 1
    stream: str = Field(pattern=r"^(plan|policy|principal|account|tenant|log)(/[!-~]{1,120})?$")
    seq: int = Field(ge=1)
    type: str
    at: Instant
    actor: Actor
    authority: Authority
    cause: Cause
    reason: Reason | None = None
    before: Digest | None = None
    after: Digest | None = None
    policy: Digest | None = None
    evidence: tuple[EvidenceRef, ...] = Field(default=(), max_length=60)
    data: dict[str, Any]
    model: tuple[ModelCall, ...] = ()
    trace: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}-[0-9a-f]{16}$")

    @field_validator("type")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in DATA:
            raise ValueError(f"{value} is no entry type of this ledger")
        return value

    @model_validator(mode="after")
    def _reasoned(self) -> "Entry":
        if self.type in _NEEDS_REASON and self.reason is None:
            raise ValueError(f"{self.type} needs a reason code")
        return self

    @property
    def address(self) -> str:
        """Return `stream#seq`."""
        return f"{self.stream}#{self.seq}"

    def body(self) -> Frozen:
        """Return the data as its own closed type; raise LedgerError where it does not fit."""
        try:
            return DATA[self.type].model_validate(self.data)
        except ValidationError as error:
            raise LedgerError(
                f"{self.address} ({self.type}) does not fit its type: {explain_validation(error)}"
            ) from error
