"""What the signed ledger costs: an append beside a bare INSERT of the same row and beside an event store of others,
a look through a whole ledger, and the replay of one plan."""

import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from eventsourcing.persistence import AggregateRecorder, StoredEvent
from eventsourcing.postgres import PostgresAggregateRecorder, PostgresDatastore
from eventsourcing.sqlite import SQLiteAggregateRecorder, SQLiteDatastore
from sqlalchemy import Engine, insert, make_url

from ledger import Frontier, fold, leaf_hash
from oncourse.clock import random_salt
from plan import Tenant
from store import Store, open_engine, upgrade
from store.heads import Known, Log, sealed
from store.row_security import show_one
from store.tables import entry as entry_table
from store.tables import head as head_table
from tests.bench.measuring import line
from tests.databases import fresh_url, kinds
from tests.house import House
from tests.keys import KEYS
from tests.store.test_heads import ROOT

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ROUNDS = 1500
WARM = 100
SIZE = 1_000_000
STREAMS = 20_000
BARS = {"sqlite": 0.95, "postgresql": 0.8}
VERIFY_SECONDS, VERIFY_MB = 12.0, 80
REPLAY_MS = 20.0
BODY = '{"at":"2026-03-02T08:00:00Z","cause":{"kind":"event","ref":"crm/%d"},"data":{"text":"%s"},"seq":%d,"stream":"%s","type":"fact.recorded.v1"}'
FILLING = "x" * 880
"""With it an entry has about a kilobyte, as most have."""


def lines(*, quick: bool = False) -> list[str]:
    told = []
    for kind in kinds():
        told += _appends(kind, quick=quick)
    if "postgresql" in kinds():
        told += _appends("postgresql", quick=quick, durable=False)
    told.append(_replay(quick=quick))
    told.append(_verify(2_000 if quick else SIZE))
    return told


def _row(number: int, stream: str, seq: int) -> tuple[dict[str, object], bytes]:
    body = BODY % (number, FILLING, seq, stream)
    return {"stream": stream, "seq": seq, "type": "fact.recorded.v1", "at": NOW, "body": body}, body.encode()


def _appends(kind: str, *, quick: bool, durable: bool = True) -> list[str]:
    """One entry a transaction, the two ways taking turns; the figure is the median of their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        url = fresh_url(kind, Path(folder), durable=durable)
        engine = open_engine(url)
        upgrade(engine)
        for tenant in ("bare", "kept"):
            with Store(engine, random_salt, KEYS).unit(tenant, NOW) as unit:
                unit.open_tenant(Tenant(tenant_id=tenant, name=tenant), ROOT)
        numbers, known = itertools.count(2), Known()
        ways = {"bare": _bare(engine, numbers), "kept": _kept(engine, numbers, known)}
        ways["theirs"] = _theirs(kind, url, folder)
        took: dict[str, list[float]] = {name: [] for name in ways}
        for way in ways.values():
            _timed(way, 1 if quick else WARM)
        for _ in range(1 if quick else ROUNDS):
            for name, way in ways.items():
                took[name].append(_timed(way, 1))
        engine.dispose()
    rates = {name: 1 / statistics.median(times) for name, times in took.items()}
    ratio = rates["kept"] / rates["bare"]
    found = [
        line(
            f"appends beside a bare INSERT, {kind}{'' if durable else ' that waits for no disk'}",
            f"{ratio:.2f}x",
            f"{rates['kept']:,.0f}/s and {rates['bare']:,.0f}/s",
            *([f"bar {BARS[kind]}x"] if durable else []),
        )
    ]
    beside = rates["kept"] / rates["theirs"]
    waits = "" if durable else " that waits for no disk"
    told = line(
        f"appends beside eventsourcing's recorder, {kind}{waits}", f"{beside:.2f}x", f"{rates['theirs']:,.0f}/s"
    )
    return [*found, told]


def _timed(way: Callable[[], None], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        way()
    return (time.perf_counter() - start) / times


def _bare(engine: Engine, numbers: itertools.count) -> Callable[[], None]:
    statement = insert(entry_table)

    def write() -> None:
        number = next(numbers)
        row, _ = _row(number, "bench", number)
        with engine.begin() as connection:
            show_one(connection, "bare")
            connection.execute(statement, [{"tenant_id": "bare", "pos": number, **row}])

    return write


def _kept(engine: Engine, numbers: itertools.count, known: Known) -> Callable[[], None]:
    def write() -> None:
        number = next(numbers)
        row, body = _row(number, "bench", number)
        with engine.begin() as connection:
            show_one(connection, "kept")
            Log(connection, "kept", KEYS, known).append([row], [body])

    return write


def _theirs(kind: str, url: str, folder: str) -> Callable[[], None]:
    """Return one append of an event store of others."""
    recorder = _recorder(kind, url, folder)
    numbers = itertools.count(1)

    def write() -> None:
        number = next(numbers)
        _, body = _row(number, "bench", number)
        recorder.insert_events([StoredEvent(UUID(int=1), number, "fact", body)])

    return write


def _recorder(kind: str, url: str, folder: str) -> AggregateRecorder:
    """Return a recorder of the other store in the same kind of database, on the same server where there is one."""
    if kind == "sqlite":
        recorder = SQLiteAggregateRecorder(SQLiteDatastore(f"{folder}/theirs.db"))
    else:
        at = make_url(url)
        store = PostgresDatastore(at.database or "", at.host or "", at.port or 5432, at.username or "", "none")
        recorder = PostgresAggregateRecorder(store)
    recorder.create_table()
    return recorder


def _replay(*, quick: bool) -> str:
    """Fold a thousand entries of plans, with the digest of every state."""
    house = House()
    plan_id = house.active()
    house.run(3 if quick else 20)
    with house.unit() as unit:
        entries = unit.entries(f"plan/{plan_id}")
    fold(entries)
    best = min(_timed(lambda: fold(entries), 1) for _ in range(1 if quick else 30))
    scaled = best / len(entries) * 1000 * 1000
    return line(
        "replay of 1,000 entries of a plan, with digests",
        f"{scaled:.1f} ms",
        f"{len(entries)} at a time",
        f"bar {REPLAY_MS:.0f} ms",
    )


def _verify(size: int) -> str:
    """Look through a ledger in a process of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.db"
        _fill(f"sqlite:///{file}", size)
        done = subprocess.run(
            [sys.executable, "-m", "tests.ledger.looking", f"sqlite:///{file}"],
            capture_output=True,
            text=True,
            check=True,
        )
    seconds, megabytes, before, findings = done.stdout.split()
    return line(
        f"a ledger of {size:,} entries proven ({findings} findings)",
        f"{float(seconds):.1f} s",
        f"{int(megabytes)} MB resident, {before} MB before",
        f"bar {VERIFY_SECONDS:.0f} s, {VERIFY_MB} MB",
    )


def _fill(url: str, size: int) -> None:
    engine = open_engine(url)
    upgrade(engine)
    with Store(engine, random_salt, KEYS).unit("t", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="t", name="T"), ROOT)
        unit.commit()
        top = unit._log.head()
    tree, seqs = Frontier(top.tree().hashes, 1), itertools.count()
    statement = insert(entry_table)
    for start in range(2, size + 1, 10_000):
        rows = []
        for pos in range(start, min(start + 10_000, size + 1)):
            which = next(seqs)
            row, body = _row(pos, f"account/{which % STREAMS}", which // STREAMS + 1)
            tree.append(leaf_hash(body))
            rows.append({"tenant_id": "t", "pos": pos, **row})
        with engine.begin() as connection:
            connection.execute(statement, rows)
    new = sealed(top.origin, tree, KEYS.signers(top.origin)[0])
    with engine.begin() as connection:
        connection.execute(head_table.update().values(new._asdict()))
    engine.dispose()
