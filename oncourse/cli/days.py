"""Days and instants as people write them on the command line."""

from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from orchestrator import BadInputError
from store import Unit

FIRST_YEAR, LAST_YEAR = 1970, 2200
AsOf = Annotated[
    str, typer.Option("--as-of", help="As it stood then: a day (its end), or a time, the tenant's where it says none.")
]
_DAY = len("2026-03-31")


def day_of(text: str) -> date:
    """Return a day; raise BadInputError for a text that is none, or one out of all proportion."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{text!r} is no day; write it as YYYY-MM-DD") from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadInputError(f"{text!r} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return found


def instant_of(unit: Unit, text: str) -> datetime | None:
    """Return the instant that `--as-of` means, None where it was not given; raise BadInputError for what is none."""
    if not text:
        return None
    zone = ZoneInfo(unit.tenant().calendar.time_zone)
    if len(text) <= _DAY:
        return datetime.combine(day_of(text), time.max, zone).astimezone(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(
            f"{text!r} is no time; write 2026-03-31, 2026-03-31T09:00 or 2026-03-31T09:00+02:00"
        ) from error
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise BadInputError(f"{text!r} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
