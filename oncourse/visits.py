"""What is agreed around visits: how often a worker looks, when it is taken for dead, what it ticks."""

from datetime import timedelta
from typing import NamedTuple, Protocol

from plan import OncourseError


class QueueError(OncourseError):
    """The queue cannot be used."""

    code = "engine"


class Pace(NamedTuple):
    """How often a worker looks, and when it takes another one for dead."""

    poll: timedelta = timedelta(seconds=0.25)
    silence: timedelta = timedelta(seconds=30)
    """After this without a word a worker is taken for dead; so long one that ends waits for its visits."""
    again: timedelta = timedelta(seconds=10)
    """After this a visit that was queued and changed nothing is queued anew."""
    keep: timedelta = timedelta(hours=1)
    """How long finished visits stay in the queue's database."""
    at_once: int = 8
    """Visits at the same time in one worker."""
    held: int = 32
    """Visits that a worker takes at most: the others wait in it, since the queue is asked only once a poll."""


class Ticker(Protocol):
    """One tenant's ticks."""

    def tick(self, target: str) -> str:
        """Run one tick of a target; return what was done."""
        ...

    def postpone(self, target: str) -> None:
        """Let a target that cannot be ticked now wait a while."""
        ...
