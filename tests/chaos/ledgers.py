"""Writers of one ledger that are killed at any instant: what is left is gap-free, signed, and agrees with its rows.

Each writer keeps the checkpoint of every commit that it was told of: none of them may be missing afterwards.
"""

import argparse
import itertools
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from ledger import Actor, Authority, Checkpoint, Frontier, PrincipalChanged
from oncourse.clock import random_salt
from oncourse.proving import LedgerLook
from plan import Cause, Principal, Role, Tenant
from store import StaleError, Store, open_engine, upgrade
from tests.databases import fresh_url, kinds
from tests.keys import KEYS
from tests.store.conftest import NOW

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])
ROOT, BY = Actor(kind="human", id="root"), Authority(role="system", grant="AUTH-SYSTEM")
WRITERS = {"postgresql": 16, "sqlite": 4}
EVERY = 0.15
"""Seconds between two kills."""


def begun(url):
    """Make a database with one tenant."""
    engine = open_engine(url)
    upgrade(engine)
    store = Store(engine, random_salt, KEYS)
    with store.unit("t", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="t", name="T"), ROOT)
    return store


def write_on(url, name, kept):
    """Write people and their entries until killed; every commit's checkpoint is kept in a file of its own."""
    store = Store(open_engine(url), random_salt, KEYS)
    with Path(kept).open("a", encoding="utf-8") as file:
        for number in itertools.count():
            try:
                with store.unit("t", NOW) as unit:
                    add(unit, f"{name}-{number}")
                    if number % 3 == 0:
                        add(unit, f"{name}-{number}-too")
            except StaleError:
                continue
            file.write(f"{unit.written}\n")
            file.flush()


def add(unit, name):
    """Add a person: a row, a stream and an entry."""
    body = PrincipalChanged(principal=Principal(principal_id=name, tenant_id="t", roles=frozenset({Role.EDITOR})))
    cause = Cause(kind="person", ref="root")
    unit.record(f"principal/{name}", "principal.added.v1", body, actor=ROOT, authority=BY, cause=cause)


def kill(kind, kills, *, seed=1, writers=None, every=EVERY):
    """Let writers write, kill so many of them, and return the report, with how many checkpoints were missing."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="oncourse-kills-") as folder:
        url = fresh_url(kind, Path(folder))
        store = begun(url)
        store.close()
        count = itertools.count()
        crew = [_hired(url, next(count), folder) for _ in range(writers or WRITERS[kind])]
        _wait_for_all(store, len(crew))
        for _ in range(kills):
            time.sleep(every)
            victim = crew.pop(chance.randrange(len(crew)))
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
            crew.append(_hired(url, next(count), folder))
        for one in crew:
            os.kill(one.pid, signal.SIGKILL)
            one.join()
        told = {line for file in Path(folder).glob("*.kept") for line in file.read_text().split("\n")[:-1]}
        return judged(store, told)


def _hired(url, number, folder):
    process = CONTEXT.Process(target=write_on, args=(url, f"w{number}", f"{folder}/{number}.kept"), daemon=True)
    process.start()
    return process


def _wait_for_all(store, writers):
    """Wait until the first writers have begun: killing what has not started proves nothing."""
    for _ in range(600):
        with store.unit("t", NOW, reading=True) as unit:
            if unit.head() > writers * 2:
                return
        time.sleep(0.1)
    raise AssertionError("the writers do not write")


def judged(store, told):
    """Return the look at the whole ledger, how many checkpoints were told, and those that the ledger denies."""
    roots = {int(line.rpartition("@")[2].partition(":")[0]): line for line in told}
    with store.unit("t", NOW, reading=True) as unit:
        report = LedgerLook(unit).report
        origin = unit.checkpoint().origin
        denied = []
        tree = Frontier()
        for leaf in unit.proofs.leaves(report.proof.size):
            tree.append(leaf)
            line = roots.pop(tree.size, None)
            if line is not None and line != str(Checkpoint.of(origin, tree)):
                denied.append(line)
    store.close()
    return report, len(told), denied + sorted(roots.values())


def main(words):
    """Kill writers of each database, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos ledgers", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many writers are killed, on each database")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(words)
    wrong = 0
    for kind in kinds():
        report, told, denied = kill(kind, asked.kills, seed=asked.seed)
        wrong += len(report.findings) + len(denied)
        sys.stdout.write(
            f"{kind}: {asked.kills} of {WRITERS[kind]} writers at a time killed, {report.proof.size:,} entries, "
            f"{told:,} committed checkpoints: {len(report.findings)} findings, {len(denied)} checkpoints denied\n"
        )
        for line in [*report.findings, *denied][:10]:
            sys.stdout.write(f"  {line}\n")
    return 1 if wrong else 0
