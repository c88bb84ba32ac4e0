"""Clocks that several processes read: one that runs so many times as fast as the machine's, one that is set."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.house import MONDAY


class ScaledClock:
    """The domain's time: it began at an instant of the machine's and runs so many times as fast."""

    def __init__(self, began: datetime, scale: float) -> None:
        self._began, self._scale = began, scale

    def now(self) -> datetime:
        """Return the domain's present instant."""
        return MONDAY + (datetime.now(UTC) - self._began) * self._scale


class FileClock:
    """The domain's time stands in a file: one process sets it, all others read it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """Return the instant that was set last."""
        return datetime.fromisoformat(self._path.read_text())

    def set(self, at: datetime) -> None:
        """Move to an instant, in one piece."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(at.isoformat())
        fresh.replace(self._path)


class Tide:
    """Lets time pass as fast as the workers keep up, so that a busy machine loses no plan to its dates."""

    def __init__(self, clock: FileClock, a_second: timedelta, crowd: int) -> None:
        """Take how much time passes in a second of the machine while nothing waits, and how many due are a crowd."""
        self._clock, self._a_second, self._crowd = clock, a_second, crowd

    def pass_by(self, seconds: float, due: int) -> None:
        """Let as much time pass as so many seconds bring while so many targets are due: little in a crowd."""
        share = max(1 - due / self._crowd, 0.02)
        self._clock.set(self._clock.now() + self._a_second * min(seconds, 0.3) * share)
