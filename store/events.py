"""The inbox: what arrived from outside, once each, until a tick has taken it up."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

import orjson
from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, or_, select, update

from plan import Frozen, Id, Instant
from store.tables import inbox


class EventType(StrEnum):
    """What can arrive."""

    POSTURE_CHANGED = "posture.changed"
    OUTCOME_RECORDED = "outcome.recorded"
    FACT_RECORDED = "fact.recorded"
    CONTACT_REPLIED = "contact.replied"
    OWNER_CHANGED = "owner.changed"
    GOAL_CHANGED = "goal.changed"


class Event(Frozen):
    """One thing that arrived; (source, event_id) is unique, so a redelivery changes nothing."""

    source: Id
    event_id: Id
    type: EventType
    account_id: Id | None = None
    """None: it is about no single account."""
    plan_id: Id | None = None
    body: dict[str, Any]
    received_at: Instant
    processed_at: Instant | None = None
    retry_at: Instant | None = None
    """When to try again, after it could not be taken up."""

    @property
    def target(self) -> str:
        """Return what the engine is woken for: its plan, or the event itself."""
        if self.plan_id is not None:
            return f"plan/{self.plan_id}"
        return target_of(self.source, self.event_id)


def target_of(source: str, event_id: str) -> str:
    """Return what the engine is woken for by an event that has no plan."""
    return f"event/{quote(source, safe='')}/{quote(event_id, safe='')}"


def event_named(name: str) -> tuple[str, str]:
    """Return source and id from the end of an event's target."""
    source, _, event_id = name.partition("/")
    return unquote(source), unquote(event_id)


_WAITING = (
    select(inbox)
    .where(
        inbox.c.tenant_id == bindparam("mine"),
        inbox.c.processed_at.is_(None),
        or_(inbox.c.retry_at.is_(None), inbox.c.retry_at <= bindparam("now")),
    )
    .order_by(inbox.c.received_at, inbox.c.source, inbox.c.event_id)
)
"""Built once: putting a statement together costs more than its answer."""
_WAITING_FOR_PLAN = _WAITING.where(inbox.c.plan_id == bindparam("plan"))


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

    def waiting(self, now: datetime, plan_id: str | None = None) -> list[Event]:
        """Return unprocessed events that may be taken up now, in order of arrival; or only those for one plan."""
        named = {"mine": self._tenant, "now": now}
        rows = (
            self._connection.execute(_WAITING, named)
            if plan_id is None
            else self._connection.execute(_WAITING_FOR_PLAN, named | {"plan": plan_id})
        )
        return [_event(dict(row)) for row in rows.mappings()]

    def postpone(self, event: Event, until: datetime) -> None:
        """Try an event again at an instant."""
        self._connection.execute(update(inbox).where(self._is(event)).values(retry_at=until))

    def processed(self, event: Event, now: datetime) -> None:
        """Mark an event as taken up."""
        self._connection.execute(update(inbox).where(self._is(event)).values(processed_at=now))

    def _is(self, event: Event) -> ColumnElement[bool]:
        return and_(
            inbox.c.tenant_id == self._tenant, inbox.c.source == event.source, inbox.c.event_id == event.event_id
        )


def _event(row: dict[str, Any]) -> Event:
    row.pop("tenant_id")
    row["body"] = orjson.loads(row["body"])
    return Event.model_validate(row)
