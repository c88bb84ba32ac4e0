"""The origins of logs: opaque names, which say nothing of whose log it is."""

from collections.abc import Callable
from hashlib import sha256

_LETTERS = 32


def new_origin(chance: Callable[[], bytes]) -> str:
    """Return a name that no other log has."""
    return f"oncourse.log/{sha256(chance()).hexdigest()[:_LETTERS]}/1"


def next_origin(origin: str) -> str:
    """Return the name under which a log goes on that was put back to an older state."""
    name, _, number = origin.rpartition("/")
    return f"{name}/{int(number) + 1}" if name and number.isdigit() else f"{origin}/2"
