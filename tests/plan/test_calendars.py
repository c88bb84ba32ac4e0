"""Days as a tenant lives them: zones, leap days, summer time, business days, day -30."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from plan import DEADLINE_DAYS, Calendar, days_between, deadline

TICK = timedelta(microseconds=1)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/Los_Angeles",
    "Pacific/Auckland",
    "Asia/Kolkata",
    "America/St_Johns",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Beirut",
]
"""Whole and half hours, both hemispheres, and zones whose clocks change at midnight."""


@pytest.mark.parametrize(
    ("zone", "renews_on", "last"),
    [
        ("UTC", date(2026, 6, 1), "2026-05-02T23:59:59.999999+00:00"),
        ("Europe/Berlin", date(2026, 6, 1), "2026-05-02T21:59:59.999999+00:00"),
        ("America/Los_Angeles", date(2026, 6, 1), "2026-05-03T06:59:59.999999+00:00"),
        ("Pacific/Auckland", date(2026, 6, 1), "2026-05-02T11:59:59.999999+00:00"),
        # leap years: a renewal on or just after 29 February
        ("UTC", date(2028, 2, 29), "2028-01-30T23:59:59.999999+00:00"),
        ("UTC", date(2028, 3, 30), "2028-02-29T23:59:59.999999+00:00"),
        ("UTC", date(2027, 3, 30), "2027-02-28T23:59:59.999999+00:00"),
        ("Pacific/Auckland", date(2028, 3, 30), "2028-02-29T10:59:59.999999+00:00"),
        # day -30 is the day on which the clocks change: 23 hours long, then 25
        ("Europe/Berlin", date(2026, 4, 28), "2026-03-29T21:59:59.999999+00:00"),
        ("Europe/Berlin", date(2026, 11, 24), "2026-10-25T22:59:59.999999+00:00"),
        ("America/Los_Angeles", date(2026, 4, 7), "2026-03-09T06:59:59.999999+00:00"),
        ("America/Los_Angeles", date(2026, 12, 1), "2026-11-02T07:59:59.999999+00:00"),
        ("Pacific/Auckland", date(2026, 5, 5), "2026-04-05T11:59:59.999999+00:00"),
        ("Pacific/Auckland", date(2026, 10, 27), "2026-09-27T10:59:59.999999+00:00"),
    ],
)
def test_the_deadline_is_the_last_microsecond_of_day_minus_thirty(zone, renews_on, last):
    assert deadline(renews_on, Calendar(time_zone=zone)) == datetime.fromisoformat(last)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(ZONES))
def test_the_deadline_belongs_to_day_minus_thirty_and_the_next_microsecond_does_not(renews_on, zone):
    calendar = Calendar(time_zone=zone)
    last = deadline(renews_on, calendar)
    assert days_between(calendar.local_date(last), renews_on) == DEADLINE_DAYS
    assert days_between(calendar.local_date(last + TICK), renews_on) == DEADLINE_DAYS - 1
    assert last.tzinfo is UTC


@given(st.dates(date(2000, 1, 1), date(2099, 12, 30)), st.sampled_from(ZONES))
def test_days_follow_each_other_without_gap_or_overlap(day, zone):
    calendar = Calendar(time_zone=zone)
    assert calendar.end_of(day) + TICK == calendar.start_of(day + timedelta(days=1))
    assert calendar.local_date(calendar.start_of(day)) == day
    length = calendar.end_of(day) + TICK - calendar.start_of(day)
    assert timedelta(hours=23) <= length <= timedelta(hours=25)


def test_the_day_on_which_clocks_change_is_shorter_or_longer():
    berlin = Calendar(time_zone="Europe/Berlin")
    assert berlin.end_of(date(2026, 3, 29)) + TICK - berlin.start_of(date(2026, 3, 29)) == timedelta(hours=23)
    assert berlin.end_of(date(2026, 10, 25)) + TICK - berlin.start_of(date(2026, 10, 25)) == timedelta(hours=25)


def test_wall_clock_times_are_the_tenants():
    assert Calendar(time_zone="Pacific/Auckland").at(date(2026, 1, 12), 9, 30) == datetime(
        2026, 1, 11, 20, 30, tzinfo=UTC
    )
    assert Calendar(time_zone="America/Los_Angeles").local_date(datetime(2026, 1, 12, 7, 59, tzinfo=UTC)) == date(
        2026, 1, 11
    )


def test_business_days_skip_weekends_and_holidays_and_keep_the_wall_clock():
    berlin = Calendar(time_zone="Europe/Berlin", holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6)}))
    friday = berlin.at(date(2026, 3, 27), 9)
    assert berlin.add_business_days(friday, 1) == berlin.at(date(2026, 3, 30), 9)
    assert berlin.add_business_days(friday, 5) == berlin.at(date(2026, 4, 7), 9)
    assert berlin.add_business_days(berlin.at(date(2026, 4, 7), 9), -5) == friday
    assert berlin.add_business_days(friday, 0) == friday


def test_a_working_day_is_the_day_itself_or_the_next_one_worked():
    berlin = Calendar(time_zone="Europe/Berlin", holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6)}))
    assert berlin.working_day(date(2026, 4, 2)) == date(2026, 4, 2)
    assert berlin.working_day(date(2026, 4, 3)) == date(2026, 4, 7)


def test_another_working_week_counts_other_days():
    sunday_to_thursday = Calendar(time_zone="Asia/Riyadh", weekdays=(6, 0, 1, 2, 3))
    thursday = sunday_to_thursday.at(date(2026, 1, 15), 9)
    assert sunday_to_thursday.add_business_days(thursday, 1) == sunday_to_thursday.at(date(2026, 1, 18), 9)
    assert not sunday_to_thursday.is_business_day(date(2026, 1, 16))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)), st.integers(-40, 40), st.sampled_from(ZONES))
def test_moving_by_business_days_lands_on_one(at, days, zone):
    calendar = Calendar(time_zone=zone)
    moved = calendar.add_business_days(at.replace(tzinfo=UTC), days)
    if days:
        assert calendar.is_business_day(moved.astimezone(ZoneInfo(zone)).date())
        assert (moved > at.replace(tzinfo=UTC)) == (days > 0)
    else:
        assert moved == at.replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "europe/nowhere"])
def test_an_unknown_time_zone_is_refused(zone):
    with pytest.raises(ValidationError, match="is no IANA time zone"):
        Calendar(time_zone=zone)


def test_a_working_week_needs_a_working_day():
    for weekdays in ((), (7,), (-1, 0)):
        with pytest.raises(ValidationError, match="weekdays"):
            Calendar(weekdays=weekdays)


def test_days_between_counts_calendar_days():
    assert days_between(date(2028, 2, 28), date(2028, 3, 1)) == 2
    assert days_between(date(2026, 3, 1), date(2026, 2, 28)) == -1
