"""Anchors: copies of checkpoints that are kept outside of the database, where nobody who has it can change them.

A file of anchors has one JSON object a line: the signed checkpoint, the tree's frontier (so that a later look goes on
from there), and when it was written.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence

import orjson

from ledger.custody import LogReopened
from ledger.errors import BadNoteError, LedgerError
from ledger.note import Checkpoint, Verifier
from ledger.tree import Frontier
from plan import Frozen, Instant


class Anchor(Frozen):
    """One copy."""

    checkpoint: str
    """The signed note."""
    frontier: tuple[str, ...] = ()
    """The hashes in base64; none where only the note was kept."""
    at: Instant | None = None

    @classmethod
    def of(cls, note: str, tree: Frontier, at: Instant) -> "Anchor":
        """Return the copy of a head."""
        return cls(checkpoint=note, frontier=tuple(base64.b64encode(one).decode() for one in tree.hashes), at=at)

    @property
    def point(self) -> Checkpoint:
        """Return what it says, whoever signed it."""
        return Checkpoint.peek(self.checkpoint)

    @property
    def size(self) -> int:
        """Return how many entries it covers."""
        return self.point.size

    @property
    def line(self) -> str:
        """Return it as a line of a file."""
        return orjson.dumps(self.model_dump(mode="json")).decode() + "\n"

    def signed(self, trusted: Iterable[bytes]) -> bool:
        """Say whether one of these public keys signed it."""
        try:
            Checkpoint.read(self.checkpoint, [Verifier(name=self.point.origin, key=key) for key in trusted])
        except BadNoteError:
            return False
        return True

    def tree(self) -> Frontier:
        """Return the tree to go on from; raise BadNoteError where its frontier was not kept, or is not its own."""
        try:
            tree = Frontier((base64.b64decode(one, validate=True) for one in self.frontier), self.size)
        except (LedgerError, binascii.Error, ValueError) as error:
            raise BadNoteError("the anchor has no tree to go on from; look from the beginning") from error
        if tree.root() != self.point.root:
            raise BadNoteError("the anchor's tree is not the one of its checkpoint; look from the beginning")
        return tree

    def __str__(self) -> str:
        when = "" if self.at is None else f" of {self.at:%Y-%m-%d %H:%M}Z"
        return f"the anchor{when} over {self.size} entries"


def read_anchors(text: str) -> list[Anchor]:
    """Return the anchors of a file, or the one of a plain signed checkpoint; raise BadNoteError for what holds none."""
    if text.strip() and not text.lstrip().startswith("{"):
        one = Anchor(checkpoint=text)
        _ = one.point
        return [one]
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            one = Anchor.model_validate_json(line)
            _ = one.point
        except (ValueError, BadNoteError) as error:
            raise BadNoteError(f"line {number} of the file is no anchor") from error
        found.append(one)
    return found


def judge(
    anchor: Anchor,
    origin: str,
    size: int,
    roots: Mapping[int, bytes],
    reopened: Sequence[tuple[int, LogReopened]],
    trusted: set[bytes],
) -> str:
    """Return what is wrong between an anchor and the ledger that was read, or nothing.

    `roots` holds the tree's root at each size that was asked for and read; `reopened` each change of the log's origin,
    with the entry that tells it.
    """
    point = anchor.point
    if not anchor.signed(trusted):
        return f"{anchor} is not signed by a key that is trusted"
    left = next((told for _, told in reopened if told.previous == point.origin), None)
    if point.origin != origin and left is None:
        return f"{anchor} is of another log ({point.origin})"
    if left is not None and point.size > left.size:
        admitted = bool(left.lost) and Checkpoint.peek(left.lost).size >= point.size
        return (
            "" if admitted else f"{anchor} tells of entries that the log gave up without saying so when it was reopened"
        )
    if point.size > size:
        return (
            f"{anchor} is ahead of the ledger, which has {size}: the last {point.size - size} were cut off, or an "
            "older copy of the database was put back (see: oncourse ledger reopen)"
        )
    root = roots.get(point.size)
    if root is not None and root != point.root:
        return f"{anchor} has another root than the ledger: one of these entries was changed, moved, removed or put in"
    return ""
