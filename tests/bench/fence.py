"""What PostgreSQL's fence between tenants costs: the same transactions with it and without, taking turns in one run."""

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, text

from oncourse.clock import RandomIds, random_salt
from orchestrator import Acting, Orchestrator
from store import Store, database, open_engine
from store.row_security import fenced_tables
from tests.bench.measuring import line
from tests.databases import fresh_url, kinds
from tests.house import House
from tests.keys import KEYS

ROUNDS = 200
BAR = 1.25


class Way(NamedTuple):
    """The same tenant, behind the fence or in the open."""

    fenced: bool
    house: Orchestrator
    who: Acting


def write(way: Way, plan_id: str) -> None:
    """Pause a plan and resume it: two transactions, each with its entry."""
    way.house.pause(plan_id, "Wait for legal.", way.who)
    way.house.resume(plan_id, "Legal agrees.", way.who)


def read(way: Way, plan_id: str) -> None:
    """Look whether a plan has anything to do."""
    way.house.look(plan_id)


WORKS = {"two transactions that write": write, "a transaction that reads": read}


def lines(*, quick: bool = False) -> list[str]:
    if "postgresql" not in kinds():
        return ["the fence between tenants: 0 measured, PostgreSQL is missing"]
    rounds = 1 if quick else ROUNDS
    with tempfile.TemporaryDirectory() as name:
        whole = fresh_url("postgresql", Path(name))
        house = House(whole)
        ids = [house.active(f"a{number:02d}") for number in range(1 if quick else 10)]
        who = house.who("otto")
        house.sql.dispose()
        engines = {fenced: open_engine(fresh_url("postgresql", Path(name), whole)) for fenced in (True, False)}
        _take_down(engines[False])
        ways = [Way(fenced, _house(house, engine), who) for fenced, engine in engines.items()]
        told = [_line(what, work, ways, [ids[i % len(ids)] for i in range(rounds)]) for what, work in WORKS.items()]
        for engine in engines.values():
            engine.dispose()
    return told


def _house(house: House, engine: Engine) -> Orchestrator:
    store = Store(engine, random_salt, KEYS)
    return Orchestrator(store, "t1", clock=house.clock, ids=RandomIds(), executor=house.executor)


def _take_down(engine: Engine) -> None:
    with engine.begin() as connection:
        for name in fenced_tables():
            connection.execute(text(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY"))


def _line(what: str, work, ways: list[Way], ids: list[str]) -> str:
    took: dict[bool, list[float]] = {True: [], False: []}
    for number, plan_id in enumerate(ids):
        for way in ways if number % 2 else reversed(ways):
            took[way.fenced].append(_once(work, way, plan_id))
    behind, open_ = (statistics.median(took[fenced]) for fenced in (True, False))
    times = f"{behind * 1e3:.2f} ms behind it, {open_ * 1e3:.2f} ms in the open"
    return line(f"the fence between tenants, {what}", f"{behind / open_:.2f}x", times, f"bar {BAR}x")


def _once(work, way: Way, plan_id: str) -> float:
    known = database.show_one
    if not way.fenced:
        database.show_one = lambda _connection, _tenant_id: None
    try:
        start = time.perf_counter()
        work(way, plan_id)
        return time.perf_counter() - start
    finally:
        database.show_one = known
