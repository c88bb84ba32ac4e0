"""What goes wrong, how often, and how often it did."""

import random
from collections import Counter


class Death(BaseException):
    """The process dies here; no code catches it."""


RATES: dict[str, float] = {
    # at a commit that writes, or on a side of a call
    "crash before a commit": 0.006,
    "crash after a commit": 0.006,
    "crash before a call": 0.03,
    "crash after a call": 0.04,
    # between two transactions of one process
    "another worker steps in": 0.004,
    "a person steps in": 0.006,
    "the process stands still": 0.003,
    # what carries the steps out
    "call lost": 0.06,
    "answer lost": 0.06,
    "turned away": 0.05,
    "refused": 0.03,
    "frozen before the call": 0.02,
    "frozen after the call": 0.03,
    "a person steps in during a call": 0.08,
    "asked in vain": 0.2,
    # what comes back
    "outcome late": 0.15,
    "outcome out of order": 0.06,
    "outcome twice": 0.12,
    "outcome repeated under another name": 0.08,
    "outcome that nobody knows": 0.03,
    "silence": 0.12,
    "bad outcome": 0.2,
    "event delivered again": 0.1,
    # time
    "clock jumps": 0.02,
}
"""Chance of each where it could happen."""
WHIMS = frozenset({"a person steps in", "silence", "bad outcome"})
"""Come no oftener in harsh lives, or no plan would get anywhere."""
MOST = 0.5
"""However harsh a life is, every other time all goes well."""


class Faults:
    """Draws from a seed when each kind of fault strikes, and counts what happened.

    Of every so many occasions as its rate says, one is drawn: each kind strikes early enough to be seen in a short life.
    """

    def __init__(self, seed: str, harsh: float = 1) -> None:
        """Take how many times as often as usual things go wrong."""
        self._drawn = {kind: random.Random(f"{seed}/{kind}") for kind in RATES}
        self._blocks = {
            kind: round(1 / min(rate * (1 if kind in WHIMS else harsh), MOST)) for kind, rate in RATES.items()
        }
        self._ahead = {kind: self._next(kind) for kind in RATES}
        self.happened: Counter[str] = Counter()
        self.on = False
        """Nothing goes wrong before the tenant is founded, or once everything is to come to its end."""

    def strikes(self, kind: str) -> bool:
        """Tell whether this goes wrong now."""
        if not self.on:
            return False
        if not self._ahead[kind]:
            self._ahead[kind] = self._next(kind)
        struck = self._ahead[kind].pop()
        if struck:
            self.happened[kind] += 1
        return struck

    def _next(self, kind: str) -> list[bool]:
        ahead = [False] * self._blocks[kind]
        ahead[self._drawn[kind].randrange(len(ahead))] = True
        return ahead
