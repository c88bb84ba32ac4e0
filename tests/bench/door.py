"""What the door costs: one read and one decision over HTTP, beside a bare FastAPI and SQLAlchemy on the same rows."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from sqlalchemy import create_engine, event, insert, select, update

from oncourse.cli.working import settle
from oncourse.web import listening
from store.door_tables import claim
from store.tables import approval, blob, entry, head, plan, plan_step, stream
from tests.bench.measuring import line
from tests.databases import fresh_url, kinds
from tests.oncourse.web.conftest import Door

REQUESTS = 400
AT_ONCE = 4
CONTEXT = multiprocessing.get_context("spawn")
SECONDS = 120
"""After which one side is given up: the bench is bounded in time as well as in count."""


def bare(url: str) -> FastAPI:
    """Return an application that reads and writes the rows of a decision, and does nothing else with them."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    if url.startswith("sqlite"):

        @event.listens_for(engine, "connect")
        def pragmas(connection, _record):
            connection.isolation_level = None
            for one in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {one}")

        @event.listens_for(engine, "begin")
        def begin(connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("w") else "BEGIN")

    else:

        @event.listens_for(engine, "begin")
        def own(connection):
            connection.exec_driver_sql("SELECT set_config('oncourse.tenant', 't1', true)")

    app = FastAPI()

    @app.get("/{plan_id}")
    def read(plan_id: str) -> list[str]:
        name = f"plan/{plan_id}"
        with engine.connect() as connection, connection.begin():
            found = []
            for table in (plan, plan_step, approval):
                found += connection.execute(select(table.c.body).where(table.c.plan_id == plan_id)).scalars()
            found += connection.execute(select(entry.c.body).where(entry.c.stream == name)).scalars()
            return found + list(connection.execute(select(blob.c.content).where(blob.c.stream == name)).scalars())

    @app.post("/{plan_id}")
    def write(plan_id: str) -> dict[str, int]:
        name, at, body = f"plan/{plan_id}", datetime.now().astimezone(), "x" * 900
        with engine.connect().execution_options(w=True) as connection, connection.begin():
            here = update(head).where(head.c.tenant_id == "t1")
            size = connection.execute(here.values(size=head.c.size + 1).returning(head.c.size)).scalar_one()
            row = select(plan.c.body).where(plan.c.plan_id == plan_id)
            was = connection.execute(row).scalar_one()
            connection.execute(
                update(plan).where(plan.c.plan_id == plan_id).values(body=was, row_version=plan.c.row_version + 1)
            )
            seq = connection.execute(
                update(stream)
                .where(stream.c.stream == name)
                .values(last_seq=stream.c.last_seq + 1)
                .returning(stream.c.last_seq)
            ).scalar_one()
            fresh = {
                "tenant_id": "t1",
                "pos": size,
                "stream": name,
                "seq": seq,
                "type": "bench",
                "at": at,
                "body": body,
            }
            connection.execute(insert(entry).values(fresh))
            connection.execute(
                insert(blob).values(tenant_id="t1", ref=str(uuid4()), stream=name, nonce=b"n", content="why")
            )
            connection.execute(
                insert(claim).values(
                    tenant_id="t1", principal_id="otto", key=str(uuid4()), fingerprint="f" * 64, made_at=at
                )
            )
        return {"seq": seq}

    return app


def _serve(kind: str, url: str, told: multiprocessing.Queue, stop: multiprocessing.Event) -> None:
    door = Door(url)
    plans = [str(door.house.active(account)) for account in ("acme", "bolt", "cord", "dune")]
    with listening(door.app if kind == "ours" else bare(url), "127.0.0.1", 0) as address:
        settle()
        told.put((address, plans))
        stop.wait()


@contextmanager
def served(kind: str, url: str) -> Iterator[tuple[str, list[str]]]:
    """Serve one of the two in a process of its own; yield its address and the plans behind it."""
    told, stop = CONTEXT.Queue(), CONTEXT.Event()
    process = CONTEXT.Process(target=_serve, args=(kind, url, told, stop), daemon=True)
    process.start()
    try:
        yield told.get(timeout=SECONDS)
    finally:
        stop.set()
        process.join(20)


class Ours:
    """Reads and decides one plan over the API, again and again."""

    def __init__(self, address: str, plan_id: str) -> None:
        headers = {"cookie": "__Host-oncourse=otto", "sec-fetch-site": "same-origin"}
        self._http = httpx2.Client(base_url=address, headers=headers, timeout=60)
        self._where, self._etag = f"/v1/plans/{plan_id}", ""

    def close(self) -> None:
        self._http.close()

    def read(self) -> None:
        answer = self._http.get(self._where)
        answer.raise_for_status()
        self._etag = answer.headers["etag"]

    def write(self) -> None:
        verb = "pause" if "ACTIVE" in self._etag else "resume"
        headers = {"if-match": self._etag, "idempotency-key": str(uuid4())}
        answer = self._http.post(f"{self._where}:{verb}", json={"reason": "the bench turns it"}, headers=headers)
        answer.raise_for_status()
        self._etag = answer.headers["etag"]


class Bare:
    """Reads and writes the same rows."""

    def __init__(self, address: str, plan_id: str) -> None:
        self._http, self._where = httpx2.Client(base_url=address, timeout=60), f"/{plan_id}"

    def close(self) -> None:
        self._http.close()

    def read(self) -> None:
        self._http.get(self._where).raise_for_status()

    def write(self) -> None:
        self._http.post(self._where).raise_for_status()


def timed(sides: dict[str, list[Ours] | list[Bare]], requests: int) -> dict[tuple[str, str], list[float]]:
    """Return the seconds of each request by side and kind; the sides take turns, a round of a few requests each.

    The first round is not counted: it imports and prepares what the others find.
    """
    took: dict[tuple[str, str], list[float]] = {(side, what): [] for side in sides for what in ("read", "write")}
    ends = time.monotonic() + SECONDS
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for side, what in took:
            list(pool.map(_once, [getattr(one, what) for one in sides[side]]))
        for _ in range(requests // AT_ONCE):
            if time.monotonic() > ends:
                break
            for (side, what), found in took.items():
                found.extend(pool.map(_once, [getattr(one, what) for one in sides[side]]))
    return took


def _once(work: Callable[[], None]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def lines(*, quick: bool = False) -> list[str]:
    told = []
    for kind in kinds()[: 1 if quick else None]:
        with (
            tempfile.TemporaryDirectory() as folder,
            served("ours", fresh_url(kind, Path(folder))) as (ours, plans),
            tempfile.TemporaryDirectory() as other,
            served("bare", fresh_url(kind, Path(other))) as (plain, same),
        ):
            sides = {"ours": [Ours(ours, one) for one in plans], "bare": [Bare(plain, one) for one in same]}
            with ExitStack() as stack:
                for one in (one for lanes in sides.values() for one in lanes):
                    stack.callback(one.close)
                took = timed(sides, AT_ONCE if quick else REQUESTS)
        told += [_line(kind, what, took["ours", what], took["bare", what]) for what in ("read", "write")]
    return told


def _line(kind: str, what: str, ours: list[float], plain: list[float]) -> str:
    def p99(taken: list[float]) -> float:
        return sorted(taken)[int(len(taken) * 0.99)]

    said = [
        f"{name} p50 {median(t) * 1e3:,.1f} p99 {p99(t) * 1e3:,.1f} ms" for name, t in (("door", ours), ("bare", plain))
    ]
    return line(f"door: {what}, {kind}, {len(ours)} of {AT_ONCE} at once", f"p99 {p99(ours) / p99(plain):.1f} x", *said)
