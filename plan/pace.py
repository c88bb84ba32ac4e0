"""How a plan stands in time: when its open steps could be done at the earliest, and how much time that leaves."""

from datetime import datetime, timedelta
from uuid import UUID

from plan.actions import find_spec
from plan.lifecycle import SETTLED
from plan.revenue_plan import PlanStep, RevenuePlanV1


def done_by(plan: RevenuePlanV1, now: datetime) -> datetime:
    """Return when the required steps could all be done, each in its typical time; `now` where none is open.

    What an optional step takes does not count, unless a required one waits for it.
    """
    ends: dict[UUID, datetime] = {}
    steps = {step.step_id: step for step in plan.steps}
    wanted = [step for step in plan.steps if step.required] or list(plan.steps)
    return max((_ends(step, steps, ends, now) for step in wanted), default=now)


def slack(plan: RevenuePlanV1, now: datetime) -> timedelta:
    """Return how much later than possible a plan may be done; negative where it can no longer be done in time."""
    return plan.expires_at - done_by(plan, now)


def _ends(step: PlanStep, steps: dict[UUID, PlanStep], ends: dict[UUID, datetime], now: datetime) -> datetime:
    """Return when a step could end; a step that waits for itself, which no plan that was judged has, ends now."""
    if step.step_id in ends:
        return ends[step.step_id]
    ends[step.step_id] = now
    if step.status in SETTLED:
        return now
    before = [_ends(steps[d.step_id], steps, ends, now) for d in step.depends_on if d.step_id in steps]
    spec = find_spec(step.action_type)
    takes = spec.typical_duration if spec is not None else timedelta()
    ends[step.step_id] = max([now, step.not_before, *before]) + takes
    return ends[step.step_id]
