"""The proof of a ledger: its columns against its bytes, its order, its tree against the signed checkpoint, its anchors.

A pass takes the rows chunk by chunk, so that whoever reads them can tell how far it is; it keeps the tree, a number for
each stream, and nothing else of them.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from pydantic import Field

from ledger.anchors import Anchor, judge
from ledger.custody import KeyRotated, LogReopened
from ledger.errors import BadNoteError
from ledger.note import Checkpoint, Verifier, open_note, same_log
from ledger.tree import Frontier, leaf_hash
from plan import Frozen

KEPT = 100
"""Flaws that a report tells one by one; of the others it tells how many."""


class Row(NamedTuple):
    """An entry as the database has it: the bytes that were hashed, and the columns beside them.

    Somebody may have put anything there, so number and body are looked at before they are believed.
    """

    pos: int
    stream: str
    seq: Any
    type: str
    at: str
    """As sortable text with microseconds."""
    body: Any


class Flaw(Frozen):
    """One thing that is not as it was written."""

    code: str
    pos: int | None = None
    """The entry, where one can be named."""
    what: str

    def __str__(self) -> str:
        return f"entry {self.pos}: {self.what}" if self.pos is not None else self.what


class Proven(Frozen):
    """What a pass came to; without flaws it is the proof."""

    tenant_id: str
    origin: str
    size: int
    since: int = 0
    """How many entries were taken as proven before."""
    root: str
    """As in the checkpoint."""
    checkpoint: str
    """The signed note of the head."""
    key: str = ""
    """Who signed it, as `NAME+KEYID+KEY`; empty where nobody did who is trusted."""
    anchors: int = 0
    """Copies outside that agree."""
    flaws: tuple[Flaw, ...] = Field(default=())
    more: int = 0
    """Flaws that are not told one by one."""

    @property
    def holds(self) -> bool:
        """Say whether nothing was found."""
        return not self.flaws


class Verification:
    """One pass over one tenant's ledger, from its beginning or from a tree that was proven before."""

    def __init__(
        self, tenant_id: str, trusted: Iterable[bytes], anchors: Iterable[Anchor] = (), start: Frontier | None = None
    ) -> None:
        """Take the public keys that may sign the head, and the copies outside to compare with.

        The frontier to start from is believed: whoever has it compares its root with a checkpoint of his own.
        """
        self.tree = Frontier() if start is None else start.copy()
        self.since, self.streams = self.tree.size, dict[str, int]()
        self._tenant = tenant_id
        self._accepted, self._replaced = set(trusted), set[bytes]()
        self._anchors = tuple(anchors)
        self._wanted = {anchor.size for anchor in self._anchors}
        self._roots: dict[int, bytes] = {self.since: self.tree.root()} if self.since in self._wanted else {}
        self._reopened: list[tuple[int, LogReopened]] = []
        self._flaws: list[Flaw] = []
        self._more = 0

    def take(self, rows: Iterable[Row]) -> int:
        """Look at the next rows, in the order of their positions; return how many entries were seen so far."""
        tree, streams, loads = self.tree, self.streams, orjson.loads
        for row in rows:
            pos, stream, seq, kind, at, body = row
            data = body.encode() if isinstance(body, str) else bytes(body or b"")
            tree.append(leaf_hash(data))
            if pos != tree.size:
                self._found("position", tree.size, f"it stands at position {pos}")
            try:
                told = loads(data)
                same = (told["stream"], told["seq"], told["type"]) == (stream, seq, kind) and _same_at(told["at"], at)
                cause = told["cause"]
                past = cause["kind"] != "entry" or self._past(cause["ref"], stream, seq)
            except (KeyError, TypeError, AttributeError, ValueError):  # whatever somebody has put there
                self._found("bytes", tree.size, "its bytes are no entry")
                continue
            if not same:
                self._columns(tree.size, row, told)
            if not past:
                self._found("cause", tree.size, f"its cause {cause['ref']} does not lie in its past")
            last = streams.get(stream)
            if not isinstance(seq, int):
                self._found("column", tree.size, f"the column seq says {seq!r}, which is no number")
                continue
            if seq != (1 if last is None else last + 1) and not (last is None and self.since):
                self._found("sequence", tree.size, f"{stream} has entry {seq} after entry {last or 0}")
            streams[stream] = seq
            if stream == "log" or tree.size == 1:
                self._custody(kind, told.get("data"))
            if tree.size in self._wanted:
                self._roots[tree.size] = tree.root()
        return tree.size

    def found(self, code: str, what: str) -> None:
        """Add what the reader of the rows found beside them."""
        self._found(code, None, what)

    def conclude(self, note: str, origin: str, size: int, frontier: bytes) -> Proven:
        """Hold the tree against the head, and the anchors against the tree; return what was found."""
        try:
            point = Checkpoint.peek(note)
        except BadNoteError as error:
            self._found("head", None, f"the head's checkpoint cannot be read: {error}")
            point = Checkpoint(origin="unknown", size=0, root=bytes(32))
        key = self._head(point, note)
        if (origin, size, frontier) != (point.origin, self.tree.size, b"".join(self.tree.hashes)):
            self._found("frontier", None, "what is kept beside the checkpoint is not the tree of the entries")
        agreed = 0
        for anchor in self._anchors:
            if self._before(anchor, point.origin):
                continue
            told = judge(anchor, point.origin, self.tree.size, self._roots, self._reopened, self._known())
            if told:
                self._found("anchor", None, told)
            else:
                agreed += 1
        said = Checkpoint.of(point.origin, self.tree)
        return Proven(
            tenant_id=self._tenant,
            origin=point.origin,
            size=self.tree.size,
            since=self.since,
            root=said.text.split("\n")[2],
            checkpoint=note,
            key="" if key is None else str(key),
            anchors=agreed,
            flaws=tuple(self._flaws),
            more=self._more,
        )

    def _head(self, point: Checkpoint, note: str) -> Verifier | None:
        by: Verifier | None = None
        try:
            _, signed = open_note(note, [Verifier(name=point.origin, key=key) for key in sorted(self._accepted)])
            by = signed[-1]
        except BadNoteError as error:
            self._found("signature", None, f"the head's checkpoint is not signed by a key that is trusted: {error}")
        here = self.tree.size
        if self._reopened and self._reopened[-1][1].origin != point.origin:
            self._found("origin", None, f"the head names the log {point.origin}, the ledger itself another one")
        if point.size != here:
            what = (
                f"{here - point.size} entries stand behind it" if here > point.size else f"{point.size - here} are gone"
            )
            self._found(
                "size", None, f"the signed checkpoint covers {point.size} entries and the ledger has {here}: {what}"
            )
        elif point.root != self.tree.root():
            self._found(
                "root",
                None,
                f"the entries {self.since + 1} to {here} do not come to the root that was signed: some of them were "
                f"changed, moved, removed or put in{self._narrowed()}",
            )
        return by

    def _before(self, anchor: Anchor, origin: str) -> bool:
        """Say whether an anchor is of a name that the log gave up in the part that was not looked at."""
        named = {origin, *(told.previous for _, told in self._reopened)}
        told = anchor.point
        return self.since > 0 and told.origin not in named and same_log(told.origin, origin)

    def _narrowed(self) -> str:
        """Return where the damage lies, as far as the copies outside can tell."""
        good = [a.size for a in self._anchors if self._roots.get(a.size) == a.point.root and a.signed(self._known())]
        bad = [a.size for a in self._anchors if self._roots.get(a.size, a.point.root) != a.point.root]
        told = [f"after entry {max(good)}"] if good else []
        told += [f"up to entry {min(bad)}"] if bad else []
        return f" ({' and '.join(told)}, as the anchors say)" if told else ""

    def _known(self) -> set[bytes]:
        return self._accepted | self._replaced

    def _past(self, ref: str, stream: str, seq: int) -> bool:
        name, _, number = ref.partition("#")
        if not number.isdecimal() or int(number) < 1:
            return False
        last = seq - 1 if name == stream else self.streams.get(name, None if self.since else 0)
        return last is None or int(number) <= last

    def _columns(self, pos: int, row: Row, told: Any) -> None:
        for name in ("stream", "seq", "type", "at"):
            beside, inside = getattr(row, name), told[name]
            if beside != inside and not (name == "at" and _same_at(inside, beside)):
                self._found("column", pos, f"the column {name} says {beside!r}, its bytes say {inside!r}")

    def _custody(self, kind: str, data: Any) -> None:
        """Follow the log's own entries: whose it is, which key signs it, and under which origin it goes on."""
        try:
            if self.tree.size == 1 and (kind, data.get("tenant_id")) != ("log.opened.v1", self._tenant):
                self._found("tenant", 1, f"the ledger was not opened for {self._tenant}")
            if kind == "log.reopened.v1":
                self._reopened.append((self.tree.size, LogReopened.model_validate(data)))
            if kind == "log.key_rotated.v1":
                self._rotate(KeyRotated.model_validate(data))
        except (ValueError, AttributeError, BadNoteError) as error:
            self._found("custody", self.tree.size, f"it does not hold what it should: {' '.join(str(error).split())}")

    def _rotate(self, told: KeyRotated) -> None:
        before, after = told.keys()
        if before.key in self._accepted:
            self._accepted = self._accepted - {before.key} | {after.key}
        self._replaced.add(before.key)

    def _found(self, code: str, pos: int | None, what: str) -> None:
        if len(self._flaws) < KEPT:
            self._flaws.append(Flaw(code=code, pos=pos, what=what))
        else:
            self._more += 1


def _same_at(inside: str, beside: str) -> bool:
    """Say whether the instant of the bytes is the one of the column, which always has six digits of a second."""
    if inside == beside:
        return True
    whole, _, parts = inside.removesuffix("Z").partition(".")
    return f"{whole}.{parts:0<6}Z" == beside
