"""Facts about the contracts of the small clean plan."""

from datetime import datetime, timedelta

from plan import Fact, FactKind, PlanStatus, RenewalStatus, RevenuePlanV1, StepStatus
from tests.plan.samples import DEADLINE, plan, steps

BASELINE = 10_000_000
ENOUGH = 9_000_000
TICK = timedelta(microseconds=1)
THEN = DEADLINE - timedelta(days=10)
"""When a fact becomes true and is recorded, where a test says nothing else."""


def fact(fact_id: str, kind: FactKind, **changes) -> Fact:
    """Return one trusted fact about contract k-1."""
    told: dict[str, object] = {
        "fact_id": fact_id,
        "account_id": "acme",
        "kind": kind,
        "subject_id": "k-1",
        "value": "",
        "effective_at": THEN,
        "recorded_at": THEN,
        "source": "crm",
    }
    return Fact.model_validate(told | changes)


def status(
    word: RenewalStatus | str = RenewalStatus.CLOSED_WON,
    fact_id: str = "f-status",
    *,
    effective: datetime = THEN,
    recorded: datetime | None = None,
    **changes,
) -> Fact:
    """Return a word on the renewal of k-1."""
    times = {"effective_at": effective, "recorded_at": recorded or effective}
    return fact(fact_id, FactKind.RENEWAL_STATUS, value=str(word), **times, **changes)


def retained(
    number: int | None = ENOUGH,
    fact_id: str = "f-arr",
    *,
    effective: datetime = THEN,
    recorded: datetime | None = None,
    **changes,
) -> Fact:
    """Return what yearly revenue k-1 keeps."""
    times = {"effective_at": effective, "recorded_at": recorded or effective}
    return fact(fact_id, FactKind.RETAINED_ARR, number=number, **times, **changes)


def active(*statuses: StepStatus, **changes) -> RevenuePlanV1:
    """Return the plan ACTIVE: a required brief, a required meeting and an optional notice with these statuses."""
    told = steps()
    standing = tuple(
        step.model_copy(update={"status": status}) for step, status in zip(told, statuses, strict=False)
    ) + tuple(told[len(statuses) :])
    return plan(**{"status": PlanStatus.ACTIVE, "steps": standing} | changes)
