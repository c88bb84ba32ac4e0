"""Kill, freeze and thaw workers at random while plans live: `python -m tests.chaos campaign`.

Weeks pass in seconds under a scaled clock. The connector loses and turns away answers; people approve, answer and look
up what is in doubt. At the end every promise is checked, and the connector's own book against the effects.
"""

import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import psycopg

from oncourse.promises import broken
from orchestrator import moves, sending
from plan import CLOSED
from store import StoreError, queue_url
from tests.chaos.people import People
from tests.chaos.telling import KINDS, say, words
from tests.chaos.world import Faults, Shared, found
from tests.databases import fresh_url
from tests.house import BERLIN

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.chaos.campaign", "oncourse.graph", "agent.playbook", "oncourse.durable"])
SCALE = 86_400 * 1.5
"""A day and a half of the domain in each second of the machine."""
CLAIM = timedelta(days=3)
"""The claim is scaled like everything else: two seconds of the machine."""
FAULTS = Faults(before=12, after=10, away=5)


class Report(NamedTuple):
    """What one campaign came to."""

    database: str
    seed: int
    plans: int
    effects: int
    kills: int
    freezes: int
    repeats: int
    endings: Counter[str]
    findings: list[str]
    seconds: float

    def line(self) -> str:
        """Return it in one line."""
        ended = ", ".join(f"{count} {name}" for name, count in sorted(self.endings.items()))
        return (
            f"chaos, {self.database}, seed {self.seed}: {self.plans} plans ({ended}), {self.effects} effects applied, "
            f"{self.kills} kills, {self.freezes} freezes, {self.repeats} repeated calls of a key, "
            f"{len(self.findings)} violations, {self.seconds:.0f} s"
        )


def _work(shared: Shared, name: str, seed: int) -> None:
    moves.CLAIM = sending.CLAIM = CLAIM
    drawn = random.Random(seed)
    shared.worker(name, executor=shared.connector(lambda: drawn.randrange(100))).run_worker(Event())


class Herd:
    """The workers, and whoever kills them."""

    def __init__(self, shared: Shared, seed: int, count: int) -> None:
        self._shared, self._drawn, self._made = shared, random.Random(seed), 0
        self.kills = self.freezes = 0
        self._frozen: dict[int, float] = {}
        self._workers = [self._start() for _ in range(count)]
        self._next = time.monotonic() + 3
        self._stop = Event()
        self._keeper = Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _start(self):
        self._made += 1
        seed = self._drawn.randrange(2**31)
        child = CONTEXT.Process(target=_work, args=(self._shared, f"w{self._made}", seed), daemon=True)
        child.start()
        return child

    def _keep(self) -> None:
        while not self._stop.wait(0.05):
            self._harm()

    def _harm(self) -> None:
        """Kill or freeze one of the workers when it is time, and thaw those that were frozen long enough."""
        now = time.monotonic()
        for pid, until in list(self._frozen.items()):
            if now >= until:
                os.kill(pid, signal.SIGCONT)
                del self._frozen[pid]
        if now < self._next:
            return
        self._next = now + self._drawn.uniform(0.7, 2.5)
        index = self._drawn.randrange(len(self._workers))
        child = self._workers[index]
        if child.pid in self._frozen:
            return
        if self._drawn.random() < 0.3:
            os.kill(child.pid, signal.SIGSTOP)
            self._frozen[child.pid] = now + self._drawn.uniform(2.5, 5)
            self.freezes += 1
            return
        child.kill()
        child.join()
        self.kills += 1
        self._workers[index] = self._start()

    def lose_the_queue(self, url: str) -> None:
        """Kill all workers at once, throw their queue away, and start others."""
        self._stop.set()
        self._keeper.join()
        for index, child in enumerate(self._workers):
            child.kill()
            child.join()
            self.kills += 1
            self._workers[index] = None
        self._frozen.clear()
        forget(url)
        self._workers = [self._start() for _ in self._workers]
        self._stop = Event()
        self._keeper = Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def end(self) -> None:
        """Thaw and end all of them."""
        self._stop.set()
        self._keeper.join()
        for child in self._workers:
            if child.pid in self._frozen:
                os.kill(child.pid, signal.SIGCONT)
            child.kill()
            child.join()


def campaign(
    kind: str, seed: int, plans: int, *, workers: int = 3, amnesia: bool = False, patience: float = 600
) -> Report:
    """Run one campaign to the end of all plans; `amnesia` throws the queue away in the middle."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        url = fresh_url(kind, Path(name))
        shared = found(url, Path(name), scale=SCALE, accounts=plans, faults=FAULTS)
        shared = shared._replace(faults=tuple(FAULTS))
        house = shared.house()
        people = People(house, BERLIN, shared.connector())
        herd = Herd(shared, seed, workers)
        forgotten = not amnesia
        try:
            while not _over(house, plans):
                with suppress(StoreError):  # a frozen worker may hold the database; people try again
                    people.look()
                if not forgotten and len(shared.connector().applied()) > plans * 2:
                    forgotten = True
                    herd.lose_the_queue(url)
                if time.monotonic() - began > patience:
                    break
                time.sleep(0.1)
        finally:
            herd.end()
        findings = _look(shared, house, plans)
        connector = shared.connector()
        with house.desk.unit() as unit:
            endings = Counter(str(r.plan.status) for r in unit.plans.find())
        repeats = sum(call["what"] == "repeat" for call in connector.calls())
        return Report(
            kind, seed, plans, len(connector.applied()), herd.kills, herd.freezes, repeats, endings, findings,
            time.monotonic() - began,
        )  # fmt: skip


def _over(house, plans: int) -> bool:
    with house.desk.unit() as unit:
        found = unit.plans.find()
        effects = {e.status for e in unit.effects.every()}
        return len(found) >= plans and all(r.plan.status in CLOSED for r in found) and "STARTED" not in effects


def forget(url: str) -> None:
    """Throw the queue away."""
    if url.startswith("sqlite"):
        for suffix in ("", "-wal", "-shm"):
            Path(queue_url(url).removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)
        return
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA dbos CASCADE")


def _look(shared: Shared, house, plans: int) -> list[str]:
    """Return each promise that is broken, and each difference between the connector's book and the effects."""
    with house.desk.unit() as unit:
        found = [f"{f.promise}: {f.what}" for f in broken(unit)]
        effects = {effect.key: effect for effect in unit.effects.every()}
        open_ones = [r.plan.plan_id for r in unit.plans.find() if r.plan.status not in CLOSED]
        count = len(unit.plans.find())
    applied = shared.connector().applied()
    found += [f"{key} was applied and nobody meant it" for key in applied - effects.keys()]
    for key, effect in effects.items():
        if effect.status == "DONE" and key not in applied:
            found.append(f"{key} is recorded as done and was never applied")
        if effect.status in {"NOT_SENT", "FAILED"} and key in applied:
            found.append(f"{key} is recorded as {effect.status} and was applied")
    found += [f"plan {plan_id} has not ended" for plan_id in open_ones]
    if count != plans:
        found.append(f"{count} plans where {plans} were to be")
    return found


def main(given: list[str]) -> int:
    """Run one campaign on each database and print what came of it."""
    parser = words("campaign", __doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plans", type=int, default=60)
    asked = parser.parse_args(given)
    bad = 0
    for kind in asked.database or KINDS:
        report = campaign(kind, asked.seed, asked.plans, amnesia=True)
        for line in report.findings[:20]:
            say(line)
        say(report.line())
        bad += len(report.findings)
    return int(bad > 0)
