"""What is due over all tenants, and which workers live: what an engine asks, whoever's plans they are."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from store.door_tables import webhook
from store.events import STOOD_FOR, target_of
from store.tables import head, inbox, plan, tenant, worker


class Due(NamedTuple):
    """A target whose time has come."""

    tenant_id: str
    target: str
    """`plan/ID`, or `event/SOURCE/ID` for an event that has no plan."""
    at: datetime


class Workers:
    """The workers of all tenants."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def due(self, now: datetime, most: int) -> list[Due]:
        """Return up to so many targets of tenants under the real clock: events first, then plans, earliest first."""
        real = select(tenant.c.tenant_id).where(tenant.c.virtual_now.is_(None)).scalar_subquery()
        events = (
            select(inbox.c.tenant_id, inbox.c.source, inbox.c.event_id, inbox.c.received_at)
            .where(
                inbox.c.processed_at.is_(None),
                inbox.c.plan_id.is_(None),
                or_(inbox.c.retry_at.is_(None), inbox.c.retry_at <= now),
                inbox.c.tenant_id.in_(real),
                ~STOOD_FOR,
            )
            .order_by(inbox.c.received_at, inbox.c.source, inbox.c.event_id)
            .limit(most)
        )
        found = [
            Due(row.tenant_id, target_of(row.source, row.event_id), row.received_at)
            for row in self._connection.execute(events)
        ]
        # NOT IN leaves SQLite only the index of wake-ups, in whose order it can stop; IN leads it through every plan.
        virtual = select(tenant.c.tenant_id).where(tenant.c.virtual_now.is_not(None)).scalar_subquery()
        plans = (
            select(plan.c.tenant_id, plan.c.plan_id, plan.c.next_wake_at)
            .where(plan.c.next_wake_at <= now, plan.c.tenant_id.not_in(virtual))
            .order_by(plan.c.next_wake_at)
            .limit(most - len(found))
        )
        rows = self._connection.execute(plans)
        return found + [Due(row.tenant_id, f"plan/{row.plan_id}", row.next_wake_at) for row in rows]

    def told_behind(self, now: datetime, most: int) -> list[tuple[str, str]]:
        """Return tenant and id of up to so many webhooks with something to tell now; no tenant has made-up time."""
        behind = (
            select(webhook.c.tenant_id, webhook.c.webhook_id)
            .join(tenant, tenant.c.tenant_id == webhook.c.tenant_id)
            .join(head, head.c.tenant_id == webhook.c.tenant_id)
            .where(
                webhook.c.active.is_(True),
                or_(webhook.c.next_at.is_(None), webhook.c.next_at <= now),
                webhook.c.told_pos < head.c.size,
                tenant.c.virtual_now.is_(None),
            )
            .order_by(webhook.c.next_at, webhook.c.tenant_id, webhook.c.webhook_id)
            .limit(most)
        )
        return [(row.tenant_id, row.webhook_id) for row in self._connection.execute(behind)]

    def next_wake(self, tenant_id: str, plan_id: str) -> datetime | None:
        """Return when a plan wants to be looked at next."""
        wanted = (plan.c.tenant_id == tenant_id, plan.c.plan_id == plan_id)
        return self._connection.execute(select(plan.c.next_wake_at).where(*wanted)).scalar_one_or_none()

    def beat(self, worker_id: str, now: datetime) -> None:
        """Say that a worker lives."""
        changed = self._connection.execute(
            update(worker).where(worker.c.worker_id == worker_id).values(beat_at=now)
        ).rowcount
        if not changed:
            row = {"worker_id": worker_id, "started_at": now, "beat_at": now}
            self._connection.execute(insert(worker).values(row))

    def silent(self, since: datetime) -> list[str]:
        """Return the workers that have not been heard of since an instant, by id."""
        wanted = select(worker.c.worker_id).where(worker.c.beat_at < since).order_by(worker.c.worker_id)
        return list(self._connection.execute(wanted).scalars())

    def alive(self, since: datetime) -> list[str]:
        """Return the workers that were heard of since an instant, by id."""
        wanted = select(worker.c.worker_id).where(worker.c.beat_at >= since).order_by(worker.c.worker_id)
        return list(self._connection.execute(wanted).scalars())

    def forget_all(self) -> None:
        """Strike all workers off: those of the database that this one was copied from."""
        self._connection.execute(delete(worker))

    def forget(self, worker_id: str) -> None:
        """Strike a worker off: it left, or another one took over what it had."""
        self._connection.execute(delete(worker).where(worker.c.worker_id == worker_id))
