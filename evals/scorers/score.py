"""What a scorer says."""

from collections.abc import Sequence
from typing import NamedTuple

from plan import Frozen


class Score(Frozen):
    """One judgement of one answer."""

    name: str
    value: float
    """0 to 1."""
    passed: bool
    hard: bool
    """A hard scorer that does not pass fails the case, whatever the others say."""
    messages: tuple[str, ...] = ()
    """One line for each thing that is wrong: which step, what, and what would be right."""


class Check(NamedTuple):
    """One thing that must hold, and what to say where it does not."""

    holds: bool
    told: str


def scored(name: str, value: float, *, passed: bool, hard: bool, messages: tuple[str, ...] = ()) -> Score:
    """Return a score whose value is kept to four digits, so that it reads the same on every machine."""
    return Score(name=name, value=round(min(1.0, max(0.0, value)), 4), passed=passed, hard=hard, messages=messages)


def checked(name: str, checks: Sequence[Check], *, hard: bool) -> Score:
    """Return the share of checks that hold; all must. Where nothing was asked, nothing is wrong."""
    messages = tuple(check.told for check in checks if not check.holds)
    value = 1 - len(messages) / len(checks) if checks else 1.0
    return scored(name, value, passed=not messages, hard=hard, messages=messages)


def barred(name: str, value: float, least: float, told: str, *, hard: bool) -> Score:
    """Return a score that passes from `least` on, and says why where it does not; the kept digits decide."""
    score = scored(name, value, passed=True, hard=hard)
    return score if score.value >= least else score.model_copy(update={"passed": False, "messages": (told,)})
