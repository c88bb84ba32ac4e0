"""The durable engine: DBOS is its queue and nothing else; every wake-up derives from the domain's own rows.

A visit is one row of the queue: it ticks one target until nothing is due there any more. Whatever is lost with the
queue, the sweep makes again, so its database may be deleted at any time.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from math import ceil
from threading import Event as Flag
from threading import Semaphore

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from oncourse.visits import Pace, QueueError, Ticker
from orchestrator import Clock
from plan import OncourseError
from store import StaleError, Store, StoreError, open_queue

QUEUE = "visits"
VERSION = "tick-protocol-1"
"""Constant: a new release takes up what an older one has queued."""
TICKS_A_VISIT = 50
"""Then others have their turn."""
SWEEP = 500
"""Targets that one look queues at most."""
PAUSE = 2.0
"""Seconds from a look that failed to the next one."""
_log = logging.getLogger(__name__)


class DurableEngine:
    """One worker: it queues what is due, visits what is queued, and takes over what workers that died had begun."""

    def __init__(
        self,
        store: Store,
        tickers: Callable[[str], Ticker],
        *,
        url: str,
        worker_id: str,
        clock: Clock,
        machine: Clock,
        pace: Pace | None = None,
    ) -> None:
        """Take each tenant's ticks, the queue's URL, and two clocks: the domain's, and the one that tells who lives."""
        self._store, self._tickers, self._clock, self._machine = store, tickers, clock, machine
        self._url, self._worker, self._pace = url, worker_id, pace or Pace()
        self._asked: dict[str, tuple[datetime, datetime]] = {}
        self._held: set[str] = set()
        self._turns = Semaphore(self._pace.at_once)
        self._name, self._count = f"{worker_id}-{machine.now():%Y%m%d%H%M%S%f}", 0
        self.looked_at: datetime | None = None
        """When the worker last looked for what is due, by the machine's clock; None before the first time."""

    def heard(self) -> bool:
        """Tell whether the database has heard of this worker lately, so that no other takes it for dead."""
        with self._store.workers(reading=True) as workers:
            return self._worker in workers.alive(self._machine.now() - self._pace.silence)

    def run_worker(self, stop: Flag) -> None:
        """Work until `stop` is set, then finish the visits under way, leave the others to the next look, and leave.

        Raises: QueueError where the queue cannot be opened.
        """
        self._beat(self._machine.now())
        try:
            self._launch(stop)
            self._work(stop)
        finally:
            self._leave()

    def _leave(self) -> None:
        """Finish the visits under way, and sign off; where the database is gone, others strike this worker off."""
        with suppress(StoreError):
            self._beat(self._machine.now())
        self._close()
        logging.getLogger("dbos").addFilter(_nothing)  # a visit that takes longer ends here and tells the queue in vain
        with suppress(StoreError), self._store.workers() as workers:
            workers.forget(self._worker)

    def _close(self) -> None:
        """Let the queue go once the visits under way are done, or have taken too long."""
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=ceil(self._pace.silence.total_seconds()))

    def _launch(self, stop: Flag) -> None:
        with _queue_opens():
            self._open(stop)

    def _open(self, stop: Flag) -> None:
        """Open the queue, with tables where it has none."""
        DBOS(config=_config(self._url, self._worker))

        @DBOS.workflow(name="visit")
        def visit(tenant_id: str, target: str) -> None:
            name = f"{tenant_id}/{target}"
            self._held.add(name)
            try:
                with self._turns:
                    if not stop.is_set():
                        self._visit(tenant_id, target)
            finally:
                self._held.discard(name)

        DBOS.launch()
        poll = self._pace.poll.total_seconds()
        DBOS.register_queue(QUEUE, worker_concurrency=self._pace.held, polling_interval_sec=poll)

    def _work(self, stop: Flag) -> None:
        poll = self._pace.poll.total_seconds()
        beaten = kept = datetime.min.replace(tzinfo=UTC)
        fine, gone = True, False
        while not stop.is_set():
            now = self._machine.now()
            try:
                if gone:  # somebody threw the queue away: it is made again, and what is due is found anew
                    self._close()
                    self._asked.clear()
                    self._launch(stop)
                if now - beaten >= self._pace.silence / 4:
                    beaten = now
                    self._beat(now)
                    self.take_over()
                if now - kept >= self._pace.keep / 4:
                    kept = now
                    self.retain(now - self._pace.keep)
                self.sweep()
                if not fine:
                    _log.warning("looks for what is due succeed again")
                fine, gone = True, False
            except Exception as error:  # noqa: BLE001 - a look that fails is made again: the worker lives on
                if fine:
                    said = "a look for what is due failed; it is made again until it succeeds: %s"
                    _log.error(said, error, exc_info=not isinstance(error, OncourseError))
                fine, gone = False, not isinstance(error, StoreError)
            self.looked_at = self._machine.now()
            stop.wait(poll if fine else max(poll, PAUSE))

    def sweep(self) -> int:
        """Queue a visit of everything that is due and not queued yet; return how many."""
        now, held = self._machine.now(), frozenset(self._held)
        with self._store.workers(reading=True) as workers:
            due = {f"{d.tenant_id}/{d.target}": d.at for d in workers.due(self._clock.now(), SWEEP)}
        self._asked = {
            name: (at, asked) for name, (at, asked) in self._asked.items()
            if due.get(name) == at and now - asked < self._pace.again
        }  # fmt: skip
        return sum(self.wake(name, at) for name, at in due.items() if name not in self._asked and name not in held)

    def wake(self, name: str, at: datetime) -> bool:
        """Queue a visit of `TENANT/plan/ID` or `TENANT/event/SOURCE/ID` now; False where one is queued already."""
        self._count += 1
        mine = f"{self._name}-{self._count}"
        tenant_id, _, target = name.partition("/")
        handle = DBOS.enqueue_workflow_with_options(
            {
                "workflow_name": "visit",
                "queue_name": QUEUE,
                "workflow_id": mine,
                "deduplication_id": name,
                "duplication_policy": "return-existing",
            },
            tenant_id,
            target,
        )
        fresh = handle.workflow_id == mine
        if fresh:
            self._asked[name] = (at, self._machine.now())
        return fresh

    def _visit(self, tenant_id: str, target: str) -> None:
        ticker = self._tickers(tenant_id)
        for _ in range(TICKS_A_VISIT):
            try:
                ticker.tick(target)
            except StaleError:
                return  # another worker was faster; what is still due is queued again
            except OncourseError as error:
                _log.warning("a tick of %s/%s was refused (%s)", tenant_id, target, error.code)
                ticker.postpone(target)
                return
            except Exception:  # noqa: BLE001 - one plan that fails must not stop the others
                _log.exception("a tick of %s/%s failed", tenant_id, target)
                ticker.postpone(target)
                return
            if not self._still_due(tenant_id, target):
                return

    def _still_due(self, tenant_id: str, target: str) -> bool:
        kind, _, name = target.partition("/")
        if kind != "plan":
            return False
        with self._store.workers(reading=True) as workers:
            at = workers.next_wake(tenant_id, name)
        return at is not None and at <= self._clock.now()

    def _beat(self, now: datetime) -> None:
        """Say that this worker lives, and strike off those that have fallen silent."""
        with self._store.workers() as workers:
            workers.beat(self._worker, now)
            for name in workers.silent(now - self._pace.silence):
                workers.forget(name)

    def take_over(self) -> int:
        """Queue again what was begun by workers of whom nothing is heard; return how many visits.

        Whoever was frozen and struck off, or died before it was first heard of, left no name: so it is asked of each
        visit under way whether its worker lives.
        """
        with self._store.workers(reading=True) as workers:
            alive = {self._worker, *workers.alive(self._machine.now() - self._pace.silence)}
        begun = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        orphans = [one.workflow_id for one in begun if one.executor_id not in alive]
        if orphans:
            DBOS.resume_workflows(orphans, queue_name=QUEUE)
        return len(orphans)

    def retain(self, before: datetime) -> int:
        """Delete visits that ended before an instant; return how many."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before.astimezone(UTC).isoformat(),
            load_input=False,
            load_output=False,
            limit=5000,
        )
        if ended:
            DBOS.delete_workflows([one.workflow_id for one in ended])
        return len(ended)


def prepare_queue(url: str) -> None:
    """Bring the queue's tables to what this program needs; a second call changes nothing."""
    with _queue_opens():
        DBOS.migrate(url)


@contextmanager
def _queue_opens() -> Iterator[None]:
    """Say in one line why a queue does not open; what the library would print of it is left out."""
    logger = logging.getLogger("dbos")
    logger.addFilter(_nothing)
    try:
        yield
    except Exception as error:
        what = " ".join(str(getattr(error, "orig", None) or error).split())
        raise QueueError(f"the queue cannot be opened ({what}); check the place and the rights on it") from error
    finally:
        logger.removeFilter(_nothing)


def _nothing(_record: logging.LogRecord) -> bool:
    return False


def _config(url: str, worker_id: str) -> DBOSConfig:
    """Return the configuration of a queue that holds nothing but names of targets.

    The queue bounds the visits at once; its threads must have no bound. A visit that was taken over while its worker
    lived keeps its thread until the new owner is done: with few threads, workers wait for each other without end.
    """
    config: DBOSConfig = {
        "name": "oncourse",
        "system_database_url": url,
        "executor_id": worker_id,
        "application_version": VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "ERROR",
    }
    engine = open_queue(url)
    if engine is not None:
        config["system_database_engine"] = engine
    return config
