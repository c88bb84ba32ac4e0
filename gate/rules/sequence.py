"""In which order, and when: dependencies, prerequisites, windows."""

from collections.abc import Iterator
from datetime import timedelta

from gate.decisions import Severity
from gate.rules.rule import ALL, Found, Rule
from gate.view import View
from plan import PRECONDITIONS, PlanStep, Requirement, days_between, find_spec

_SHIFT = timedelta(days=1)
"""More than any clock is ever set: what lies that far apart needs no calendar."""


def _graph(view: View) -> Iterator[Found]:
    for index, step in enumerate(view.plan.steps):
        for need in step.depends_on:
            if need.step_id not in view.by_id:
                yield Found(f"steps[{index}].depends_on", f"there is no step {need.step_id} in this plan")
    if view.cycle:
        names = " -> ".join(str(step_id)[:8] for step_id in view.cycle)
        yield Found("steps", f"the steps wait for each other: {names}")


def _prerequisites(view: View) -> Iterator[Found]:
    for where, step, spec in view.known:
        for requirement in spec.requires:
            if not held(view, step, requirement):
                wanted, outcomes = " or ".join(requirement.actions), ", ".join(requirement.outcomes)
                yield Found(where, f"{step.action_type} needs {wanted} to have ended with {outcomes} first")
        for rule in view.policy.ordering:
            check = PRECONDITIONS.get(rule.when)
            if step.action_type != rule.after or check is None or check(view.situation, {}) is not None:
                continue
            spec_before = find_spec(rule.before)
            outcomes_ok = spec_before.outcomes_ok if spec_before else ()
            if not held(view, step, Requirement(actions=(rule.before,), outcomes=outcomes_ok or ("DONE",))):
                yield Found(where, f"{rule.before} must come before {rule.after} while {rule.when}")


def held(view: View, step: PlanStep, requirement: Requirement) -> bool:
    """Tell whether what must come before a step, or the fresh history, meets a requirement."""
    for parent, demanded in view.ancestors(step):
        if parent.action_type not in requirement.actions:
            continue
        spec = find_spec(parent.action_type)
        good = spec.outcomes_ok if spec else ()
        possible = (parent.outcome,) if parent.settled else demanded if demanded is not None else good
        if possible and set(possible) <= set(requirement.outcomes):  # each end that would let the step start fits
            return True
    return lately(view, requirement)


def lately(view: View, requirement: Requirement) -> bool:
    """Tell whether the account's fresh history meets a requirement."""
    fresh = view.now - timedelta(days=view.policy.outcome_freshness_days)
    return any(
        touch.action_type in requirement.actions and touch.outcome in requirement.outcomes and touch.at >= fresh
        for touch in view.situation.history
    )


def _windows(view: View) -> Iterator[Found]:
    calendar = view.situation.tenant.calendar
    renewals = [contract.renews_on for contract in view.contracts]
    for where, step, spec in view.known:
        if not step.not_before < step.due_by <= view.plan.expires_at:
            yield Found(where, "it must start before it is due, and be due before the plan ends")
        for need in step.depends_on:
            parent = view.by_id.get(need.step_id)
            parent_spec = find_spec(parent.action_type) if parent else None
            if parent is None or parent_spec is None or parent.settled:
                continue
            least = parent_spec.typical_duration
            if step.not_before - parent.not_before >= least + _SHIFT:
                continue
            if step.not_before < calendar.after(parent.not_before, least):
                yield Found(where, f"it starts before {parent.action_type} typically ends")
        if spec.window_days_to_renewal is not None and renewals:
            left = days_between(calendar.local_date(max(step.not_before, view.now)), min(renewals))
            low, high = spec.window_days_to_renewal
            if not low <= left <= high:
                yield Found(where, f"{step.action_type} belongs {low} to {high} days before the renewal, not {left}")


SEQUENCE = (
    Rule(
        "PG020",
        Severity.HARD,
        ALL,
        "Dependencies that can be met",
        "A step waits only for steps of its own plan, and never in a circle.",
        "Point to a step of this plan, and break the circle.",
        _graph,
    ),
    Rule(
        "PG021",
        Severity.HARD,
        ALL,
        "Prerequisites first",
        "Some actions need the outcome of another one, through a dependency or fresh in the account's history.",
        "Add the missing step and let this one wait for its success.",
        _prerequisites,
    ),
    Rule(
        "PG022",
        Severity.HARD,
        ALL,
        "Coherent dates",
        "A step starts after what it waits for typically ends, inside its action's window before the renewal, and ends "
        "before the plan does.",
        "Move the step's dates, or leave it out where there is no time for it.",
        _windows,
    ),
)
