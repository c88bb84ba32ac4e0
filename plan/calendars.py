"""Time as a tenant lives it: its days, business days, and the deadline thirty days before a renewal."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainSerializer

from plan.scalars import Frozen

DEADLINE_DAYS = 30
"""The day counted back from the renewal date by which a defence must have won (the source says day -30)."""


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is no IANA time zone; use a name such as Europe/Berlin") from error
    return value


def _sorted_days(value: frozenset[date]) -> list[str]:
    return sorted(day.isoformat() for day in value)


Zone = Annotated[str, AfterValidator(_zone)]
"""An IANA time zone name; its rules come from the pinned tzdata package."""
Holidays = Annotated[frozenset[date], PlainSerializer(_sorted_days, return_type=list[str])]


class Calendar(Frozen):
    """A tenant's time zone, working week (Monday is 0) and holidays."""

    time_zone: Zone = "UTC"
    weekdays: Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(min_length=1, max_length=7)] = (
        0,
        1,
        2,
        3,
        4,
    )
    holidays: Holidays = frozenset()

    def local_date(self, at: datetime) -> date:
        """Return the tenant's calendar day of an instant."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def start_of(self, day: date) -> datetime:
        """Return the first instant of a tenant's day, in UTC."""
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """Return the last microsecond of a tenant's day, in UTC; right over DST changes and leap days."""
        return self.start_of(day + timedelta(days=1)) - timedelta(microseconds=1)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """Return a wall-clock time of a tenant's day, in UTC."""
        return datetime.combine(day, time(hour, minute), ZoneInfo(self.time_zone)).astimezone(UTC)

    def is_business_day(self, day: date) -> bool:
        """Tell whether the tenant works on this day."""
        return day.weekday() in self.weekdays and day not in self.holidays

    def after(self, at: datetime, duration: timedelta) -> datetime:
        """Return when a duration has passed: whole days keep the wall-clock time over DST changes, hours are hours."""
        whole = timedelta(days=duration.days)
        local = at.astimezone(ZoneInfo(self.time_zone)) + whole
        return local.astimezone(UTC) + (duration - whole)

    def working_day(self, day: date) -> date:
        """Return the day itself where the tenant works on it, else the next one on which it does."""
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day

    def add_business_days(self, at: datetime, days: int) -> datetime:
        """Move by business days (negative: back), keeping the wall-clock time; zero days returns `at` itself."""
        local = at.astimezone(ZoneInfo(self.time_zone))
        step = timedelta(days=1 if days > 0 else -1)
        left = abs(days)
        day = local.date()
        while left:
            day += step
            left -= self.is_business_day(day)
        moved = datetime.combine(day, local.time(), ZoneInfo(self.time_zone))
        return moved.astimezone(UTC)


def deadline(renews_on: date, calendar: Calendar) -> datetime:
    """Return the end of day -30 before a renewal date in the tenant's time zone; that instant still counts."""
    return calendar.end_of(renews_on - timedelta(days=DEADLINE_DAYS))


def days_between(earlier: date, later: date) -> int:
    """Return whole calendar days from one day to another; negative when it has passed."""
    return (later - earlier).days
