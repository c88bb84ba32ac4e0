"""How many of what: the figures that a scrape asks for, each by one short query along an index."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, Connection, Select, and_, func, select, text

from store.door_tables import webhook
from store.tables import MOVING_STEPS, entry, head, inbox, plan, plan_step, tenant


class Many(NamedTuple):
    """So many of a tenant's, in one state."""

    tenant_id: str
    state: str
    number: int


class Oldest(NamedTuple):
    """So many of a tenant's that wait, and since when the first of them does."""

    tenant_id: str
    number: int
    since: datetime | None


class Figures:
    """The figures of all tenants, or of one."""

    def __init__(self, connection: Connection, only: str | None = None) -> None:
        self._connection, self._only = connection, only

    def plans(self) -> list[Many]:
        """Return how many plans there are in each status."""
        return self._many(select(plan.c.tenant_id, plan.c.status, func.count()).group_by(*_BY_PLAN), plan.c.tenant_id)

    def steps(self) -> list[Many]:
        """Return how many steps are on their way, by status; those that wait for their turn and those done are not."""
        wanted = select(plan_step.c.tenant_id, plan_step.c.status, func.count()).where(text(MOVING_STEPS))
        return self._many(wanted.group_by(plan_step.c.tenant_id, plan_step.c.status), plan_step.c.tenant_id)

    def events(self) -> list[Oldest]:
        """Return the events that nobody has taken up, of tenants under the real clock."""
        unread = and_(inbox.c.tenant_id == tenant.c.tenant_id, inbox.c.processed_at.is_(None))
        wanted = select(tenant.c.tenant_id, func.count(), func.min(inbox.c.received_at)).join(inbox, unread)
        return self._oldest(wanted)

    def due(self, now: datetime) -> list[Oldest]:
        """Return the plans whose wake-up has come and that nobody has looked at, of tenants under the real clock."""
        awake = and_(plan.c.tenant_id == tenant.c.tenant_id, plan.c.next_wake_at <= now)
        wanted = select(tenant.c.tenant_id, func.count(), func.min(plan.c.next_wake_at)).join(plan, awake)
        return self._oldest(wanted)

    def ledgers(self) -> list[Many]:
        """Return how many entries each tenant's ledger has."""
        return self._many(select(head.c.tenant_id, text("''"), head.c.size), head.c.tenant_id)

    def webhooks(self) -> list[Many]:
        """Return how many entries the webhook that is furthest behind has still to be told of, by tenant."""
        wanted = (
            select(webhook.c.tenant_id, text("''"), func.max(head.c.size - webhook.c.told_pos))
            .join(head, head.c.tenant_id == webhook.c.tenant_id)
            .where(webhook.c.active)
        )
        return self._many(wanted.group_by(webhook.c.tenant_id), webhook.c.tenant_id)

    def last_before(self, tenant_id: str, stream: str, seq: int, kinds: Iterable[str]) -> datetime | None:
        """Return when the last entry of some types before another one of its stream was written."""
        mine = and_(entry.c.tenant_id == tenant_id, entry.c.stream == stream, entry.c.seq < seq)
        wanted = select(entry.c.at).where(mine, entry.c.type.in_(sorted(kinds)))
        return self._connection.execute(wanted.order_by(entry.c.seq.desc()).limit(1)).scalar_one_or_none()

    def _many(self, wanted: Select[tuple[str, str, int]], whose: Column[str]) -> list[Many]:
        return [Many(*row) for row in self._connection.execute(self._mine(wanted, whose))]

    def _oldest(self, wanted: Select[tuple[str, int, datetime]]) -> list[Oldest]:
        """Look from each tenant into the index of what waits, past all that was done long ago."""
        real = wanted.where(tenant.c.virtual_now.is_(None)).group_by(tenant.c.tenant_id)
        return [Oldest(*row) for row in self._connection.execute(self._mine(real, tenant.c.tenant_id))]

    def _mine(self, wanted: Select, whose: Column[str]) -> Select:  # type: ignore[type-arg] # whatever its columns
        return wanted if self._only is None else wanted.where(whose == self._only)


_BY_PLAN = (plan.c.tenant_id, plan.c.status)
