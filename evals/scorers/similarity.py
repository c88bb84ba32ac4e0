"""How alike two answers are: what they do, in which order, when, with whom, and why."""

from collections import Counter
from collections.abc import Hashable

from plan import NoPlan, Proposal, contacts_of

WEEK = 7
PARTS = {"actions": 0.5, "edges": 0.2, "times": 0.15, "evidence": 0.15}
"""What each part counts; they add up to 1."""


def similarity(one: Proposal | NoPlan, other: Proposal | NoPlan) -> float:
    """Return 0 to 1: the weighted Jaccard index of two plans; 1 or a half for two refusals, 0 for a plan and one."""
    if isinstance(one, NoPlan) or isinstance(other, NoPlan):
        if isinstance(one, NoPlan) and isinstance(other, NoPlan):
            return 1.0 if one.reason is other.reason else 0.5
        return 0.0
    mine, others = _parts(one), _parts(other)
    return sum(weight * _jaccard(mine[name], others[name]) for name, weight in PARTS.items())


def _parts(plan: Proposal) -> dict[str, Counter[Hashable]]:
    actions = {step.key: step.action_type for step in plan.steps}
    return {
        "actions": Counter(actions.values()),
        "edges": Counter((actions.get(need.key), s.action_type) for s in plan.steps for need in s.depends_on),
        "times": Counter(
            (step.action_type, what)
            for step in plan.steps
            for what in (step.start_day // WEEK, *contacts_of(step.params))
        ),
        "evidence": Counter((step.action_type, ref) for step in plan.steps for ref in step.evidence),
    }


def _jaccard(one: Counter[Hashable], other: Counter[Hashable]) -> float:
    """Return the share of what both have, of what either has; two empty ones are alike."""
    either = (one | other).total()
    return (one & other).total() / either if either else 1.0
