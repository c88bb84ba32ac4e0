"""The fold: the state of a plan, a policy or a principal is what its entries say, and nothing else.

The store writes rows from the folded state in the transaction that appends the entries; `replay` folds the entries
again and the rows must be equal.
"""

from collections.abc import Iterable
from functools import lru_cache

from ledger.bodies import (
    Activated,
    Edited,
    Endorsed,
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
    Transferred,
)
from ledger.entries import (
    APPROVAL_REQUESTED,
    PLAN_EVENTS,
    STEP_EVENTS,
    Entry,
)
from ledger.errors import LedgerError
from ledger.standing import AccountState, PolicyState, TenantState, evolve_account, evolve_policy, evolve_tenant
from plan import (
    Digest,
    Frozen,
    Id,
    IllegalMoveError,
    Instant,
    PlanApproval,
    PlanEvent,
    PlanStatus,
    PlanStep,
    Principal,
    RevenuePlanV1,
    SortedStrings,
    StepApproval,
    StepEvent,
    StepStatus,
    composed,
    digest,
    digest_bytes,
    plan_move,
    plan_target,
    step_move,
    step_target,
)


class Handover(Frozen):
    """A plan that waits for its new owner's word."""

    to: Id
    accept_by: Instant


class PlanState(Frozen):
    """All that the ledger knows of a plan, in committed form."""

    plan: RevenuePlanV1
    editors: SortedStrings = frozenset()
    """Who changed the content since it was last approved; accumulates until then."""
    approvals: tuple[PlanApproval, ...] = ()
    """Of this revision; a new revision voids them."""
    step_approvals: tuple[StepApproval, ...] = ()
    drafter: str = ""
    policy: Digest | None = None
    """The bundle that the plan runs under."""
    ever_active: bool = False
    paused_by: Id | None = None
    pause_reason: str = ""
    closed_reason: str = ""
    closed_at: Instant | None = None
    sent_back: tuple[str, ...] = ()
    """Commitments of the reasons that the next revision must answer."""
    redrafts: int = 0
    """How often a drafter has tried in vain to answer the newest reason for sending the draft back."""
    reading: Digest | None = None
    """What the evaluator last read."""
    handover: Handover | None = None
    accepted_owner: Id | None = None
    """Who took the plan over, where it was handed to somebody."""


State = PlanState | PolicyState | TenantState | AccountState | Principal


def evolve(state: State | None, entry: Entry) -> State | None:
    """Return the state after one entry; raise LedgerError where the entry cannot follow.

    Streams that only tell (the log itself) have no state: None stays None.
    """
    family = entry.stream.partition("/")[0]
    if family == "plan":
        if state is not None and not isinstance(state, PlanState):
            raise LedgerError(f"{entry.address} is folded over a state of another family")
        return _evolve_plan(state, entry)
    body = entry.body()
    if isinstance(body, PolicyProposed | PolicyPublished):
        return evolve_policy(state if isinstance(state, PolicyState) else None, entry, body)
    if isinstance(body, PrincipalChanged):
        return body.principal
    if family == "account":
        return evolve_account(state if isinstance(state, AccountState) else None, entry)
    if family == "tenant":
        return evolve_tenant(state if isinstance(state, TenantState) else TenantState(), entry)
    return None


def fold(entries: Iterable[Entry]) -> State | None:
    """Return the state after all entries of one stream, checking order and digests at every entry."""
    state: State | None = None
    before: str | None = None
    for expected, entry in enumerate(entries, start=1):
        if entry.seq != expected:
            raise LedgerError(f"{entry.stream} has entry {entry.seq} where {expected} must stand")
        state = evolve(state, entry)
        after = state_digest(state)
        if (entry.before, entry.after) != (before, after):
            raise LedgerError(f"{entry.address}: the state after it differs from what it says")
        before = after
    return state


def state_digest(state: State | None) -> str | None:
    """Return the digest of a state, or None where there is none."""
    if isinstance(state, PlanState):
        return digest_bytes(composed(state))
    return None if state is None else digest(state)


def _evolve_plan(state: PlanState | None, entry: Entry) -> PlanState:
    body = entry.body()
    if isinstance(body, Proposed):
        if state is not None:
            raise LedgerError(f"{entry.address} proposes a plan that exists")
        return PlanState(plan=body.plan, drafter=body.drafter, editors=_author(entry))
    if state is None:
        raise LedgerError(f"{entry.address} tells of a plan that was never proposed")
    if entry.type in STEP_EVENTS and isinstance(body, StepEdge):
        return _evolve_step(state, entry, body)
    if entry.type in PLAN_EVENTS and isinstance(body, PlanEdge):
        return _move(state, entry, body)
    if isinstance(body, ObjectiveEvaluated):
        return state.model_copy(update={"reading": body.reading})
    if isinstance(body, ProposalRefused | ProposalNone):
        return state.model_copy(update={"redrafts": state.redrafts + 1})
    return _evolve_content(state, body)


def _author(entry: Entry) -> frozenset[str]:
    """Return the person whose content it is: nobody approves what the machine in their own hands proposed."""
    person = entry.actor.id if entry.actor.kind == "human" else entry.actor.on_behalf_of
    return frozenset() if person is None else frozenset({person})


def _move(state: PlanState, entry: Entry, edge: PlanEdge) -> PlanState:
    event, plan = PLAN_EVENTS[entry.type], state.plan
    if edge.source != plan.status:
        raise LedgerError(f"{entry.address} moves from {edge.source}, but the plan is {plan.status}")
    try:
        target = plan_target(event, plan.status, edge.target)
        fresh = plan_move(event, plan.status).new_revision
    except IllegalMoveError as error:
        raise LedgerError(f"{entry.address}: {error}") from error
    changes: dict[str, object] = {"status": target}
    update: dict[str, object] = {}
    if fresh:
        changes["revision"] = plan.revision + 1
        update |= {"approvals": (), "step_approvals": ()}
    if edge.revision != changes.get("revision", plan.revision):
        raise LedgerError(f"{entry.address} is about revision {edge.revision} of a plan at {plan.revision}")
    if isinstance(edge, Edited):
        changes["risk"] = edge.risk
        if edge.expires_at is not None:
            changes["expires_at"] = edge.expires_at
        update |= {"editors": state.editors | {edge.editor}, "sent_back": ()}
    elif isinstance(edge, Endorsed):
        others = (a for a in state.approvals if a.principal_id != edge.approval.principal_id)
        update["approvals"] = (*others, edge.approval)
    elif isinstance(edge, Activated):
        update |= {"policy": edge.policy, "ever_active": True, "editors": frozenset()}
    elif isinstance(edge, Transferred):
        changes["owner"] = edge.new_owner
        update |= _handed(edge)
    update |= _marks(event, entry, state)
    return state.model_copy(update=update | {"plan": plan.model_copy(update=changes)})


def _handed(edge: Transferred) -> dict[str, object]:
    """Return what a change of hands does: a draft loses its approvals, a running plan waits for the new owner."""
    if edge.accept_by is None:
        return {"approvals": (), "handover": None, "accepted_owner": None}
    return {"handover": Handover(to=edge.new_owner, accept_by=edge.accept_by), "accepted_owner": None}


def _marks(event: PlanEvent, entry: Entry, state: PlanState) -> dict[str, object]:
    reason = entry.reason.code if entry.reason else ""
    if event is PlanEvent.SEND_BACK:
        text = entry.reason.text if entry.reason else ""
        return {"sent_back": (*state.sent_back, text or reason), "approvals": (), "redrafts": 0}
    if event is PlanEvent.PAUSE:
        return {"paused_by": entry.actor.id, "pause_reason": reason}
    if event is PlanEvent.ACCEPT:
        return {"handover": None, "accepted_owner": entry.actor.id}
    if event in {PlanEvent.RESUME, PlanEvent.REOPEN}:
        return {"paused_by": None, "pause_reason": ""}
    if event in {PlanEvent.COMPLETE, PlanEvent.ABORT, PlanEvent.EXPIRE, PlanEvent.MOOT, PlanEvent.REJECT}:
        return {"closed_reason": reason, "closed_at": entry.at}
    return {}


def _evolve_step(state: PlanState, entry: Entry, edge: StepEdge) -> PlanState:
    step = state.plan.step(edge.step_id)
    if edge.source != step.status:
        raise LedgerError(f"{entry.address} moves a step from {edge.source}, but it is {step.status}")
    if entry.type == APPROVAL_REQUESTED and edge.target is not StepStatus.PENDING_APPROVAL:
        raise LedgerError(f"{entry.address} asks for an approval and ends in {edge.target}")
    _check_step_target(state, entry, edge)
    changes: dict[str, object] = {"status": edge.target, "wait_until": edge.wait_until}
    if edge.attempt is not None and edge.target is StepStatus.RUNNING:
        changes["attempts"] = edge.attempt
    if edge.outcome is not None or edge.target is StepStatus.PENDING:
        changes["outcome"] = edge.outcome
    kept = state.step_approvals
    if edge.approval is not None:
        new = edge.approval
        mine = (new.step_id, new.attempt, new.principal_id)
        kept = (*(a for a in kept if (a.step_id, a.attempt, a.principal_id) != mine), new)
    elif edge.target in {StepStatus.PENDING, StepStatus.PENDING_APPROVAL}:
        kept = tuple(a for a in kept if a.step_id != edge.step_id)
    plan = state.plan.with_step(step.model_copy(update=changes))
    return state.model_copy(update={"plan": plan, "step_approvals": kept})


def _check_step_target(state: PlanState, entry: Entry, edge: StepEdge) -> None:
    """Accept the table's own targets, or what becomes of them outside ACTIVE and PAUSED."""
    event = STEP_EVENTS[entry.type]
    try:
        if edge.target in _landings(event, edge.source, state.plan.status):
            return
    except IllegalMoveError as error:
        raise LedgerError(f"{entry.address}: {error}") from error
    raise LedgerError(f"{entry.address}: {event} from {edge.source} cannot end in {edge.target}")


@lru_cache(maxsize=1024)
def _landings(event: StepEvent, source: StepStatus, plan: PlanStatus) -> frozenset[StepStatus]:
    return frozenset(step_target(event, source, wanted, plan=plan) for wanted in step_move(event, source).targets)


def _evolve_content(state: PlanState, body: Frozen) -> PlanState:
    steps: tuple[PlanStep, ...] = state.plan.steps
    if isinstance(body, StepAdded):
        steps = (*steps[: body.position], body.step, *steps[body.position :])
    elif isinstance(body, StepRemoved):
        steps = tuple(s for s in steps if s.step_id != body.step_id)
    elif isinstance(body, StepChanged):
        steps = tuple(body.step if s.step_id == body.step.step_id else s for s in steps)
    elif isinstance(body, StepsReordered):
        by_id = {s.step_id: s for s in steps}
        steps = tuple(by_id[step_id] for step_id in body.order)
    return state.model_copy(update={"plan": state.plan.model_copy(update={"steps": steps})})
