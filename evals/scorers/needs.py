"""What needs what, apart from plans and accounts: which needs are unmet, and which steps nobody needs."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

Fact = TypeVar("Fact", bound=Hashable)
Key = TypeVar("Key", bound=Hashable)


def unmet(needs: Iterable[frozenset[Fact]], given: Iterable[frozenset[Fact]]) -> list[frozenset[Fact]]:
    """Return the needs that nothing given surely meets.

    A need names facts any of which will do. What is given names facts one of which will hold, and nobody knows which.
    """
    sure = [facts for facts in given if facts]
    return [need for need in needs if not any(facts <= need for facts in sure)]


def unjustified(needs: Mapping[Key, Collection[Key]], wanted: Iterable[Key]) -> set[Key]:
    """Return the steps that are neither wanted nor needed by one that is, directly or through others."""
    found, todo = set[Key](), list(wanted)
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo += needs[key]
    return needs.keys() - found
