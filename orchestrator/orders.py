"""What a provider is handed for an attempt, and how much of its answer an entry may hold."""

import re

from orchestrator.moves import CLAIM
from orchestrator.ports import Order, Receipt, ReceiptKind
from plan import PlanStep, spec_of
from store import Artefact, PlanRecord, Unit

_PLAIN = re.compile(r"[!-?A-~]+")
"""One word without an @."""


def order_of(unit: Unit, record: PlanRecord, step: PlanStep, key: str, kept: Artefact, *, shadow: bool) -> Order:
    """Return the order of an attempt with the text that was kept for it; it is valid as long as its claim."""
    return Order(
        key=key,
        tenant_id=record.plan.tenant_id,
        account_id=record.plan.account_id,
        plan_id=record.plan.plan_id,
        step_id=step.step_id,
        action_type=step.action_type,
        attempt=int(key.rpartition(":")[2]),
        params=step.params or {},
        text=unit.text(kept.ref),
        rendered=kept.digest,
        external=spec_of(step.action_type).external,
        shadow=shadow,
        at=unit.now,
        valid_until=unit.now + CLAIM,
    )


def shadowed(order: Order) -> Receipt:
    """Answer for an order that is recorded instead of sent."""
    spec = spec_of(order.action_type)
    if spec.awaits_outcome:
        return Receipt(kind=ReceiptKind.DISPATCHED, reference="shadow: recorded, not sent")
    return Receipt(kind=ReceiptKind.SUCCEEDED, outcome=spec.outcomes_ok[0], reference="shadow: recorded, not sent")


def to_enter(said: str) -> str | None:
    """Return what a provider said as an entry may hold it for ever: one word that is no address, else None.

    A whole reference stands with its effect, where an erasure finds it; an outcome of several words is kept nowhere.
    """
    return said if _PLAIN.fullmatch(said) else None
