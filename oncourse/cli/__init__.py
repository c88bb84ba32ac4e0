"""The command line: one of the doors. It reads, asks the orchestrator, and prints; it decides nothing."""

from oncourse.cli.entry import main

__all__ = ["main"]
