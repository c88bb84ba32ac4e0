"""When people may be reached: quiet hours where they are, days off and blackouts where the tenant is."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gate.policy import Blackout, QuietHours
from plan import Calendar

PATIENCE = timedelta(days=60)
"""How far ahead an open instant is looked for."""
_UTC = ZoneInfo("UTC")


class Openings(NamedTuple):
    """What decides whether a message may leave at an instant."""

    quiet: QuietHours
    calendar: Calendar
    blackouts: tuple[Blackout, ...] = ()
    zones: tuple[str, ...] = ()
    """The time zones of all recipients, each of whom must be reachable."""

    def is_open(self, at: datetime) -> bool:
        """Tell whether an instant is a working day of the tenant and no quiet hour of any recipient."""
        return self._works(self.calendar.local_date(at)) and not any(self._sleeps(at, zone) for zone in self.zones)

    def first_open(self, at: datetime) -> datetime | None:
        """Return the first open instant at or after one; None where there is none within PATIENCE."""
        last = at + PATIENCE
        while at <= last:
            later = self._closed_until(at)
            if later is None:
                return at
            at = later
        return None

    def _works(self, day: date) -> bool:
        return self.calendar.is_business_day(day) and not any(b.first <= day <= b.last for b in self.blackouts)

    def _sleeps(self, at: datetime, zone: str) -> bool:
        return not self.quiet.ends <= at.astimezone(ZoneInfo(zone)).hour < self.quiet.starts

    def _closed_until(self, at: datetime) -> datetime | None:
        """Return an instant before which nothing is open any more; None where `at` itself is open."""
        day = self.calendar.local_date(at)
        if not self._works(day):
            return _shows(self.calendar.time_zone, day + timedelta(days=1), 0, after=at)
        return max((self._wakes(at, zone) for zone in self.zones if self._sleeps(at, zone)), default=None)

    def _wakes(self, at: datetime, zone: str) -> datetime:
        local = at.astimezone(ZoneInfo(zone))
        day = local.date() + timedelta(days=1 if local.hour >= self.quiet.starts else 0)
        return _shows(zone, day, self.quiet.ends, after=at)


def _shows(zone: str, day: date, hour: int, *, after: datetime) -> datetime:
    """Return when the clocks of a zone show an hour of a day; set back over it, they show it twice."""
    wall = datetime.combine(day, time(hour), ZoneInfo(zone))
    instants = (wall.replace(fold=fold).astimezone(_UTC) for fold in (0, 1))
    return next(instant for instant in instants if instant > after)


def zones_of(known: Iterable[str | None], calendar: Calendar) -> tuple[str, ...]:
    """Return the zones of the recipients, sorted; the tenant's where one is unknown or nobody is named."""
    return tuple(sorted({zone or calendar.time_zone for zone in known} or {calendar.time_zone}))
