"""How a plan is bent: a step changed, added or taken away, with all that waits for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from evals.agents.filling import fill
from evals.cases import Case
from evals.reading import renews_on
from plan import DEADLINE_DAYS, Proposal, ProposedDependency, ProposedStep, Situation, Touch, days_between, find_spec

PLAIN = "It is good to do so."
"""A sentence that says nothing: no word of it is long enough to be of any evidence."""


def first(proposal: Proposal, *actions: str) -> ProposedStep | None:
    """Return the first step that takes one of these actions."""
    return next((step for step in proposal.steps if step.action_type in actions), None)


def changed(proposal: Proposal, key: str, **update: Any) -> Proposal:
    """Return the plan with one step changed."""
    return each(proposal, lambda step: step.model_copy(update=update) if step.key == key else step)


def each(proposal: Proposal, change: Callable[[ProposedStep], ProposedStep]) -> Proposal:
    """Return the plan with every step changed."""
    return proposal.model_copy(update={"steps": tuple(change(step) for step in proposal.steps)})


def without(proposal: Proposal, *actions: str) -> Proposal:
    """Return the plan without the steps that take these actions; nothing waits for them any more."""
    gone = {step.key for step in proposal.steps if step.action_type in actions}
    kept = (step for step in proposal.steps if step.key not in gone)
    steps = tuple(
        step.model_copy(update={"depends_on": tuple(need for need in step.depends_on if need.key not in gone)})
        for step in kept
    )
    return proposal.model_copy(update={"steps": steps})


def grown(proposal: Proposal, *steps: ProposedStep) -> Proposal:
    """Return the plan with more steps at its end."""
    return proposal.model_copy(update={"steps": (*proposal.steps, *steps)})


def new_step(key: str, action: str, proposal: Proposal, case: Case) -> ProposedStep | None:
    """Return a step of an action that starts after the first; None where the account lacks what it takes."""
    params, head = fill(action, case), proposal.steps[0]
    if params is None:
        return None
    return ProposedStep(
        key=key,
        action_type=action,
        params=params,
        depends_on=(ProposedDependency(key=head.key),),
        start_day=head.start_day + 3,
        evidence=head.evidence,
        rationale=head.rationale,
    )


def written_into(proposal: Proposal, text: str) -> Proposal:
    """Return the plan with a text behind the last step's reason."""
    last = proposal.steps[-1]
    return changed(proposal, last.key, rationale=f"{last.rationale} {text}")


def knowing(case: Case, **update: Any) -> Case:
    """Return the case with another situation."""
    situation = case.request.situation.model_copy(update=update)
    return case.model_copy(update={"request": case.request.model_copy(update={"situation": situation})})


def known(case: Case) -> Situation:
    """Return what is known of the account."""
    return case.request.situation


def days_left(case: Case) -> int:
    """Return how many days there are to the renewal."""
    calendar = known(case).tenant.calendar
    return days_between(calendar.local_date(case.request.now), renews_on(case.request))


def last_day(case: Case) -> int:
    """Return the day, counted from today, that is the last to count."""
    return days_left(case) - DEADLINE_DAYS


def external(step: ProposedStep) -> bool:
    """Tell whether a step reaches the customer."""
    spec = find_spec(step.action_type)
    return spec is not None and spec.external


def ever_done(case: Case, *actions: str) -> bool:
    """Tell whether the account's history holds one of these actions at all."""
    return any(touch.action_type in actions for touch in known(case).history)


def touched(case: Case, days: int, **update: Any) -> Case:
    """Return the case with one more touch in its history, so many days ago."""
    account, at = known(case).account.account_id, case.request.now - timedelta(days=days)
    touch = Touch(touch_id="just-now", account_id=account, at=at, **update)
    return knowing(case, history=(*known(case).history, touch))
