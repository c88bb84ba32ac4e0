"""One step further: at most one move, or one effect, of an ACTIVE or PAUSED plan; and when to look again.

`next_move` looks at the plan as it stands and returns the first thing that is due, in the order of the table below.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from gate import PolicyBundle
from ledger import PlanState
from orchestrator import doubt, sending
from orchestrator.desk import Desk, bundle
from orchestrator.holding import held, reaches_out
from orchestrator.landing import after_failure, time_out, wake_if_open
from orchestrator.moves import Hand, satisfied
from orchestrator.rendering import keep_rendered
from plan import (
    CLOSED,
    SETTLED,
    UNSENT,
    Approval,
    Calendar,
    Cause,
    Dependency,
    PlanEvent,
    PlanStatus,
    PlanStep,
    Provider,
    RevenuePlanV1,
    StepEvent,
    StepStatus,
    ready_status,
    spec_of,
)
from store import Unit

_TICK = timedelta(microseconds=1)


class View(NamedTuple):
    """What deciding about the next move needs."""

    state: PlanState
    """In committed form: nothing here looks at a private text."""
    now: datetime
    calendar: Calendar
    policy: PolicyBundle
    claims: dict[UUID, datetime]
    """Until when a RUNNING step's worker is believed to live."""
    held: bool
    """What the system sends to the customer waits until somebody has looked."""

    @property
    def plan(self) -> RevenuePlanV1:
        """Return the plan in committed form."""
        return self.state.plan

    @property
    def active(self) -> bool:
        """Tell whether the plan may start things."""
        return self.plan.status is PlanStatus.ACTIVE and self.now <= self.plan.expires_at


class Due(NamedTuple):
    """One move that is due, or will be."""

    event: str
    step: PlanStep
    at: datetime


def advance(desk: Desk, plan_id: str, cause: Cause) -> str:
    """Do the first thing that is due and return its name; `waits` where nothing is, with the next wake-up set."""
    with desk.unit() as unit:
        view = look(unit, unit.plans.state(plan_id))
        if _orphaned(view):
            return _end_orphaned(Hand(unit, desk.system, cause=cause), view.state)
        due = next((d for d in moves(view) if d.at <= unit.now), None)
        if due is None:
            unit.wake(plan_id, next_wake(view))
            return "waits"
        inside = _INSIDE.get(due.event)
        if inside is not None:
            inside(Hand(unit, desk.system, cause=cause), view.state, due.step)
            wake_if_open(unit, plan_id)
            return due.event
        starts = due.event == "start"
        call = sending.start(unit, desk.system, plan_id, due.step.step_id, cause) if starts else None
    if call is not None:
        sending.deliver(desk, call.under(unit.written))
    elif not starts and not _OUTSIDE[due.event](desk, plan_id, due.step.step_id, cause):
        _look_again(desk, plan_id)
    return due.event


def _orphaned(view: View) -> bool:
    waits = view.state.handover
    return waits is not None and view.plan.status is PlanStatus.PAUSED and view.now > waits.accept_by


def _end_orphaned(hand: Hand, state: PlanState) -> str:
    told = (
        f"{state.handover.to} did not accept it by {state.handover.accept_by:%Y-%m-%d %H:%M} UTC"
        if state.handover
        else ""
    )
    hand.move_plan(state, PlanEvent.ABORT, ("orphaned", told))
    return "orphaned"


def look(unit: Unit, state: PlanState) -> View:
    """Return a plan with what deciding about it needs."""
    policy, _ = bundle(unit)
    claims = {}
    for step in state.plan.steps:
        if step.status is StepStatus.RUNNING:
            meant = unit.effects.get(f"{state.plan.plan_id}:{step.step_id}:{step.attempts}")
            claims[step.step_id] = meant.claimed_until if meant else unit.now
    waits = bool(held(unit, state.plan.account_id))
    return View(state, unit.now, unit.tenant().calendar, policy, claims, held=waits)


def next_wake(view: View) -> datetime | None:
    """Return the next instant at which something can become due; None for a closed plan."""
    later = [due.at for due in moves(view) if due.at > view.now]
    if view.plan.status in CLOSED:
        return min(later, default=None)
    later += [s.due_by + _TICK for s in view.plan.steps if s.status in UNSENT and view.active]
    later.append(view.plan.expires_at + _TICK)
    if view.state.handover is not None:
        later.append(view.state.handover.accept_by + _TICK)
    return min((at for at in later if at > view.now), default=view.now + timedelta(days=1))


def moves(view: View) -> Iterator[Due]:
    """Yield every move that time brings, results first, then failures, then progress."""
    steps = view.plan.steps
    for rule in (_lapsed_claims, _doubts, _silences, _overdue, _unmet, _retries, _lapsed_approvals, _ready, _starts):
        for step in steps:
            due = rule(view, step)
            if due is not None:
                yield due


def _lapsed_claims(view: View, step: PlanStep) -> Due | None:
    claim = view.claims.get(step.step_id)
    return Due("lose", step, claim) if step.status is StepStatus.RUNNING and claim is not None else None


def _doubts(view: View, step: PlanStep) -> Due | None:
    if step.status is not StepStatus.IN_DOUBT or not view.active:
        return None
    asks = spec_of(step.action_type).provider is not Provider.AT_MOST_ONCE
    return Due("ask", step, view.now) if asks else None


def _silences(view: View, step: PlanStep) -> Due | None:
    if step.status is not StepStatus.AWAITING_OUTCOME or step.wait_until is None or view.plan.status in CLOSED:
        return None
    return Due("time_out", step, step.wait_until + _TICK)


def _overdue(view: View, step: PlanStep) -> Due | None:
    return Due("overdue", step, step.due_by + _TICK) if view.active and step.status in UNSENT else None


def _unmet(view: View, step: PlanStep) -> Due | None:
    if not view.active or step.status is not StepStatus.PENDING:
        return None
    return Due("unmet", step, view.now) if any(_impossible(view.plan, d) for d in step.depends_on) else None


def _retries(view: View, step: PlanStep) -> Due | None:
    if not view.active or step.status is not StepStatus.RETRY_WAIT:
        return None
    return Due("retry", step, step.wait_until or view.now)


def _lapsed_approvals(view: View, step: PlanStep) -> Due | None:
    if not view.active or step.status is not StepStatus.READY:
        return None
    given = [a for a in view.state.step_approvals if a.step_id == step.step_id]
    return Due("lapse", step, given[-1].expires_at + _TICK) if given else None


def _ready(view: View, step: PlanStep) -> Due | None:
    if not view.active or step.status is not StepStatus.PENDING:
        return None
    if not all(satisfied(view.plan, d) for d in step.depends_on):
        return None
    return Due("ready", step, opens_at(view, step))


def opens_at(view: View, step: PlanStep) -> datetime:
    """Return when a step leaves PENDING: an approval is asked for ahead of its time, everything else on time."""
    if step.approval in {Approval.APPROVE, Approval.DRAFT}:
        return view.calendar.add_business_days(step.not_before, -view.policy.approval_lead_business_days)
    return step.not_before


def _starts(view: View, step: PlanStep) -> Due | None:
    if not view.active or step.status is not StepStatus.READY:
        return None
    if not all(satisfied(view.plan, d) for d in step.depends_on):  # a parent may have been taken up again by hand
        return None
    if view.held and reaches_out(step):
        return None
    return Due("start", step, max(step.not_before, step.wait_until or step.not_before))


def _impossible(plan: RevenuePlanV1, dependency: Dependency) -> bool:
    parent = plan.step(dependency.step_id)
    return parent.status in SETTLED and not satisfied(plan, dependency)


def _do_time_out(hand: Hand, state: PlanState, step: PlanStep) -> None:
    time_out(hand, state, step)


def _do_overdue(hand: Hand, state: PlanState, step: PlanStep) -> None:
    entry = hand.move_step(state, step, StepEvent.OVERDUE, outcome="OVERDUE")
    after_failure(hand.because(entry), state, step, "OVERDUE")


def _do_unmet(hand: Hand, state: PlanState, step: PlanStep) -> None:
    parents = [state.plan.step(d.step_id) for d in step.depends_on]
    skipped = any(p.status is StepStatus.SKIPPED for p in parents)
    outcome = "PREREQ_SKIPPED" if skipped else "PREREQ_UNMET"
    target = StepStatus.FAILED if step.required else StepStatus.SKIPPED
    entry = hand.move_step(state, step, StepEvent.PREREQ_UNMET, (outcome.lower(), ""), target=target, outcome=outcome)
    after_failure(hand.because(entry), state, step, outcome)


def _do_retry(hand: Hand, state: PlanState, step: PlanStep) -> None:
    hand.move_step(state, step, StepEvent.RETRY_DUE)


def _do_lapse(hand: Hand, state: PlanState, step: PlanStep) -> None:
    rendered = _render(hand, step, state)
    if rendered is not None:
        hand.move_step(state, step, StepEvent.APPROVAL_LAPSE, rendered=rendered)


def _do_ready(hand: Hand, state: PlanState, step: PlanStep) -> None:
    target = ready_status(step.approval)
    asks = target is StepStatus.PENDING_APPROVAL
    rendered = _render(hand, step, state) if asks else None
    if rendered is not None or not asks:
        hand.move_step(state, step, StepEvent.READY, target=target, rendered=rendered)


def _render(hand: Hand, step: PlanStep, state: PlanState) -> str | None:
    """Render a step's text from the plan in clear text, and keep it for the next attempt; None where that paused it."""
    record = hand.unit.plans.get(state.plan.plan_id)
    kept = keep_rendered(hand, record, record.plan.step(step.step_id))
    return kept.digest if kept else None


def _look_again(desk: Desk, plan_id: str) -> None:
    """Nothing moved: wait for what else may come, at the latest for the next question to the provider."""
    with desk.unit() as unit:
        view = look(unit, unit.plans.state(plan_id))
        later = next_wake(view)
        soon = unit.now + doubt.RECONCILE_EVERY
        unit.wake(plan_id, min(later, soon) if later else None)


_INSIDE: dict[str, Callable[[Hand, PlanState, PlanStep], None]] = {
    "time_out": _do_time_out,
    "overdue": _do_overdue,
    "unmet": _do_unmet,
    "retry": _do_retry,
    "lapse": _do_lapse,
    "ready": _do_ready,
}
"""Moves that end with this transaction."""
_OUTSIDE: dict[str, Callable[[Desk, str, UUID, Cause], bool]] = {
    "lose": doubt.lose,
    "ask": doubt.ask,
}
"""Moves with transactions of their own, because something is called between them."""
