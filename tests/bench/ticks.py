"""Full ticks of the durable engine, beside the same domain transactions alone, the graph alone, and an idle queue."""

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import NamedTuple

from dbos import DBOS

from oncourse.clock import VirtualClock
from oncourse.durable import QUEUE, Pace, _config
from plan import Cause
from store import queue_url
from tests.bench.apart import Opened, Recording, Running, Span, apart, opened
from tests.bench.measuring import line
from tests.databases import fresh_url, kinds
from tests.house import MONDAY, House

PLANS = 60
ROUNDS = 2
BEGUN = 1.0
"""Seconds until the threads of a queue that is new have begun: a rate counts from then."""
DUE = MONDAY + timedelta(days=1)
"""Then the first steps of every plan are due: one is sent and one handed over, and it waits for their outcomes."""
BAR = 50


class Taken(NamedTuple):
    """What one way of doing the same took."""

    ticks: int
    sent: int
    wall: float
    cpu: float


def prepared(url: str, plans: int) -> None:
    """Make a tenant with running plans that wait for their first day."""
    house = House(url, executor=Recording())
    for number in range(plans):
        house.active(f"a{number:04d}")
    house.sql.dispose()


class Counted:
    """Ticks through another one, and tells when all targets wait."""

    def __init__(self, ticker, targets: list[str]) -> None:
        self._ticker, self._left, self.ticks, self.done = ticker, set(targets), 0, Event()

    def tick(self, target: str) -> str:
        did = self._ticker.tick(target)
        self.ticks += 1
        if did == "waits":
            self._left.discard(target)
            if not self._left:
                self.done.set()
        return did

    def postpone(self, target: str) -> None:
        raise RuntimeError(f"a tick of {target} failed")


def _ids(here: Opened) -> list[str]:
    with here.house.desk.unit() as unit:
        return unit.plans.ids()


def by_engine(url: str) -> Taken:
    """Let a worker find and do all that is due, from the instant at which it is."""
    clock = VirtualClock(MONDAY)
    here = opened(url, clock)
    counted = Counted(here.ticker, [f"plan/{plan_id}" for plan_id in _ids(here)])
    with Running(here.worker(Pace(), counted)):
        time.sleep(BEGUN)
        span = Span()
        clock.set(DUE)
        if not counted.done.wait(600):
            raise TimeoutError("not all that was due was done")
        taken = span.taken()
    return Taken(counted.ticks, len(here.connector.sent), *taken)


def by_graph(url: str) -> Taken:
    """Run the graph for one plan after the other, without a queue."""
    return _each_until_it_waits(url, lambda here, plan_id: here.ticker.tick(f"plan/{plan_id}"))


def directly(url: str) -> Taken:
    """Give the commands that the graph's nodes give, one plan after the other."""
    return _each_until_it_waits(url, _commands)


def _each_until_it_waits(url: str, tick: Callable[[Opened, str], str]) -> Taken:
    here = opened(url, VirtualClock(DUE))
    ticks, ids = 0, _ids(here)
    span = Span()
    for plan_id in ids:
        ticks += 1
        while tick(here, plan_id) != "waits":
            ticks += 1
    return Taken(ticks, len(here.connector.sent), *span.taken())


def _commands(here: Opened, plan_id: str) -> str:
    house, cause = here.house, Cause(kind="timer", ref=here.clock.now().isoformat())
    if house.look(plan_id).news:
        house.evaluate(plan_id, cause)
    return house.advance(plan_id, cause)


def empty_visits(url: str, visits: int) -> Taken:
    """Queue and do visits that do nothing, with the engine's own settings of the queue."""
    pace, left, done = Pace(), [visits], Event()
    DBOS(config=_config(queue_url(url), "bench"))

    @DBOS.workflow(name="visit")
    def visit(_tenant_id: str, _target: str) -> None:
        left.pop()
        if not left:
            done.set()

    left[:] = range(visits)
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=pace.held, polling_interval_sec=pace.poll.total_seconds())
    time.sleep(BEGUN)
    span = Span()
    for number in range(visits):
        DBOS.enqueue_workflow_with_options(
            {
                "workflow_name": "visit",
                "queue_name": QUEUE,
                "workflow_id": f"{datetime.now(UTC)}-{number}",
                "deduplication_id": str(number),
                "duplication_policy": "return-existing",
            },
            "t1",
            f"plan/{number}",
        )
    if not done.wait(600):
        raise TimeoutError("not all visits were done")
    taken = span.taken()
    DBOS.destroy(destroy_registry=True)
    return Taken(visits, 0, *taken)


WAYS = {"engine": by_engine, "graph": by_graph, "direct": directly}


def lines(*, quick: bool = False) -> list[str]:
    plans, rounds = (1, 1) if quick else (PLANS, ROUNDS)
    return [told for kind in kinds()[: 1 if quick else None] for told in _on(kind, plans, rounds)]


def _on(kind: str, plans: int, rounds: int) -> list[str]:
    found: dict[str, list[Taken]] = {name: [] for name in (*WAYS, "idle")}
    with tempfile.TemporaryDirectory() as name:
        whole = fresh_url(kind, Path(name))
        apart(prepared, whole, plans)
        for _ in range(rounds):
            for way, work in WAYS.items():
                found[way].append(_once(kind, Path(name), whole, work))
            visits = found["direct"][0].ticks
            found["idle"].append(_once(kind, Path(name), whole, empty_visits, visits))
    if len({one.sent for way in WAYS for one in found[way]}) != 1:
        raise RuntimeError(f"the ways did not do the same: {found}")
    ticks, sent = found["direct"][0].ticks, found["direct"][0].sent
    wall = {way: min(one.wall for one in taken) for way, taken in found.items()}
    each = {way: min(one.cpu for one in taken) / ticks * 1e3 for way, taken in found.items()}
    return [
        line(
            f"full ticks, {kind}, {plans} plans, {ticks} ticks, {sent} steps sent",
            f"{ticks / wall['engine']:,.0f} ticks/s/process",
            f"{wall['engine'] / wall['direct']:.2f}x the time of the domain's commands alone "
            f"({ticks / wall['direct']:,.0f}/s)",
            f"{wall['engine'] / wall['idle']:.2f}x of as many empty visits ({ticks / wall['idle']:,.0f}/s)",
            f"bar {BAR}",
        ),
        line(
            f"full ticks, {kind}, CPU of a tick",
            f"{each['engine']:.1f} ms",
            f"domain {each['direct']:.1f}, graph {each['graph'] - each['direct']:.1f}, "
            f"engine {each['engine'] - each['graph']:.1f}",
            f"graph and engine {each['engine'] / each['direct'] - 1:.2f}x of the domain",
            f"an empty visit {each['idle']:.1f} ms",
            "bar 1x",
        ),
    ]


def _once(kind: str, folder: Path, whole: str, work, *words: object) -> Taken:
    copy = Path(tempfile.mkdtemp(dir=folder))
    taken = apart(work, fresh_url(kind, copy, whole), *words)
    shutil.rmtree(copy)
    return taken
