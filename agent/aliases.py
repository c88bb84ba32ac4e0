"""Short names for one request: the model sees `C1`, `P1`, `E1`, never an id of a person or a record."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from plan import Contact, Signal, Situation, Touch

SIZES = (8, 16, 32, 64)
"""How many names a schema offers: few sizes, so that equal catalogues give equal bytes."""
_NAME = re.compile(r"\b[CEP][1-9][0-9]?\b")


class Sizes(NamedTuple):
    """How many contacts, people of ours and pieces of evidence the schema names."""

    contacts: int
    people: int
    evidence: int


class Aliases:
    """The names of one situation, in an order that depends on the situation alone."""

    def __init__(self, known: Situation) -> None:
        most = SIZES[-1]
        self.contacts = sorted(known.contacts, key=lambda c: (not reachable(c), c.contact_id))[:most]
        people = sorted({o.owner_id for o in known.owners if o.active} | ({known.account.owner_id} - {None}), key=str)
        evidence = _evidence(known)[:most]
        self._meant: dict[str, tuple[str, str]] = {
            **{f"C{n}": ("contact", c.contact_id) for n, c in enumerate(self.contacts, 1)},
            **{f"P{n}": ("person", str(p)) for n, p in enumerate(people[:most], 1)},
            **{f"E{n}": found for n, found in enumerate(evidence, 1)},
        }
        self._named = {meant: name for name, meant in self._meant.items()}
        self._people = self._called(known)
        self.sizes = Sizes(_size(len(self.contacts)), _size(len(people)), _size(len(evidence)))

    def name(self, kind: str, ref: str | None) -> str | None:
        """Return the name of a thing; None where it has none."""
        return self._named.get((kind, ref)) if ref else None

    def evidence(self, ref: str) -> str | None:
        """Return the name of an id that may be cited, whatever family it is of."""
        return next((n for n, (_, meant) in self._meant.items() if n[0] == "E" and meant == ref), None)

    def meaning(self, name: str, *kinds: str) -> str:
        """Return the id behind a name; raise ValueError where it names nothing, or something else than asked."""
        kind, ref = self._meant.get(name, ("", ""))
        if not kind:
            raise ValueError(f"{name} names nothing in this situation")
        if kinds and kind not in kinds:
            raise ValueError(f"{name} is a {kind}; a {' or '.join(kinds)} is asked for")
        return ref

    def hide(self, text: str) -> str:
        """Return a text with ids replaced by their names."""
        return _replaced(text, self._ids())

    def hide_people(self, text: str) -> str:
        """Return a text of a colleague, who may also name people in full or by address, with all of it replaced."""
        return _replaced(text, self._people | self._ids())

    def reveal(self, text: str) -> str:
        """Return a text of the model with names replaced by ids, for people to read."""
        return _NAME.sub(lambda hit: self._meant.get(hit.group(), ("", hit.group()))[1], text)

    def _ids(self) -> dict[str, str]:
        return {ref: name for (_, ref), name in reversed(self._named.items())}

    def _called(self, known: Situation) -> dict[str, str]:
        """Return what a colleague may call people, and their names here; whoever has none is someone."""
        words: dict[str, str] = {}
        told = [("contact", c.contact_id, c.name, c.email) for c in (*self.contacts, *known.contacts)]
        for kind, *called in [*told, *(("person", o.owner_id, o.name, o.email) for o in known.owners)]:
            for word in filter(None, called):
                words.setdefault(word, self.name(kind, called[0]) or "someone")
        return words


def reachable(contact: Contact) -> bool:
    """Tell whether this person may be written to, as far as the contact alone says."""
    return contact.contactable and not contact.opted_out and not contact.left_company


def names(sizes: Sizes) -> Mapping[str, tuple[str, ...]]:
    """Return every name that a schema of these sizes offers, by family."""
    return {
        "ContactRef": tuple(f"C{n}" for n in range(1, sizes.contacts + 1)),
        "PersonRef": tuple(f"P{n}" for n in range(1, sizes.people + 1)),
        "EvidenceRef": tuple(f"E{n}" for n in range(1, sizes.evidence + 1)),
    }


def newest_signals(known: Situation) -> list[Signal]:
    """Return the signals, newest first."""
    return sorted(known.signals, key=lambda s: (-s.observed_at.timestamp(), s.signal_id))


def newest_touches(known: Situation) -> list[Touch]:
    """Return the past touches, newest first."""
    return sorted(known.history, key=lambda t: (-t.at.timestamp(), t.touch_id))


def _replaced(text: str, words: Mapping[str, str]) -> str:
    if not words:
        return text
    longest_first = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])(?:{longest_first})(?![\w-])", lambda hit: words[hit.group()], text)


def _evidence(known: Situation) -> list[tuple[str, str]]:
    return [
        *(("signal", s.signal_id) for s in newest_signals(known)),
        *_kind("ticket", (t.ticket_id for t in known.tickets)),
        *_kind("invoice", (i.invoice_id for i in known.invoices)),
        *_kind("opportunity", (o.opportunity_id for o in known.opportunities)),
        *_kind("contract", (c.contract_id for c in known.contracts)),
        *(("touch", t.touch_id) for t in newest_touches(known)),
    ]


def _kind(kind: str, ids: Iterable[str]) -> list[tuple[str, str]]:
    return [(kind, ref) for ref in sorted(ids)]


def _size(count: int) -> int:
    return next(size for size in SIZES if count <= size or size == SIZES[-1])
