"""Free text without what could name somebody: known names and ids replaced, everything that looks like one masked.

What is masked is gone: no mask holds a digit, and what was behind it is kept nowhere. It hides too much rather than
too little; whom nobody listed (a person mentioned in passing, a place, a product) only a reader finds.
"""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple


class Called(NamedTuple):
    """One way to call somebody or something, and what is said instead."""

    length: int
    """Of the word itself: the longest is looked for first."""
    pattern: str
    instead: str


_MONTHS = (
    "Jan(?:uary|uar)?|Feb(?:ruary|ruar)?|Mar(?:ch)?|März|Apr(?:il)?|May|Mai|June?|Juni|July?|Juli|Aug(?:ust)?"
    "|Sept?(?:ember)?|O[ck]t(?:ober)?|Nov(?:ember)?|De[cz](?:ember)?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_CODE = r"(?:EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|euros?|dollars?|pounds?|francs?)"
_FIGURE = r"\d+(?:[.,' ]\d+)*(?:\s?(?:k|m|mn|mio|bn|million|thousand)\b)?"
_BEFORE: dict[str, str] = {
    "link": r"(?i:(?:https?|ftp|mailto|tel):\S+|www\.\S+)",
    "address": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*|(?<!\w)@[\w.-]{2,}",
    "link_": r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/:?#]\S*)?",
}
"""Looked for before what is known: these hold known names and are masked whole."""
_AFTER: dict[str, str] = {
    "id": r"(?<![\w-])(?:sha256:)?(?=[a-f]*\d)[0-9a-f]{8,}(?:-[0-9a-f]{4,})*",
    "date": (
        r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
        r"|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)(?!\d)"
        rf"|\b{_DAY}\s*(?:of\s+)?(?i:{_MONTHS})\b\.?(?:,?\s+\d{{4}})?"
        rf"|\b(?i:{_MONTHS})\b\.?\s+(?:{_DAY},?\s+\d{{4}}|\d{{4}}|{_DAY})(?!\d)"
    ),
    "amount": rf"(?i:(?:(?<!\w){_CODE}|[$€£¥])\s?{_FIGURE}|{_FIGURE}\s?(?:{_CODE}(?!\w)|[$€£¥]))",
    "phone": r"\+?\(?\d(?:[\s()./-]{0,2}\d){6,}",
    "number": r"\d{1,3}(?:[.,' ]\d{3})+(?!\d)(?:[.,]\d+)?|\d{5,}|\d+(?:[.,]\d+)?[kKM](?!\w)",
    "year": r"(?<!\d)(?:19|20)\d\d(?!\d)",
    "figure": r"(?<!\d)\d{3,4}(?!\d)",
}
_TITLE_WORDS = """
dr mr mrs ms miss prof professor herr frau sir von van der den del de di da du la le el al bin
the and und of for in on at team desk department account accounts
gmbh ag kg se ug ltd llc llp inc corp co plc sa sas sarl srl spa bv nv ab as oy aps kk pte pty
company customer client contact person user group holding holdings international one two first new our all your my
"""
_TITLES = frozenset(_TITLE_WORDS.split())
"""Parts of names that name nobody."""
_ORDINARY_WORDS = """
will mark may art rose hope grace faith joy bill rob sue pat drew chase grant jack frank dean miles price young long
white black brown green king cook baker page case lane rich rush day love stone wood field ford main root admin default
system nobody test info sales support billing office hello finance service open plan
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())
"""Names that are words too: hidden where they begin with a capital."""


SOMEONE = "someone"
"""What is said of a name that several have."""


class Mask:
    """Hides what is known by its other name, and everything that looks like an address, a number or a day."""

    def __init__(self, known: Iterable[Called], amounts: Container[int]) -> None:
        insteads = dict[tuple[int, str], str]()
        for one in set(known):
            same = insteads.setdefault((one.length, one.pattern), one.instead)
            if same != one.instead:
                insteads[one.length, one.pattern] = SOMEONE
        called = sorted((Called(*found, instead) for found, instead in insteads.items()), reverse=True)
        self._instead = {f"known{n}": one.instead for n, one in enumerate(called)}
        patterns = _BEFORE | {f"known{n}": one.pattern for n, one in enumerate(called)} | _AFTER
        self._found = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items()))
        self._amounts = amounts

    def __call__(self, text: str) -> str:
        """Return a text as one line with nothing in it that could name somebody."""
        return self._found.sub(self._hidden, plain(text))

    def _hidden(self, hit: re.Match[str]) -> str:
        kind = str(hit.lastgroup)
        if kind == "figure":
            return "[number]" if int(hit[0]) in self._amounts else hit[0]
        return self._instead.get(kind, f"[{kind.rstrip('_')}]")


def plain(text: str) -> str:
    """Return a text as one line, without letters that only look like others and without those that nobody sees."""
    told = unicodedata.normalize("NFKC", text)
    seen = "".join(" " if unicodedata.category(c) == "Cc" else c for c in told if unicodedata.category(c) != "Cf")
    return " ".join(seen.split()).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def called_by_name(name: str, instead: str, *, firm: bool = False) -> Iterator[Called]:
    """Yield the ways to call whom has a name: in full, however joined and written, and by each part of it.

    The later words of a firm's name are words of any text: they count with a capital only.
    """
    for spelling in _spellings(plain(name)):
        parts = [part for part in re.findall(r"[^\W\d_]{2,}", spelling) if part.casefold() not in _TITLES]
        tokens = [token for token in spelling.split() if re.search(r"\d", token) and re.search(r"[^\W\d_]", token)]
        for whole in (spelling, *tokens):
            if not whole.isdigit():
                yield _alone(f"(?i:{re.escape(whole)})", whole, instead)
        if len(parts) > 1:
            joined = r"[\W_]{0,3}".join(map(re.escape, parts))
            yield Called(sum(map(len, parts)), rf"(?i:{joined})(?:'?s(?!\w))?", instead)
        for number, part in enumerate(parts):
            yield _alone(_word(part, capital=firm and number > 0), part, instead)


def called_by_id(ref: str, instead: str) -> Iterator[Called]:
    """Yield the ways to call what has an id; one that is a letter or a small number names nothing in a text."""
    if len(ref) < _SHORT_ID and (ref.isdigit() or len(ref) == 1):
        return
    if ref.isalpha():
        yield _alone(_word(ref), ref, instead)
    elif len(ref) < _SHORT_ID:
        yield Called(len(ref), rf"(?<![\w-])(?i:{re.escape(ref)})(?![\w-])", instead)
    else:
        yield Called(len(ref), f"(?i:{re.escape(ref)})", instead)


def called_by_address(address: str, instead: str) -> Iterator[Called]:
    """Yield the name in an address: whole ones are masked whoever has them."""
    name = plain(address).partition("@")[0]
    if len(name) >= _SHORT_NAME and name.casefold() not in _ORDINARY:
        yield _alone(f"(?i:{re.escape(name)})", name, instead)


_SHORT_ID = 5
"""From so many characters on an id is found inside of other words too."""
_SHORT_NAME = 3
"""Shorter words count with a capital only."""


def _word(word: str, *, capital: bool = False) -> str:
    """Return the pattern of one word of a name; what is a word too counts with a capital only."""
    if capital or word.casefold() in _ORDINARY or len(word) < _SHORT_NAME:
        forms = {word.capitalize(), word.upper(), *([] if word.islower() else [word])}
        return f"(?:{'|'.join(map(re.escape, sorted(forms)))})"
    return f"(?i:{re.escape(word)})"


def _alone(pattern: str, word: str, instead: str) -> Called:
    """Return a word that stands alone, or before the s of a genitive; scripts without case know no edges."""
    if any(c.isalpha() and c.lower() == c.upper() for c in word):
        return Called(len(word), pattern, instead)
    return Called(len(word), rf"(?<!\w){pattern}(?:'?s)?(?!\w)", instead)


def _spellings(name: str) -> list[str]:
    """Return a name as written, without its accents, and with two letters for each umlaut."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    spelt = name
    for letter, two in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue"), ("ß", "ss")):
        spelt = spelt.replace(letter, two)
    return sorted({told for told in (name, bare, spelt) if told})
