"""Private texts beside their commitments: the one place from which they can be erased."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from plan import ALTERED, ERASED, Blob, commitment
from store.tables import blob

_CHUNK = 500
_TEXTS = select(blob.c.ref, blob.c.nonce, blob.c.content)
_NAMED = _TEXTS.where(blob.c.tenant_id == bindparam("mine"), blob.c.ref.in_(bindparam("wanted", expanding=True)))


def _holds(ref: str, nonce: bytes, content: str) -> bool:
    return commitment(nonce, content) == ref


class Blobs:
    """One tenant's private texts."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def add(self, blobs: Iterable[Blob], stream: str) -> None:
        """Keep texts with their nonces, filed under the stream that they belong to."""
        rows = [
            {"tenant_id": self._tenant, "ref": b.ref, "stream": stream, "nonce": b.nonce, "content": b.content}
            for b in blobs
        ]
        if rows:
            self._connection.execute(insert(blob), rows)

    def contents(self, refs: Iterable[str]) -> dict[str, str]:
        """Return reference -> text for those that still exist; `[altered]` where a text belies its commitment."""
        wanted, found = sorted(refs), {}
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            rows = self._connection.execute(_NAMED, {"mine": self._tenant, "wanted": chunk})
            found.update({row.ref: row.content if _holds(row.ref, row.nonce, row.content) else ALTERED for row in rows})
        return found

    def altered(self) -> list[str]:
        """Return the references of all texts that are no longer what their commitments say."""
        rows = self._connection.execute(_TEXTS.where(blob.c.tenant_id == self._tenant).order_by(blob.c.ref))
        return [row.ref for row in rows if not _holds(row.ref, row.nonce, row.content)]

    def get(self, ref: str) -> Blob | None:
        """Return one text with its nonce, so that its commitment can be checked; None where it was erased."""
        wanted = and_(blob.c.tenant_id == self._tenant, blob.c.ref == ref)
        row = self._connection.execute(select(blob.c.ref, blob.c.nonce, blob.c.content).where(wanted)).one_or_none()
        return None if row is None else Blob(row.ref, row.nonce, row.content)

    def reveal(self, ref: str) -> str:
        """Return one text, or `[erased]`."""
        return self.contents([ref]).get(ref, ERASED)

    def erase(self, refs: Iterable[str]) -> int:
        """Delete texts with their nonces; return how many there were. Every proof stays as it is."""
        wanted, gone = sorted(refs), 0
        for start in range(0, len(wanted), _CHUNK):
            some = and_(blob.c.tenant_id == self._tenant, blob.c.ref.in_(wanted[start : start + _CHUNK]))
            gone += self._connection.execute(delete(blob).where(some)).rowcount
        return gone
