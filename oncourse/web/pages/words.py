"""How pages say things: names of actions, money, days; nothing here decides anything."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from oncourse.web.pages.tones import KINDS
from orchestrator import Coming, Next
from plan import Difference

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


_FIELDS = {"not_before": "Begins", "due_by": "Due", "depends_on": "Waits for", "expires_at": "Ends"}


def changed(one: Difference) -> str:
    """Return one change of a step in a few words: Due 2026-03-09 17:00, was 2026-03-05 17:00."""
    name = _FIELDS.get(one.field, one.field.replace("_", " ").capitalize())
    long = len(one.before) + len(one.after) > _TAG
    return f"{name} changed" if long else f"{name} {one.after}, was {one.before}"


def difference(one: Mapping[str, str]) -> str:
    """Return one difference between two revisions as a sentence."""
    what = phrase(one["action_type"]) if one.get("action_type") else "The plan"
    name = _FIELDS.get(one["field"], one["field"].replace("_", " "))
    if one["change"] == "new":
        return f"{what} is new"
    if one["change"] == "removed":
        return f"{what} was removed" + (f": {one['reason']}" if one.get("reason") else "")
    values = f": {one['before']} became {one['after']}" if one["before"] or one["after"] else ""
    return f"{what}: {name.lower()} changed{values}"


def listed(value: object) -> str:
    """Return a parameter as a reader meets it."""
    if isinstance(value, list | tuple):
        return ", ".join(listed(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')}: {listed(one)}" for name, one in value.items())
    return "yes" if value is True else "no" if value is False else str(value)


_TAG = 40
"""Letters of a change that still fit a tag."""


class Typed(NamedTuple):
    """What was typed into a form that was refused: it stays."""

    act: str = ""
    reason: str = ""
    text: str = ""
    to: str = ""
    found: str = ""
    step: str = ""
    """The step that the form was about."""


class Told(NamedTuple):
    """What a page says was done just now, and about what."""

    done: str = ""
    of: UUID | None = None
    of_step: UUID | None = None

    @property
    def sentence(self) -> str:
        """Return it in words; nothing for what no form of ours does."""
        return DONE.get(self.done, "")

    @property
    def undo(self) -> str:
        """Return where it can be taken back; nothing where it cannot."""
        if self.of is None or self.done not in {"approve", "approve-step"}:
            return ""
        step = f"/steps/{self.of_step}" if self.of_step else ""
        return f"/plans/{self.of}{step}/withdraw"


DONE: dict[str, str] = {
    "approve": "Approved. It starts in ten seconds.",
    "endorse": "Your approval counts; it takes one more person.",
    "send-back": "Sent back with your reason.",
    "reject": "Rejected: the draft is closed.",
    "withdraw": "Taken back: it waits for a decision again.",
    "edit": "Edited: a new revision, judged anew.",
    "pause": "Paused: nothing new starts.",
    "resume": "Resumed.",
    "abort": "Ended.",
    "reopen": "Reopened as a draft.",
    "transfer": "Handed over.",
    "accept": "It is yours now.",
    "approve-step": "Approved. It leaves in ten seconds.",
    "reject-step": "Refused: the step is skipped.",
    "skip": "Skipped.",
    "retry": "It is tried again.",
    "reconcile": "Noted what became of it.",
    "outcome": "Outcome recorded.",
}
"""What a page says after a decision, by the name of its form."""
