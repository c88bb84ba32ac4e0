"""Webhooks: who outside is told of the ledger's entries, how far, and what could not be told.

The ledger is the outbox: `told_pos` says up to where everything was delivered or given up. Whoever delivers holds the
row by its `next_at`: a write by whoever does not hold it changes nothing.
"""

from datetime import datetime
from typing import Any

import orjson
from pydantic import Field, SecretStr
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from plan import Frozen, Id, Instant, SortedStrings
from store.door_tables import undelivered, webhook
from store.errors import NotFoundError

MAX_TROUBLE = 300
"""Letters that are kept of what went wrong."""


class Webhook(Frozen):
    """One address outside that is told of entries, in ledger order."""

    webhook_id: Id
    url: str
    types: SortedStrings = frozenset()
    """Types of entries; empty: all."""
    secret: SecretStr
    old_secret: SecretStr | None = None
    old_until: Instant | None = None
    """Until when the old secret signs too."""
    active: bool = True
    made_by: Id
    made_at: Instant
    told_pos: int = Field(ge=0)
    attempts: int = Field(default=0, ge=0)
    """How often the next entry was tried."""
    next_at: Instant | None = None
    """Until when nobody else delivers: a lease or a back-off. None: now."""
    trouble: str | None = None
    """What went wrong last."""


class Undelivered(Frozen):
    """An entry that was given up."""

    pos: int
    at: Instant
    trouble: str


class Webhooks:
    """One tenant's webhooks."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def add(self, made: Webhook) -> None:
        """Keep a new webhook."""
        row = made.model_dump() | {"tenant_id": self._tenant, "types": orjson.dumps(sorted(made.types)).decode()}
        self._connection.execute(insert(webhook).values(row | {"secret": made.secret.get_secret_value()}))

    def every(self) -> list[Webhook]:
        """Return all webhooks, the oldest first."""
        wanted = select(webhook).where(webhook.c.tenant_id == self._tenant)
        rows = self._connection.execute(wanted.order_by(webhook.c.made_at, webhook.c.webhook_id))
        return [_webhook(dict(row)) for row in rows.mappings()]

    def get(self, webhook_id: str) -> Webhook:
        """Return one webhook; raise NotFoundError for an unknown id."""
        row = self._connection.execute(select(webhook).where(self._is(webhook_id))).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"there is no webhook {webhook_id}; list them with: oncourse webhook list")
        return _webhook(dict(row))

    def remove(self, webhook_id: str) -> None:
        """Delete a webhook with what it could not be told; raise NotFoundError for an unknown id."""
        self.get(webhook_id)
        self._connection.execute(delete(webhook).where(self._is(webhook_id)))
        mine = (undelivered.c.tenant_id == self._tenant, undelivered.c.webhook_id == webhook_id)
        self._connection.execute(delete(undelivered).where(*mine))

    def rotate(self, webhook_id: str, secret: SecretStr, old_until: datetime) -> None:
        """Sign with a new secret, and until an instant with the one before as well."""
        before = self.get(webhook_id).secret.get_secret_value()
        values = {"secret": secret.get_secret_value(), "old_secret": before, "old_until": old_until}
        self._connection.execute(update(webhook).where(self._is(webhook_id)).values(values))

    def wake(self, webhook_id: str, after: datetime) -> None:
        """Switch a webhook on again, or end a back-off beyond `after`; what ends sooner may be a lease, and stays."""
        fresh = {"attempts": 0, "next_at": None, "trouble": None}
        off = and_(self._is(webhook_id), webhook.c.active.is_(False))
        self._connection.execute(update(webhook).where(off).values(fresh | {"active": True}))
        waits = and_(self._is(webhook_id), webhook.c.next_at > after)
        self._connection.execute(update(webhook).where(waits).values(fresh))

    def move(self, held: Webhook, **values: object) -> Webhook | None:
        """Change a webhook as far as nobody else took it since it was read; return it as it stands, or None."""
        same = webhook.c.next_at.is_(None) if held.next_at is None else webhook.c.next_at == held.next_at
        same = and_(same, webhook.c.told_pos == held.told_pos)
        mine = and_(self._is(held.webhook_id), webhook.c.active.is_(True), same)
        if isinstance(trouble := values.get("trouble"), str):
            values["trouble"] = trouble[:MAX_TROUBLE]
        changed = self._connection.execute(update(webhook).where(mine).values(values).returning(*webhook.c))
        row = changed.mappings().one_or_none()
        return None if row is None else _webhook(dict(row))

    def give_up(self, webhook_id: str, pos: int, now: datetime, trouble: str) -> None:
        """Keep that an entry was not told, and why."""
        self.delivered(webhook_id, pos)
        row = {"tenant_id": self._tenant, "webhook_id": webhook_id, "pos": pos, "at": now}
        self._connection.execute(insert(undelivered).values(row | {"trouble": trouble[:MAX_TROUBLE]}))

    def undelivered(self, webhook_id: str, most: int) -> list[Undelivered]:
        """Return up to so many entries that were given up, in ledger order."""
        mine = (undelivered.c.tenant_id == self._tenant, undelivered.c.webhook_id == webhook_id)
        wanted = select(*undelivered.c["pos", "at", "trouble"]).where(*mine).order_by(undelivered.c.pos).limit(most)
        return [Undelivered.model_validate(dict(row)) for row in self._connection.execute(wanted).mappings()]

    def delivered(self, webhook_id: str, pos: int) -> None:
        """Strike off an entry that was told after all."""
        mine = (undelivered.c.tenant_id == self._tenant, undelivered.c.webhook_id == webhook_id)
        self._connection.execute(delete(undelivered).where(*mine, undelivered.c.pos == pos))

    def _is(self, webhook_id: str) -> ColumnElement[bool]:
        return and_(webhook.c.tenant_id == self._tenant, webhook.c.webhook_id == webhook_id)


def _webhook(row: dict[str, Any]) -> Webhook:
    row.pop("tenant_id")
    row["types"] = orjson.loads(row["types"])
    return Webhook.model_validate(row)
