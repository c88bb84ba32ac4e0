"""The inbox: what arrived from outside, once each, until a tick has taken it up."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, and_, insert, select, update

from plan import Frozen, Id, Instant
from store.tables import inbox


class EventType(StrEnum):
    """What can arrive."""

    POSTURE_CHANGED = "posture.changed"
    OUTCOME_RECORDED = "outcome.recorded"
    FACT_RECORDED = "fact.recorded"


class Event(Frozen):
    """One thing that arrived; (source, event_id) is unique, so a redelivery changes nothing."""

    source: Id
    event_id: Id
    type: EventType
    account_id: Id
    plan_id: Id | None = None
    body: dict[str, Any]
    received_at: Instant
    processed_at: Instant | None = None


class Events:
    """One tenant's inbox."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def receive(self, event: Event) -> bool:
        """Keep an event; return False where it had arrived before."""
        if self.get(event.source, event.event_id) is not None:
            return False
        values = event.model_dump() | {"tenant_id": self._tenant, "body": orjson.dumps(event.body).decode()}
        self._connection.execute(insert(inbox).values(values | {"type": str(event.type)}))
        return True

    def get(self, source: str, event_id: str) -> Event | None:
        """Return one event."""
        wanted = and_(inbox.c.tenant_id == self._tenant, inbox.c.source == source, inbox.c.event_id == event_id)
        row = self._connection.execute(select(inbox).where(wanted)).mappings().one_or_none()
        return None if row is None else _event(dict(row))

    def waiting(self, plan_id: str | None = None) -> list[Event]:
        """Return unprocessed events in order of arrival; with a plan id only those for that plan."""
        wanted = and_(inbox.c.tenant_id == self._tenant, inbox.c.processed_at.is_(None))
        if plan_id is not None:
            wanted = and_(wanted, inbox.c.plan_id == plan_id)
        rows = self._connection.execute(
            select(inbox).where(wanted).order_by(inbox.c.received_at, inbox.c.source, inbox.c.event_id)
        )
        return [_event(dict(row)) for row in rows.mappings()]

    def processed(self, event: Event, now: datetime) -> None:
        """Mark an event as taken up."""
        wanted = and_(
            inbox.c.tenant_id == self._tenant, inbox.c.source == event.source, inbox.c.event_id == event.event_id
        )
        self._connection.execute(update(inbox).where(wanted).values(processed_at=now))


def _event(row: dict[str, Any]) -> Event:
    row.pop("tenant_id")
    row["body"] = orjson.loads(row["body"])
    return Event.model_validate(row)
