"""A log as static files that anybody can check: the tiles and entry bundles of C2SP's tlog-tiles.

A tile holds up to 256 hashes of one level; eight levels of the tree are one level of tiles. Files that are not full yet
say how wide they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ledger.errors import LedgerError
from ledger.tree import HASH_BYTES, Frontier, Span, inclusion_spans, leaf_hash, root_of

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_BUNDLED = 65_535
"""Bytes of an entry whose length is written in two."""
_NODES_HELD = 4_096
CHECKPOINT = "checkpoint"
ENTRIES = "entries"


class TileFile(NamedTuple):
    """One file of a log's directory."""

    path: str
    data: bytes


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """Return the name of a tile of hashes, or of a bundle of `entries`; `width` is how many it holds."""
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{grouped(number)}{partial}"


def grouped(number: int) -> str:
    """Return a number in folders of a thousand: `067`, `x001/067`."""
    above, last = divmod(number, 1000)
    folders = ""
    while above:
        above, three = divmod(above, 1000)
        folders = f"x{three:03}/{folders}"
    return f"{folders}{last:03}"


class Tiling:
    """A log laid out entry by entry; it keeps the files that are not full yet, and nothing else."""

    def __init__(self) -> None:
        self.tree = Frontier()
        self._levels: list[bytearray] = []
        self._bundle, self._bundled = bytearray(), 0

    def take(self, body: bytes, *, keep: bool = True) -> Iterator[TileFile]:
        """Add the next entry, and yield the files that it fills; those of entries only where they are to be kept."""
        if len(body) > MAX_BUNDLED:
            raise LedgerError(f"entry {self.tree.size + 1} has {len(body)} bytes; a bundle takes {MAX_BUNDLED}")
        leaf = leaf_hash(body)
        self.tree.append(leaf)
        if keep:
            self._bundle += len(body).to_bytes(2, "big") + body
            self._bundled += 1
            if self._bundled == TILE_WIDTH:
                yield TileFile(tile_path(ENTRIES, self.tree.size // TILE_WIDTH - 1), bytes(self._bundle))
                self._bundle, self._bundled = bytearray(), 0
        yield from self._hash(leaf)

    def rest(self) -> Iterator[TileFile]:
        """Yield the files that are not full."""
        if self._bundled:
            yield TileFile(tile_path(ENTRIES, self.tree.size // TILE_WIDTH, self._bundled), bytes(self._bundle))
        for level, held in enumerate(self._levels):
            number, width = divmod(self.tree.size >> (TILE_HEIGHT * level), TILE_WIDTH)
            if width:
                yield TileFile(tile_path(level, number, width), bytes(held))

    def _hash(self, found: bytes) -> Iterator[TileFile]:
        for level in range(len(self._levels) + 1):
            if level == len(self._levels):
                self._levels.append(bytearray())
            held = self._levels[level]
            held += found
            if len(held) < TILE_WIDTH * HASH_BYTES:
                return
            yield TileFile(tile_path(level, (self.tree.size >> (TILE_HEIGHT * (level + 1))) - 1), bytes(held))
            found, self._levels[level] = root_of(hashes_of(held)), bytearray()


def tiles_of(bodies: Iterable[bytes]) -> Iterator[TileFile]:
    """Yield every file of a log but its checkpoint."""
    tiling = Tiling()
    for body in bodies:
        yield from tiling.take(body)
    yield from tiling.rest()


class Paths:
    """Proofs out of a tree's tiles by their names; those of neighbours share nearly all, so some of it is kept."""

    def __init__(self, tiles: Mapping[str, bytes], size: int) -> None:
        self._tiles, self._size = tiles, size
        self._known: dict[tuple[int, int], bytes] = {}

    def to(self, index: int) -> list[bytes]:
        """Return the proof that the entry at an index (from 0) stands in the tree.

        Raises: LedgerError for an entry that the tree does not have, or tiles that are none of it.
        """
        return [self._root(span) for span in inclusion_spans(index, self._size)]

    def root(self) -> bytes:
        """Return the root of the tree."""
        return self._root((0, self._size))

    def _root(self, span: Span) -> bytes:
        """Return the root over the leaves of a span: of the perfect trees in it, the largest first."""
        low, high = span
        hashes = []
        while low < high:
            height = (high - low).bit_length() - 1
            hashes.append(self._perfect(height, low >> height))
            low += 1 << height
        return Frontier(hashes, span[1] - span[0]).root()

    def _perfect(self, height: int, number: int) -> bytes:
        """Return the root of one perfect tree: the hashes of one tile that it stands on, hashed together."""
        if (height, number) in self._known:
            return self._known[height, number]
        level, above = divmod(height, TILE_HEIGHT)
        tile, start = divmod(number << above, TILE_WIDTH)
        width = min(TILE_WIDTH, (self._size >> (TILE_HEIGHT * level)) - tile * TILE_WIDTH)
        path = tile_path(level, tile, width)
        held = self._tiles.get(path, b"")
        if len(held) != width * HASH_BYTES:
            raise LedgerError(f"{path} should hold {width} hashes, and does not")
        if len(self._known) >= _NODES_HELD:
            self._known.clear()
        found = self._known[height, number] = root_of(hashes_of(held)[start : start + (1 << above)])
        return found


def root_from(tiles: Mapping[str, bytes], size: int) -> bytes:
    """Return the root of a tree, out of its tiles."""
    return Paths(tiles, size).root()


def bundled(data: bytes) -> Iterator[bytes]:
    """Yield the entries of a bundle; raise LedgerError where it ends in the middle of one."""
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data):
            raise LedgerError("the bundle of entries ends in the middle of one")
        yield data[at + 2 : end]
        at = end


def hashes_of(tile: bytes | bytearray) -> list[bytes]:
    """Return the hashes of a tile."""
    return [bytes(tile[at : at + HASH_BYTES]) for at in range(0, len(tile), HASH_BYTES)]
