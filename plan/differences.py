"""What differs between two revisions of a plan, by step id: new, removed, moved, parameters, the rest."""

from enum import StrEnum
from uuid import UUID

from plan.revenue_plan import PlanStep, RevenuePlanV1
from plan.scalars import Frozen


class Change(StrEnum):
    """What kind of difference it is."""

    PLAN = "plan"
    NEW = "new"
    REMOVED = "removed"
    MOVED = "moved"
    PARAMS = "params"
    OTHER = "other"


class Difference(Frozen):
    """One difference."""

    change: Change
    step_id: UUID | None = None
    action_type: str = ""
    field: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    """Why, where somebody said so."""


_MOVES = ("not_before", "due_by", "depends_on")
_REST = ("action_type", "approval", "required", "evidence", "rationale")
_PLAN = ("expires_at", "risk", "subject", "goal", "constraints")


def compare(older: RevenuePlanV1, newer: RevenuePlanV1) -> tuple[Difference, ...]:
    """Return what the newer content changes: the plan itself, its steps in their new order, removed ones last."""
    old, new = ({step.step_id: step for step in plan.steps} for plan in (older, newer))
    found = [
        Difference(change=Change.PLAN, field=name, before=_told(was), after=_told(now))
        for name in _PLAN
        if (was := getattr(older, name)) != (now := getattr(newer, name))
    ]
    for step in newer.steps:
        if step.step_id in old:
            found += _changed(old[step.step_id], step)
        else:
            found.append(Difference(change=Change.NEW, step_id=step.step_id, action_type=step.action_type))
    if [s for s in old if s in new] != [s for s in new if s in old]:
        found.append(Difference(change=Change.PLAN, field="order of the steps"))
    gone = [step for step in older.steps if step.step_id not in new]
    return (*found, *(Difference(change=Change.REMOVED, step_id=s.step_id, action_type=s.action_type) for s in gone))


def _changed(old: PlanStep, new: PlanStep) -> list[Difference]:
    found = [(Change.MOVED, name, getattr(old, name), getattr(new, name)) for name in _MOVES]
    before, after = old.params or {}, new.params or {}
    found += [(Change.PARAMS, name, before.get(name), after.get(name)) for name in sorted({*before, *after})]
    found += [(Change.OTHER, name, getattr(old, name), getattr(new, name)) for name in _REST]
    return [
        Difference(
            change=change,
            step_id=new.step_id,
            action_type=new.action_type,
            field=name,
            before=_told(was),
            after=_told(now),
        )
        for change, name, was, now in found
        if was != now
    ]


def _told(value: object) -> str:
    if value is None or value == ():
        return "nothing"
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, tuple | list):
        return ", ".join(_told(item) for item in value)
    if isinstance(value, Frozen):
        step_id = getattr(value, "step_id", None)
        return str(step_id)[:8] if step_id is not None else value.model_dump_json()
    return str(value)
