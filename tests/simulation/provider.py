"""What carries the steps out: it outlives every process, applies a key as its kind of provider does, and keeps a book."""

from collections import Counter
from datetime import timedelta
from typing import Protocol

from oncourse.clock import VirtualClock
from orchestrator import Order, Receipt, ReceiptKind
from plan import Provider, spec_of
from tests.simulation.faults import Death, Faults

FROZEN = timedelta(minutes=23)
"""Longer than a claim: who stood still so long is taken for dead."""


class Book:
    """What the world saw."""

    def __init__(self) -> None:
        self.applied: dict[str, Order] = {}
        self.times: Counter[str] = Counter()
        """How often each key took effect."""
        self.calls: Counter[str] = Counter()
        """How often each key was executed; what is asked afterwards does not count."""


class Meanwhile(Protocol):
    """What goes on elsewhere while a call is out."""

    def others(self) -> None:
        """Let another worker do what is due."""

    def interfere(self, plan_id: str) -> None:
        """Let somebody do something to the plan."""

    def answer(self, order: Order) -> None:
        """Let the customer answer before anybody knows that it left."""


class Connector:
    """One process's way to the provider."""

    name = "simulator"

    def __init__(self, book: Book, faults: Faults, clock: VirtualClock, meanwhile: "Meanwhile") -> None:
        self._book, self._faults, self._clock, self._meanwhile = book, faults, clock, meanwhile

    def execute(self, order: Order) -> Receipt:
        """Carry an order out, or fail on one of its sides."""
        strikes, self._book.calls[order.key] = self._faults.strikes, self._book.calls[order.key] + 1
        if strikes("crash before a call"):
            raise Death(f"before the call of {order.action_type}")
        if strikes("frozen before the call"):
            self._freeze()
        if strikes("a person steps in during a call"):
            self._meanwhile.interfere(str(order.plan_id))
        if strikes("turned away"):
            return Receipt(kind=ReceiptKind.RETRYABLE, outcome="SOURCE_UNAVAILABLE", reference="try again later")
        if strikes("refused"):
            return Receipt(kind=ReceiptKind.FAILED, outcome="REFUSED", reference="it does not fit")
        if strikes("call lost") or self._clock.now() >= order.valid_until:
            raise TimeoutError
        self._apply(order)
        if spec_of(order.action_type).awaits_outcome and strikes("outcome out of order"):
            self._meanwhile.answer(order)
        if strikes("crash after a call"):
            raise Death(f"after the call of {order.action_type}")
        if strikes("frozen after the call"):
            self._freeze()
        if strikes("answer lost"):
            raise ConnectionError
        return _receipt(order)

    def reconcile(self, order: Order) -> Receipt:
        """Say what became of an order; an idempotent provider takes the same call again."""
        if self._faults.strikes("crash before a call"):
            raise Death(f"before asking after {order.action_type}")
        if self._faults.strikes("asked in vain"):
            return Receipt(kind=ReceiptKind.UNKNOWN)
        if spec_of(order.action_type).provider is Provider.IDEMPOTENT:
            self._apply(order)
        if self._faults.strikes("crash after a call"):
            raise Death(f"after asking after {order.action_type}")
        if self._faults.strikes("answer lost"):
            raise ConnectionError
        return _receipt(order) if order.key in self._book.applied else Receipt(kind=ReceiptKind.NOT_SENT)

    def _apply(self, order: Order) -> None:
        """Let it take effect; only an idempotent provider knows a key again."""
        if spec_of(order.action_type).provider is Provider.IDEMPOTENT and order.key in self._book.applied:
            return
        self._book.applied.setdefault(order.key, order)
        self._book.times[order.key] += 1

    def _freeze(self) -> None:
        self._clock.set(self._clock.now() + FROZEN)
        self._meanwhile.others()


def _receipt(order: Order) -> Receipt:
    spec, reference = spec_of(order.action_type), f"ref-{order.key[-40:]}"
    if spec.awaits_outcome:
        return Receipt(kind=ReceiptKind.DISPATCHED, reference=reference)
    return Receipt(kind=ReceiptKind.SUCCEEDED, outcome=spec.outcomes_ok[0], reference=reference)
