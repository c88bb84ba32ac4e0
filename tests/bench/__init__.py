"""Benchmarks: measured side by side in one run, never part of a timed test. One subject a module, each with `lines`."""

from collections.abc import Callable

from tests.bench import (
    authority,
    door,
    fence,
    gate,
    imports,
    latency,
    ledger,
    pages,
    simulation,
    sleepers,
    staleness,
    ticks,
    virtual_time,
)

SUBJECTS: dict[str, Callable[..., list[str]]] = {
    "gate": gate.lines,
    "authority": authority.lines,
    "simulation": simulation.lines,
    "time": virtual_time.lines,
    "import": imports.lines,
    "ticks": ticks.lines,
    "latency": latency.lines,
    "sleepers": sleepers.lines,
    "staleness": staleness.lines,
    "fence": fence.lines,
    "door": door.lines,
    "ledger": ledger.lines,
    "pages": pages.lines,
}
"""Every benchmark by its name; `quick` runs it once at a tiny size."""
