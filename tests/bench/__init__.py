"""Benchmarks: measured side by side in one run, never part of a timed test. One subject a module, each with `lines`."""

from collections.abc import Callable
from importlib import import_module

SUBJECTS: dict[str, str] = {
    "gate": "gate",
    "authority": "authority",
    "simulation": "simulation",
    "time": "virtual_time",
    "import": "imports",
    "ticks": "ticks",
    "latency": "latency",
    "sleepers": "sleepers",
    "staleness": "staleness",
    "fence": "fence",
    "door": "door",
    "ledger": "ledger",
    "pages": "pages",
}
"""The module of every benchmark by its name."""


def subject(name: str) -> Callable[..., list[str]]:
    """Return what measures one subject; `quick` runs it once at a tiny size.

    Only its own module is imported: another's libraries would count as the memory of who is measured.
    """
    lines: Callable[..., list[str]] = import_module(f"tests.bench.{SUBJECTS[name]}").lines
    return lines
