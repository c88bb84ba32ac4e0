"""What a long run says while it runs: one line now and then, on the error stream, and its words on the way in."""

import argparse
import sys
import time

KINDS = ("sqlite", "postgresql")


class Progress:
    """Says how far a run has come, at most once every so many seconds."""

    def __init__(self, every: float = 10) -> None:
        self._began = self._told = time.monotonic()
        self._every = every

    def seconds(self) -> float:
        """Return how long the run has taken so far."""
        return time.monotonic() - self._began

    def tell(self, line: str, *, now: bool = False) -> None:
        """Say how far it has come, with the seconds."""
        if now or time.monotonic() - self._told >= self._every:
            self._told = time.monotonic()
            sys.stderr.write(f"  {line}, {self.seconds():.0f} s\n")
            sys.stderr.flush()


def words(name: str, doc: str | None) -> argparse.ArgumentParser:
    """Return a parser that knows the databases."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.chaos {name}", description=(doc or "").partition(":")[0])
    parser.add_argument("--database", choices=KINDS, action="append", help="on this one only (default: both)")
    return parser


def say(line: str) -> None:
    """Say a result."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
