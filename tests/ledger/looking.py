"""Look through one ledger and print seconds, megabytes, megabytes before, and findings: run in a process of its own.

It loads what proves and nothing else, so that its memory is that of the proof.
"""

import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ledger import Keyring
from store import Store, open_engine


def _resident() -> int:
    """Return the most memory so far in megabytes; what getrusage says would be the parent's where that had more."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return next(int(line.split()[1]) // 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def main(url: str) -> None:
    store = Store(open_engine(url), lambda: bytes(32), Keyring([bytes(range(32))]))
    before, start = _resident(), time.perf_counter()
    with store.unit("t", datetime(2026, 3, 2, 8, tzinfo=UTC), reading=True) as unit:
        proof = unit.verify()
    seconds = time.perf_counter() - start
    sys.stdout.write(f"{seconds} {_resident()} {before} {len(proof.flaws)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
