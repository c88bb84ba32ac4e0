"""From APPROVED to ACTIVE: judged anew on what is known now, or back to people, or waiting for the slot."""

from datetime import timedelta

from gate import Decision, Phase, Severity, Verdict
from ledger import Activated, ConflictRefused
from orchestrator.approving import lacking, lapsed
from orchestrator.desk import Desk, bundle, findings, gate_context, judge
from orchestrator.evaluating import objective_met
from orchestrator.moves import Hand
from orchestrator.sending import SWITCHED_OFF
from plan import Cause, OnFailure, PlanEvent, PlanStatus, StepStatus, spec_of
from store import PlanRecord, SlotTakenError, Unit

AGAIN = timedelta(days=1)
"""How long a plan that cannot start yet waits, unless something wakes it."""


def activate(desk: Desk, plan_id: str, cause: Cause) -> PlanStatus:
    """Start an APPROVED plan, or let its approval lapse, or leave it waiting where the slot is taken.

    The gate judges it anew on what is known now; the database keeps one ACTIVE plan per account and type.
    """
    try:
        with desk.unit() as unit:
            return _activated(Hand(unit, desk.system, cause=cause), unit.plans.get(plan_id))
    except SlotTakenError as taken:
        with desk.unit() as unit:
            record = unit.plans.get(plan_id)
            if record.plan.status is not PlanStatus.APPROVED:
                return record.plan.status
            return _conflict(Hand(unit, desk.system, cause=cause), record, taken.holder)


def _activated(hand: Hand, record: PlanRecord) -> PlanStatus:
    unit = hand.unit
    if record.plan.status is not PlanStatus.APPROVED:
        return record.plan.status  # somebody else was faster
    void = _void(unit, record)
    if void:
        return _back(hand, record, void, "")
    context = gate_context(unit, record, objective_met=objective_met(unit, record))
    if context.slot_holder is not None:
        return _conflict(hand, record, context.slot_holder)
    decision, entry = judge(unit, record, context, Phase.ACTIVATE, hand.cause)
    because = hand.because(entry)
    if {v.code for v in decision.violations if v.severity is Severity.HARD} == {SWITCHED_OFF}:
        unit.wake(record.plan.plan_id, unit.now + AGAIN)
        return record.plan.status
    told = _refused(decision, record)
    if told:
        return _back(because, record, "context_changed", told)
    _, name = bundle(unit)
    because.move_plan(record.state, PlanEvent.ACTIVATE, ("activated", ""), edge=Activated, policy=name)
    unit.wake(record.plan.plan_id, unit.now)
    return PlanStatus.ACTIVE


def _refused(decision: Decision, record: PlanRecord) -> str:
    """Return why the plan may not start as it was approved; nothing where it may."""
    if decision.verdict is Verdict.DENY:
        return " ".join(line for line in findings(decision) if " HARD " in line)[:1800]
    missing = lacking(record.state.approvals, decision.required_authority)
    failed = [s for s in record.plan.steps if s.status is StepStatus.FAILED and _pauses(s.action_type, s.required)]
    if failed:
        return f"{failed[0].action_type} failed; retry or skip it first"
    return f"it now takes {missing}" if missing else ""


def _pauses(action_type: str, required: bool) -> bool:
    return spec_of(action_type).failure_effect(required=required) is OnFailure.PAUSE


def _back(hand: Hand, record: PlanRecord, reason: str, told: str) -> PlanStatus:
    hand.move_plan(record.state, PlanEvent.APPROVAL_LAPSE, (reason, told))
    hand.unit.wake(record.plan.plan_id, hand.unit.now)
    return PlanStatus.DRAFT


def _conflict(hand: Hand, record: PlanRecord, holder: str) -> PlanStatus:
    unit, stream = hand.unit, f"plan/{record.plan.plan_id}"
    unit.record(
        stream,
        "plan.conflict_refused.v1",
        ConflictRefused(holder=holder),
        actor=hand.who.actor,
        authority=hand.authority,
        cause=hand.cause,
        reason=("slot_taken", ""),
    )
    unit.wake(record.plan.plan_id, unit.now + AGAIN)
    return record.plan.status


def _void(unit: Unit, record: PlanRecord) -> str:
    """Return why the approvals no longer hold, or nothing."""
    _, name = bundle(unit)
    found = [reason for a in record.state.approvals if (reason := lapsed(unit, a, name)) is not None]
    return found[0] if found else ""
