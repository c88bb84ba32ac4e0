"""Send approvals again, late, twice at once and to the wrong place: `python -m tests.chaos approvals`.

A person looks, and clicks on what is on the screen; the click is sent at once, later, or again and again, while plans
are edited there and back, reopened, rendered anew and carried out by workers that are killed in between. What lands
must be what somebody saw: that step, that attempt, that revision, those words.
"""

import random
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from ledger import Endorsed, StepEdge
from oncourse.promises import broken
from orchestrator import Override, PlanEdit, StepEdit
from plan import UNSENT, OncourseError, PlanStatus, RevenuePlanV1, Role, StepStatus
from store import StoreError, Unit
from tests.chaos.clocks import Tide
from tests.chaos.glance import glance
from tests.chaos.herd import Herd
from tests.chaos.people import People
from tests.chaos.telling import KINDS, Progress, say, words
from tests.chaos.world import Faults, found, opened, who
from tests.databases import fresh_url
from tests.house import BERLIN

WHY = "This run overrides every soft finding."
REVIEWERS = ("otto", "sara", "vera")
STEPS = frozenset({"step.endorsed.v1", "step.approved.v1"})
PLANS = frozenset({"plan.endorsed.v1", "plan.approved.v1"})
GIVEN = STEPS | PLANS
"""Entries by which an approval lands."""


class Click(NamedTuple):
    """What somebody saw and clicked on."""

    name: str
    plan_id: str
    revision: int
    digest: str
    step_id: str = ""
    attempt: int = 0
    codes: tuple[str, ...] = ()
    text: str | None = None
    """What the text was edited to, where it was."""


class Clickers(People):
    """People who review one thing at a time; each click is kept, and may leave late."""

    def __init__(self, house, calendar, connector, drawn: random.Random) -> None:
        super().__init__(house, calendar, connector)
        self.drawn = drawn
        self.clicks: list[Click] = []
        self.acting = {name: who(house, name) for name in (*REVIEWERS, "mara")}

    def review(self, plan: RevenuePlanV1) -> None:
        """Look at a draft, and click."""
        with self.house.desk.unit() as unit:
            record = unit.plans.get(str(plan.plan_id))
        codes = self.house.judged(str(plan.plan_id)).required_authority.overrides
        self._click(Click(self._name(), str(plan.plan_id), record.plan.revision, record.content_digest, codes=codes))

    def review_steps(self, plan: RevenuePlanV1) -> None:
        """Look at each text that waits, and click; now and then change a word of it."""
        for step in plan.steps:
            if step.status is not StepStatus.PENDING_APPROVAL:
                continue
            plan_id, step_id = str(plan.plan_id), str(step.step_id)
            with self.house.desk.unit() as unit:
                seen = unit.plans.get(plan_id).plan
                attempt = seen.step(step.step_id).attempts + 1
                kept = unit.effects.artefact(plan_id, step_id, attempt)
                text = unit.text(kept.ref) if kept and self.drawn.random() < 0.2 else None
            if kept is None:
                continue
            codes = self.house.judged_step(plan_id, step_id).overrides
            edited = None if text is None else f"{text}\nP.S. {self.drawn.randrange(10**6)}\n"
            self._click(Click(self._name(), plan_id, seen.revision, kept.digest, step_id, attempt, codes, edited))

    def _name(self) -> str:
        return self.drawn.choice(REVIEWERS)

    def _click(self, click: Click) -> None:
        self.clicks.append(click)
        if self.drawn.random() < 0.7:  # the others leave with the next redelivery
            self.send(click)

    def send(self, click: Click) -> str:
        """Send a click as it is; return what came of it."""
        acting = self.acting[click.name]
        senior = Role.SENIOR_APPROVER in acting.principal.roles
        override = Override(codes=click.codes, reason=WHY) if click.codes and senior else None
        try:
            if click.step_id:
                self.house.approve_step(
                    click.plan_id, click.step_id, click.digest, acting, text=click.text, override=override
                )
            else:
                self.house.approve(click.plan_id, click.digest, acting, override=override)
        except OncourseError as error:
            return error.code
        return "taken"

    def meddle(self) -> None:
        """Edit a plan, or take an edit back; seldom reopen one that runs."""
        with self.house.desk.unit() as unit:
            plans = [
                r.plan for r in unit.plans.find(statuses=[PlanStatus.DRAFT, PlanStatus.APPROVED, PlanStatus.ACTIVE])
            ]
        if not plans:
            return
        plan = self.drawn.choice(plans)
        with suppress(OncourseError):
            if plan.status is PlanStatus.ACTIVE:
                if plan.revision < 6 and self.drawn.random() < 0.3:
                    self.house.reopen(str(plan.plan_id), "Something has changed.", self.acting["sara"])
                return
            unsent = [step for step in plan.steps if step.status in UNSENT]
            if unsent and plan.revision < 6:
                by = timedelta(hours=1 if plan.revision % 2 else -1)  # there and back again
                moved = StepEdit(step_id=unsent[-1].step_id, due_by=unsent[-1].due_by + by)
                self.house.edit(str(plan.plan_id), PlanEdit(changed=[moved]), self.acting["mara"])


class Report(NamedTuple):
    """What came of one run."""

    database: str
    seed: int
    plans: int
    clicks: int
    again: Counter[str]
    """What came of each click that was sent again or to the wrong place."""
    landed: int
    kills: int
    findings: list[str]
    seconds: float

    def line(self) -> str:
        """Return it in one line."""
        came = ", ".join(f"{count} {name}" for name, count in sorted(self.again.items()))
        return (
            f"approvals, {self.database}, seed {self.seed}: {self.plans} plans, {self.clicks} clicks, "
            f"{self.again.total()} redeliveries ({came}), {self.landed} approvals landed, {self.kills} kills, "
            f"{len(self.findings)} reached what nobody saw, {self.seconds:.0f} s"
        )


def redeliver(people: Clickers, pool: ThreadPoolExecutor, again: Counter[str], findings: list[str]) -> None:
    """Send what was clicked on lately once more, each twice at once, and each also to another place."""
    drawn = people.drawn
    recent = people.clicks[-40:]
    batch = drawn.sample(recent, min(6, len(recent))) + drawn.sample(people.clicks, min(4, len(people.clicks)))
    for told in pool.map(people.send, [click for click in batch for _ in range(2)]):
        again[told] += 1
    for click in batch:
        other = drawn.choice(people.clicks)
        wrong = click._replace(digest=other.digest)
        if (other.plan_id, other.step_id) == (click.plan_id, click.step_id):
            continue
        told = people.send(wrong)
        again[told] += 1
        if told == "taken":
            findings.append(f"{wrong} was taken with the digest of {other}")


def unseen(unit: Unit, clicks: list[Click]) -> tuple[int, list[str]]:
    """Return how many approvals landed, and those for which nobody clicked on just that."""
    plans = {(c.name, c.plan_id, c.revision, c.digest) for c in clicks if not c.step_id}
    steps = {
        (c.name, c.plan_id, c.revision, c.step_id, c.attempt, None if c.text else c.digest) for c in clicks if c.step_id
    }
    landed, found = 0, []
    for _, entry in unit.every_entry():
        if entry.type not in GIVEN:
            continue
        landed += 1
        body, plan_id = entry.body(), entry.stream.removeprefix("plan/")
        if isinstance(body, Endorsed):
            given = body.approval
            fits = (given.principal_id, plan_id, given.revision, given.content_digest) in plans
        elif isinstance(body, StepEdge) and body.approval is not None:
            given = body.approval
            digest = None if entry.reason and entry.reason.code == "approved_as_edited" else given.rendered_digest
            fits = (given.principal_id, plan_id, given.revision, str(given.step_id), given.attempt, digest) in steps
        else:
            fits = False
        if not fits:
            found.append(f"{entry.address} ({entry.type}) by {entry.actor.id} is what nobody saw")
    return landed, found


def approvals(kind: str, seed: int, plans: int, count: int, *, restarts: int = 2, tell=lambda _line: None) -> Report:
    """Run until so many redeliveries were made under three workers, which are restarted in between."""
    began, drawn, again, findings = time.monotonic(), random.Random(seed), Counter(), []
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(6) as pool:
        url = fresh_url(kind, Path(name))
        shared = found(url, Path(name), scale=0, accounts=plans, faults=Faults(away=10))
        house, clock = shared.house(), shared.clock()
        people = Clickers(house, BERLIN, shared.connector(), drawn)
        tide, engine, beaten = Tide(clock, timedelta(days=1), max(4, plans // 2)), opened(url), time.monotonic()
        herd = Herd(shared, seed)
        try:
            while again.total() < count:
                here = glance(engine, clock.now())
                with suppress(StoreError):
                    people.look(here)
                if people.clicks:
                    people.meddle()
                    redeliver(people, pool, again, findings)
                if again.total() > count * (1 + herd.kills // 3) // (restarts + 1):
                    herd.restart()
                now = time.monotonic()
                tide.pass_by(now - beaten, here.due)
                beaten = now
                tell(
                    f"{kind}: {again.total()} of {count} redeliveries, {here.ended} of {plans} plans ended, {clock.now():%Y-%m-%d}"
                )
                time.sleep(0.05)
        finally:
            herd.end()
        with house.desk.unit() as unit:
            landed, unwanted = unseen(unit, people.clicks)
            findings += unwanted + [f"{f.promise}: {f.what}" for f in broken(unit)]
        opened(url).dispose()
    clicks = len(people.clicks)
    return Report(kind, seed, plans, clicks, again, landed, herd.kills, findings, time.monotonic() - began)


def main(given: list[str]) -> int:
    """Run on each database and print what came of it."""
    parser = words("approvals", __doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plans", type=int, default=30)
    parser.add_argument("--count", type=int, default=1500, help="redeliveries")
    asked = parser.parse_args(given)
    bad = 0
    for kind in asked.database or KINDS:
        report = approvals(kind, asked.seed, asked.plans, asked.count, tell=Progress().tell)
        for line in report.findings[:20]:
            say(line)
        say(report.line())
        bad += len(report.findings)
    return int(bad > 0)
