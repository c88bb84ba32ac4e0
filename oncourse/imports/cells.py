"""Read one cell: text to value, or a sentence that says what is wrong with it."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from plan import minor_digits

_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
Parser = Callable[[str], Any]


class BadCellError(ValueError):
    """A cell does not hold what its column asks for."""


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
    raise BadCellError(f"{cell!r} is neither true nor false")


def day(cell: str) -> date:
    """Read an ISO day."""
    try:
        return date.fromisoformat(cell)
    except ValueError as error:
        raise BadCellError(f"{cell!r} is no day; write YYYY-MM-DD") from error


def instant(cell: str) -> datetime:
    """Read an ISO instant; one without a zone is refused, since it could mean any of two dozen instants."""
    try:
        found = datetime.fromisoformat(cell)
    except ValueError as error:
        raise BadCellError(f"{cell!r} is no time; write 2026-03-02T09:00:00+01:00") from error
    if found.tzinfo is None:
        raise BadCellError(f"{cell!r} has no time zone; write 2026-03-02T09:00:00+01:00 or ...Z")
    return found.astimezone(UTC)


def whole(cell: str) -> int:
    """Read a whole number."""
    try:
        return int(cell)
    except ValueError as error:
        raise BadCellError(f"{cell!r} is no whole number") from error


def listing(cell: str) -> tuple[str, ...]:
    """Read texts separated by `|`."""
    return tuple(part.strip() for part in text(cell).split("|") if part.strip())


def upper(cell: str) -> str:
    """Read a word of a closed list, in any case."""
    return cell.upper()


def minor(amount: str, currency: str) -> int:
    """Turn an amount in major units into minor units, exactly."""
    try:
        value = Decimal(amount if amount.isascii() else "")
    except InvalidOperation as error:
        raise BadCellError(f"{amount!r} is no amount; write 120000.00") from error
    if not value.is_finite():
        raise BadCellError(f"{amount!r} is no amount; write 120000.00")
    digits = minor_digits(currency)
    scaled = value.scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise BadCellError(f"{amount!r} has more digits after the point than {currency} knows ({digits})")
    if scaled < 0:
        raise BadCellError(f"{amount!r} is below zero")
    return int(scaled)
