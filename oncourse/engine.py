"""The in-process engine: ticks what is due, in a process that may end at any moment.

It holds nothing: every wake-up derives from the store (`plan.next_wake_at`, unprocessed inbox events). Under a virtual
clock it lets months pass in seconds; under the real clock one call does what is due now.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from oncourse.clock import VirtualClock
from oncourse.graph import TickGraph
from oncourse.telemetry import spanned
from orchestrator import Clock
from plan import OncourseError
from store import Store

MAX_TICKS_AT_ONCE = 100_000
"""More ticks than this at one instant mean that something wakes itself without end."""


POSTPONED = timedelta(minutes=5)
"""How long a target waits whose tick failed."""


class EngineError(OncourseError):
    """The engine cannot go on."""

    code = "engine"


Told = Callable[[datetime, str, str], None]
"""Called after each tick with the instant, the target and what was done."""


class Agenda(Protocol):
    """What other parties do at their own times; the simulated world fills it."""

    def next_at(self) -> datetime | None:
        """Return when the next thing is to be done."""
        ...

    def run(self, now: datetime) -> None:
        """Do all that is to be done at this instant."""
        ...


class InProcessEngine:
    """Ticks one tenant's plans and events."""

    def __init__(self, store: Store, tenant_id: str, graph: TickGraph, clock: Clock, told: Told | None = None) -> None:
        self._store, self._tenant, self._graph, self._clock = store, tenant_id, graph, clock
        self._told = told or (lambda _at, _target, _did: None)

    def wake(self, target: str, at: datetime) -> None:
        """Ask for a tick of a plan at an instant; events wait in the inbox and need no asking."""
        kind, _, plan_id = target.partition("/")
        if kind == "plan":
            with self._store.unit(self._tenant, self._clock.now()) as unit:
                unit.wake(plan_id, at)

    def postpone(self, target: str) -> None:
        """Let a target that cannot be ticked now wait a while."""
        with self._store.unit(self._tenant, self._clock.now()) as unit:
            unit.postpone(target, unit.now + POSTPONED)

    def run_due(self) -> int:
        """Tick until nothing is due at this instant; return how many ticks there were."""
        count = 0
        while targets := self._due():
            for target in targets:
                self.tick(target)
                count += 1
            if count > MAX_TICKS_AT_ONCE:
                raise EngineError(f"{targets[0]} wakes itself without end; look at it with: oncourse plan explain")
        return count

    def tick(self, target: str) -> str:
        """Run the graph once for one target; return what was done."""
        kind, _, name = target.partition("/")
        with spanned("plan.tick", tenant=self._tenant, plan_id=name if kind == "plan" else None):
            done = self._graph.invoke({"target": target})
        did = str(done.get("did", ""))
        self._told(self._clock.now(), target, did)
        return did

    def next_wake(self) -> datetime | None:
        """Return when the next plan wants to be looked at, or a postponed event to be tried again."""
        with self._store.unit(self._tenant, self._clock.now()) as unit:
            wanted = (unit.plans.next_wake(), unit.events.next_retry())
        return min((at for at in wanted if at is not None), default=None)

    def run_until(self, until: datetime, clock: VirtualClock, agenda: Agenda | None = None) -> int:
        """Let virtual time pass up to `until` (inclusive), from one due instant to the next; return the ticks."""
        count = self.run_due()
        while True:
            wanted = [at for at in (self.next_wake(), agenda.next_at() if agenda else None) if at is not None]
            at = min(wanted, default=None)
            if at is None or at > until:
                break
            clock.set(max(at, clock.now()))
            if agenda is not None:
                agenda.run(clock.now())
            count += self.run_due()
        clock.set(until)
        with self._store.unit(self._tenant, until) as unit:
            unit.set_virtual_now(until)
        return count

    def _due(self) -> list[str]:
        now = self._clock.now()
        with self._store.unit(self._tenant, now) as unit:
            events = [e.target for e in unit.events.waiting(now) if e.plan_id is None]
            return events or [f"plan/{plan_id}" for plan_id, _ in unit.plans.due(now)]
