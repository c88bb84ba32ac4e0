"""Kill, freeze and thaw workers at random while plans live: `python -m tests.chaos campaign`.

Weeks pass in seconds, as fast as the workers keep up. The connector loses and turns away answers; people approve,
answer and look up what is in doubt; the queue is thrown away in between. At the end every promise is checked, and the
connector's own book against the effects.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import NamedTuple

from oncourse.promises import broken
from orchestrator import doubt, moves, orders, sending
from plan import CLOSED
from store import StoreError
from tests.chaos.clocks import Tide
from tests.chaos.glance import glance
from tests.chaos.herd import Harm, Herd
from tests.chaos.people import People
from tests.chaos.telling import KINDS, Progress, say, words
from tests.chaos.world import Faults, Shared, found, opened
from tests.databases import fresh_url
from tests.house import BERLIN

A_SECOND = timedelta(days=3)
"""Of the domain in each second of the machine, while nothing waits."""
CLAIM = timedelta(days=2)
"""A claim is scaled like everything else."""
FAULTS = Faults(before=12, after=10, away=5)
Tell = Callable[[str], None]


class Report(NamedTuple):
    """What one campaign came to."""

    database: str
    seed: int
    plans: int
    effects: int
    kills: int
    freezes: int
    forgotten: int
    repeats: int
    endings: Counter[str]
    findings: list[str]
    seconds: float
    checking: float

    def line(self) -> str:
        """Return it in one line."""
        ended = ", ".join(f"{count} {name}" for name, count in sorted(self.endings.items()))
        return (
            f"chaos, {self.database}, seed {self.seed}: {self.plans} plans ({ended}), {self.effects} effects applied, "
            f"{self.kills} kills, {self.freezes} freezes, queue lost {self.forgotten} times, "
            f"{self.repeats} repeated calls of a key, {len(self.findings)} violations, "
            f"{self.seconds:.0f} s and {self.checking:.0f} s of checks"
        )


def work(shared: Shared, name: str, seed: int) -> None:
    """Work until killed, over a connector that fails."""
    moves.CLAIM = orders.CLAIM = sending.CLAIM = doubt.CLAIM = CLAIM
    drawn = random.Random(seed)
    shared.worker(name, executor=shared.connector(lambda: drawn.randrange(100))).run_worker(Event())


def campaign(
    kind: str,
    seed: int,
    plans: int,
    *,
    harm: Harm | None = Harm(),  # noqa: B008 - a frozen value
    faults: Faults = FAULTS,
    forget: int = 1,
    patience: float = 120,
    tell: Tell = lambda _line: None,
) -> Report:
    """Run one campaign to the end of all plans; so many times the queue is thrown away on the way."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        url = fresh_url(kind, Path(name))
        shared = found(url, Path(name), scale=0, accounts=plans, faults=faults)
        herd = Herd(shared, seed, work=work, harm=harm)
        try:
            forgotten = live(shared, herd, plans, forget=forget, patience=patience, tell=tell)
        finally:
            herd.end()
        lived = time.monotonic()
        findings = look_back(shared, plans)
        connector, now = shared.connector(), shared.clock().now()
        endings = glance(opened(url), now).plans
        repeats = sum(call["what"] == "repeat" for call in connector.calls())
        opened(url).dispose()
        return Report(
            kind, seed, plans, len(connector.applied()), herd.kills, herd.freezes, forgotten, repeats, endings,
            findings, lived - began, time.monotonic() - lived,
        )  # fmt: skip


def live(
    shared: Shared,
    herd: Herd,
    plans: int,
    *,
    people: People | None = None,
    forget: int = 0,
    patience: float = 120,
    tell: Tell = lambda _line: None,
) -> int:
    """Let people work and time pass until all plans have ended; return how often the queue was thrown away.

    `patience`: seconds without a new entry of the ledger after which the plans count as stuck.
    """
    clock, forgotten = shared.clock(), 0
    people = people or People(shared.house(), BERLIN, shared.connector())
    tide = Tide(clock, A_SECOND, crowd=max(4, min(24, plans // 3)))
    engine = opened(shared.url)
    told = changed = beaten = None
    while True:
        now = time.monotonic()
        with suppress(StoreError):  # a frozen worker may hold the database; people try again
            here = glance(engine, clock.now())
            if here.over:
                return forgotten
            if here.entries != told:
                told, changed = here.entries, now
            herd.watch(here.entries)
            people.look(here)
            tide.pass_by(now - (beaten or now), here.due)
            share = forgotten * plans // (forget + 1)
            tell(
                f"{shared.kind}: {here.ended} of {plans} plans ended, {here.effects['DONE']} effects, {herd.kills} kills, "
                f"{herd.freezes} freezes, {here.due} due, {clock.now():%Y-%m-%d}"
            )
            if forgotten < forget and here.effects.total() > share:
                forgotten += 1
                herd.restart(shared.url)
        beaten = now
        if changed is not None and now - changed > patience:
            return forgotten
        time.sleep(0.1)


def look_back(shared: Shared, plans: int) -> list[str]:
    """Return each promise that is broken, and each difference between the connector's book and the effects."""
    with shared.house().desk.unit() as unit:
        found = [f"{f.promise}: {f.what}" for f in broken(unit)]
        effects = {effect.key: effect for effect in unit.effects.every()}
        records = unit.plans.find()
        told = {e.stream.removeprefix("account/") for _, e in unit.every_entry() if e.type.startswith("proposal.")}
    applied = shared.connector().applied()
    found += [f"{key} was applied and nobody meant it" for key in applied - effects.keys()]
    for key, effect in effects.items():
        if effect.status == "DONE" and key not in applied:
            found.append(f"{key} is recorded as done and was never applied")
        if effect.status in {"NOT_SENT", "FAILED"} and key in applied:
            found.append(f"{key} is recorded as {effect.status} and was applied")
    found += [f"plan {r.plan.plan_id} has not ended" for r in records if r.plan.status not in CLOSED]
    answered = told | {r.plan.account_id for r in records}
    if len(answered) != plans:
        found.append(f"{plans - len(answered)} accounts have neither a plan nor a recorded refusal")
    return found


def main(given: list[str]) -> int:
    """Run campaigns on each database, seed after seed, until enough effects were applied; print what came of them."""
    parser = words("campaign", __doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first campaign; the next ones count up")
    parser.add_argument("--plans", type=int, default=60, help="accounts of each campaign's tenant")
    parser.add_argument("--effects", type=int, default=0, help="go on until so many were applied on each database")
    parser.add_argument(
        "--harm", type=int, default=50, help="entries of the ledger between two kills or freezes, on average"
    )
    parser.add_argument("--forget", type=int, default=2, help="how often each campaign loses its queue")
    asked = parser.parse_args(given)
    harm = Harm(every=(asked.harm // 2, asked.harm * 3 // 2))
    bad = 0
    for kind in asked.database or KINDS:
        progress, reports = Progress(), []
        while not reports or sum(r.effects for r in reports) < asked.effects:
            seed = asked.seed + len(reports)
            reports.append(campaign(kind, seed, asked.plans, harm=harm, forget=asked.forget, tell=progress.tell))
            for line in reports[-1].findings[:20]:
                say(line)
            say(reports[-1].line())
        bad += sum(len(r.findings) for r in reports)
        say(_summary(kind, reports, progress.seconds()))
    return int(bad > 0)


def _summary(kind: str, reports: list[Report], seconds: float) -> str:
    effects = sum(r.effects for r in reports)
    return (
        f"chaos, {kind}: {len(reports)} campaigns, seeds {reports[0].seed} to {reports[-1].seed}, "
        f"{sum(r.plans for r in reports)} plans, {effects} effects, {sum(r.kills for r in reports)} kills, "
        f"{sum(r.freezes for r in reports)} freezes, queue lost {sum(r.forgotten for r in reports)} times, "
        f"{sum(len(r.findings) for r in reports)} violations, {seconds:.0f} s ({effects * 60 / seconds:.0f} effects a minute)"
    )
