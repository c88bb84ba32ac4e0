"""How pages say things: names of actions, money, days; nothing here decides anything."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oncourse.web.pages.tones import KINDS
from orchestrator import Coming, Next

_UNITS = ((1_000_000, "M"), (1_000, "k"))
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}


def phrase(name: str) -> str:
    """Return a name in capitals as words: REQUEST_RENEWAL_MEETING is Request renewal meeting."""
    return name.replace("_", " ").capitalize()


def money(minor: int, currency: str) -> str:
    """Return an amount of minor units, short: €1.24M, $860k, 12 CHF."""
    whole = minor / 100
    for size, letter in _UNITS:
        if whole >= size:
            digits = f"{whole / size:.2f}".rstrip("0").rstrip(".") if letter == "M" else f"{whole / size:.0f}"
            return _signed(f"{digits}{letter}", currency)
    return _signed(f"{whole:.0f}", currency)


def _signed(number: str, currency: str) -> str:
    return f"{_SIGNS[currency]}{number}" if currency in _SIGNS else f"{number} {currency}"


def day(at: datetime, zone: str) -> str:
    """Return a day in the tenant's zone: 22 Dec."""
    here = at.astimezone(ZoneInfo(zone))
    return f"{here.day} {here:%b}"


def days(span: timedelta) -> int:
    """Return whole days, towards the past where it is negative."""
    return span // timedelta(days=1)


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if abs(number) == 1 else f"{number} {noun}s"


def coming(one: Coming, now: datetime, zone: str) -> tuple[str, str]:
    """Return what comes next in two lines: what, and when or for whom it waits."""
    action = phrase(one.action_type) if one.action_type else ""
    if one.by in {Next.YOU, Next.SOMEBODY}:
        what = KINDS[one.what].format(action=action)
        left = "" if one.at is None else f"{count(days(one.at - now), 'day')} left for it"
        return what, left if one.by is Next.YOU else f"waits for somebody else · {left}"
    if one.by is Next.NOBODY:
        return phrase(one.what), ""
    at = "" if one.at is None else day(one.at, zone)
    told = {"runs": "in progress", "awaited": f"until {at}", "again": f"tries again {at}", "begins": f"from {at}"}
    if one.what == "evaluates":
        return "Looks at the objective", f"on {at}" if at else ""
    return (f"Waiting for the outcome of: {action}" if one.what == "awaited" else action), told[one.what]
