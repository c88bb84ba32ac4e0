"""Days as people write them on the command line."""

from datetime import date

from orchestrator import BadInputError

FIRST_YEAR, LAST_YEAR = 1970, 2200


def day_of(text: str) -> date:
    """Return a day; raise BadInputError for a text that is none, or one out of all proportion."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{text!r} is no day; write it as YYYY-MM-DD") from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadInputError(f"{text!r} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return found
