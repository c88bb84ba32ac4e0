"""The entries of one tenant's ledger as they are read: by stream, by address, by type, and page by page."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter

from sqlalchemy import Connection, select, tuple_

from ledger import Entry
from store.seeking import EVERYTHING, Sought, conditions
from store.tables import entry

_AT_ONCE = 200
"""Addresses in one statement."""


class Entries:
    """One tenant's committed entries."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self.tenant_id = connection, tenant_id

    def entries(self, stream: str) -> list[Entry]:
        """Return a stream's committed entries in order."""
        rows = self._connection.execute(
            select(entry.c.body)
            .where(entry.c.tenant_id == self.tenant_id, entry.c.stream == stream)
            .order_by(entry.c.seq)
        ).scalars()
        return [Entry.model_validate_json(body) for body in rows]

    def entries_at(self, addresses: Iterable[str]) -> list[Entry]:
        """Return the committed entries that stand at some addresses (`principal/p-1#3`), in ledger order."""
        named = [(stream, int(seq)) for stream, _, seq in (one.rpartition("#") for one in sorted(addresses))]
        found: list[tuple[int, Entry]] = []
        for start in range(0, len(named), _AT_ONCE):
            wanted = tuple_(entry.c.stream, entry.c.seq).in_(named[start : start + _AT_ONCE])
            rows = self._connection.execute(
                select(entry.c.pos, entry.c.body).where(entry.c.tenant_id == self.tenant_id, wanted)
            )
            found += [(row.pos, Entry.model_validate_json(row.body)) for row in rows]
        return [one for _, one in sorted(found, key=itemgetter(0))]

    def entries_of(self, kinds: Iterable[str], since: datetime) -> list[Entry]:
        """Return the entries of some types from an instant on, in ledger order."""
        rows = self._connection.execute(
            select(entry.c.body)
            .where(
                entry.c.tenant_id == self.tenant_id,
                entry.c.type.in_(sorted(kinds)),
                entry.c.at >= since,
            )
            .order_by(entry.c.pos)
        ).scalars()
        return [Entry.model_validate_json(body) for body in rows]

    def entries_after(
        self, pos: int, most: int, stream: str | None = None, kinds: Iterable[str] = ()
    ) -> list[tuple[int, Entry]]:
        """Return up to so many entries behind a position, each with its own; of one stream or some types if named."""
        wanted = select(entry.c.pos, entry.c.body).where(entry.c.tenant_id == self.tenant_id, entry.c.pos > pos)
        if stream is not None:
            wanted = wanted.where(entry.c.stream == stream)
        if chosen := sorted(kinds):
            wanted = wanted.where(entry.c.type.in_(chosen))
        rows = self._connection.execute(wanted.order_by(entry.c.pos).limit(most))
        return [(row.pos, Entry.model_validate_json(row.body)) for row in rows]

    def entries_before(self, pos: int | None, most: int, sought: Sought = EVERYTHING) -> list[tuple[int, Entry]]:
        """Return up to so many of the entries sought before a position (None: the last), newest first."""
        wanted = select(entry.c.pos, entry.c.body).where(*conditions(self.tenant_id, sought))
        if pos is not None:
            wanted = wanted.where(entry.c.pos < pos)
        rows = self._connection.execute(wanted.order_by(entry.c.pos.desc()).limit(most))
        return [(row.pos, Entry.model_validate_json(row.body)) for row in rows]

    def every_entry(self) -> Iterator[tuple[int, Entry]]:
        """Yield position and entry of the tenant's whole ledger, in order."""
        rows = self._connection.execute(
            select(entry.c.pos, entry.c.body).where(entry.c.tenant_id == self.tenant_id).order_by(entry.c.pos)
        )
        for row in rows:
            yield row.pos, Entry.model_validate_json(row.body)
