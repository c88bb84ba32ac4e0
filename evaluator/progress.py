"""How far the steps of a plan have come."""

from plan import IN_FLIGHT, SUCCEEDED, OnFailure, PlanStep, RevenuePlanV1, StepStatus, find_spec

_SET_ASIDE = frozenset({StepStatus.SKIPPED, StepStatus.CANCELLED})
_HARMLESS = frozenset({OnFailure.CONTINUE, OnFailure.SKIP})


def in_flight(plan: RevenuePlanV1) -> bool:
    """Tell whether a step runs or is in doubt."""
    return any(step.status in IN_FLIGHT for step in plan.steps)


def deciding_steps(plan: RevenuePlanV1) -> tuple[PlanStep, ...]:
    """Return the steps whose end ends the plan: the required ones, or all where none is required."""
    return tuple(step for step in plan.steps if step.required) or plan.steps


def all_ended(steps: tuple[PlanStep, ...]) -> bool:
    """Tell whether each step is done, set aside, or failed in a way that its action shrugs off.

    A step whose failure pauses or aborts the plan has not ended: a person, or the adaptation, has the next word.
    """
    return all(_ended(step) for step in steps)


def any_done(steps: tuple[PlanStep, ...]) -> bool:
    """Tell whether at least one step succeeded."""
    return any(step.status in SUCCEEDED for step in steps)


def _ended(step: PlanStep) -> bool:
    if step.status is not StepStatus.FAILED:
        return step.status in SUCCEEDED | _SET_ASIDE
    spec = find_spec(step.action_type)
    return spec is not None and spec.failure_effect(required=step.required) in _HARMLESS
