"""One process of the product: it holds nothing, and dies at any commit or call; the next one is built anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine

from agent import Deps, playbook_drafter
from oncourse.clock import SeededIds, SeededSalt, VirtualClock
from oncourse.engine import InProcessEngine
from oncourse.graph import build_graph
from orchestrator import Orchestrator
from store import Store, Unit
from tests.keys import KEYS
from tests.simulation.faults import Death, Faults
from tests.simulation.provider import Connector

TENANT = "t1"


class MortalStore(Store):
    """A store before whose transactions others may step in, and at whose commits the process may die."""

    faults: Faults
    between: Callable[[], None]

    @contextmanager
    def unit(self, tenant_id: str, now: datetime, connector: str = "", *, reading: bool = False) -> Iterator[Unit]:
        """Open one transaction; what was written names the point of a death."""
        self.between()
        told = ""
        with super().unit(tenant_id, now, connector, reading=reading) as unit:
            yield unit
            told = ", ".join(entry.type for entry in unit._entries) or ("a wake-up" if unit._wakes else "")
            if told and self.faults.strikes("crash before a commit"):
                raise Death(f"before the commit of {told}")
        if told and self.faults.strikes("crash after a commit"):
            raise Death(f"after the commit of {told}")


class Machine:
    """A process: store, orchestrator, graph and engine over the one database."""

    def __init__(
        self,
        sql: Engine,
        name: str,
        clock: VirtualClock,
        faults: Faults,
        connector: Connector,
        between: Callable[[], None],
    ) -> None:
        """Take a name that no process had before: ids and salts are drawn from it."""
        self.store = MortalStore(sql, SeededSalt(name), KEYS)
        self.store.faults, self.store.between = faults, between
        self.house = Orchestrator(self.store, TENANT, clock=clock, ids=SeededIds(name), executor=connector)
        graph = build_graph(self.house, Deps(drafter=playbook_drafter()))
        self.engine = InProcessEngine(self.store, TENANT, graph, clock)
