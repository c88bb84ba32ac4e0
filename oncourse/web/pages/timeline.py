"""Steps over weeks: where each bar begins and ends, in per mille of the plan's window, and which lines tie them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from plan import PlanStep, RevenuePlanV1, find_spec

ROW = 50
"""Height of a row, in pixels."""
_LEAST = 14
"""The narrowest bar, in per mille."""
_COVERS = 120
"""So far, in per mille, a label reaches under the mark of today."""
_TICKS = 8


class Tick(NamedTuple):
    """A day on the axis."""

    left: float
    at: datetime


class Bar(NamedTuple):
    """One step."""

    step: PlanStep
    left: float
    width: float
    person: bool
    """Whether a person decides before it."""
    after: tuple[str, ...]
    """What it waits for, by action."""


class Timeline(NamedTuple):
    """A plan's steps over its window."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    today: float | None
    """None where today lies outside the window."""
    deadline: float
    lines: tuple[str, ...]
    """SVG paths, from the end of what comes first to the row of what waits for it."""
    height: int

    @property
    def labels(self) -> tuple[Tick, ...]:
        """Return the days that stand on the axis: all but those that the mark of today would cover."""
        free = range(-_COVERS, _COVERS // 2)
        return tuple(one for one in self.ticks if self.today is None or int(one.left - self.today) not in free)


def timeline(plan: RevenuePlanV1, now: datetime, zone: str) -> Timeline:
    """Return where everything stands; the same plan and instant give the same picture."""
    begins = min(plan.created_at, *(step.not_before for step in plan.steps))
    ends = max(plan.expires_at, *(_end(step) for step in plan.steps))
    span = (ends - begins) * 1.04

    def place(at: datetime) -> float:
        return round(max(0.0, min(1000.0, 1000 * ((at - begins) / span))), 1)

    bars = tuple(_bar(plan, step, place(step.not_before), place(_end(step))) for step in plan.steps)
    today = place(now) if begins <= now <= ends else None
    lines = _lines(bars)
    return Timeline(bars, _ticks(begins, span, zone, place), today, place(plan.expires_at), lines, ROW * len(bars))


def _end(step: PlanStep) -> datetime:
    spec = find_spec(step.action_type)
    takes = spec.typical_duration if spec is not None else timedelta(days=1)
    return max(min(step.due_by, step.not_before + takes), step.not_before + timedelta(hours=12))


def _bar(plan: RevenuePlanV1, step: PlanStep, left: float, right: float) -> Bar:
    names = {one.step_id: one.action_type for one in plan.steps}
    after = tuple(names[d.step_id] for d in step.depends_on if d.step_id in names)
    return Bar(step, left, max(right - left, _LEAST), step.approval != "AUTO", after)


def _ticks(begins: datetime, span: timedelta, zone: str, place: Callable[[datetime], float]) -> tuple[Tick, ...]:
    """Return about eight days for the axis, each a Monday of the tenant's."""
    weeks = max(1, round(span / timedelta(weeks=1) / _TICKS))
    first = begins.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    first += timedelta(days=-first.weekday() % 7)
    found = [first + timedelta(weeks=weeks * number) for number in range(_TICKS + 2)]
    return tuple(Tick(place(at), at) for at in found if at < begins + span)


def _lines(bars: tuple[Bar, ...]) -> tuple[str, ...]:
    row: dict[UUID, int] = {bar.step.step_id: number for number, bar in enumerate(bars)}
    found = []
    for number, bar in enumerate(bars):
        for needed in bar.step.depends_on:
            if needed.step_id in row and row[needed.step_id] != number:
                first = bars[row[needed.step_id]]
                x, from_y, to_y = (
                    first.left + first.width - 4,
                    ROW * row[needed.step_id] + ROW / 2,
                    ROW * number + ROW / 2,
                )
                down = 11 if to_y > from_y else -11
                reach = f" H{bar.left}" if bar.left > x else ""
                found.append(f"M{x:.1f} {from_y + down:.0f} V{to_y:.0f}{reach}")
    return tuple(found)
