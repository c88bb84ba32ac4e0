"""Recordings of a real model age: after a while they say what the model was, not what it is."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from evals.comparing import bars
from evals.manifest import Entry


def aged(entries: Iterable[Entry], now: datetime) -> list[str]:
    """Return a line for each recording of a real model that is older than the bar says, counted from its making.

    Answers that people wrote do not age, nor do those of a model that lies in a file.
    """
    most = timedelta(days=int(bars()["cassette_days"]))
    return [
        f"{entry.case}/{entry.model}.{entry.k} is {(now - entry.recorded_at).days} days old; record it again: "
        f"python -m evals record {entry.case}"
        for entry in entries
        if entry.source == "claude" and now - entry.recorded_at > most
    ]
