"""Let many tick the same plans at once and count who commits twice: `python -m tests.chaos exclusivity`.

Durable workers visit what is due; others tick plans past the queue, so that two ticks of one plan meet as often as
they can. Timers and events are mixed. Each commit is noted with the row's version that it was made from: two commits
from one version, two of one sequence number, or two calls under one fence would be a double commit.
"""

import json
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from typing import NamedTuple

from oncourse.clock import random_salt
from oncourse.promises import broken
from plan import OncourseError
from store import Event, EventType, Store, StoreError, Unit
from tests.chaos.clocks import Tide
from tests.chaos.glance import glance
from tests.chaos.herd import Herd
from tests.chaos.people import People
from tests.chaos.telling import KINDS, Progress, say, words
from tests.chaos.world import Shared, found, opened
from tests.databases import fresh_url
from tests.house import BERLIN
from tests.keys import KEYS

WORKERS = 3


class NotingStore(Store):
    """A store that writes down each commit of a plan, after it: from which version, and up to which entry."""

    book: Path

    @contextmanager
    def unit(self, tenant_id: str, now: datetime, connector: str = "", *, reading: bool = False) -> Iterator[Unit]:
        """Open one transaction and note what it commits, or that it was turned away."""
        lines: list[dict[str, object]] = []
        try:
            with super().unit(tenant_id, now, connector, reading=reading) as unit:
                raised: dict[str, int] = {}
                raise_fence = unit.plans.raise_fence

                def fence(plan_id: object) -> int:
                    raised[str(plan_id)] = raise_fence(str(plan_id))
                    return raised[str(plan_id)]

                unit.plans.raise_fence = fence  # type: ignore[method-assign] # noted, otherwise as it is
                yield unit
                for name, cursor in unit._cursors.items():
                    mine = [entry.seq for entry in unit._entries if entry.stream == name]
                    if name.startswith("plan/") and mine:
                        plan_id = name.removeprefix("plan/")
                        moved = cursor.state is not cursor.before
                        version = cursor.row_version if moved else None
                        lines.append({"plan": plan_id, "from": version, "seqs": mine, "fence": raised.get(plan_id)})
        except StoreError as error:
            self._note({"turned away": error.code})
            raise
        for line in lines:
            self._note(line)

    def _note(self, line: dict[str, object]) -> None:
        with self.book.open("a") as file:
            file.write(json.dumps(line) + "\n")


def noting(shared: Shared, name: str) -> NotingStore:
    """Return a store that notes into a file of its own."""
    store = NotingStore(opened(shared.url), random_salt, KEYS)
    store.book = Path(shared.folder) / f"commits-{name}.jsonl"
    return store


def work(shared: Shared, name: str, _seed: int) -> None:
    """Work until killed, over a store that notes."""
    shared.worker(name, store=noting(shared, name)).run_worker(Flag())


def barge_in(shared: Shared, name: str, seed: int) -> None:
    """Tick plans that are due, or not, past the queue; send events of which most say nothing new."""
    drawn, count = random.Random(seed), 0
    store = noting(shared, name)
    house = shared.house(store)
    ticker = shared.ticker(house)
    while True:
        with house.desk.unit() as unit:
            due = [plan_id for plan_id, _ in unit.plans.due(unit.now)]
            plans = due or unit.plans.ids()
        if not plans:
            time.sleep(0.1)
            continue
        plan_id = drawn.choice(plans[:4])
        count += 1
        with suppress(OncourseError):
            if drawn.random() < 0.3:
                house.receive(_news(house, plan_id, f"{name}-{os.getpid()}-{count}"))
            ticker.tick(f"plan/{plan_id}")


def _news(house, plan_id: str, event_id: str) -> Event:
    """Return an outcome of a step that the plan does not have: it is noted in the plan's stream."""
    with house.desk.unit() as unit:
        account_id = unit.plans.get(plan_id).plan.account_id
    return Event(
        source="noise",
        event_id=event_id,
        type=EventType.OUTCOME_RECORDED,
        account_id=account_id,
        plan_id=plan_id,
        body={"step_id": "00000000", "outcome": "DONE"},
        received_at=house.desk.clock.now(),
    )


def herd_of_both(shared: Shared, name: str, seed: int) -> None:
    """Be one of three workers that visit by the queue, or of those that barge in."""
    if int(name.removeprefix("w")) <= WORKERS:
        work(shared, name, seed)
    else:
        barge_in(shared, name, seed)


class Report(NamedTuple):
    """What came of one run."""

    database: str
    seed: int
    plans: int
    commits: int
    fences: int
    turned_away: int
    doubles: list[str]
    findings: list[str]
    seconds: float

    def line(self) -> str:
        """Return it in one line."""
        return (
            f"exclusivity, {self.database}, seed {self.seed}: {self.plans} plans, {self.commits} commits, "
            f"{self.fences} calls fenced, {self.turned_away} turned away, {len(self.doubles)} double commits, "
            f"{len(self.findings)} promises broken, {self.seconds:.0f} s"
        )


def doubles(lines: list[dict]) -> list[str]:
    """Return each pair of commits that came from one version, took one sequence number or raised one fence."""
    seen = Counter()
    for line in lines:
        if line["from"] is not None:
            seen[line["plan"], "version", line["from"]] += 1
        seen.update((line["plan"], "entry", seq) for seq in line["seqs"])
        if line["fence"] is not None:
            seen[line["plan"], "fence", line["fence"]] += 1
    return [f"{count} commits of plan {p} from one {what} {n}" for (p, what, n), count in seen.items() if count > 1]


def exclusivity(kind: str, seed: int, plans: int, commits: int, *, rude: int = 2, tell=lambda _line: None) -> Report:
    """Run until so many commits of plans were made by three workers and so many who barge in."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        url = fresh_url(kind, Path(name))
        shared = found(url, Path(name), scale=0, accounts=plans)
        house, clock, engine = shared.house(noting(shared, "people")), shared.clock(), opened(url)
        people, beaten, read_at, lines = People(house, BERLIN, shared.connector()), time.monotonic(), 0.0, []
        tide = Tide(clock, timedelta(days=1), max(4, plans // 2))
        herd = Herd(shared, seed, WORKERS + rude, work=herd_of_both)
        try:
            while len(lines) < commits:
                with suppress(StoreError):
                    here = glance(engine, clock.now())
                    people.look(here)
                    now = time.monotonic()
                    if here.ended < plans // 2:  # what is left goes on being woken by events
                        tide.pass_by(now - beaten, here.due)
                    beaten = now
                time.sleep(0.1)
                if beaten < read_at + 1:
                    continue
                read_at = beaten
                lines, turned = read(Path(name))
                tell(f"{kind}: {len(lines)} of {commits} commits, {turned} turned away, {clock.now():%Y-%m-%d}")
        finally:
            herd.end()
        lines, turned = read(Path(name))
        with house.desk.unit() as unit:
            findings = [f"{f.promise}: {f.what}" for f in broken(unit)]
        opened(url).dispose()
    fences = sum(line["fence"] is not None for line in lines)
    return Report(kind, seed, plans, len(lines), fences, turned, doubles(lines), findings, time.monotonic() - began)


def read(folder: Path) -> tuple[list[dict], int]:
    """Return the commits that were noted, and how many were turned away."""
    every = [
        json.loads(line)
        for path in folder.glob("commits-*.jsonl")
        for line in path.read_text().splitlines()
        if line.endswith("}")
    ]
    commits = [line for line in every if "plan" in line]
    return commits, len(every) - len(commits)


def main(given: list[str]) -> int:
    """Run on each database and print what came of it."""
    parser = words("exclusivity", __doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plans", type=int, default=30)
    parser.add_argument("--commits", type=int, default=10_000)
    asked = parser.parse_args(given)
    bad = 0
    for kind in asked.database or KINDS:
        report = exclusivity(kind, asked.seed, asked.plans, asked.commits, tell=Progress().tell)
        for line in (report.doubles + report.findings)[:20]:
            say(line)
        say(report.line())
        bad += len(report.doubles) + len(report.findings)
    return int(bad > 0)
