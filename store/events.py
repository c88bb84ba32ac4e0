"""The inbox: what arrived from outside, once each, until a tick has taken it up.

Of the changed postures of one account that wait, the newest stands for all: whoever takes it up takes up the others.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy import tuple_ as row_of

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


WISHED = "person:"
"""How the source of an event begins that is a person's, or a program's, own wish for a draft."""


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
    sender: Id | None = None
    """Whose credential brought it, where it came over HTTP."""
    processed_at: Instant | None = None
    retry_at: Instant | None = None
    """When to try again, after it could not be taken up."""
    begun_at: Instant | None = None
    """When a drafter was last asked about it."""
    told: str | None = None
    """What became of it; of one that waits, what it waits for."""

    @property
    def wished(self) -> bool:
        """Tell whether somebody asked for it here: nothing else stands for it, and it stands for nothing else."""
        return self.source.startswith(WISHED)

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


_later = inbox.alias()


def _arrival(table: Any) -> Any:
    return row_of(table.c.received_at, table.c.source, table.c.event_id)


def _stands_alone(table: Any) -> ColumnElement[bool]:
    return and_(table.c.type == EventType.POSTURE_CHANGED.value, table.c.source.not_like(f"{WISHED}%"))


STOOD_FOR = and_(
    _stands_alone(inbox),
    exists().where(
        _later.c.tenant_id == inbox.c.tenant_id,
        _later.c.account_id == inbox.c.account_id,
        _later.c.processed_at.is_(None),
        _stands_alone(_later),
        _arrival(_later) > _arrival(inbox),
    ),
)
"""A changed posture after which another of its account came that waits too."""
_ONE = and_(
    inbox.c.tenant_id == bindparam("mine"),
    inbox.c.source == bindparam("from_source"),
    inbox.c.event_id == bindparam("named"),
)
# Built once: putting a statement together costs more than its answer.
_ADD = insert(inbox)
_GET = select(inbox).where(_ONE)
_TAKEN = update(inbox).where(_ONE).values(processed_at=bindparam("at"), told=bindparam("fate"))
_OPEN = (
    select(inbox)
    .where(inbox.c.tenant_id == bindparam("mine"), inbox.c.processed_at.is_(None))
    .order_by(inbox.c.received_at, inbox.c.source, inbox.c.event_id)
)
_DUE = _OPEN.where(or_(inbox.c.retry_at.is_(None), inbox.c.retry_at <= bindparam("now")))
_WAITING = _DUE.where(~STOOD_FOR)
_WAITING_FOR_PLAN = _DUE.where(inbox.c.plan_id == bindparam("plan"))
_POSTURES = _OPEN.where(inbox.c.account_id == bindparam("account"), _stands_alone(inbox))
_POSTPONED = _OPEN.where(inbox.c.retry_at > bindparam("now"), ~STOOD_FOR)
_WISHES = (
    select(inbox)
    .where(
        inbox.c.tenant_id == bindparam("mine"),
        inbox.c.account_id == bindparam("account"),
        inbox.c.source.like(f"{WISHED}%"),
    )
    .order_by(inbox.c.received_at.desc(), inbox.c.event_id.desc())
    .limit(bindparam("most"))
)
_NEXT_RETRY = select(func.min(inbox.c.retry_at)).where(
    inbox.c.tenant_id == bindparam("mine"), inbox.c.processed_at.is_(None), inbox.c.plan_id.is_(None), ~STOOD_FOR
)
_WAITS_FOR_DRAFT = and_(
    inbox.c.tenant_id == bindparam("mine"),
    inbox.c.account_id == bindparam("account"),
    inbox.c.processed_at.is_(None),
    _stands_alone(inbox),
)


class Events:
    """One tenant's inbox."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def receive(self, event: Event) -> bool:
        """Keep an event; return False where it had arrived before."""
        if self.get(event.source, event.event_id) is not None:
            return False
        values = event.model_dump() | {"tenant_id": self._tenant, "body": orjson.dumps(event.body).decode()}
        self._connection.execute(_ADD, values | {"type": str(event.type)})
        return True

    def get(self, source: str, event_id: str) -> Event | None:
        """Return one event."""
        named = {"mine": self._tenant, "from_source": source, "named": event_id}
        row = self._connection.execute(_GET, named).mappings().one_or_none()
        return None if row is None else _event(dict(row))

    def waiting(self, now: datetime, plan_id: str | None = None) -> list[Event]:
        """Return unprocessed events that may be taken up now, in order of arrival; or only those for one plan.

        Of several changed postures of one account only the newest is named.
        """
        named = {"mine": self._tenant, "now": now}
        if plan_id is None:
            return self._found(_WAITING, named)
        return self._found(_WAITING_FOR_PLAN, named | {"plan": plan_id})

    def unprocessed(self) -> list[Event]:
        """Return every unprocessed event in order of arrival, whatever it waits for and whatever stands for it."""
        return self._found(_OPEN, {"mine": self._tenant})

    def postures(self, account_id: str) -> list[Event]:
        """Return the unprocessed changed postures of an account in order of arrival, without what was wished for."""
        return self._found(_POSTURES, {"mine": self._tenant, "account": account_id})

    def wishes(self, account_id: str, most: int) -> list[Event]:
        """Return up to so many wishes for a draft of an account, taken up or not, newest first."""
        return self._found(_WISHES, {"mine": self._tenant, "account": account_id, "most": most})

    def postponed(self, now: datetime) -> list[Event]:
        """Return unprocessed events that wait for a later instant, in order of arrival."""
        return self._found(_POSTPONED, {"mine": self._tenant, "now": now})

    def next_retry(self) -> datetime | None:
        """Return the earliest instant at which a postponed event that has no plan is to be tried again."""
        return self._connection.execute(_NEXT_RETRY, {"mine": self._tenant}).scalar_one_or_none()

    def begin(self, event: Event, now: datetime) -> None:
        """Say that a drafter is asked about an event now."""
        self._connection.execute(update(inbox).where(self._is(event)).values(begun_at=now, retry_at=None, told=None))

    def postpone(self, event: Event, until: datetime, told: str | None = None) -> None:
        """Try an event again at an instant; nobody drafts for it until then."""
        self._connection.execute(update(inbox).where(self._is(event)).values(retry_at=until, begun_at=None, told=told))

    def processed(self, event: Event, now: datetime, told: str) -> None:
        """Mark an event as taken up, and let what waited for its draft be looked at."""
        named = {"mine": self._tenant, "from_source": event.source, "named": event.event_id}
        self._connection.execute(_TAKEN, named | {"at": now, "fate": told})
        if event.begun_at is not None:
            mine = {"mine": self._tenant, "account": event.account_id}
            self._connection.execute(update(inbox).where(_WAITS_FOR_DRAFT).values(retry_at=None), mine)

    def _found(self, wanted: Select[Any], named: dict[str, Any]) -> list[Event]:
        return [_event(dict(row)) for row in self._connection.execute(wanted, named).mappings()]

    def _is(self, event: Event) -> ColumnElement[bool]:
        return and_(
            inbox.c.tenant_id == self._tenant, inbox.c.source == event.source, inbox.c.event_id == event.event_id
        )


def _event(row: dict[str, Any]) -> Event:
    row.pop("tenant_id")
    row["body"] = orjson.loads(row["body"])
    return Event.model_validate(row)
