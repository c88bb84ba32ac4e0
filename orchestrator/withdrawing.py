"""An approval taken back at once by whoever gave it, as long as nothing has started because of it."""

from datetime import timedelta

from gate import Act
from ledger import STEP_ENTRIES
from orchestrator.desk import Acting, Desk, authorize
from orchestrator.errors import BadInputError
from orchestrator.landing import find_step
from orchestrator.moves import Hand
from orchestrator.rendering import keep_text
from plan import (
    Cause,
    Instant,
    PlanApproval,
    PlanEvent,
    PlanStatus,
    StepApproval,
    StepEvent,
    StepStatus,
    people_of,
)
from store import PlanRecord, Unit

UNDO = timedelta(seconds=10)
"""How long an approval given on a page can be taken back; so long nothing starts because of it."""


def withdraw(desk: Desk, plan_id: str, who: Acting, cause: Cause) -> None:
    """Take back the approval that made a plan APPROVED: it is a draft again, as its next revision."""
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        authority = authorize(unit, who, Act.REOPEN, record.state)
        _recent(unit, record.state.approvals[-1:], who)
        if record.plan.status is PlanStatus.DRAFT:
            raise BadInputError("the plan is a draft: nothing is to be taken back; send it back, or reject it")
        _nothing_started(unit, record, record.state.approvals[-1].at)
        hand = Hand(unit, who, authority, cause=cause)
        hand.move_plan(record.state, PlanEvent.REOPEN, ("withdrawn", ""))
        unit.wake(plan_id, unit.now)


def withdraw_step(desk: Desk, plan_id: str, step_id: str, who: Acting, cause: Cause) -> None:
    """Take back the approval of a text: the step asks for another one, with the text as it was approved."""
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        step = find_step(record.state, step_id)
        given = [a for a in record.state.step_approvals if (a.step_id, a.attempt) == (step.step_id, step.attempts + 1)]
        before = people_of(a for a in given if a.principal_id != who.principal.principal_id)
        authority = authorize(unit, who, Act.APPROVE_STEP, record.state, already=before)
        _recent(unit, given[-1:], who)
        if step.status is not StepStatus.READY:
            raise BadInputError(f"the step is {step.status}; an approval can be taken back until the step starts")
        kept = unit.effects.artefact(record.plan.plan_id, step.step_id, step.attempts + 1)
        text = unit.blobs.reveal(kept.ref) if kept else ""
        anew = keep_text(unit, record, record.plan.step(step.step_id), text)
        hand = Hand(unit, who, authority, cause=cause)
        hand.move_step(record.state, step, StepEvent.APPROVAL_LAPSE, ("withdrawn", ""), rendered=anew.digest)
        unit.wake(plan_id, unit.now)


def _recent(unit: Unit, given: tuple[PlanApproval, ...] | list[StepApproval], who: Acting) -> None:
    """Raise BadInputError where the last approval is another person's, or is too old."""
    me = who.principal.principal_id
    last = given[-1] if given else None
    if last is None or last.principal_id != me:
        raise BadInputError("the last approval is not yours; only who gave it can take it back")
    if unit.now > last.at + UNDO:
        raise BadInputError(f"it was given more than {UNDO.seconds} seconds ago; pause or reopen the plan instead")


def _nothing_started(unit: Unit, record: PlanRecord, since: Instant) -> None:
    started = STEP_ENTRIES[StepEvent.START]
    entries = unit.entries(f"plan/{record.plan.plan_id}")
    if any(entry.type == started and entry.at >= since for entry in entries):
        raise BadInputError("a step has started since; pause or reopen the plan instead")
