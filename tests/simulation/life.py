"""One seed: a tenant from its founding to the end of its last plan, and the processes that serve it."""

import gc
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from gate import default_bundle
from ledger import PlanState
from oncourse.clock import SeededSalt, VirtualClock
from orchestrator import Acting, Order
from plan import CLOSED, Mode, OncourseError, PlanStatus, Principal, StepStatus, Tenant
from store import StaleError, Store, open_engine, upgrade
from tests.house import BERLIN, MONDAY
from tests.keys import KEYS
from tests.simulation.agenda import Agenda, Deed
from tests.simulation.customers import PEOPLE
from tests.simulation.faults import Death, Faults
from tests.simulation.government import Government
from tests.simulation.machine import TENANT, Machine
from tests.simulation.people import Person, needs_somebody, open_at
from tests.simulation.provider import Book, Connector
from tests.simulation.watching import FindingError, Watch, lived
from tests.simulation.world import World

TOO_MANY = 3000
"""More ticks than this at one instant mean that something wakes itself without end."""
EVERY = 2000
"""After so many ticks the whole tenant is looked at."""
LAST = timedelta(days=230)
"""In which every plan comes to its end once nobody drafts any more."""


class Size(NamedTuple):
    """How large a tenant is, and for how many days plans are drafted."""

    accounts: int = 6
    days: int = 365
    harsh: float = 1
    """How many times as often as usual things go wrong."""


class Told(NamedTuple):
    """What one seed came to."""

    seed: int
    finding: str
    """Empty where every promise was kept."""
    head: str
    """Digest of the ledger's bytes."""
    entries: int
    plans: int
    years: float
    """Plan-years: how long the plans lived, together."""
    ticks: int
    faults: Counter[str]
    deeds: Counter[str]
    points: Counter[str]
    """Where processes died."""
    types: Counter[str]
    endings: Counter[str]


class Life:
    """A tenant, the world around it, and the process that serves it now."""

    def __init__(self, seed: int, size: Size = Size()) -> None:  # noqa: B008 - a value
        self._seed, self._days, self._name = seed, size.days, f"simulation/{seed}"
        self.accounts = tuple(f"a{number}" for number in range(size.accounts))
        self.drawn, self.clock = random.Random(f"{self._name}/world"), VirtualClock(MONDAY)
        self.faults, self.agenda, self._book = Faults(self._name, size.harsh), Agenda(self.clock, self.drawn), Book()
        self.watch = Watch(TENANT, self._book)
        self._sql = open_engine("sqlite://")
        upgrade(self._sql)
        self._eye = Store(self._sql, SeededSalt(f"{self._name}/eye"), KEYS)
        self._attending: set[str] = set()
        self._processes = self._intrusions = self._ticks = self._whole = 0
        self._intruding, self._busy_with = False, ""
        self._deeds, self._points = Counter[str](), Counter[str]()
        self._boot()
        self._world = World(self)
        self._government = Government(self, self._world, size.harsh)

    def run(self) -> Told:
        """Live to the end; the first broken promise ends it."""
        finding = ""
        try:
            self._found()
            self._live(MONDAY + timedelta(days=self._days))
            self.faults.on = False
            self._live(self.clock.now() + LAST)
            self._over()
        except FindingError as found:
            finding = f"seed {self._seed}, {self.clock.now():%Y-%m-%d %H:%M:%S.%f} UTC, tick {self._ticks}: {found}"
        finally:
            self._sql.dispose()
        return self._told(finding)

    def saw(self, what: str) -> None:
        """Count what somebody did."""
        self._deeds[what] += 1

    # the process

    def _machine(self) -> Machine:
        self._processes += 1
        connector = Connector(self._book, self.faults, self.clock, self)
        name = f"{self._name}/{self._processes}"
        return Machine(self._sql, name, self.clock, self.faults, connector, self._between)

    def _boot(self) -> None:
        self.machine = self._machine()
        self.person = Person(self.machine.house, self.drawn, self._book, self.saw)

    def _died(self, death: Death) -> None:
        self._points[str(death)] += 1
        self._intruding = False
        self._boot()

    # what happens while it is busy

    def _between(self) -> None:
        """Let something happen between two transactions of the process."""
        if self._intruding:
            return
        if self.faults.strikes("another worker steps in"):
            self.others()
        if self.faults.strikes("a person steps in"):
            open_ones = [str(state.plan.plan_id) for state in open_at(self.watch.plans)]
            if open_ones:
                self.interfere(self._busy_with if self._busy_with in open_ones else self.drawn.choice(open_ones))
        if self.faults.strikes("the process stands still"):
            self._intrusions += 1
            self.clock.set(self.clock.now() + timedelta(minutes=self.drawn.randint(1, 90)))

    def others(self) -> None:
        """Let another worker do some of what is due."""

        def work(other: Machine) -> None:
            for target in other.engine._due()[:4]:
                other.engine.tick(target)

        self._elsewhere(work)

    def interfere(self, plan_id: str) -> None:
        """Let somebody do something to a plan."""

        def act(other: Machine) -> None:
            Person(other.house, self.drawn, self._book, self.saw).interfere(self.watch.plan(plan_id))

        self._elsewhere(act)

    def answer(self, order: Order) -> None:
        """Let the customer answer before anybody knows that the order left."""
        event = self._world.answer_now(order)
        self._elsewhere(lambda other: other.house.receive(event))

    def _elsewhere(self, deed: Callable[[Machine], object]) -> None:
        """Do something in another process while this one is in the middle of what it does."""
        within, self._intruding = self._intruding, True
        self._intrusions += 1
        try:
            deed(self._machine())
        except Death as death:
            self._points[str(death)] += 1
        except OncourseError as error:
            self.saw(f"refused: {error.code}")
        finally:
            self._intruding = within

    # time

    def _found(self) -> None:
        house = self.machine.house
        root = Principal(principal_id="root", tenant_id=TENANT, roles=PEOPLE["root"])
        tenant = Tenant(tenant_id=TENANT, name="Tenant One", calendar=BERLIN, mode=Mode.LIVE)
        house.open_tenant(tenant, default_bundle(), root)
        for name, roles in PEOPLE.items():
            if name != "root":
                added = Principal(principal_id=name, tenant_id=TENANT, roles=roles)
                house.add_principal(added, Acting(principal=root))
        self._look(None)
        self.faults.on = True
        for account_id in self.accounts:
            self._world.draft_within(account_id, days=self.drawn.randint(0, 20))
        self._government.begin()

    def _live(self, until: datetime) -> None:
        """Go from one due instant to the next; without faults, only as long as a plan is open or has to be woken."""
        while True:
            self._run_due()
            wake = self._next_wake()
            if not self.faults.on and wake is None and not open_at(self.watch.plans):
                return
            at = max(
                min((at for at in (wake, self.agenda.next_at()) if at is not None), default=until), self.clock.now()
            )
            if at >= until:
                return
            if self.faults.strikes("clock jumps"):
                at += timedelta(minutes=self.drawn.randint(1, 36 * 60))
            self.clock.set(at)
            while (deed := self.agenda.due()) is not None:
                self._do(deed)

    def _next_wake(self) -> datetime | None:
        with self._eye.unit(TENANT, self.clock.now()) as unit:
            return unit.plans.next_wake()

    def _due(self) -> list[str]:
        with self._eye.unit(TENANT, self.clock.now()) as unit:
            events = [e.target for e in unit.events.waiting(unit.now) if e.plan_id is None]
            return events or [f"plan/{plan_id}" for plan_id, _ in unit.plans.due(unit.now)]

    def _run_due(self) -> None:
        count = 0
        while targets := self._due():
            for target in targets:
                self._tick(target)
            count += len(targets)
            if count > TOO_MANY:
                raise FindingError("LIVE", f"{targets[0]} wakes itself without end")

    def _tick(self, target: str) -> None:
        self._ticks += 1
        self._busy_with = target.removeprefix("plan/") if target.startswith("plan/") else ""
        before = self._intrusions
        try:
            self.machine.engine.tick(target)
        except Death as death:
            self._died(death)
        except OncourseError as error:
            if self._intrusions == before:
                raise FindingError(
                    "LIVE", f"the tick of {target} was refused, and nobody stepped in: {error}"
                ) from error
            self.saw(f"tick lost to others: {error.code}")
            if not isinstance(error, StaleError):
                self._do(partial(self.machine.engine.postpone, target))
        self._look(self._busy_with or None)
        if self._ticks - self._whole >= EVERY:
            self._look_at_everything()

    def _do(self, deed: Deed) -> None:
        """Let somebody do something; what is refused changes nothing."""
        try:
            deed()
        except Death as death:
            self._died(death)
        except OncourseError as error:
            self.saw(f"refused: {error.code}")
        self._look(None)

    # looking

    def _look(self, ticked: str | None) -> None:
        with self._eye.unit(TENANT, self.clock.now(), Connector.name) as unit:
            fresh = self.watch.look(unit, ticked)
        told = (entry.stream for entry in fresh if entry.type != "plan.gate_evaluated.v1")
        for stream in dict.fromkeys(told):  # who was denied waits for the next round, or for something new
            family, _, name = stream.partition("/")
            if family == "plan":
                self.notice(self.watch.plan(name))
            elif family == "account":
                self._government.see_to(name)

    def _look_at_everything(self) -> None:
        self._whole = self._ticks
        with self._eye.unit(TENANT, self.clock.now(), Connector.name) as unit:
            self.watch.look_at_everything(unit)

    def notice(self, state: PlanState) -> None:
        """See what a plan waits for, and let those who look after that come when they come."""
        plan, plan_id = state.plan, str(state.plan.plan_id)
        self._world.answer(state)
        if plan.status in CLOSED:
            self._world.draft_within(plan.account_id, days=self.drawn.randint(1, 12))
            return
        waits = plan.status in {PlanStatus.DRAFT, PlanStatus.PAUSED} or state.handover is not None
        if (waits or any(needs_somebody(s) for s in plan.steps)) and plan_id not in self._attending:
            self._attending.add(plan_id)
            at = self.agenda.soon(hours=30)
            self.agenda.at(at, partial(self._attend, plan_id))
            if self.drawn.random() < 0.1:
                self.saw("two people at once")
                self.agenda.at(at, partial(self._attend, plan_id))

    def _attend(self, plan_id: str) -> None:
        self._attending.discard(plan_id)
        self._busy_with = plan_id
        self.person.attend(self.watch.plan(plan_id))

    # the end

    def _over(self) -> None:
        self._look_at_everything()
        with self._eye.unit(TENANT, self.clock.now(), Connector.name) as unit:
            self.watch.look_at_contacts(unit)
        for state in open_at(self.watch.plans):
            raise FindingError("LIVE", f"plan {state.plan.plan_id} is {state.plan.status} and never ended")
        for state in self.watch.plans.values():
            for step in state.plan.steps:
                if step.status is StepStatus.RUNNING:
                    raise FindingError("P5", f"step {step.step_id} of plan {state.plan.plan_id} runs for ever")

    def _told(self, finding: str) -> Told:
        plans = self.watch.plans
        return Told(
            seed=self._seed,
            finding=finding,
            head=self.watch.head.hexdigest(),
            entries=self.watch.pos,
            plans=len(plans),
            years=lived(self.watch, self.clock.now()),
            ticks=self._ticks,
            faults=self.faults.happened,
            deeds=self._deeds,
            points=self._points,
            types=self.watch.types,
            endings=Counter(f"{s.plan.status} {s.closed_reason}".rstrip() for s in plans.values()),
        )


def live(seed: int, size: Size) -> tuple[Told, float]:
    """Let one seed live; return what it came to and the CPU seconds that it took."""
    gc.freeze()
    gc.set_threshold(100_000)  # the watch keeps the whole past, and walking through it again and again finds nothing
    began = time.process_time()
    told = Life(seed, size).run()
    return told, time.process_time() - began
