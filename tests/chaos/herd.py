"""Workers in processes of their own, and whoever kills and freezes them."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import psycopg

from store import queue_url
from tests.chaos.world import Shared

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.chaos.world", "oncourse.graph", "agent.playbook", "oncourse.durable"])

Work = Callable[[Shared, str, int], None]
"""What one worker does until it is killed: with a name and a seed of its own."""


def work(shared: Shared, name: str, _seed: int) -> None:
    """Work until killed."""
    shared.worker(name).run_worker(Event())


class Harm(NamedTuple):
    """How often somebody is harmed, and how."""

    every: tuple[int, int] = (20, 80)
    """Entries of the ledger between two, from and to: a slow machine gets on too."""
    frozen: tuple[float, float] = (2.5, 5)
    """Seconds of the machine, from and to."""
    freezes: float = 0.3
    """Their share; all others are kills."""


class Herd:
    """The workers, and whoever harms them."""

    def __init__(
        self, shared: Shared, seed: int, count: int = 3, *, work: Work = work, harm: Harm | None = None
    ) -> None:
        self._shared, self._work, self._harms = shared, work, harm
        self._drawn, self._made = random.Random(seed), 0
        self.kills = self.freezes = 0
        self._frozen: dict[int, float] = {}
        self._next = 0
        self._workers = [self._start() for _ in range(count)]
        self._begin()

    def _begin(self) -> None:
        self._stop = Event()
        self._keeper = Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _start(self):
        self._made += 1
        seed = self._drawn.randrange(2**31)
        child = CONTEXT.Process(target=self._work, args=(self._shared, f"w{self._made}", seed), daemon=True)
        child.start()
        return child

    def _keep(self) -> None:
        while not self._stop.wait(0.05):
            self._thaw()

    def watch(self, entries: int) -> None:
        """Harm one of them where the ledger has grown far enough since the last time."""
        if self._harms and entries >= self._next:
            if self._next:
                self._harm(self._harms)
            self._next = entries + self._drawn.randint(*self._harms.every)

    def _thaw(self) -> None:
        now = time.monotonic()
        for pid, until in list(self._frozen.items()):
            if now >= until and self._frozen.pop(pid, None):
                os.kill(pid, signal.SIGCONT)

    def _harm(self, harm: Harm) -> None:
        """Kill or freeze one of those that are not frozen."""
        able = [index for index, child in enumerate(self._workers) if child.pid not in self._frozen]
        if not able:
            return
        index = self._drawn.choice(able)
        if self._drawn.random() < harm.freezes:
            pid = self._workers[index].pid
            os.kill(pid, signal.SIGSTOP)
            self._frozen[pid] = time.monotonic() + self._drawn.uniform(*harm.frozen)
            self.freezes += 1
            return
        self._kill(index)
        self._workers[index] = self._start()

    def _kill(self, index: int) -> None:
        child = self._workers[index]
        child.kill()
        child.join()
        self.kills += 1

    def restart(self, url_of_the_queue_to_lose: str = "") -> None:
        """Kill all workers at once and start others; in between their queue may be thrown away."""
        self._stop.set()
        self._keeper.join()
        for index in range(len(self._workers)):
            self._kill(index)
        self._frozen.clear()
        if url_of_the_queue_to_lose:
            forget(url_of_the_queue_to_lose)
        self._workers = [self._start() for _ in self._workers]
        self._begin()

    def end(self) -> None:
        """End all of them; the frozen too."""
        self._stop.set()
        self._keeper.join()
        for child in self._workers:
            child.kill()
            child.join()


def forget(url: str) -> None:
    """Throw the queue away."""
    if url.startswith("sqlite"):
        for suffix in ("", "-wal", "-shm"):
            Path(queue_url(url).removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)
        return
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS dbos CASCADE")
