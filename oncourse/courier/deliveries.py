"""Deliveries: each webhook is told the ledger in order, at least once, by one courier at a time.

Whoever delivers holds the webhook's row by a lease that every letter renews. A courier that dies leaves its lease to
run out, and the next one begins with the first entry that was not written down as told, under the same id.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from ledger import Entry
from oncourse.courier.letters import headers, letter
from oncourse.courier.post import Answer, Came, Post
from orchestrator import Clock
from store import Store, Webhook

BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 2 * 60, 10 * 60, 60 * 60, 6 * 60 * 60, 24 * 60 * 60))
"""How long after each failure a letter is tried again; after the last one it is given up."""
SPREAD = 0.2
"""So much longer at most, by chance: what failed together does not come back together."""
LEASE = timedelta(minutes=1)
"""Longer than one letter can take, with the look-up of its host."""
PAGE = 100
"""Letters to one webhook before others have their turn."""
TURN = timedelta(seconds=20)
"""Time for one webhook before others have their turn."""


class Deliveries:
    """Tells webhooks."""

    def __init__(self, store: Store, post: Post, clock: Clock, chance: Callable[[], float] = random.random) -> None:
        """Take the clock that says when letters leave, and a source of numbers from 0 to 1."""
        self._store, self._post, self._clock, self._chance = store, post, clock, chance

    def deliver(self, tenant_id: str, webhook_id: str) -> int:
        """Tell one webhook what is next, as far as its turn goes; return how many letters were taken."""
        began = self._clock.now()
        with self._store.unit(tenant_id, began) as unit:
            hook = unit.webhooks.get(webhook_id)
            if hook.next_at is not None and hook.next_at > began:
                return 0
            held = unit.webhooks.move(hook, next_at=began + LEASE)
        if held is None:
            return 0
        with self._store.unit(tenant_id, began, reading=True) as unit:
            head = unit.head()
            page = unit.entries_after(held.told_pos, PAGE, kinds=held.types)
        taken = 0
        for pos, entry in page:
            if self._clock.now() - began > TURN:
                break
            held, went = self._tell(tenant_id, held, pos, entry)
            taken += went
            if held is None:
                return taken
        else:
            if len(page) < PAGE:
                held = self._write(tenant_id, held, told_pos=max(head, held.told_pos))
        if held is not None:
            self._write(tenant_id, held, next_at=self._clock.now())
        return taken

    def _tell(self, tenant_id: str, held: Webhook, pos: int, entry: Entry) -> tuple[Webhook | None, bool]:
        """Send one letter; return the webhook while more may follow now, and whether the letter was taken."""
        sent = letter(tenant_id, pos, entry)
        answer = self._post.send(held.url, sent, headers(held, sent, self._clock.now()))
        now = self._clock.now()
        if answer.came is Came.TAKEN:
            told = {"told_pos": pos, "attempts": 0, "trouble": None}
            return self._write(tenant_id, held, **told, next_at=now + LEASE), True
        if answer.came is Came.GONE:
            self._write(tenant_id, held, active=False, next_at=None, trouble=answer.told)
            return None, False
        if held.attempts < len(BACKOFF):
            wait = BACKOFF[held.attempts] * (1 + SPREAD * self._chance())
            self._write(tenant_id, held, attempts=held.attempts + 1, next_at=now + wait, trouble=answer.told)
            return None, False
        return self._give_up(tenant_id, held, pos, answer, now), False

    def _give_up(self, tenant_id: str, held: Webhook, pos: int, answer: Answer, now: datetime) -> Webhook | None:
        with self._store.unit(tenant_id, now) as unit:
            moved = unit.webhooks.move(held, told_pos=pos, attempts=0, next_at=now + LEASE, trouble=answer.told)
            if moved is not None:
                unit.webhooks.give_up(held.webhook_id, pos, now, answer.told)
        return moved

    def _write(self, tenant_id: str, held: Webhook, **values: object) -> Webhook | None:
        with self._store.unit(tenant_id, self._clock.now()) as unit:
            return unit.webhooks.move(held, **values)
