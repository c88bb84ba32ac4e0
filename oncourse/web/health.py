"""Does this process live, and can it work: what two probes ask. What is told names no place and no person."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Protocol

from orchestrator import Clock
from plan import Frozen, OncourseError

STILL = timedelta(minutes=2)
"""A worker whose look loop did not move for so long hangs: one look may wait for a busy SQLite file for 30 seconds."""
PATIENCE = 2.0
"""Seconds after which a database that has not answered counts as out of reach."""
_log = logging.getLogger(__name__)


class Trouble(Frozen):
    """Why not, and what now."""

    code: str
    detail: str


class Worker(Protocol):
    """What a worker says of itself."""

    looked_at: datetime | None
    """When it last looked for what is due; None before the first time."""

    def heard(self) -> bool:
        """Tell whether the database has heard of it lately."""
        ...


STARTING = Trouble(code="starting", detail="The worker is starting; ask again in a moment.")
ENDING = Trouble(code="ending", detail="The worker was told to end and finishes what it had begun; ask another one.")
HANGS = Trouble(
    code="database_silent",
    detail=f"The database has not answered for {PATIENCE:.0f} seconds; look at the server and the way to it.",
)
NOT_HEARD = Trouble(
    code="heartbeat_stale",
    detail="The worker's heartbeat does not reach the database: others take it for dead. Look at this process's log.",
)
OTHER_SCHEMA = Trouble(
    code="schema",
    detail="The database does not have the schema of this program; look with `oncourse db check`.",
)
NO_DATABASE = Trouble(
    code="database",
    detail="The database cannot be read; look at this process's log, then with `oncourse db check`.",
)


class Health:
    """The health of one worker's process."""

    def __init__(self, worker: Worker, check_schema: Callable[[], object], clock: Clock, stop: Event) -> None:
        """Take the worker, a look at its database that raises where it is not right, and what tells it to end."""
        self._worker, self._check_schema, self._clock, self._stop = worker, check_schema, clock, stop
        self._began = clock.now()
        self._question = _Question(self._database)
        self._said = ""

    def alive(self) -> Trouble | None:
        """Return why this process should be started anew; None where it lives."""
        still = self._clock.now() - (self._worker.looked_at or self._began)
        if still <= STILL or self._stop.is_set():
            return None
        seconds = int(still.total_seconds())
        return Trouble(code="stuck", detail=f"The worker has not looked for work for {seconds} seconds; start it anew.")

    def ready(self) -> Trouble | None:
        """Return why this worker cannot work now; None where it can."""
        if self._stop.is_set():
            return ENDING
        if self._worker.looked_at is None:
            return STARTING
        return self._question.answer()

    def _database(self) -> Trouble | None:
        try:
            self._check_schema()
            return None if self._worker.heard() else NOT_HEARD
        except OncourseError as error:
            if str(error) != self._said:
                self._said = str(error)
                _log.warning("not ready: %s", error)
            return OTHER_SCHEMA if error.code == "schema" else NO_DATABASE


class _Question:
    """A question that is asked in a thread of its own, once at a time: whatever hangs, who asks is answered."""

    def __init__(self, ask: Callable[[], Trouble | None]) -> None:
        self._ask, self._lock = ask, Lock()
        self._thread: Thread | None = None
        self._told: Trouble | None = NO_DATABASE

    def answer(self) -> Trouble | None:
        """Return the answer, or that there is none yet."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="readiness", daemon=True)
                self._thread.start()
            thread = self._thread
        thread.join(PATIENCE)
        return HANGS if thread.is_alive() else self._told

    def _run(self) -> None:
        self._told = NO_DATABASE  # what holds where the question itself fails
        self._told = self._ask()
