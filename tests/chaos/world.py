"""A tenant whose weeks pass in seconds, in a database that several processes share."""

import json
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from agent import Deps, playbook_drafter
from gate import default_bundle
from oncourse.clock import RandomIds, RealClock, random_salt
from oncourse.durable import DurableEngine, Pace
from oncourse.engine import InProcessEngine
from oncourse.graph import build_graph
from orchestrator import Acting, Orchestrator, Order, Receipt, ReceiptKind, Records
from plan import Mode, PostureReading, Principal, Tenant, spec_of
from store import Event, EventType, Store, open_engine, queue_url, upgrade
from tests.chaos.clocks import FileClock, ScaledClock
from tests.house import BERLIN, MONDAY, PEOPLE, records
from tests.keys import KEYS

TENANT = "t1"
FAST = Pace(
    poll=timedelta(seconds=0.05),
    silence=timedelta(seconds=2),
    again=timedelta(seconds=2),
    keep=timedelta(seconds=20),
    at_once=3,
    held=6,
)

"""Few visits at once, because the workers of a run share one machine, and on SQLite one lock."""


class Faults(NamedTuple):
    """How often, in hundredths, a call is lost before or after it was applied, or turned away."""

    before: int = 0
    after: int = 0
    away: int = 0


FAULTLESS = Faults()


class Ledgered:
    """A connector that writes each call and each applied key to files, and never applies a key twice.

    It outlives the workers: what it applied is what the world saw.
    """

    name = "connector"

    def __init__(self, folder: Path, faults: Faults = FAULTLESS, draw=None, clock=None) -> None:
        self._calls, self._applied = folder / "calls.jsonl", folder / "applied"
        self._applied.mkdir(exist_ok=True)
        self._faults, self._draw, self._clock = faults, draw or (lambda: 99), clock

    def execute(self, order: Order) -> Receipt:
        """Apply an order once; the answer may be lost on either side of it."""
        self._note("execute", order)
        if self._draw() < self._faults.away:
            return Receipt(kind=ReceiptKind.RETRYABLE, outcome="SOURCE_UNAVAILABLE")
        if self._draw() < self._faults.before:
            raise TimeoutError
        if self._clock is not None and self._clock.now() >= order.valid_until:
            raise TimeoutError  # a provider takes nothing past its time
        self._apply(order)
        if self._draw() < self._faults.after:
            raise TimeoutError
        return self._receipt(order)

    def reconcile(self, order: Order) -> Receipt:
        """Say whether it was applied; an idempotent provider takes the same call again."""
        self._note("reconcile", order)
        if spec_of(order.action_type).provider == "IDEMPOTENT":
            self._apply(order)
        return self._receipt(order) if self._path(order).exists() else Receipt(kind=ReceiptKind.NOT_SENT)

    def _apply(self, order: Order) -> None:
        try:
            with self._path(order).open("x") as file:
                file.write(order.text)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            self._note("repeat", order)

    def _path(self, order: Order) -> Path:
        return self._applied / order.key.replace(":", "_")

    def _note(self, what: str, order: Order) -> None:
        line = json.dumps({"what": what, "key": order.key, "rendered": order.rendered, "pid": os.getpid()}) + "\n"
        with self._calls.open("a") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def _receipt(self, order: Order) -> Receipt:
        spec = spec_of(order.action_type)
        kind = ReceiptKind.DISPATCHED if spec.awaits_outcome else ReceiptKind.SUCCEEDED
        return Receipt(kind=kind, outcome="" if spec.awaits_outcome else spec.outcomes_ok[0], reference=order.key[-12:])

    def calls(self) -> list[dict[str, object]]:
        """Return every call in order."""
        if not self._calls.exists():
            return []
        return [json.loads(line) for line in self._calls.read_text().splitlines()]

    def applied(self) -> set[str]:
        """Return every key that was applied."""
        return {path.name.replace("_", ":") for path in self._applied.iterdir()}


@cache
def opened(url: str) -> Engine:
    """Return this process's one engine for a database."""
    return open_engine(url)


class Shared(NamedTuple):
    """What every process of one run opens."""

    url: str
    folder: str
    began: str
    scale: float
    """How many times as fast as the machine's the domain's time runs; 0: it stands in a file, and somebody sets it."""
    faults: Faults = FAULTLESS

    @property
    def kind(self) -> str:
        """Return the kind of its database."""
        return self.url.partition(":")[0]

    def clock(self) -> ScaledClock | FileClock:
        """Return the domain's clock."""
        if self.scale == 0:
            return FileClock(Path(self.folder) / "clock")
        return ScaledClock(datetime.fromisoformat(self.began), self.scale)

    def store(self) -> Store:
        """Return the store."""
        return Store(opened(self.url), random_salt, KEYS)

    def connector(self, draw=None) -> Ledgered:
        """Return the connector."""
        return Ledgered(Path(self.folder), Faults(*self.faults), draw, self.clock() if self.scale != 1 else None)

    def house(self, store: Store | None = None, executor=None) -> Orchestrator:
        """Return the tenant's orchestrator."""
        return Orchestrator(
            store or self.store(), TENANT, clock=self.clock(), ids=RandomIds(), executor=executor or self.connector()
        )

    def ticker(self, house: Orchestrator) -> InProcessEngine:
        """Return what ticks the tenant's plans."""
        graph = build_graph(house, Deps(drafter=playbook_drafter()))
        return InProcessEngine(house.desk.store, TENANT, graph, house.desk.clock)

    def worker(self, name: str, *, store: Store | None = None, executor=None, pace: Pace = FAST) -> DurableEngine:
        """Return a worker."""
        house = self.house(store, executor)
        ticker = self.ticker(house)
        return DurableEngine(
            house.desk.store,
            lambda _tenant: ticker,
            url=queue_url(self.url),
            worker_id=name,
            clock=house.desk.clock,
            machine=RealClock(),
            pace=pace,
        )


def found(url: str, folder: Path, *, scale: float, accounts: int, faults: Faults = FAULTLESS) -> Shared:
    """Make the tenant with its people and accounts; their postures have changed, so plans will be drafted."""
    upgrade(opened(url))
    shared = Shared(url, str(folder), datetime.now(UTC).isoformat(), scale, tuple(faults))
    if scale == 0:
        shared.clock().set(MONDAY)
    house = shared.house()
    root = Principal(principal_id="root", tenant_id=TENANT, roles=frozenset(PEOPLE["root"]))
    house.open_tenant(Tenant(tenant_id=TENANT, name="T", calendar=BERLIN, mode=Mode.LIVE), default_bundle(), root)
    for name, roles in PEOPLE.items():
        if name != "root":
            house.add_principal(
                Principal(principal_id=name, tenant_id=TENANT, roles=frozenset(roles)), Acting(principal=root)
            )
    for number in range(accounts):
        account = f"a{number:04d}"
        known = records(account, urgent_ticket=number % 3 == 0)
        house.take_records(Records(families=known), Acting(principal=root))
        house.receive(
            Event(
                source="crm",
                event_id=f"posture-{account}",
                type=EventType.POSTURE_CHANGED,
                account_id=account,
                body=PostureReading(posture="AT_RISK", as_of=house.desk.clock.now()).model_dump(mode="json"),
                received_at=house.desk.clock.now(),
            )
        )
    return shared


def who(house: Orchestrator, name: str) -> Acting:
    """Return one of the people as the one who acts."""
    with house.desk.unit() as unit:
        return Acting(principal=unit.principals.get(name))


__all__ = ["FAST", "TENANT", "Faults", "Ledgered", "Shared", "found", "who"]
