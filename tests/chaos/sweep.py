"""Kill a worker at every point of a plan's whole life, and let another one go on: `python -m tests.chaos sweep`.

The points are those that the life itself passes: each commit that writes, before and after, and each call.
"""

import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from oncourse.clock import RandomIds, VirtualClock, random_salt
from oncourse.promises import broken
from orchestrator import Orchestrator
from plan import CLOSED
from store import open_engine
from tests.chaos.deaths import Counted, MortalConnector, MortalStore
from tests.chaos.people import People
from tests.chaos.telling import KINDS, Progress, say, words
from tests.chaos.world import TENANT, Shared, found, opened
from tests.databases import fresh_url
from tests.house import BERLIN, MONDAY
from tests.keys import KEYS

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.chaos.sweep", "oncourse.graph", "agent.playbook"])
TOO_LONG = 60
"""Seconds after which a life counts as stuck."""


class Life(NamedTuple):
    """How one life ended."""

    point: str
    died: bool
    statuses: tuple[str, ...]
    findings: tuple[str, ...]
    applied: int
    repeats: int


def live(shared: Shared, at: int | None, tell) -> None:
    """Let the plans of a tenant live under a virtual clock until all are closed, or until the named point."""
    point = Counted(at, tell)
    store = MortalStore(open_engine(shared.url), random_salt, KEYS)
    with store.unit(TENANT, MONDAY) as unit:
        began = unit.virtual_now() or MONDAY
    clock = VirtualClock(began)
    connector = MortalConnector(Path(shared.folder))
    house = Orchestrator(store, TENANT, clock=clock, ids=RandomIds(), executor=connector)
    engine = shared.ticker(house)
    people = People(house, BERLIN, connector)
    store.point = connector.point = point
    while True:
        engine.run_due()
        if people.look():
            continue
        at = engine.next_wake()
        with house.desk.unit() as unit:
            found = unit.plans.find()
            if found and all(r.plan.status in CLOSED for r in found) and at is None:
                return
            clock.set(max(at or clock.now() + timedelta(days=1), clock.now()))
            unit.set_virtual_now(clock.now())


def _child(shared: Shared, at: int | None, told) -> None:
    live(shared, at, told.put)


def run(shared: Shared, at: int | None) -> tuple[bool, list[str]]:
    """Live in a process of its own; return whether it died, and the points that it passed."""
    told = CONTEXT.SimpleQueue()
    child = CONTEXT.Process(target=_child, args=(shared, at, told))
    child.start()
    names, ends = [], time.monotonic() + TOO_LONG
    while child.is_alive() or not told.empty():
        if not told.empty():
            names.append(told.get())
        elif time.monotonic() > ends:
            child.kill()
            raise TimeoutError(f"a life in {shared.folder} that was to die at point {at} is stuck after {names[-3:]}")
        else:
            child.join(0.005)
    return child.exitcode != 0, names


def one_life(url: str, folder: Path, at: int | None) -> Life:
    """Live once with a death at a point, go on with another worker, and look at what is left."""
    shared = found(url, folder, scale=1, accounts=1)
    died, names = run(shared, at)
    if died:
        again, _ = run(shared, None)
        if again:
            raise RuntimeError("the worker that went on died too")
    store = shared.store()
    with store.unit(TENANT, MONDAY) as unit:
        now = unit.virtual_now() or MONDAY
    with store.unit(TENANT, now, "connector") as unit:
        findings = [f"{f.promise}: {f.what}" for f in broken(unit)]
        statuses = tuple(str(r.plan.status) for r in unit.plans.find())
        effects = {e.key for e in unit.effects.every() if e.status == "DONE"}
    opened(url).dispose()
    connector = shared.connector()
    if effects != connector.applied():
        findings.append(f"recorded {sorted(effects)} but the world saw {sorted(connector.applied())}")
    calls = Counter(c["key"] for c in connector.calls() if c["what"] == "execute")
    if calls and max(calls.values()) > 1:
        findings.append("an order was executed twice under one key")
    repeats = sum(c["what"] == "repeat" for c in connector.calls())
    return Life(names[-1] if names else "the very beginning", died, statuses, tuple(findings), len(effects), repeats)


def sweep(kind: str, every: int = 1, tell: Callable[[str], None] = lambda _line: None) -> list[Life]:
    """Return a life for every so manieth point of an undisturbed one."""
    lives = []
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name) / "whole"
        whole.mkdir()
        shared = found(fresh_url(kind, whole), whole, scale=1, accounts=1)
        _, names = run(shared, None)
        for at in range(0, len(names), every):
            folder = Path(name) / str(at)
            folder.mkdir()
            life = one_life(fresh_url(kind, folder), folder, at)
            lives.append(life._replace(point=names[at]))
            tell(f"{kind}: point {at + 1} of {len(names)}")
    return lives


def main(given: list[str]) -> int:
    """Sweep the databases and print what was found."""
    parser = words("sweep", __doc__)
    parser.add_argument("--every", type=int, default=1, help="only every so manieth point")
    asked = parser.parse_args(given)
    bad = 0
    for kind in asked.database or KINDS:
        progress = Progress()
        lives = sweep(kind, asked.every, progress.tell)
        wrong = [life for life in lives if life.findings or not life.died or life.statuses != ("COMPLETED",)]
        for life in wrong[:20]:
            say(f"{kind}: died at {life.point!r}: {life.statuses} {life.findings}")
        bad += len(wrong)
        say(
            f"crash sweep, {kind}: {len(lives)} points, {len(lives) - len(wrong)} clean, "
            f"at most {max(life.repeats for life in lives)} repeated call of one key, {progress.seconds():.0f} s"
        )
    return int(bad > 0)
