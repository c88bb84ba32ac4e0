"""The Merkle tree of RFC 6962 over a ledger's entries: growing it, and proofs that anybody can check.

A tree is known by its frontier: the roots of the perfect subtrees that it is made of, largest first.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from ledger.errors import LedgerError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
Span = tuple[int, int]
"""Leaves from one position up to another, counted from 0, without the last."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one entry's bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that grows at its end; it keeps at most one hash for each bit of its size."""

    __slots__ = ("hashes", "size")

    def __init__(self, hashes: Iterable[bytes] = (), size: int = 0) -> None:
        """Take up a tree; raise LedgerError where the hashes cannot be those of a tree of this size."""
        self.hashes, self.size = list(hashes), size
        if size < 0 or len(self.hashes) != size.bit_count() or any(len(one) != HASH_BYTES for one in self.hashes):
            raise LedgerError(f"{len(self.hashes)} hashes are no frontier of a tree of {size} entries")

    def append(self, leaf: bytes) -> None:
        """Add the hash of one more entry."""
        hashes, bits = self.hashes, self.size
        while bits & 1:
            leaf = sha256(b"\x01" + hashes.pop() + leaf).digest()
            bits >>= 1
        hashes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        found = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            found = node_hash(left, found)
        return found

    def copy(self) -> "Frontier":
        """Return the same tree, to grow by itself."""
        return Frontier(self.hashes, self.size)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over the hashes of entries."""
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return the subtrees whose roots prove that an entry (counted from 0) stands in a tree, nearest first."""
    if not 0 <= index < size:
        raise LedgerError(f"a tree of {size} entries has none at {index}")
    found, low, high = list[Span](), 0, size
    while high - low > 1:
        middle = low + _half(high - low)
        if index < middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low = middle
    return found[::-1]


def consistency_spans(old: int, size: int) -> list[Span]:
    """Return the subtrees whose roots prove that a tree of `old` entries is the beginning of a larger one."""
    if not 0 < old <= size:
        raise LedgerError(f"a tree of {size} entries proves nothing of one of {old}")
    found, low, high, whole = list[Span](), 0, size, True
    while old != high:
        middle = low + _half(high - low)
        if old <= middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low, whole = middle, False
    return ([] if whole else [(low, high)]) + found[::-1]


def span_roots(spans: Sequence[Span], leaves: Iterable[bytes]) -> list[bytes]:
    """Return the root of each span, in its order, from one pass over the hashes of all entries.

    The spans must not overlap; nothing but their frontiers is kept.
    """
    roots: dict[Span, bytes] = {}
    rest = iter(leaves)
    position = 0
    for span in sorted(spans):
        tree = Frontier()
        for leaf in _between(rest, span[0] - position, span[1] - position):
            tree.append(leaf)
        if tree.size != span[1] - span[0]:
            raise LedgerError(f"the ledger ends before entry {span[1]}")
        roots[span], position = tree.root(), span[1]
    return [roots[span] for span in spans]


def inclusion_proof(index: int, size: int, leaves: Iterable[bytes]) -> list[bytes]:
    """Return the proof that the entry at an index (from 0) stands in the tree over the first `size` leaves."""
    return span_roots(inclusion_spans(index, size), leaves)


def consistency_proof(old: int, size: int, leaves: Iterable[bytes]) -> list[bytes]:
    """Return the proof that the tree of the first `old` leaves is the beginning of the one of the first `size`."""
    return span_roots(consistency_spans(old, size), leaves)


def proves_inclusion(proof: Sequence[bytes], leaf: bytes, index: int, size: int, root: bytes) -> bool:
    """Say whether a proof shows that a leaf stands at an index (from 0) of the tree with this size and root."""
    if not 0 <= index < size or not _all_hashes([*proof, leaf]):
        return False
    found, place, last = leaf, index, size - 1
    for one in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(one, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, one)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def proves_consistency(proof: Sequence[bytes], old: int, old_root: bytes, size: int, root: bytes) -> bool:
    """Say whether a proof shows that one tree is the beginning of another; nothing is shown of an empty one."""
    if old == size > 0:
        return not proof and old_root == root
    if not 0 < old < size or not _all_hashes([*proof, old_root]):
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    # A tree of a power of two is its own first subtree, so the proof leaves it out.
    path = [*([] if place else [old_root]), *proof]
    if not path:
        return False
    first = second = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, one)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == root


def _half(size: int) -> int:
    """Return the largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def _all_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)


def _between(leaves: Iterator[bytes], start: int, end: int) -> Iterator[bytes]:
    """Yield what stands between two places, and leave what comes after; what runs out ends it."""
    for place in range(end):
        leaf = next(leaves, None)
        if leaf is None:
            return
        if place >= start:
            yield leaf
