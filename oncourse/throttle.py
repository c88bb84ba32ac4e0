"""How many events a tenant may send a minute; each process counts for itself, in memory."""

from math import ceil

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from oncourse.clock import RealClock
from plan import OncourseError


class ThrottledError(OncourseError):
    """Too much came within a minute."""

    code = "too_many_events"

    def __init__(self, message: str, seconds: int) -> None:
        """Take after how many seconds there is room again."""
        super().__init__(message)
        self.seconds = seconds


class Throttle:
    """Lets so many through within any sixty seconds, tenant by tenant."""

    def __init__(self, per_minute: int) -> None:
        """Take the bound; 0 is none."""
        self._most = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._clock = RealClock()  # the library counts by the machine's clock

    def take(self, tenant_id: str) -> None:
        """Count one; raise ThrottledError where the minute has had its most."""
        if self._most is None or self._window.hit(self._most, tenant_id):
            return
        free_at, _ = self._window.get_window_stats(self._most, tenant_id)
        seconds = max(1, ceil(free_at - self._clock.now().timestamp()))
        raise ThrottledError(
            f"more than {self._most.amount} events within a minute (events_per_minute); send on in {seconds} s", seconds
        )
