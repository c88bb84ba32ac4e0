"""Cursors: opaque to callers, the place behind which a page begins."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import Query

from oncourse.web.problems import ProblemError

Limit = Annotated[int, Query(ge=1, le=100, description="At most so many.")]
Cursor = Annotated[str | None, Query(max_length=400, description="The next_cursor of the page before.")]


def cursor_of(*place: str | int) -> str:
    """Return the cursor of a place."""
    return urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def place_of(cursor: str, *kinds: type) -> tuple[str | int, ...]:
    """Return the place that a cursor means; 422 where it is none."""
    try:
        found = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(found, list) and [type(part) for part in found] == list(kinds) and all(map(_sound, found)):
            return tuple(found)
    except ValueError:
        pass
    raise ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY, "bad_cursor", "this cursor is none of ours; begin again without one"
    )


def _sound(part: str | int) -> bool:
    """Tell whether a part of a place can be looked for: a position, or a plain text."""
    return part.isprintable() if isinstance(part, str) else 0 <= part < 2**53
