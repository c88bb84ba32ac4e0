"""When each plan type has reached its goal: one pure function over dated facts for each."""

from collections.abc import Callable, Iterable

from evaluator.readings import Reading, in_time, read_contract
from plan import Fact, Instant, PlanType, RenewalStatus, RevenuePlanV1

Objective = Callable[[RevenuePlanV1, Iterable[Fact], Instant], Reading]


def renewal_defended(plan: RevenuePlanV1, facts: Iterable[Fact], now: Instant) -> Reading:
    """Read whether every contract of the subject is won or signed in time and keeps enough of its revenue.

    An empty subject is never met. One lost contract loses the defence.
    """
    counting = in_time(plan, facts, now)
    detail = tuple(read_contract(plan, contract_id, counting) for contract_id in sorted(set(plan.subject)))
    return Reading(
        met=bool(detail) and all(part.met for part in detail),
        lost=any(part.status == RenewalStatus.CLOSED_LOST for part in detail),
        detail=detail,
    )


OBJECTIVES: dict[PlanType, Objective] = {PlanType.RENEWAL_DEFENSE: renewal_defended}
"""A plan type that is not here cannot be evaluated."""
