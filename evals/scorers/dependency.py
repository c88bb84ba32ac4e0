"""Whether the steps come in an order in which they can be taken."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import product

from agent import ProposalRequest
from evals.cases import Case
from evals.judging import Answer
from evals.reading import FRESH, Placed, placed, plan_of
from evals.scorers.needs import unmet
from evals.scorers.score import Check, Score, checked, scored
from plan import DependencyKind, Proposal

NAME = "dependency"
Ends = frozenset[tuple[str | None, str | None]]
"""An action with each way in which it may have ended; a touch may be of neither."""


def dependency(answer: Answer, case: Case) -> Score | None:
    """Score 0 unless the steps form a graph without circles, else the share of what must hold.

    What an action requires lies before it with the outcome it needs, or is freshly done; a step starts after its
    parents typically end; no step waits twice for another.
    """
    proposal = plan_of(answer, case)
    if proposal is None:
        return None
    wrong = tuple(_no_graph(proposal))
    if wrong:
        return scored(NAME, 0, passed=False, hard=True, messages=wrong)
    found = {step.step.key: step for step in placed(proposal, case.request)}
    return checked(NAME, [check for at in found.values() for check in _checks(at, found, case.request)], hard=True)


def _no_graph(proposal: Proposal) -> Iterator[str]:
    keys = {step.key for step in proposal.steps}
    for step in proposal.steps:
        for need in step.depends_on:
            if need.key not in keys:
                yield f"step {step.key} waits for {need.key}, which is no step of this plan"
    try:
        TopologicalSorter({s.key: {need.key for need in s.depends_on} for s in proposal.steps}).prepare()
    except CycleError as error:
        yield f"the steps {' -> '.join(error.args[1])} wait for each other; break the circle"


def _checks(at: Placed, found: dict[str, Placed], request: ProposalRequest) -> Iterator[Check]:
    step, parents = at.step, [need.key for need in at.step.depends_on]
    requires = at.spec.requires if at.spec else ()
    given = [*_ends_before(at, found), *_done(request)] if requires else []
    for requirement in requires:
        needed = f"{' or '.join(requirement.actions)} with {' or '.join(requirement.outcomes)}"
        met = not unmet([frozenset(product(requirement.actions, requirement.outcomes))], given)
        yield Check(met, f"step {step.key} ({step.action_type}) does not wait for {needed}")
    for key in dict.fromkeys(parents):
        ends = found[key].ends
        yield Check(ends <= at.starts, f"step {step.key} starts before {key} typically ends, on {ends:%Y-%m-%d}")
        yield Check(parents.count(key) == 1, f"step {step.key} waits for {key} more than once")


def _ends_before(at: Placed, found: dict[str, Placed]) -> Iterator[Ends]:
    """Yield the ends of each step that must end well before this one may start: those that let it start."""
    for need in at.step.depends_on:
        if need.kind is DependencyKind.FINISHED:
            continue
        parent = found[need.key]
        ends = need.outcomes or (parent.spec.outcomes_ok if parent.spec else ())
        yield frozenset((parent.step.action_type, end) for end in ends)
        yield from _ends_before(parent, found)


def _done(request: ProposalRequest) -> Iterator[Ends]:
    """Yield how each action ended that somebody has freshly taken."""
    for touch in request.situation.history:
        if touch.at >= request.now - FRESH:
            yield frozenset({(touch.action_type, touch.outcome)})
