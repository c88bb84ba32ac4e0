"""What names a person, wherever the database keeps it in clear: found, and taken out. Entries hold commitments only.

Texts are deleted with their nonces, so no commitment says anything any more and every proof stays. A contact's row
stays as a stone that says: leave this one alone.
"""

from collections.abc import Iterable
from datetime import datetime
from re import Pattern
from typing import Any, NamedTuple
from unicodedata import normalize
from uuid import UUID

import orjson
from sqlalchemy import BindParameter, Connection, RowMapping, Table, and_, func, literal, select, update

from plan import ERASED, Contact, Frozen
from store.blobs import Blobs
from store.door_tables import claim
from store.tables import blob, effect, inbox, plan, record

_NOTHING = "{}"
_FREE_TEXTS = {"tickets": "subject", "signals": "note"}
"""Family of records -> its free text."""
_IDS = {"tickets": "ticket_id", "signals": "signal_id"}


class Named(NamedTuple):
    """Whose data is to go."""

    account_id: str
    contacts: frozenset[str]
    at_home: Pattern[str]
    """Asked of what belongs to the account."""
    elsewhere: Pattern[str]
    """Asked of everything else in the tenant: only what cannot mean anybody else."""


class Mentions(NamedTuple):
    """Where it stands, each by what names it in its table."""

    texts: dict[str, str]
    """Reference -> stream."""
    contacts: dict[str, Contact]
    records: dict[tuple[str, str], dict[str, Any]]
    """Family and id of records with free text -> the record."""
    events: list[tuple[str, str]]
    receipts: list[str]
    answers: list[tuple[str, str]]

    @property
    def plans(self) -> set[UUID]:
        """Return the plans that lose a text."""
        return {UUID(name.removeprefix("plan/")) for name in self.texts.values() if name.startswith("plan/")}

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return any((self.texts, self.contacts, self.records, self.events, self.receipts, self.answers))


class Erasure:
    """One tenant's data as whoever erases sees it."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def find(self, sought: Named) -> Mentions:
        """Return all that names those who are sought."""
        plans = self._plans_of(sought.account_id)
        home = {f"plan/{plan_id}" for plan_id in plans} | {f"account/{sought.account_id}"}

        def named(text: str, *, own: bool) -> bool:
            return _says(sought.at_home if own else sought.elsewhere, text)

        texts = {
            row["ref"]: row["stream"] for row in self._rows(blob) if named(row["content"], own=row["stream"] in home)
        }
        events = [
            (row["source"], row["event_id"])
            for row in self._rows(inbox)
            if row["body"] != _NOTHING
            and named(f"{row['body']}\n{row['told'] or ''}", own=row["account_id"] == sought.account_id)
        ]
        receipts = [
            row["key"]
            for row in self._rows(effect)
            if row["receipt"] and row["receipt"] != ERASED and named(row["receipt"], own=row["plan_id"] in plans)
        ]
        answers = [
            (row["principal_id"], row["key"])
            for row in self._rows(claim)
            if row["answer"] and named(row["answer"], own=sought.account_id in row["answer"])
        ]
        return Mentions(texts, self._contacts(sought), self._records(sought), events, receipts, answers)

    def take_out(self, found: Mentions, now: datetime) -> None:
        """Erase what was found; what waits in the inbox and names somebody asks for nothing any more."""
        Blobs(self._connection, self._tenant).erase(found.texts)
        for one in found.contacts.values():
            self._write("contacts", one.contact_id, _stone(one).model_dump(mode="json"))
        for (family, name), plain in found.records.items():
            self._write(family, name, plain | {_FREE_TEXTS[family]: ERASED})
        for source, event_id in found.events:
            over = {"body": _NOTHING, "told": ERASED, "processed_at": func.coalesce(inbox.c.processed_at, _at(now))}
            self._blank(inbox, {"source": source, "event_id": event_id}, over)
        for key in found.receipts:
            self._blank(effect, {"key": key}, {"receipt": ERASED})
        for who, key in found.answers:
            self._blank(claim, {"principal_id": who, "key": key}, {"status": None, "answer": None})

    def still_erased(self, family: str, told: Iterable[Frozen]) -> list[Frozen]:
        """Return records that come in again without the free texts that were erased of them."""
        field = _FREE_TEXTS.get(family)
        if field is None:
            return list(told)
        gone = {name for name, plain in self._family(family).items() if plain[field] == ERASED}
        return [one.model_copy(update={field: ERASED}) if getattr(one, _IDS[family]) in gone else one for one in told]

    def _plans_of(self, account_id: str) -> set[str]:
        mine = and_(plan.c.tenant_id == self._tenant, plan.c.account_id == account_id)
        return set(self._connection.execute(select(plan.c.plan_id).where(mine)).scalars())

    def _contacts(self, sought: Named) -> dict[str, Contact]:
        known = self._family("contacts")
        found = {name: Contact.model_validate(known[name]) for name in sought.contacts if name in known}
        return {name: one for name, one in found.items() if one.name != ERASED}

    def _records(self, sought: Named) -> dict[tuple[str, str], dict[str, Any]]:
        found = {}
        for family, field in _FREE_TEXTS.items():
            for name, plain in self._family(family).items():
                asked = sought.at_home if plain["account_id"] == sought.account_id else sought.elsewhere
                if plain[field] not in {"", ERASED} and _says(asked, plain[field]):
                    found[family, name] = plain
        return found

    def _family(self, family: str) -> dict[str, dict[str, Any]]:
        wanted = and_(record.c.tenant_id == self._tenant, record.c.family == family)
        rows = self._connection.execute(select(record.c.record_id, record.c.body).where(wanted))
        return {row.record_id: orjson.loads(row.body) for row in rows}

    def _rows(self, table: Table) -> Iterable[RowMapping]:
        return self._connection.execute(select(table).where(table.c.tenant_id == self._tenant)).mappings()

    def _write(self, family: str, name: str, plain: dict[str, Any]) -> None:
        self._blank(record, {"family": family, "record_id": name}, {"body": orjson.dumps(plain).decode()})

    def _blank(self, table: Table, named: dict[str, str], values: dict[str, Any]) -> None:
        here = and_(table.c.tenant_id == self._tenant, *(table.c[name] == value for name, value in named.items()))
        self._connection.execute(update(table).where(here).values(values))


def _says(asked: Pattern[str], text: str) -> bool:
    """Say whether a text names somebody, however its letters are put together."""
    return asked.search(normalize("NFKC", text)) is not None


def _at(now: datetime) -> BindParameter[datetime]:
    return literal(now, inbox.c.processed_at.type)


def _stone(one: Contact) -> Contact:
    gone = {"name": ERASED, "email": "", "time_zone": None, "language": "en"}
    return one.model_copy(update=gone | {"contactable": False, "opted_out": True})
