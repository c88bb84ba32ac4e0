"""Let tenants live under faults and look at every promise: `python -m tests.simulation [SEED ...] [FIRST-LAST ...]`.

`--years N` goes on with one seed after another until the plans have lived so long. The same seed replays exactly.

A plan-year is a year between a plan's creation and its end: the lives of all plans together, those that run side by
side each counted, most of it spent waiting. What happened in it is told beside it as ticks and entries.
"""

import argparse
import itertools
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.faults import RATES
from tests.simulation.life import Size, Told, live

KEPT = Path(__file__).with_name("kept_seeds")
FEW = (1, 2, 3)


def kept_seeds() -> list[int]:
    """Return the seeds that once failed."""
    lines = (line.partition("#")[0].strip() for line in KEPT.read_text("utf-8").splitlines())
    return [int(line) for line in lines if line]


def seeds_of(words: Iterable[str]) -> list[int]:
    """Return the seeds that are named, singly or as FIRST-LAST."""
    found: list[int] = []
    for word in words:
        first, _, last = word.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def run_all(seeds: Iterable[int], size: Size, jobs: int, years: float | None) -> Iterator[tuple[Told, float]]:
    """Let seeds live side by side; with `years`, no further one begins once the plans have lived so long."""
    source, lived = iter(seeds), 0.0
    with ProcessPoolExecutor(jobs, mp_context=get_context("forkserver"), max_tasks_per_child=20) as pool:
        running: set[Future[tuple[Told, float]]] = set()
        while True:
            while len(running) < jobs and (years is None or lived < years):
                seed = next(source, None)
                if seed is None:
                    break
                running.add(pool.submit(live, seed, size))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                told, cpu = future.result()
                lived += told.years
                yield told, cpu


class Total:
    """What all seeds came to together."""

    def __init__(self) -> None:
        self.seeds = self.plans = self.ticks = self.entries = 0
        self.years = self.cpu = 0.0
        self.broken: list[Told] = []
        self.faults, self.deeds, self.types, self.endings, self.points = (Counter[str]() for _ in range(5))

    def add(self, told: Told, cpu: float) -> None:
        """Count one more seed."""
        self.seeds, self.plans, self.ticks = self.seeds + 1, self.plans + told.plans, self.ticks + told.ticks
        self.entries, self.years, self.cpu = self.entries + told.entries, self.years + told.years, self.cpu + cpu
        if told.finding:
            self.broken.append(told)
        for mine, theirs in (
            (self.faults, told.faults),
            (self.deeds, told.deeds),
            (self.types, told.types),
            (self.endings, told.endings),
            (self.points, told.points),
        ):
            mine.update(theirs)

    def lines(self, seconds: float) -> Iterator[str]:
        """Yield what happened how often, what never did, and the figures."""
        yield _counted("faults", self.faults)
        yield _counted("people", self.deeds)
        yield _counted("endings", self.endings)
        yield _counted("plan entries", {n: c for n, c in self.types.items() if n.startswith("plan.")})
        yield _counted("step entries", {n: c for n, c in self.types.items() if n.startswith("step.")})
        never = [kind for kind in RATES if not self.faults[kind]]
        yield f"faults that never happened: {', '.join(never) or 'none'}"
        crashes = sum(count for kind, count in self.faults.items() if kind.startswith("crash"))
        yield f"{crashes} crashes at {len(self.points)} different points"
        yield (
            f"simulation: {self.seeds} seeds, {self.plans:,} plans, {self.years:,.1f} plan-years, {self.ticks:,} ticks, "
            f"{self.entries:,} entries ({self.ticks / max(self.years, 0.001):,.0f} ticks a plan-year, a year between a "
            f"plan's creation and its end), {crashes:,} crashes, {sum(self.faults.values()):,} faults of "
            f"{sum(1 for c in self.faults.values() if c)} of {len(RATES)} kinds, {len(self.broken)} violations, "
            f"{seconds:,.0f} s ({60 * self.years / max(self.cpu, 0.001):.1f} plan-years a core-minute)"
        )


def _counted(name: str, counts: dict[str, int]) -> str:
    return f"{name}: " + ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items(), key=lambda c: -c[1]))


def main(words: list[str]) -> int:
    """Run the named seeds, or a few and those that once failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="whole tenants under faults")
    parser.add_argument("seeds", nargs="*", help="seeds, singly or as FIRST-LAST; without any: a few and the kept ones")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes side by side (all cores)")
    parser.add_argument("--years", type=float, help="go on with seeds from the first one until so many plan-years")
    parser.add_argument("--accounts", type=int, default=Size().accounts)
    parser.add_argument("--days", type=int, default=Size().days)
    parser.add_argument("--harsh", type=float, default=Size().harsh, help="how many times as often things go wrong")
    asked = parser.parse_args(words)
    seeds: Iterable[int] = seeds_of(asked.seeds) or (*FEW, *kept_seeds())
    if asked.years is not None:
        seeds = itertools.count(seeds_of(asked.seeds)[0] if asked.seeds else 1)
    began, total = time.monotonic(), Total()
    for told, cpu in run_all(seeds, Size(asked.accounts, asked.days, asked.harsh), asked.jobs, asked.years):
        total.add(told, cpu)
        _say(f"{told.finding or f'seed {told.seed}: kept'}; {told.plans} plans, {told.years:.1f} plan-years, "
             f"{told.ticks:,} ticks, {cpu:.0f} s, ledger {told.head[:16]}")  # fmt: skip
    for line in total.lines(time.monotonic() - began):
        _say(line)
    size = Size(asked.accounts, asked.days, asked.harsh)
    again = "make simulate SEEDS={0}"
    if size != Size():
        again = "python -m tests.simulation {0} " + " ".join(f"--{k} {v}" for k, v in size._asdict().items())
    for told in total.broken:
        _say(f"broken: {told.finding}; replay it with: {again.format(told.seed)}")
    return int(bool(total.broken))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
