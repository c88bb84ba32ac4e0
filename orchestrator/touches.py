"""Our own steps written into an account's history as they happen: caps and cooldowns count them for every plan.

In SHADOW mode nothing leaves, so nothing is written.
"""

from collections.abc import Iterable
from datetime import datetime

from plan import (
    UNSENT,
    Approval,
    Mode,
    PlannedTouch,
    PlanStatus,
    PlanStep,
    RevenuePlanV1,
    StepEvent,
    Touch,
    contacts_of,
    find_spec,
    spec_of,
)
from store import PlanRecord, Unit

NEVER_LEFT = frozenset(
    {StepEvent.FAIL, StepEvent.FAIL_RETRYABLE, StepEvent.RECONCILE_BAD, StepEvent.RECONCILE_NOT_SENT}
)


def touched(unit: Unit, record: PlanRecord, step: PlanStep, attempt: int) -> None:
    """Note that an attempt of a step reaches its people now."""
    if unit.tenant().mode is not Mode.SHADOW:
        _note(unit, record.plan, step, attempt, unit.now, None)


def followed(unit: Unit, plan_id: object, step: PlanStep, event: StepEvent, outcome: str | None) -> None:
    """Note what came of the newest attempt, or take it back where it never left.

    What a person did by hand is noted when its outcome is reported.
    """
    if event in NEVER_LEFT:
        unit.accounts.drop("history", [touch_id for touch_id, _ in _lines(step, step.attempts)])
        return
    if outcome is None or step.attempts == 0 or unit.tenant().mode is Mode.SHADOW:
        return
    meant = unit.effects.get(f"{plan_id}:{step.step_id}:{step.attempts}")
    by_hand = meant is None and step.approval is Approval.TASK and event is not StepEvent.OUTCOME_TIMEOUT
    if (meant is not None and not meant.shadow) or by_hand:
        record = unit.plans.get(str(plan_id))
        clear = record.plan.step(step.step_id)
        _note(unit, record.plan, clear, step.attempts, meant.intended_at if meant else unit.now, outcome)


def _note(unit: Unit, plan: RevenuePlanV1, step: PlanStep, attempt: int, at: datetime, outcome: str | None) -> None:
    told = {
        "account_id": plan.account_id,
        "at": at,
        "action_type": step.action_type,
        "outcome": outcome,
        "plan_id": str(plan.plan_id),
        "step_id": str(step.step_id),
        "external": spec_of(step.action_type).external,
    }
    lines = [Touch.model_validate(told | {"touch_id": i, "contact_id": c}) for i, c in _lines(step, attempt)]
    unit.accounts.put("history", lines)


def _lines(step: PlanStep, attempt: int) -> list[tuple[str, str | None]]:
    """Return one touch id for each contact, or one alone where the step reaches nobody in particular."""
    contacts: tuple[str | None, ...] = contacts_of(step.params) or (None,)
    return [(f"{step.step_id}:{attempt}:{number}", contact) for number, contact in enumerate(contacts)]


def planned(unit: Unit, plan: RevenuePlanV1) -> tuple[PlannedTouch, ...]:
    """Return what other approved and running plans of the account still mean to send, in order of time."""
    sending = [PlanStatus.APPROVED, PlanStatus.ACTIVE]
    others = unit.plans.find(account_id=plan.account_id, statuses=sending, without=plan.plan_id)
    found = [touch for r in others for touch in _unsent(r.plan)]
    return tuple(sorted(found, key=lambda touch: (touch.at, touch.plan_id, touch.action_type)))


def _unsent(plan: RevenuePlanV1) -> Iterable[PlannedTouch]:
    for step in plan.steps:
        spec = find_spec(step.action_type)
        if spec is not None and spec.external and step.status in UNSENT and step.approval is not Approval.TASK:
            yield PlannedTouch(
                plan_id=str(plan.plan_id),
                plan_type=plan.plan_type,
                action_type=step.action_type,
                at=step.not_before,
                contact_ids=contacts_of(step.params),
            )
