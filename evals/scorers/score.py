"""What a scorer says."""

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


def scored(name: str, value: float, *, passed: bool, hard: bool, messages: tuple[str, ...] = ()) -> Score:
    """Return a score whose value is kept to four digits, so that it reads the same on every machine."""
    return Score(name=name, value=round(min(1.0, max(0.0, value)), 4), passed=passed, hard=hard, messages=messages)
