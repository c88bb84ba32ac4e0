"""Measure pieces of work beside each other, so that a busy machine slows all of them alike."""

import time
from collections.abc import Callable, Mapping

ROUND = 0.02
"""CPU seconds of one piece of work in one round, about."""


def beside(works: Mapping[str, Callable[[], object]], *, seconds: float = 3.0) -> dict[str, float]:
    """Return the least CPU seconds of one call of each; rounds take turns for about so long (0: one call each)."""
    took = {name: _once(work, 1) for name, work in works.items()}
    least = dict(took)
    if seconds:
        least = {name: min(_once(work, 1) for _ in range(3)) for name, work in works.items()}
    rounds = int(seconds / ROUND / len(works))
    for _ in range(rounds):
        for name, work in works.items():
            times = max(1, int(ROUND / least[name]))
            least[name] = min(least[name], _once(work, times))
    return least


def _once(work: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return max((time.process_time() - start) / times, 1e-9)


def line(what: str, figure: str, *beside_it: str) -> str:
    """Return one line of the report: what, its figure, and what stands beside it."""
    return f"{what:<58}{figure:>20}   {'; '.join(beside_it)}".rstrip()


def microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} us"
