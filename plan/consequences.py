"""What approving a plan sets going: what runs alone, what stops for a person, when the customer first hears of it."""

from collections.abc import Iterable

from plan.actions import find_spec
from plan.lifecycle import SENT, SETTLED
from plan.revenue_plan import PlanStep, RevenuePlanV1
from plan.scalars import ActionType, Approval, Frozen, Instant, RiskClass


class Share(Frozen):
    """Some of a plan's open steps."""

    actions: tuple[ActionType, ...] = ()
    """In the plan's order."""
    first: Instant | None = None
    """When the earliest of them may begin; None where there is none."""


class Consequences(Frozen):
    """What lies ahead of a plan; steps that were sent or have settled no longer count."""

    alone: Share
    """Runs without anybody."""
    stops: Share
    """Stops until a person approves, sends or does it."""
    outside: Share
    """Reaches the customer, each after a person's approval or by a person."""
    final: tuple[ActionType, ...]
    """Cannot be undone once done."""


def consequences(plan: RevenuePlanV1) -> Consequences:
    """Return what the open steps of a plan will do; an action that the catalogue does not know counts as the worst."""
    ahead = [step for step in plan.steps if step.status not in SENT | SETTLED]
    specs = {step.step_id: find_spec(step.action_type) for step in ahead}
    alone = [step for step in ahead if step.approval is Approval.AUTO]
    outside = [step for step in ahead if (spec := specs[step.step_id]) is None or spec.external]
    final = [step for step in ahead if (spec := specs[step.step_id]) is None or not spec.reversible]
    return Consequences(
        alone=_share(alone),
        stops=_share(step for step in ahead if step.approval is not Approval.AUTO),
        outside=_share(outside),
        final=tuple(step.action_type for step in final),
    )


def decided_alone(plan: RevenuePlanV1) -> bool:
    """Tell whether a plan is read and decided by itself, never among others: HIGH risk, or it reaches the customer."""
    specs = [find_spec(step.action_type) for step in plan.steps]
    return plan.risk is RiskClass.HIGH or any(spec is None or spec.external for spec in specs)


def _share(steps: Iterable[PlanStep]) -> Share:
    chosen = list(steps)
    first = min((step.not_before for step in chosen), default=None)
    return Share(actions=tuple(step.action_type for step in chosen), first=first)
