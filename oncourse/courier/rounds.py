"""The courier's rounds beside a worker: webhooks are told, then people. What fails is logged; the worker goes on."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

from oncourse.courier.deliveries import Deliveries
from oncourse.courier.notices import Notices
from orchestrator import Clock
from plan import OncourseError
from store import Store

POLL = 5.0
"""Seconds from the end of one round to the next."""
AT_ONCE = 8
"""Webhooks that are told at the same time: one that is slow keeps few others waiting."""
MOST = 64
"""Webhooks in one round."""
LOOK = timedelta(minutes=1)
"""How often is looked for what waits for people."""
_log = logging.getLogger(__name__)


class Courier:
    """Tells others what happens: webhooks of all tenants, and people."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        deliveries: Deliveries,
        notices: Iterable[Notices] = (),
        poll: float = POLL,
    ) -> None:
        self._store, self._clock, self._deliveries = store, clock, deliveries
        self._notices, self._poll = tuple(notices), poll
        self._looked_at: datetime | None = None
        self._said = ""

    def run(self, stop: Event) -> None:
        """Go round until `stop` is set; a round that fails is made again."""
        while not stop.is_set():
            self.round(self._clock.now())
            stop.wait(self._poll)

    def round(self, now: datetime) -> int:
        """Tell what is to be told now; return how many letters and messages were taken. It never raises."""
        return self._webhooks(now) + self._people(now)

    def _webhooks(self, now: datetime) -> int:
        try:
            with self._store.workers(reading=True) as workers:
                behind = workers.told_behind(now, MOST)
            if len(behind) <= 1:
                return sum(self._deliver(*one) for one in behind)
            with ThreadPoolExecutor(min(AT_ONCE, len(behind)), thread_name_prefix="courier") as pool:
                return sum(pool.map(lambda one: self._deliver(*one), behind))
        except Exception as error:  # noqa: BLE001 - a round that fails is made again: the worker lives on
            self._failed("looking for webhooks", error)
            return 0

    def _deliver(self, tenant_id: str, webhook_id: str) -> int:
        try:
            return self._deliveries.deliver(tenant_id, webhook_id)
        except Exception as error:  # noqa: BLE001 - one webhook that fails must not stop the others
            self._failed(f"telling webhook {webhook_id}", error)
            return 0

    def _people(self, now: datetime) -> int:
        if self._looked_at is not None and now - self._looked_at < LOOK:
            return 0
        self._looked_at = now
        count = 0
        for notices in self._notices:
            try:
                count += notices.tell(now)
            except Exception as error:  # noqa: BLE001 - what fails for one tenant must not stop the others
                self._failed("telling people", error)
        return count

    def _failed(self, what: str, error: Exception) -> None:
        """Log a failure, and the same one after another only once."""
        said = f"{what}: {error}"
        if said != self._said:
            self._said = said
            _log.error("%s failed: %s", what, error, exc_info=not isinstance(error, OncourseError))
