"""Write one move of a plan or a step as its one entry, with what follows from it."""

from datetime import datetime, timedelta

from ledger import (
    APPROVAL_REQUESTED,
    PLAN_ENTRIES,
    STEP_ENTRIES,
    Authority,
    Entry,
    LateResult,
    PlanEdge,
    PlanState,
    StepEdge,
)
from orchestrator.desk import BY_SYSTEM, Acting
from orchestrator.touches import followed
from plan import (
    CLOSED,
    RESULT_EVENTS,
    SETTLED,
    SUCCEEDED,
    UNSENT,
    ActionSpec,
    BackoffKind,
    Cause,
    Dependency,
    DependencyKind,
    ModelCall,
    PlanEvent,
    PlanStatus,
    PlanStep,
    RevenuePlanV1,
    StepEvent,
    StepStatus,
    Tenant,
    content_digest,
    plan_move,
    plan_target,
    spec_of,
    step_target,
    success_status,
)
from store import Unit

CLAIM = timedelta(minutes=15)
"""How long one call may take before its worker is taken for dead."""
Reasoned = tuple[str, str]
"""A reason code and its sentence."""


_MAY_WAIT = frozenset({StepEvent.DEFER, StepEvent.APPROVE_STEP})
"""What may leave a READY step with an instant before which it does not start."""


class Hand:
    """Whoever moves things in one transaction: the unit, the one who acts, under which authority, and why now."""

    def __init__(self, unit: Unit, who: Acting, authority: Authority = BY_SYSTEM, *, cause: Cause) -> None:
        self.unit, self.who, self.authority, self.cause = unit, who, authority, cause

    def because(self, entry: Entry) -> "Hand":
        """Return the same hand, moved by an earlier entry."""
        return Hand(self.unit, self.who, self.authority, cause=Cause(kind="entry", ref=entry.address))

    def move_plan(
        self,
        state: PlanState,
        event: PlanEvent,
        reason: Reasoned | None = None,
        *,
        target: PlanStatus | None = None,
        edge: type[PlanEdge] = PlanEdge,
        model: tuple[ModelCall, ...] = (),
        **more: object,
    ) -> Entry:
        """Write one edge of the plan table; closing a plan cancels its unsent steps. `model`: who was asked for it."""
        plan = state.plan
        end = plan_target(event, plan.status, target)
        revision = plan.revision + (1 if plan_move(event, plan.status).new_revision else 0)
        content = content_digest(plan.model_copy(update={"revision": revision}))
        fields = {"source": plan.status, "target": end, "revision": revision, "content": content}
        stream = f"plan/{plan.plan_id}"
        body = edge.model_validate(fields | more)
        entry = self._write(stream, PLAN_ENTRIES[event], body, reason, state.policy, model)
        follows = self.because(entry)
        if end in CLOSED and plan.status not in CLOSED:
            follows.each_unsent(self.unit.state(plan.plan_id), StepEvent.PLAN_CLOSED)
            self.unit.wake(plan.plan_id, self._asked_after(plan))
        elif event is PlanEvent.REOPEN:
            follows.each_unsent(self.unit.state(plan.plan_id), StepEvent.PLAN_REOPENED)
        return entry

    def _asked_after(self, plan: RevenuePlanV1) -> datetime | None:
        """Return when somebody has to ask after what was called and has not answered; None where nothing runs."""
        keys = [f"{plan.plan_id}:{s.step_id}:{s.attempts}" for s in plan.steps if s.status is StepStatus.RUNNING]
        meant = [effect for key in keys if (effect := self.unit.effects.get(key)) is not None]
        return max(self.unit.now, min(one.claimed_until for one in meant)) if meant else None

    def each_unsent(self, state: PlanState, event: StepEvent) -> None:
        """Move every unsent step."""
        for step in state.plan.steps:
            if step.status in UNSENT:
                self.move_step(state, step, event)

    def move_step(
        self,
        state: PlanState,
        step: PlanStep,
        event: StepEvent,
        reason: Reasoned | None = None,
        *,
        target: StepStatus | None = None,
        **fields: object,
    ) -> Entry:
        """Write one edge of the step table; under a closed plan a result also becomes the plan's late result."""
        end = step_target(event, step.status, target, plan=state.plan.status)
        edge = StepEdge.model_validate({"step_id": step.step_id, "source": step.status, "target": end} | fields)
        if end not in {StepStatus.AWAITING_OUTCOME, StepStatus.RETRY_WAIT} and event not in _MAY_WAIT:
            edge = edge.model_copy(update={"wait_until": None})
        kind = (
            APPROVAL_REQUESTED
            if end is StepStatus.PENDING_APPROVAL and event is StepEvent.READY
            else STEP_ENTRIES[event]
        )
        stream = f"plan/{state.plan.plan_id}"
        entry = self._write(stream, kind, edge, reason, state.policy)
        if event in RESULT_EVENTS:
            followed(self.unit, state.plan.plan_id, step, event, edge.outcome)
        if state.plan.status in CLOSED and event is not StepEvent.PLAN_CLOSED:
            self._late(entry, step, edge)
        return entry

    def _late(self, entry: Entry, step: PlanStep, edge: StepEdge) -> None:
        state = self.unit.state(entry.stream.removeprefix("plan/"))
        self.because(entry).move_plan(
            state,
            PlanEvent.LATE_RESULT,
            ("late_result", ""),
            edge=LateResult,
            step_id=step.step_id,
            outcome=edge.outcome or "",
        )

    def _write(
        self,
        stream: str,
        kind: str,
        body: PlanEdge | StepEdge,
        reason: Reasoned | None,
        policy: str | None,
        model: tuple[ModelCall, ...] = (),
    ) -> Entry:
        return self.unit.record(
            stream,
            kind,
            body,
            actor=self.who.actor,
            authority=self.authority,
            cause=self.cause,
            reason=reason,
            policy=policy,
            model=model,
        )


def retry_at(unit: Unit, spec: ActionSpec, attempts: int, tenant: Tenant) -> datetime:
    """Return when to try again: back-off as the action says, business days by the tenant's calendar."""
    wait: timedelta = spec.retry.backoff.wait(attempts)
    if spec.retry.backoff.kind is BackoffKind.BUSINESS_DAYS:
        return tenant.calendar.add_business_days(unit.now, wait.days)
    return unit.now + wait


def done_status(step: PlanStep) -> StepStatus:
    """Return how this step ends well."""
    return success_status(step.approval)


def satisfied(plan: RevenuePlanV1, dependency: Dependency) -> bool:
    """Tell whether what a step waits for has settled as the plan demands."""
    parent = plan.step(dependency.step_id)
    if dependency.kind is DependencyKind.SUCCESS:
        return parent.status in SUCCEEDED
    if dependency.kind is DependencyKind.FINISHED:
        return parent.status in SETTLED
    return parent.status in SETTLED and parent.outcome in dependency.outcomes


def attempts_left(step: PlanStep) -> bool:
    """Tell whether the action may be tried once more."""
    return step.attempts < spec_of(step.action_type).retry.max_attempts
