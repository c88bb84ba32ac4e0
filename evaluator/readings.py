"""What dated facts say of one contract, and whether that is enough.

A fact counts where its source is trusted for the objective, it became true no later than the deadline and was
recorded no later than the plan's end: whenever the reading happens to be made. What is not yet recorded or not yet
true at the time of reading does not exist. Of several facts the latest word counts: by the time it became true, then
by the time it was recorded, so a correction replaces what it corrects.
"""

from collections.abc import Iterable
from datetime import datetime

from plan import Fact, FactKind, Frozen, Id, Instant, RenewalStatus, RevenuePlanV1, amount_text

WINNING = frozenset({RenewalStatus.CLOSED_WON, RenewalStatus.COMMITMENT_SIGNED})
"""A verbal yes is not among them."""
UNKNOWN = "UNKNOWN"
_NOT_YET: dict[RenewalStatus | None, str] = {
    None: "no trusted source has said in time how it stands",
    RenewalStatus.OPEN: "it is still open",
    RenewalStatus.VERBAL: "it has a verbal yes, which never counts",
    RenewalStatus.CLOSED_LOST: "it is lost",
}


class ContractReading(Frozen):
    """How one contract of the subject stands."""

    contract_id: Id
    status: str
    """A RenewalStatus, or UNKNOWN where no trusted source said one in time."""
    retained_arr_minor: int | None
    """Yearly revenue after the renewal, in minor units; None where nobody trusted has said it in time."""
    met: bool
    sentence: str
    """Met or why not, in one plain sentence that quotes no source."""
    facts: tuple[Id, ...] = ()


class Reading(Frozen):
    """What the facts say of a plan's objective."""

    met: bool
    lost: bool
    """It can no longer be met, because what it is about is gone."""
    detail: tuple[ContractReading, ...]

    @property
    def facts(self) -> tuple[Id, ...]:
        """Return the sorted ids of the facts that it rests on."""
        return tuple(sorted({fact_id for part in self.detail for fact_id in part.facts}))


def in_time(plan: RevenuePlanV1, facts: Iterable[Fact], now: Instant) -> tuple[Fact, ...]:
    """Return the facts of the plan's account that count at `now`."""
    terms = plan.objective_params
    return tuple(
        fact
        for fact in facts
        if fact.account_id == plan.account_id
        and fact.source in terms.trusted_sources
        and fact.effective_at <= min(terms.deadline, now)
        and fact.recorded_at <= min(plan.expires_at, now)
    )


def read_contract(plan: RevenuePlanV1, contract_id: Id, facts: Iterable[Fact]) -> ContractReading:
    """Read one contract from facts that count.

    Without a fact about retained revenue the number that came with the status counts; without either the contract is
    not met. A retained-revenue fact without a number says nothing.
    """
    own = [fact for fact in facts if fact.subject_id == contract_id]
    said = _latest(fact for fact in own if fact.kind is FactKind.RENEWAL_STATUS)
    kept = _latest(fact for fact in own if fact.kind is FactKind.RETAINED_ARR and fact.number is not None)
    status = RenewalStatus(said.value) if said else None
    source = kept or said
    retained = source.number if source else None
    needed = _needed(plan, contract_id)
    met = status in WINNING and retained is not None and needed is not None and retained >= needed
    why = _why(status, retained, needed, plan.objective_params.currency)
    return ContractReading(
        contract_id=contract_id,
        status=status.value if status else UNKNOWN,
        retained_arr_minor=retained,
        met=met,
        sentence=f"Contract {contract_id} is {'met' if met else 'not met'}: {why}.",
        facts=tuple(sorted(fact.fact_id for fact in (said, kept) if fact)),
    )


def _latest(facts: Iterable[Fact]) -> Fact | None:
    return max(facts, key=_order, default=None)


def _order(fact: Fact) -> tuple[datetime, datetime, str]:
    return fact.effective_at, fact.recorded_at, fact.fact_id


def _needed(plan: RevenuePlanV1, contract_id: Id) -> int | None:
    """Return the least whole number of minor units that is enough; None where the plan froze no revenue."""
    baseline = plan.objective_params.baseline_arr_minor.get(contract_id)
    return None if baseline is None else -(-baseline * plan.objective_params.min_retained_bp // 10_000)


def _why(status: RenewalStatus | None, retained: int | None, needed: int | None, currency: str) -> str:
    if status not in WINNING:
        return _NOT_YET[status]
    if needed is None:
        return f"it is {status}, but the plan froze no yearly revenue for it"
    if retained is None:
        return f"it is {status}, but no trusted source has said in time what yearly revenue it keeps"
    link = "and" if retained >= needed else "but"
    keeps, asked = amount_text(retained, currency), amount_text(needed, currency)
    return f"it is {status} {link} keeps {keeps} a year where {asked} is needed"
