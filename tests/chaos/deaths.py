"""Die at a named point: before or after each commit that writes, and on each side of each call."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from orchestrator import Order, Receipt
from store import Store, Unit
from tests.chaos.world import Ledgered

Point = Callable[[str], None]


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


class Counted:
    """Counts the points that are passed, keeps their names, and dies at one of them."""

    def __init__(self, at: int | None = None, tell: Point | None = None) -> None:
        self.names: list[str] = []
        self._at, self._tell = at, tell

    def __call__(self, name: str) -> None:
        """Pass a point."""
        if len(self.names) == self._at:
            die()
        self.names.append(name)
        if self._tell:
            self._tell(name)


class MortalStore(Store):
    """A store that passes a point on each side of each commit that writes."""

    point: Point = staticmethod(lambda _name: None)

    @contextmanager
    def unit(self, tenant_id: str, now: datetime, connector: str = "", *, reading: bool = False) -> Iterator[Unit]:
        """Open one transaction; what it wrote names its points."""
        told = ""
        with super().unit(tenant_id, now, connector, reading=reading) as unit:
            yield unit
            told = ", ".join(entry.type for entry in unit._entries) or ("a wake-up" if unit._wakes else "")
            if told:
                self.point(f"before the commit of {told}")
        if told:
            self.point(f"after the commit of {told}")


class MortalConnector(Ledgered):
    """A connector that passes a point on each side of each call."""

    point: Point = staticmethod(lambda _name: None)

    def execute(self, order: Order) -> Receipt:
        """Apply an order between two points."""
        self.point(f"before the call of {order.action_type}")
        receipt = super().execute(order)
        self.point(f"after the call of {order.action_type}")
        return receipt

    def reconcile(self, order: Order) -> Receipt:
        """Ask about an order between two points."""
        self.point(f"before asking after {order.action_type}")
        receipt = super().reconcile(order)
        self.point(f"after asking after {order.action_type}")
        return receipt
