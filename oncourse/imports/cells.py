"""Read one cell: text to value, or a sentence that says what is wrong with it."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from typing import Any

from plan import INT_BOUND, find_spec, minor_digits

FIRST_YEAR, LAST_YEAR = 1900, 8999
"""As in every value of the vocabulary; what lies outside is a slip."""
_SHOWN = 40
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
Parser = Callable[[str], Any]


class BadCellError(ValueError):
    """A cell does not hold what its column asks for."""


def shown(cell: str) -> str:
    """Return a cell as a sentence quotes it: its beginning, where it is long."""
    return repr(cell if len(cell) <= _SHOWN else cell[:_SHOWN] + "...")


def text(cell: str) -> str:
    """Return the text in composed form (NFC)."""
    return unicodedata.normalize("NFC", cell)


def flag(cell: str) -> bool:
    """Read true/false, yes/no or 1/0."""
    word = cell.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadCellError(f"{shown(cell)} is neither true nor false")


def day(cell: str) -> date:
    """Read an ISO day."""
    try:
        found = date.fromisoformat(cell)
    except ValueError as error:
        raise BadCellError(f"{shown(cell)} is no day; write YYYY-MM-DD") from error
    _check_year(cell, found.year)
    return found


def days(cell: str) -> tuple[date, ...]:
    """Read ISO days separated by `|`."""
    return tuple(day(part) for part in listing(cell))


def instant(cell: str) -> datetime:
    """Read an ISO instant; one without a zone is refused, since it could mean any of two dozen instants."""
    try:
        found = datetime.fromisoformat(cell)
    except ValueError as error:
        raise BadCellError(f"{shown(cell)} is no time; write 2026-03-02T09:00:00+01:00") from error
    if found.tzinfo is None:
        raise BadCellError(f"{shown(cell)} has no time zone; write 2026-03-02T09:00:00+01:00 or ...Z")
    _check_year(cell, found.year)
    return found.astimezone(UTC)


def _check_year(cell: str, year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadCellError(f"{shown(cell)} lies outside the years {FIRST_YEAR} to {LAST_YEAR}; correct it")


def whole(cell: str) -> int:
    """Read a whole number in plain digits."""
    try:
        found = int(cell if cell.isascii() and "_" not in cell else "")
    except ValueError as error:
        raise BadCellError(f"{shown(cell)} is no whole number") from error
    if abs(found) >= INT_BOUND:
        raise BadCellError(f"{shown(cell)} is too large")
    return found


def action(cell: str) -> str:
    """Read an action of the catalogue, in any case."""
    if find_spec(cell.upper()) is None:
        raise BadCellError(f"{shown(cell)} is no action of the catalogue; leave it empty where it was none of ours")
    return cell.upper()


def listing(cell: str) -> tuple[str, ...]:
    """Read texts separated by `|`."""
    return tuple(part.strip() for part in text(cell).split("|") if part.strip())


def upper(cell: str) -> str:
    """Read a word of a closed list, in any case."""
    return cell.upper()


def minor(amount: str, currency: str) -> int:
    """Turn an amount in major units into minor units, exactly."""
    try:
        value = Decimal(amount if amount.isascii() and "_" not in amount else "")
    except InvalidOperation as error:
        raise BadCellError(f"{shown(amount)} is no amount; write 120000.00") from error
    if not value.is_finite():
        raise BadCellError(f"{shown(amount)} is no amount; write 120000.00")
    if value < 0:
        raise BadCellError(f"{shown(amount)} is below zero")
    digits = minor_digits(currency)
    if value >= INT_BOUND // 10**digits:
        raise BadCellError(f"{shown(amount)} is too large")
    try:
        with localcontext(Context(traps=[Inexact])):
            exact = value.quantize(Decimal((0, (1,), -digits)))
    except Inexact as error:
        told = f"{shown(amount)} has more digits after the point than {currency} knows ({digits})"
        raise BadCellError(told) from error
    return int(exact.scaleb(digits))
