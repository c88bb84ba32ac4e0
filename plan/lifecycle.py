"""The two transition tables: the only place that knows which move of a plan or a step is legal.

A plan has exactly seven states. Everything that is not in the tables is illegal. The database repeats each move as
`UPDATE ... WHERE status = :from AND row_version = :v` in the transaction that writes its ledger entry.
"""

from enum import StrEnum

from plan.errors import IllegalMoveError
from plan.scalars import Approval, Frozen


class PlanStatus(StrEnum):
    """Where a plan stands."""

    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    ABORTED = "ABORTED"
    EXPIRED = "EXPIRED"


class PlanEvent(StrEnum):
    """What can happen to a plan."""

    PROPOSE = "propose"
    EDIT = "edit"
    SEND_BACK = "send_back"
    REJECT = "reject"
    ENDORSE = "endorse"
    APPROVE = "approve"
    EXPIRE = "expire"
    APPROVAL_LAPSE = "approval_lapse"
    ACTIVATE = "activate"
    MOOT = "moot"
    ABORT = "abort"
    PAUSE = "pause"
    COMPLETE = "complete"
    REOPEN = "reopen"
    RESUME = "resume"
    TRANSFER = "transfer"
    ACCEPT = "accept"
    LATE_RESULT = "late_result"


class StepStatus(StrEnum):
    """Where a step stands."""

    PENDING = "PENDING"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    READY = "READY"
    RUNNING = "RUNNING"
    AWAITING_OUTCOME = "AWAITING_OUTCOME"
    IN_DOUBT = "IN_DOUBT"
    RETRY_WAIT = "RETRY_WAIT"
    DONE = "DONE"
    AUTO_EXECUTED = "AUTO_EXECUTED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class StepEvent(StrEnum):
    """What can happen to a step."""

    READY = "ready"
    APPROVE_STEP = "approve_step"
    REJECT_STEP = "reject_step"
    ENDORSE_STEP = "endorse_step"
    APPROVAL_LAPSE = "approval_lapse"
    START = "start"
    DEFER = "defer"
    ESCALATE = "escalate"
    OVERDUE = "overdue"
    PREREQ_UNMET = "prereq_unmet"
    SUCCEED = "succeed"
    DISPATCHED = "dispatched"
    FAIL_RETRYABLE = "fail_retryable"
    FAIL = "fail"
    CRASH = "crash"
    OUTCOME_OK = "outcome_ok"
    OUTCOME_RETRY = "outcome_retry"
    OUTCOME_BAD = "outcome_bad"
    OUTCOME_TIMEOUT = "outcome_timeout"
    RECONCILE_OK = "reconcile_ok"
    RECONCILE_BAD = "reconcile_bad"
    RECONCILE_NOT_SENT = "reconcile_not_sent"
    RETRY_DUE = "retry_due"
    MANUAL_RETRY = "manual_retry"
    SKIP = "skip"
    PLAN_CLOSED = "plan_closed"
    PLAN_REOPENED = "plan_reopened"


_P, _S = PlanStatus, StepStatus
OPEN = frozenset({_P.DRAFT, _P.APPROVED, _P.ACTIVE, _P.PAUSED})
CLOSED = frozenset(_P) - OPEN
SUCCEEDED = frozenset({_S.DONE, _S.AUTO_EXECUTED})
SETTLED = SUCCEEDED | {_S.SKIPPED, _S.FAILED, _S.CANCELLED}
IN_FLIGHT = frozenset({_S.RUNNING, _S.IN_DOUBT})
UNSENT = frozenset({_S.PENDING, _S.PENDING_APPROVAL, _S.READY, _S.RETRY_WAIT})
SENT = IN_FLIGHT | {_S.AWAITING_OUTCOME} | SUCCEEDED


class PlanMove(Frozen):
    """One row of the plan table: who may take it, under which guards, and with which reason codes."""

    event: PlanEvent
    sources: tuple[PlanStatus | None, ...]
    targets: tuple[PlanStatus, ...]
    """Empty where the status stays as it is."""
    actors: tuple[str, ...]
    guards: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    new_revision: bool = False


class StepMove(Frozen):
    """One row of the step table."""

    event: StepEvent
    sources: tuple[StepStatus, ...]
    targets: tuple[StepStatus, ...]
    guards: tuple[str, ...] = ()


_STOPPERS = ("owner", "approver", "operator", "policy")
_RUNNING_OR_PAUSED = (_P.ACTIVE, _P.PAUSED)
_EVERY_OPEN = (_P.DRAFT, _P.APPROVED, _P.ACTIVE, _P.PAUSED)
_EVERY_CLOSED = (_P.COMPLETED, _P.ABORTED, _P.EXPIRED)

PLAN_MOVES: tuple[PlanMove, ...] = (
    PlanMove(
        event=PlanEvent.PROPOSE,
        sources=(None,),
        targets=(_P.DRAFT,),
        actors=("proposer", "human"),
        guards=("gate_not_deny", "no_open_machine_plan"),
        reasons=("proposed",),
    ),
    PlanMove(
        event=PlanEvent.EDIT,
        sources=(_P.DRAFT,),
        targets=(_P.DRAFT,),
        actors=("owner", "editor", "proposer_after_send_back"),
        guards=("gate_not_deny",),
        reasons=("edited", "answered_send_back"),
        new_revision=True,
    ),
    PlanMove(
        event=PlanEvent.SEND_BACK,
        sources=(_P.DRAFT,),
        targets=(_P.DRAFT,),
        actors=("approver",),
        guards=("reason_sentence",),
        reasons=("sent_back",),
    ),
    PlanMove(
        event=PlanEvent.REJECT,
        sources=(_P.DRAFT,),
        targets=(_P.ABORTED,),
        actors=("owner", "editor", "approver"),
        guards=("reason_sentence",),
        reasons=("discarded", "rejected", "erased"),
    ),
    PlanMove(
        event=PlanEvent.ENDORSE,
        sources=(_P.DRAFT,),
        targets=(_P.DRAFT,),
        actors=("required_authority",),
        guards=("digests_as_seen", "gate_not_deny", "separation_of_duties"),
        reasons=("endorsed",),
    ),
    PlanMove(
        event=PlanEvent.APPROVE,
        sources=(_P.DRAFT,),
        targets=(_P.APPROVED,),
        actors=("required_authority", "policy_low_only"),
        guards=("digests_as_seen", "gate_not_deny", "separation_of_duties", "last_of_n"),
        reasons=("approved", "approved_by_policy"),
    ),
    PlanMove(
        event=PlanEvent.EXPIRE,
        sources=_EVERY_OPEN,
        targets=(_P.EXPIRED,),
        actors=("orchestrator",),
        guards=("past_expires_at", "objective_not_met_in_time"),
        reasons=("window_passed",),
    ),
    PlanMove(
        event=PlanEvent.EDIT,
        sources=(_P.APPROVED,),
        targets=(_P.DRAFT,),
        actors=("owner", "editor"),
        guards=("gate_not_deny",),
        reasons=("edited",),
        new_revision=True,
    ),
    PlanMove(
        event=PlanEvent.APPROVAL_LAPSE,
        sources=(_P.APPROVED,),
        targets=(_P.DRAFT,),
        actors=("orchestrator",),
        guards=("approval_void",),
        reasons=("ttl_passed", "approver_gone", "policy_changed", "owner_changed", "context_changed"),
        new_revision=True,
    ),
    PlanMove(
        event=PlanEvent.ACTIVATE,
        sources=(_P.APPROVED,),
        targets=(_P.ACTIVE,),
        actors=("orchestrator",),
        guards=("gate_not_deny", "authority_given", "approvals_valid", "slot_free", "no_failed_step_that_pauses"),
        reasons=("activated",),
    ),
    PlanMove(
        event=PlanEvent.MOOT,
        sources=(_P.DRAFT, _P.APPROVED),
        targets=(_P.ABORTED, _P.COMPLETED),
        actors=("orchestrator",),
        guards=("objective_met", "completed_only_if_ever_active"),
        reasons=("moot", "objective_met"),
    ),
    PlanMove(
        event=PlanEvent.ABORT,
        sources=(_P.APPROVED,),
        targets=(_P.ABORTED,),
        actors=(*_STOPPERS, "orchestrator"),
        reasons=("cancelled", "policy", "lost", "erased"),
    ),
    PlanMove(
        event=PlanEvent.PAUSE,
        sources=(_P.ACTIVE,),
        targets=(_P.PAUSED,),
        actors=(*_STOPPERS, "orchestrator"),
        reasons=("human", "policy", "failure", "owner_changed", "kill_switch"),
    ),
    PlanMove(
        event=PlanEvent.COMPLETE,
        sources=_RUNNING_OR_PAUSED,
        targets=(_P.COMPLETED,),
        actors=("orchestrator",),
        guards=("nothing_in_flight_or_past_expires_at", "objective_met_or_required_steps_settled"),
        reasons=("objective_met", "all_steps_done"),
    ),
    PlanMove(
        event=PlanEvent.ABORT,
        sources=_RUNNING_OR_PAUSED,
        targets=(_P.ABORTED,),
        actors=(*_STOPPERS, "orchestrator"),
        reasons=("cancelled", "policy", "failure", "lost", "nothing_done", "orphaned", "erased"),
    ),
    PlanMove(
        event=PlanEvent.REOPEN,
        sources=(_P.APPROVED, *_RUNNING_OR_PAUSED),
        targets=(_P.DRAFT,),
        actors=("approver", "policy"),
        guards=("nothing_in_flight",),
        reasons=("steps_added", "replan", "extended", "withdrawn"),
        new_revision=True,
    ),
    PlanMove(
        event=PlanEvent.RESUME,
        sources=(_P.PAUSED,),
        targets=(_P.ACTIVE,),
        actors=("owner_if_owner_paused", "approver"),
        guards=("gate_not_deny", "authority_given", "approvals_stand", "slot_free", "no_failed_step_that_pauses"),
        reasons=("resumed",),
    ),
    PlanMove(
        event=PlanEvent.TRANSFER,
        sources=_EVERY_OPEN,
        targets=(),
        actors=("approver", "revops"),
        reasons=("owner_changed", "transferred"),
    ),
    PlanMove(event=PlanEvent.ACCEPT, sources=_EVERY_OPEN, targets=(), actors=("new_owner",), reasons=("accepted",)),
    PlanMove(
        event=PlanEvent.LATE_RESULT,
        sources=_EVERY_CLOSED,
        targets=(),
        actors=("connector",),
        reasons=("late_result",),
    ),
)

_UNSENT = (_S.PENDING, _S.PENDING_APPROVAL, _S.READY, _S.RETRY_WAIT)
_DONE = (_S.DONE, _S.AUTO_EXECUTED)

STEP_MOVES: tuple[StepMove, ...] = (
    StepMove(
        event=StepEvent.READY,
        sources=(_S.PENDING,),
        targets=(_S.READY, _S.PENDING_APPROVAL),
        guards=("plan_active", "not_expired", "dependencies_settled", "within_approval_lead"),
    ),
    StepMove(
        event=StepEvent.APPROVE_STEP,
        sources=(_S.PENDING_APPROVAL,),
        targets=(_S.READY,),
        guards=("authority", "digest_as_rendered"),
    ),
    StepMove(
        event=StepEvent.ENDORSE_STEP,
        sources=(_S.PENDING_APPROVAL,),
        targets=(_S.PENDING_APPROVAL,),
        guards=("authority", "digest_as_rendered"),
    ),
    StepMove(
        event=StepEvent.REJECT_STEP,
        sources=(_S.PENDING_APPROVAL,),
        targets=(_S.SKIPPED,),
        guards=("authority", "digest_as_rendered"),
    ),
    StepMove(
        event=StepEvent.APPROVAL_LAPSE,
        sources=(_S.READY,),
        targets=(_S.PENDING_APPROVAL,),
        guards=("step_approval_ttl_passed",),
    ),
    StepMove(
        event=StepEvent.START,
        sources=(_S.READY,),
        targets=(_S.RUNNING,),
        guards=(
            "plan_active",
            "in_window",
            "dependencies_settled",
            "account_not_held",
            "gate_step",
            "idempotency_key",
        ),
    ),
    StepMove(event=StepEvent.DEFER, sources=(_S.READY,), targets=(_S.READY,), guards=("plan_active", "gate_waits")),
    StepMove(
        event=StepEvent.ESCALATE,
        sources=(_S.READY,),
        targets=(_S.PENDING_APPROVAL,),
        guards=("plan_active", "gate_soft_at_step"),
    ),
    StepMove(event=StepEvent.OVERDUE, sources=_UNSENT, targets=(_S.FAILED,), guards=("past_due_by",)),
    StepMove(
        event=StepEvent.PREREQ_UNMET,
        sources=(_S.PENDING,),
        targets=(_S.SKIPPED, _S.FAILED),
        guards=("dependency_impossible", "failed_if_required"),
    ),
    StepMove(event=StepEvent.SUCCEED, sources=(_S.RUNNING,), targets=_DONE, guards=("auto_ends_auto_executed",)),
    StepMove(event=StepEvent.DISPATCHED, sources=(_S.RUNNING,), targets=(_S.AWAITING_OUTCOME,)),
    StepMove(
        event=StepEvent.FAIL_RETRYABLE,
        sources=(_S.RUNNING,),
        targets=(_S.RETRY_WAIT,),
        guards=("attempts_left",),
    ),
    StepMove(event=StepEvent.FAIL, sources=(_S.RUNNING,), targets=(_S.FAILED,)),
    StepMove(event=StepEvent.CRASH, sources=(_S.RUNNING,), targets=(_S.IN_DOUBT,)),
    StepMove(event=StepEvent.OUTCOME_OK, sources=(_S.AWAITING_OUTCOME,), targets=_DONE),
    StepMove(
        event=StepEvent.OUTCOME_RETRY,
        sources=(_S.AWAITING_OUTCOME,),
        targets=(_S.RETRY_WAIT,),
        guards=("outcome_retryable", "attempts_left"),
    ),
    StepMove(event=StepEvent.OUTCOME_BAD, sources=(_S.AWAITING_OUTCOME,), targets=(_S.FAILED,)),
    StepMove(
        event=StepEvent.OUTCOME_TIMEOUT,
        sources=(_S.AWAITING_OUTCOME,),
        targets=(_S.RETRY_WAIT, _S.FAILED),
        guards=("as_the_action_says",),
    ),
    StepMove(
        event=StepEvent.RECONCILE_OK,
        sources=(_S.IN_DOUBT,),
        targets=(*_DONE, _S.AWAITING_OUTCOME),
        guards=("awaits_where_the_action_awaits",),
    ),
    StepMove(event=StepEvent.RECONCILE_BAD, sources=(_S.IN_DOUBT,), targets=(_S.FAILED,)),
    StepMove(event=StepEvent.RECONCILE_NOT_SENT, sources=(_S.IN_DOUBT,), targets=(_S.PENDING,)),
    StepMove(
        event=StepEvent.RETRY_DUE,
        sources=(_S.RETRY_WAIT,),
        targets=(_S.PENDING,),
        guards=("back_off_passed", "plan_active"),
    ),
    StepMove(
        event=StepEvent.OUTCOME_OK,
        sources=(*_UNSENT, _S.FAILED),
        targets=(_S.DONE,),
        guards=("attempted_before",),
    ),
    StepMove(
        event=StepEvent.MANUAL_RETRY,
        sources=(_S.FAILED,),
        targets=(_S.PENDING,),
        guards=("human", "attempts_left"),
    ),
    StepMove(
        event=StepEvent.SKIP,
        sources=(*_UNSENT, _S.FAILED),
        targets=(_S.SKIPPED,),
        guards=("reason", "required_needs_approver"),
    ),
    StepMove(event=StepEvent.PLAN_CLOSED, sources=_UNSENT, targets=(_S.CANCELLED,), guards=("plan_closed",)),
    StepMove(event=StepEvent.PLAN_REOPENED, sources=_UNSENT, targets=(_S.PENDING,), guards=("plan_in_draft",)),
)

RESULT_EVENTS = frozenset(
    {
        StepEvent.SUCCEED,
        StepEvent.DISPATCHED,
        StepEvent.FAIL_RETRYABLE,
        StepEvent.FAIL,
        StepEvent.CRASH,
        StepEvent.OUTCOME_OK,
        StepEvent.OUTCOME_RETRY,
        StepEvent.OUTCOME_BAD,
        StepEvent.OUTCOME_TIMEOUT,
        StepEvent.RECONCILE_OK,
        StepEvent.RECONCILE_BAD,
        StepEvent.RECONCILE_NOT_SENT,
    }
)
"""Results land whatever the plan does; outside ACTIVE and PAUSED an unsettled target becomes another (see below)."""

_PLAN: dict[tuple[PlanEvent, PlanStatus | None], PlanMove] = {(m.event, s): m for m in PLAN_MOVES for s in m.sources}
_STEP: dict[tuple[StepEvent, StepStatus], StepMove] = {(m.event, s): m for m in STEP_MOVES for s in m.sources}


def plan_move(event: PlanEvent, status: PlanStatus | None) -> PlanMove:
    """Return the row for this event from this status (None: there is no plan yet); raise IllegalMoveError if none."""
    move = _PLAN.get((event, status))
    if move is None:
        legal = sorted(e.value for e, s in _PLAN if s == status)
        stands = "there is no such plan yet" if status is None else f"the plan is {status}"
        raise IllegalMoveError(f"{event} is not possible: {stands}; possible now: {', '.join(legal)}")
    return move


def step_move(event: StepEvent, status: StepStatus) -> StepMove:
    """Return the row for this event from this status; raise IllegalMoveError if there is none."""
    move = _STEP.get((event, status))
    if move is None:
        legal = sorted(e.value for e, s in _STEP if s == status)
        raise IllegalMoveError(
            f"{event} is not possible: the step is {status}; possible now: {', '.join(legal) or 'nothing'}"
        )
    return move


def plan_target(event: PlanEvent, status: PlanStatus | None, wanted: PlanStatus | None = None) -> PlanStatus:
    """Return where the move ends; `wanted` picks one where the row has several."""
    move = plan_move(event, status)
    if status is not None and not move.targets:
        return status
    target = wanted or move.targets[0]
    if target not in move.targets:
        raise IllegalMoveError(f"{event} from {status} cannot end in {target}; possible: {', '.join(move.targets)}")
    return target


def step_target(
    event: StepEvent, status: StepStatus, wanted: StepStatus | None = None, *, plan: PlanStatus
) -> StepStatus:
    """Return where the move ends under a plan of this status.

    Results land outside ACTIVE and PAUSED too: where the table's target is not settled, it becomes CANCELLED under a
    closed plan and PENDING under a DRAFT or APPROVED one.
    """
    move = step_move(event, status)
    target = wanted or move.targets[0]
    if target not in move.targets:
        raise IllegalMoveError(f"{event} from {status} cannot end in {target}; possible: {', '.join(move.targets)}")
    if event in RESULT_EVENTS and target not in SETTLED:
        if plan in CLOSED:
            return StepStatus.CANCELLED
        if plan in {PlanStatus.DRAFT, PlanStatus.APPROVED}:
            return StepStatus.PENDING
    return target


def success_status(approval: Approval) -> StepStatus:
    """Return AUTO_EXECUTED for a step that runs alone and DONE for every other."""
    return StepStatus.AUTO_EXECUTED if approval is Approval.AUTO else StepStatus.DONE


def ready_status(approval: Approval) -> StepStatus:
    """Return PENDING_APPROVAL for a step that a person approves, READY for AUTO and TASK."""
    return StepStatus.PENDING_APPROVAL if approval in {Approval.APPROVE, Approval.DRAFT} else StepStatus.READY
