"""What is to be done when; it belongs to the world and outlives every process."""

import heapq
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from oncourse.clock import VirtualClock

Deed = Callable[[], object]


class Agenda:
    """Deeds by their instants, in the order in which they were put down."""

    def __init__(self, clock: VirtualClock, drawn: random.Random) -> None:
        self._clock, self._drawn, self._count = clock, drawn, 0
        self._deeds: list[tuple[datetime, int, Deed]] = []

    def at(self, when: datetime, deed: Deed) -> None:
        """Have something done at an instant."""
        self._count += 1
        heapq.heappush(self._deeds, (when, self._count, deed))

    def within(self, deed: Deed, *, days: float = 0, hours: float = 0) -> None:
        """Have something done after about so long."""
        self.at(self.soon(days=days, hours=hours), deed)

    def soon(self, *, days: float = 0, hours: float = 0) -> datetime:
        """Return an instant after about so long."""
        minutes = (days * 24 + hours) * 60
        return self._clock.now() + timedelta(minutes=max(1, int(self._drawn.expovariate(1 / minutes))))

    def next_at(self) -> datetime | None:
        """Return when the next thing is to be done."""
        return self._deeds[0][0] if self._deeds else None

    def due(self) -> Deed | None:
        """Take the next thing that is to be done by now."""
        if self._deeds and self._deeds[0][0] <= self._clock.now():
            return heapq.heappop(self._deeds)[2]
        return None
