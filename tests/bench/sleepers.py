"""Plans that sleep: what a worker's launch, its memory, its idling and one plan that wakes cost, by how many there are.

For another size: `python -c "from tests.bench.sleepers import told; print(told('sqlite', 1_000_000))"`.

Some plans are real and can wake; the others are copies of the first of them: each its rows with ids of its own, made in
the database. Nobody reads a copy but through the indexes, as nobody reads a plan that sleeps; its ledger's entries are
not copied, and its digests are those of the first.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sqlalchemy import Connection, text

from oncourse.durable import SWEEP, Pace
from store import open_engine
from store.row_security import show_all
from store.tables import metadata
from tests.bench.apart import Opened, Recording, Running, Span, apart, opened
from tests.bench.latency import Awaited
from tests.bench.measuring import line
from tests.chaos.world import ScaledClock
from tests.databases import fresh_url, kinds
from tests.house import House

REAL = 7
SIZES = (10_000, 100_000)
PACE = Pace(poll=timedelta(seconds=1))
IDLE = 10.0
"""Seconds of idling that are measured."""
BLOCK = 10_000
_SERIES = {
    "sqlite": "(WITH RECURSIVE c(i) AS (SELECT :low UNION ALL SELECT i + 1 FROM c WHERE i + 1 < :high) SELECT i FROM c) AS s",
    "postgresql": "generate_series(:low, :high - 1) AS s(i)",
}
_TAIL = {"sqlite": "printf('%012x', i)", "postgresql": "lpad(to_hex(i), 12, '0')"}
_WAKES = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-03-10', (i * 7 % 6912000) || ' seconds')",
    "postgresql": (
        "to_char(timestamp '2026-03-10' + (i * 7 % 6912000) * interval '1 second', "
        """'YYYY-MM-DD"T"HH24:MI:SS".000000Z"')"""
    ),
}
"""Spread over eighty days to come."""


class Found(NamedTuple):
    """What one worker over so many sleepers took."""

    launch: float
    memory: float
    """Megabytes that are resident."""
    idle: float
    """Of one core."""
    look: float
    """CPU seconds to find what is due."""
    start: float
    """Seconds from the commit that wakes a plan until its tick."""


def prepared(url: str, sleepers: int, real: int) -> list[str]:
    """Make a tenant with so many plans that sleep; return the ids of those that can wake."""
    house = House(url, executor=Recording())
    ids = [house.active(f"a{number:04d}") for number in range(real)]
    house.sql.dispose()
    engine = open_engine(url)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":  # nobody needs the copies after a power cut
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
            connection.exec_driver_sql("PRAGMA journal_mode=OFF")
            connection.rollback()
        for low in range(real, sleepers, BLOCK):
            with connection.begin():
                show_all(connection)
                _copy(connection, ids[0], low, min(low + BLOCK, sleepers))
        if connection.dialect.name == "postgresql":
            with connection.begin():
                connection.execute(text("ANALYZE"))
    engine.dispose()
    return ids


def _copy(connection: Connection, old: str, low: int, high: int) -> None:
    kind = connection.dialect.name
    plan_id, account = f"'{old[:24]}' || {_TAIL[kind]}", "'z' || i"
    mine = {
        "plan_id": plan_id,
        "account_id": account,
        "next_wake_at": _WAKES[kind],
        "stream": f"'plan/{old[:24]}' || {_TAIL[kind]}",
        "body": f"replace(replace(body, '{old}', {plan_id}), '\"a0000\"', '\"z' || i || '\"')",
    }
    for name, where in (
        ("plan", f"plan_id = '{old}'"),
        ("plan_step", f"plan_id = '{old}'"),
        ("approval", f"plan_id = '{old}'"),
        ("ledger_stream", f"stream = 'plan/{old}'"),
        ("event_inbox", "account_id = 'a0000'"),
    ):
        own = {"event_id": account, "plan_id": "plan_id"} if name == "event_inbox" else {}
        names = metadata.tables[name].c.keys()
        values = ", ".join((mine | own).get(one, one) for one in names)
        columns, source = ", ".join(names), f"{name}, {_SERIES[kind]}"
        statement = f"INSERT INTO {name} ({columns}) SELECT {values} FROM {source} WHERE {where}"  # noqa: S608 - own words
        connection.execute(text(statement), {"low": low, "high": high})


def worked(url: str, ids: list[str], idle: float) -> Found:
    """Launch a worker, let it idle, and wake one plan after the other."""
    here = opened(url, ScaledClock(datetime.now(UTC), 1))
    awaited = Awaited(here.ticker)
    worker = here.worker(PACE, awaited)
    span = Span()
    with Running(worker):
        launch, _ = span.taken()
        time.sleep(2 * PACE.poll.total_seconds())
        span = Span()
        time.sleep(idle)
        wall, cpu = span.taken()
        memory = _resident()
        looks, started = [], []
        for plan_id in ids:
            target = f"plan/{plan_id}"
            looks.append(_look(here))
            started.append(awaited.after(lambda: here.ticker.wake(target, here.clock.now()), target))  # noqa: B023 - called at once
    return Found(launch, memory, cpu / wall, median(looks), median(started))


def _look(here: Opened) -> float:
    """Return the CPU seconds of finding what is due, as the worker's looks do."""
    times = 20
    span = Span()
    for _ in range(times):
        with here.house.desk.store.workers(reading=True) as workers:
            workers.due(here.clock.now(), SWEEP)
    return span.taken()[1] / times


def _resident() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(told.split()[1]) for told in lines if told.startswith("VmRSS")) / 1024


def lines(*, quick: bool = False) -> list[str]:
    """Return a line for each database and size; `quick` copies a few and idles for a moment."""
    sizes, idle, real = ((50,), 0.1, 2) if quick else (SIZES, IDLE, REAL)
    return [told(kind, sleepers, idle, real) for kind in kinds() for sleepers in sizes]


def told(kind: str, sleepers: int, idle: float = IDLE, real: int = REAL) -> str:
    """Measure one size on one database."""
    with tempfile.TemporaryDirectory() as folder:
        url = fresh_url(kind, Path(folder))
        ids = apart(prepared, url, sleepers, real)
        first = apart(worked, url, ids[:1], 0.1)
        found = apart(worked, url, ids[1:], idle)
    return line(
        f"{sleepers:,} sleeping plans, {kind}",
        f"launch {found.launch:.2f} s",
        f"{first.launch:.2f} s with a new queue",
        f"{found.memory:.0f} MB",
        f"{found.idle:.1%} of a core at a poll of {PACE.poll.seconds} s",
        f"a look {found.look * 1e3:.2f} ms",
        f"one that wakes starts after {found.start * 1e3:,.0f} ms",
        "bar 1 s, 150 MB, 5 %",
    )
