"""How soon a stale recording is named, by kind, and how long the whole look takes; nothing is played."""

import time

from evals import manifest as kept
from evals.cases import all_cases
from evals.manifest import SOURCES, each_stale, read_manifest
from plan import digest_bytes
from tests.bench.measuring import line

OTHER = digest_bytes(b"another")
CHANGES = {
    "prompt": {"prompt": OTHER},
    "model": {"asked": "another"},
    "actions": {"actions": OTHER},
    "tools": {"tools": OTHER},
    "schema": {"schema_": OTHER},
    "briefing": {"briefing": OTHER},
    "case": {"facts": OTHER, "case_files": OTHER},
    "script": {"script": OTHER, "script_files": OTHER},
    "answer": {"file": OTHER},
}


def lines(*, quick: bool = False) -> list[str]:
    all_cases()
    return [_line(kind, changes) for kind, changes in CHANGES.items()][: 2 if quick else None]


def _line(kind: str, changes: dict[str, str]) -> str:
    made = read_manifest()
    files = made.files | ({kind: OTHER} if kind in SOURCES else {})
    entries = tuple(entry.model_copy(update=changes) for entry in made.entries)
    for memo in (kept._actions, kept._tools, kept._schema, kept._briefing, kept._script):
        memo.cache_clear()
    start, first = time.perf_counter(), 0.0
    number = 0
    for _ in each_stale(made.model_copy(update={"files": files, "entries": entries})):
        number += 1
        first = first or time.perf_counter() - start
    whole = time.perf_counter() - start
    return line(
        f"stale {kind}, {number} recordings",
        f"{first * 1000:.1f} ms",
        f"{whole * 1000:.0f} ms for all; bar 50 to name it",
    )
