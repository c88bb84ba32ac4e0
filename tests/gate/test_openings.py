"""When a message may leave: to the hour, over nights, days off, blackouts and clocks that change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gate.policy import Blackout, QuietHours
from gate.rules.openings import Openings, zones_of
from plan import Calendar

BERLIN, NEW_YORK, TOKYO = "Europe/Berlin", "America/New_York", "Asia/Tokyo"
ALWAYS = tuple(range(7))
"""A working week without an end."""
SECOND = timedelta(seconds=1)


def opened(*zones, home="UTC", quiet=(20, 8), weekdays=(0, 1, 2, 3, 4), dark=(), holidays=()):
    starts, ends = quiet
    calendar = Calendar(time_zone=home, weekdays=weekdays, holidays=frozenset(holidays))
    blackouts = tuple(Blackout(first=first, last=last, why="closed") for first, last in dark)
    return Openings(QuietHours(starts=starts, ends=ends), calendar, blackouts, zones or (home,))


def march(day, hour=0, minute=0, second=0):
    """An instant of March 2026, whose second is a Monday."""
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        (march(2, 7, 59, 59), march(2, 8)),
        (march(2, 8), march(2, 8)),
        (march(2, 19, 59, 59), march(2, 19, 59, 59)),
        (march(2, 20), march(3, 8)),
        (march(2, 23, 59, 59), march(3, 8)),
        (march(3), march(3, 8)),
        (march(6, 20), march(9, 8)),
        (march(7, 12), march(9, 8)),
        (march(8, 12), march(9, 8)),
    ],
)
def test_a_message_waits_for_the_morning_of_a_working_day(asked, first):
    assert opened().first_open(asked) == first
    assert opened().is_open(asked) is (first == asked)


def test_a_day_off_is_not_worked_on_though_it_is_in_the_week():
    tuesday = march(3, 12)
    assert not opened(holidays=[date(2026, 3, 3)]).is_open(tuesday)
    assert opened(holidays=[date(2026, 3, 3)]).first_open(tuesday) == march(4, 8)


@pytest.mark.parametrize(("day", "first"), [(2, 2), (3, 6), (5, 6), (6, 6)])
def test_a_blackout_holds_from_its_first_day_to_its_last(day, first):
    closed = opened(dark=[(date(2026, 3, 3), date(2026, 3, 5))])
    assert closed.first_open(march(day, 8)) == march(first, 8)


def test_every_recipient_is_awake_or_nobody_is_written_to():
    both = opened(BERLIN, NEW_YORK)
    assert not both.is_open(march(2, 12))  # 13:00 in Berlin, 07:00 in New York
    assert both.is_open(march(2, 13))  # 14:00 and 08:00
    assert not both.is_open(march(2, 19))  # 20:00 and 14:00


def test_the_last_of_those_who_sleep_decides():
    """At 06:00 UTC it is 07:00 in Berlin and 01:00 in New York, which wakes at 13:00 UTC."""
    assert opened(BERLIN, NEW_YORK).first_open(march(2, 6)) == march(2, 13)


def test_where_recipients_are_never_awake_together_nothing_opens():
    assert opened(TOKYO, NEW_YORK, quiet=(17, 9)).first_open(march(2)) is None


def test_the_day_is_the_tenants_and_the_night_the_recipients():
    """Sunday evening in New York is Monday morning in Tokyo: the tenant there works."""
    sunday_evening = march(2, 0)
    assert opened(TOKYO, home=TOKYO).is_open(sunday_evening)
    assert not opened(TOKYO, home=NEW_YORK).is_open(sunday_evening)
    assert opened(TOKYO, home=NEW_YORK, weekdays=ALWAYS).is_open(sunday_evening)


@pytest.mark.parametrize(("minutes", "found"), [(0, True), (1, False)])
def test_what_opens_in_sixty_days_is_found_and_a_minute_later_it_is_not(minutes, found):
    closed = opened(weekdays=ALWAYS, dark=[(date(2026, 3, 2), date(2026, 4, 30))])
    first = datetime(2026, 5, 1, 8, tzinfo=UTC)
    asked = march(2, 8) - timedelta(minutes=minutes)
    assert first - asked == timedelta(days=60, minutes=minutes)
    assert closed.first_open(asked) == (first if found else None)


def test_a_night_ends_at_the_hour_that_the_clocks_show_when_they_change():
    forward = opened(BERLIN, weekdays=ALWAYS)
    assert forward.first_open(datetime(2026, 3, 28, 22, tzinfo=UTC)) == datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert forward.first_open(datetime(2026, 10, 24, 22, tzinfo=UTC)) == datetime(2026, 10, 25, 7, tzinfo=UTC)


def test_a_night_that_ends_in_an_hour_that_comes_twice_ends_twice():
    """In New York 01:00 to 02:00 comes twice on 1 November 2026, from 05:00 and from 06:00 UTC; 02:00 comes once."""
    new_york = opened(NEW_YORK, quiet=(23, 1), weekdays=ALWAYS)
    assert new_york.first_open(datetime(2026, 11, 1, 4, 30, tzinfo=UTC)) == datetime(2026, 11, 1, 5, tzinfo=UTC)
    until_two = opened(NEW_YORK, quiet=(23, 2), weekdays=ALWAYS)
    assert until_two.first_open(datetime(2026, 11, 1, 5, 30, tzinfo=UTC)) == datetime(2026, 11, 1, 7, tzinfo=UTC)


def test_a_night_that_clocks_set_back_bring_again_ends_again():
    """In Lord Howe 01:30 to 02:00 comes twice on 5 April 2026; a night until 02:00 goes on for half an hour more."""
    lord_howe = opened("Australia/Lord_Howe", quiet=(20, 2), weekdays=ALWAYS)
    back = datetime(2026, 4, 4, 15, tzinfo=UTC)  # 02:00 becomes 01:30
    assert not lord_howe.is_open(back - SECOND)
    assert not lord_howe.is_open(back)
    assert lord_howe.first_open(back - timedelta(hours=1)) == back + timedelta(minutes=30)
    assert lord_howe.first_open(back) == back + timedelta(minutes=30)


def test_a_day_off_that_clocks_set_back_bring_again_ends_again():
    """In St John's 7 November 2010 had a minute before the clocks went back to 23:01 of the day before."""
    st_johns = opened("UTC", home="America/St_Johns", weekdays=(6,), quiet=(23, 1))
    again = datetime(2010, 11, 7, 3, tzinfo=UTC)  # 23:30 of Saturday, for the second time
    assert st_johns.first_open(again) == datetime(2010, 11, 7, 3, 30, tzinfo=UTC)


def test_the_zones_are_those_of_the_recipients_and_the_tenants_where_one_is_unknown():
    calendar = Calendar(time_zone=BERLIN)
    assert zones_of([], calendar) == (BERLIN,)
    assert zones_of([None], calendar) == (BERLIN,)
    assert zones_of([TOKYO, NEW_YORK, TOKYO], calendar) == (NEW_YORK, TOKYO)
    assert zones_of([TOKYO, None], calendar) == (TOKYO, BERLIN)
