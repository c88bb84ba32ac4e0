"""Measure in processes of their own: one engine fills a process, and its CPU time and memory are its own too."""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from threading import Event, Thread
from typing import NamedTuple, Self, TypeVar

from agent import Deps, playbook_drafter
from oncourse.clock import RandomIds, RealClock, random_salt
from oncourse.durable import DurableEngine, Pace
from oncourse.engine import InProcessEngine
from oncourse.graph import build_graph
from orchestrator import Clock, Orchestrator, Order, Receipt, ReceiptKind
from plan import spec_of
from store import Store, open_engine, queue_url
from tests.keys import KEYS

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.bench.apart"])
PATIENCE = 3600
"""Seconds after which a piece of work counts as stuck."""
TENANT = "t1"
T = TypeVar("T")


def apart(work: Callable[..., T], *words: object) -> T:
    """Do a piece of work in a process of its own and return what it returned."""
    here, there = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=_tell, args=(there, work, words), daemon=True)
    child.start()
    there.close()
    try:
        if not here.poll(PATIENCE):
            raise TimeoutError(f"{work.__name__} is stuck")
        return here.recv()
    finally:
        child.kill()
        child.join()


def _tell(there: Connection, work: Callable[..., object], words: tuple[object, ...]) -> None:
    there.send(work(*words))


class Span:
    """The time of the machine, and the CPU time of this process, since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def taken(self) -> tuple[float, float]:
        """Return both, in seconds."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


class Recording:
    """A connector that keeps the keys of what it sent, in memory."""

    name = "recording"

    def __init__(self) -> None:
        self.sent: set[str] = set()

    def execute(self, order: Order) -> Receipt:
        """Send an order."""
        self.sent.add(order.key)
        spec = spec_of(order.action_type)
        kind = ReceiptKind.DISPATCHED if spec.awaits_outcome else ReceiptKind.SUCCEEDED
        return Receipt(kind=kind, outcome="" if spec.awaits_outcome else spec.outcomes_ok[0], reference=order.key[-12:])

    def reconcile(self, order: Order) -> Receipt:
        """Say whether it was sent."""
        return Receipt(kind=ReceiptKind.SUCCEEDED if order.key in self.sent else ReceiptKind.NOT_SENT)


class Opened(NamedTuple):
    """A tenant's database, opened in one process."""

    url: str
    house: Orchestrator
    clock: Clock
    connector: Recording
    ticker: InProcessEngine

    def worker(self, pace: Pace, ticker: object = None) -> DurableEngine:
        """Return a worker."""
        return DurableEngine(
            self.house.desk.store,
            lambda _tenant: ticker or self.ticker,
            url=queue_url(self.url),
            worker_id="bench",
            clock=self.clock,
            machine=RealClock(),
            pace=pace,
        )


def opened(url: str, clock: Clock) -> Opened:
    """Open a tenant's database under a clock."""
    connector = Recording()
    store = Store(open_engine(url), random_salt, KEYS)
    house = Orchestrator(store, TENANT, clock=clock, ids=RandomIds(), executor=connector)
    graph = build_graph(house, Deps(drafter=playbook_drafter()))
    return Opened(url, house, clock, connector, InProcessEngine(store, TENANT, graph, clock))


class Running:
    """A worker in a thread of this process, past its first look; leaving the block ends it."""

    def __init__(self, worker: DurableEngine) -> None:
        self._worker, self._stop, self._looked = worker, Event(), Event()
        self._thread = Thread(target=worker.run_worker, args=(self._stop,))
        look = worker.sweep

        def sweep() -> int:
            queued = look()
            self._looked.set()
            return queued

        worker.sweep = sweep

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._looked.wait(PATIENCE):
            raise TimeoutError("the worker never looked")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
