"""The head of each tenant's log: its tree and its signed checkpoint, renewed by every commit, last of all.

An append first sees that the head is the one that was signed, and refuses to go on from an altered one. The row's lock
is the last that a transaction takes, so positions have no gap and nobody waits for each other in a circle.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from ledger import (
    HASH_BYTES,
    Checkpoint,
    Frontier,
    Keyring,
    KeyRotated,
    LedgerError,
    Signer,
    leaf_hash,
    named,
    open_note,
    sign,
)
from store.errors import AlteredHeadError, KeylessError, NotFoundError
from store.tables import entry as entry_table
from store.tables import head as head_table

_HEAD = select(head_table.c.origin, head_table.c.size, head_table.c.frontier, head_table.c.note).where(
    head_table.c.tenant_id == bindparam("mine")
)
_LOCK = _HEAD.with_for_update()
_OPEN = insert(head_table)
_MINE = head_table.c.tenant_id == bindparam("mine")
_RENEWED: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("origin", "size", "frontier", "note")}
_RENEW = update(head_table).where(_MINE).values(_RENEWED)
_RENEW_KNOWN = _RENEW.where(
    head_table.c.origin == bindparam("old_origin"),
    head_table.c.size == bindparam("old_size"),
    head_table.c.frontier == bindparam("old_frontier"),
    head_table.c.note == bindparam("old_note"),
)
"""Takes the row's lock only where the row is, byte for byte, what this process signed last."""
_ENTRIES = insert(entry_table)


class Head(NamedTuple):
    """A log's head as it is kept."""

    origin: str
    size: int
    frontier: bytes
    """The hashes of the tree's frontier, one after the other."""
    note: str
    """The signed checkpoint."""

    def tree(self) -> Frontier:
        """Return the tree; raise LedgerError where the frontier is none of this size."""
        parts = (self.frontier[at : at + HASH_BYTES] for at in range(0, len(self.frontier), HASH_BYTES))
        return Frontier(parts, self.size)

    @property
    def checkpoint(self) -> Checkpoint:
        """Return what the head says, whoever signed it."""
        return Checkpoint.peek(self.note)


class Signed(NamedTuple):
    """The head that this process signed last, who signs the next one, and whether nobody else had written between."""

    head: Head
    signer: Signer
    alone: bool


Known = dict[str, Signed]
"""By tenant; shared by the units of a store. What is wrong in it is only slower: the row itself decides."""


def sealed(origin: str, tree: Frontier, *signers: Signer) -> Head:
    """Return the head of a tree, signed."""
    note = sign(Checkpoint.of(origin, tree).text, *signers)
    return Head(origin, tree.size, b"".join(tree.hashes), note)


def believe(head: Head, keys: Keyring) -> tuple[Frontier, Signer]:
    """Return a head's tree and who goes on signing it; raise AlteredHeadError where it is not what was signed."""
    try:
        tree = head.tree()
        text, by = open_note(head.note, keys.verifiers(head.origin))
        said = Checkpoint.parse(text)
    except LedgerError as error:
        raise AlteredHeadError(_altered(str(error))) from error
    if said != Checkpoint.of(head.origin, tree):
        raise AlteredHeadError(_altered("its size, origin or tree is not what its checkpoint says"))
    held = {one.key_id for one in keys.verifiers(head.origin)}
    if any(name == head.origin and key_id not in held for name, key_id in named(head.note)):
        raise KeylessError("the ledger was given another key, which this program has not read yet: start it again")
    return tree, next(one for one in keys.signers(head.origin) if one.verifier in by)


def _altered(why: str) -> str:
    return (
        f"the ledger's head was altered outside of this program, or signed with a key that it does not have ({why}); "
        "nothing is written on top of it. Look with: oncourse ledger verify (docs/ledger.md says what then)"
    )


class Log:
    """One tenant's log in one transaction."""

    def __init__(self, connection: Connection, tenant_id: str, keys: Keyring | None, known: Known) -> None:
        self._connection, self._tenant, self._keys, self._known = connection, tenant_id, keys, known
        self._following: tuple[str, bytes | None] | None = None
        self.written: Head | None = None
        """The head that this transaction wrote."""

    def open(self, origin: str) -> None:
        """Begin an empty log under an origin."""
        head = sealed(origin, Frontier(), self._held.signers(origin)[0])
        self._connection.execute(_OPEN, {"tenant_id": self._tenant, **head._asdict()})

    def head(self) -> Head:
        """Return the head as the row says it; raise NotFoundError where there is none."""
        return self._read(_HEAD)

    def believed(self) -> tuple[Head, Frontier]:
        """Return the head and its tree; raise AlteredHeadError where it is not what was signed."""
        head = self.head()
        return head, believe(head, self._held)[0]

    def held(self) -> Head:
        """Return the head and hold its row; raise AlteredHeadError where it is not what was signed."""
        head = self._read(_LOCK)
        believe(head, self._held)
        return head

    @property
    def current_keys(self) -> tuple[bytes, ...]:
        """Return the public keys that sign here; raise KeylessError where there are none."""
        return self._held.current

    def next_key(self) -> KeyRotated | None:
        """Return the rotation from the key that signs to the newest one; the next append is signed by both.

        None where the newest one signs already.
        """
        head = self._read(_LOCK)
        _, signer = believe(head, self._held)
        newest = self._held.signers(head.origin)[0]
        if newest.verifier == signer.verifier:
            return None
        self.sign_next(head.origin, newest.verifier.key)
        return KeyRotated.by(signer, newest.verifier)

    def sign_next(self, origin: str, beside: bytes | None = None) -> None:
        """Let the next append sign under an origin, and another (public) key beside the one that signs now."""
        self._following = (origin, beside)

    def append(self, rows: Sequence[dict[str, Any]], bodies: Sequence[bytes]) -> None:
        """Add entries at the end, and renew the head.

        Raises: AlteredHeadError for a head that was not signed as it stands, KeylessError where nobody can sign.
        """
        known = self._known.get(self._tenant)
        done = None
        if known is not None and known.alone and self._following is None:
            done = self._renew_known(known, bodies)
        done = done or self._renew(known, bodies)
        first = done.head.size - len(rows) + 1
        numbered = [{"tenant_id": self._tenant, "pos": pos, **row} for pos, row in enumerate(rows, start=first)]
        self._connection.execute(_ENTRIES, numbered)
        self._known[self._tenant], self.written = done, done.head

    @property
    def _held(self) -> Keyring:
        if self._keys is None:
            raise KeylessError(
                "there is no key to sign the ledger with, so nothing can be written; put the key file back, or name it "
                "with ONCOURSE_LEDGER_KEY_FILE (docs/ledger.md)"
            )
        return self._keys

    def _read(self, statement: Any) -> Head:
        row = self._connection.execute(statement, {"mine": self._tenant}).first()
        if row is None:
            raise NotFoundError(
                f"the ledger of {self._tenant} has no head, so nothing is written; restore a backup (docs/ledger.md)"
            )
        head = Head(*row)
        if [type(value) for value in head] != [str, int, bytes, str]:
            raise AlteredHeadError(_altered("it holds what is no head"))
        return head

    def _renew_known(self, known: Signed, bodies: Sequence[bytes]) -> Signed | None:
        """Renew the head where it is still the one that this process signed; it was looked at then."""
        old = known.head
        new = _grown(old.origin, old.tree(), bodies, known.signer)
        values = {"mine": self._tenant} | _named("new", new) | _named("old", old)
        return (
            Signed(new, known.signer, alone=True) if self._connection.execute(_RENEW_KNOWN, values).rowcount else None
        )

    def _renew(self, known: Signed | None, bodies: Sequence[bytes]) -> Signed:
        """Take the head's lock, look whether it is what was signed, and renew it."""
        old = self._read(_LOCK)
        tree, signer = believe(old, self._held)
        origin, beside = self._following or (old.origin, None)
        keys = (signer.verifier.key, beside)
        signers = [s for key in keys for s in self._held.signers(origin) if s.verifier.key == key]
        new = _grown(origin, tree, bodies, *signers)
        self._connection.execute(_RENEW, {"mine": self._tenant} | _named("new", new))
        self._following = None
        return Signed(new, signers[-1], alone=known is not None and known.head == old)


def _grown(origin: str, tree: Frontier, bodies: Sequence[bytes], *signers: Signer) -> Head:
    for body in bodies:
        tree.append(leaf_hash(body))
    return sealed(origin, tree, *signers)


def _named(when: str, head: Head) -> dict[str, Any]:
    return {f"{when}_{name}": value for name, value in head._asdict().items()}
