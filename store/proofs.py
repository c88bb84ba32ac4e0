"""A ledger as its bytes, for those who prove: the rows as they are kept, some at a time, and one entry's own bytes."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, String, bindparam, select, type_coerce

from ledger import Entry, Row, leaf_hash
from store.errors import NotFoundError
from store.tables import entry, stream

AT_ONCE = 500
"""Rows that are read at once: few enough to be small, many enough to be fast."""
_ROWS = (
    select(
        entry.c.pos,
        entry.c.stream,
        entry.c.seq,
        entry.c.type,
        type_coerce(entry.c.at, String).label("at"),
        entry.c.body,
    )
    .where(entry.c.tenant_id == bindparam("mine"), entry.c.pos > bindparam("after"))
    .order_by(entry.c.pos)
)
_BODIES = (
    select(entry.c.body)
    .where(entry.c.tenant_id == bindparam("mine"), entry.c.pos <= bindparam("last"))
    .order_by(entry.c.pos)
)
_ONE = select(entry.c.pos, entry.c.body).where(
    entry.c.tenant_id == bindparam("mine"), entry.c.stream == bindparam("stream"), entry.c.seq == bindparam("seq")
)
_STREAMS = (
    select(stream.c.stream, stream.c.last_seq, stream.c.state_digest)
    .where(stream.c.tenant_id == bindparam("mine"))
    .order_by(stream.c.stream)
)
_BY_STREAM = (
    select(entry.c.stream, entry.c.body)
    .where(entry.c.tenant_id == bindparam("mine"))
    .order_by(entry.c.stream, entry.c.seq)
)


class Proofs:
    """One tenant's ledger in one transaction."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def rows(self, after: int = 0) -> Iterator[list[Row]]:
        """Yield the rows behind a position in order, some at a time."""
        with self._connection.execute(
            _ROWS, {"mine": self._tenant, "after": after}, execution_options={"yield_per": AT_ONCE}
        ) as found:
            yield from found.partitions()  # type: ignore[misc] # they have a Row's fields, in its order

    def leaves(self, size: int) -> Iterator[bytes]:
        """Yield the hash of each of the first `size` entries."""
        with self._connection.execute(
            _BODIES, {"mine": self._tenant, "last": size}, execution_options={"yield_per": AT_ONCE}
        ) as found:
            for body in found.scalars():
                yield leaf_hash(body.encode())

    def entry(self, address: str) -> tuple[int, str]:
        """Return position and bytes of an entry by `STREAM#SEQ`; raise NotFoundError where there is none."""
        name, _, seq = address.rpartition("#")
        row = None
        if seq.isascii() and seq.isdecimal() and len(seq) < 10:  # noqa: PLR2004 - more digits than a ledger has entries
            row = self._connection.execute(_ONE, {"mine": self._tenant, "stream": name, "seq": int(seq)}).first()
        if row is None:
            raise NotFoundError(f"there is no entry {address}; entries are named STREAM#SEQ, such as log#1")
        return row.pos, row.body

    def streams(self) -> dict[str, tuple[int, str | None]]:
        """Return how far each stream's row says it is: its last number, and the digest of its state."""
        found = self._connection.execute(_STREAMS, {"mine": self._tenant})
        return {row.stream: (row.last_seq, row.state_digest) for row in found}

    def by_stream(self) -> Iterator[tuple[str, Iterator[Entry]]]:
        """Yield each stream with its entries in order; each must be read before the next one is asked for."""
        with self._connection.execute(
            _BY_STREAM, {"mine": self._tenant}, execution_options={"yield_per": AT_ONCE}
        ) as found:
            for name, rows in groupby(found, key=itemgetter(0)):
                yield name, (Entry.model_validate_json(row[1]) for row in rows)
