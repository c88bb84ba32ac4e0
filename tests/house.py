"""A tenant in memory, with people, a clock that the test moves, and customers who answer as told."""

import weakref
from datetime import UTC, date, datetime, timedelta

from agent import Deps, playbook_drafter
from gate import default_bundle
from oncourse.clock import SeededIds, SeededSalt, VirtualClock
from oncourse.engine import InProcessEngine
from oncourse.graph import build_graph
from oncourse.promises import broken
from oncourse.simulator import Customers, Script, SimulatedExecutor
from oncourse.world import Reviewers, World
from orchestrator import Acting, Orchestrator, Records, tell
from plan import (
    Account,
    Calendar,
    Contact,
    ContactRole,
    Contract,
    Fact,
    FactKind,
    Mode,
    Opportunity,
    OpportunityKind,
    Owner,
    PlanStatus,
    Posture,
    PostureReading,
    Principal,
    Role,
    Severity,
    Signal,
    SignalType,
    Tenant,
    Ticket,
)
from store import Event, EventType, Store, open_engine, upgrade
from tests.databases import house_url
from tests.keys import KEYS

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
BERLIN = Calendar(time_zone="Europe/Berlin")
PEOPLE = {
    "root": {Role.TENANT_ADMIN, Role.REVOPS, Role.OPERATOR},
    "mara": {Role.EDITOR},
    "otto": {Role.PLAN_APPROVER},
    "sara": {Role.SENIOR_APPROVER},
    "vera": {Role.SENIOR_APPROVER},
}


def records(account_id="acme", *, renews_on=date(2026, 6, 30), urgent_ticket=False, **account):
    """What is known of one account whose usage fell."""
    a = account_id
    known = {
        "accounts": (Account(account_id=a, name=f"{a.title()} GmbH", owner_id="mara", **account),),
        "contracts": (
            Contract(
                contract_id=f"{a}-k1",
                account_id=a,
                arr_minor=120_000_00,
                currency="EUR",
                starts_on=date(2025, 7, 1),
                renews_on=renews_on,
            ),
        ),
        "contacts": (
            Contact(
                contact_id=f"{a}-c1", account_id=a, name="Ida Stern", role=ContactRole.CHAMPION, email="ida@x.example"
            ),
            Contact(contact_id=f"{a}-c2", account_id=a, name="Ben Roth", role=ContactRole.ECONOMIC_BUYER, signs=True),
        ),
        "opportunities": (
            Opportunity(
                opportunity_id=f"{a}-o1",
                account_id=a,
                kind=OpportunityKind.RENEWAL,
                stage="open",
                amount_minor=120_000_00,
                currency="EUR",
                contract_id=f"{a}-k1",
            ),
        ),
        "owners": (Owner(owner_id="mara", name="Mara Lind"),),
        "signals": (
            Signal(
                signal_id=f"{a}-s1",
                account_id=a,
                type=SignalType.USAGE_DROP,
                observed_at=MONDAY - timedelta(days=5),
                source="product",
                severity=Severity.HIGH,
                value=-4100,
                window_days=60,
            ),
            Signal(
                signal_id=f"{a}-s2",
                account_id=a,
                type=SignalType.SUPPORT_ESCALATION,
                observed_at=MONDAY - timedelta(days=3),
                source="support",
            ),
        ),
    }
    if urgent_ticket:
        known["tickets"] = (
            Ticket(
                ticket_id=f"{a}-t1", account_id=a, urgent=True, opened_at=MONDAY - timedelta(days=9), escalated=True
            ),
        )
    return known


class House:
    """One tenant, ready to run."""

    def __init__(self, url=None, scripts=None, executor=None, seed="test", policy=None, store=Store):
        engine = open_engine(url or house_url())
        weakref.finalize(self, engine.dispose)
        upgrade(engine)
        self.sql = engine
        self.store = store(engine, SeededSalt(seed), KEYS)
        self.clock = VirtualClock(MONDAY)
        self.executor = executor or SimulatedExecutor(scripts)
        self.orchestrator = Orchestrator(
            self.store, "t1", clock=self.clock, ids=SeededIds(seed), executor=self.executor
        )
        root = Principal(principal_id="root", tenant_id="t1", roles=frozenset(PEOPLE["root"]))
        tenant = Tenant(tenant_id="t1", name="Tenant One", calendar=BERLIN, mode=Mode.LIVE)
        self.orchestrator.open_tenant(tenant, policy or default_bundle(), root)
        for name, roles in PEOPLE.items():
            if name != "root":
                added = Principal(principal_id=name, tenant_id="t1", roles=frozenset(roles))
                self.orchestrator.add_principal(added, Acting(principal=root))
        self.world = World(self.orchestrator, BERLIN, Customers(seed, scripts))
        graph = build_graph(self.orchestrator, Deps(drafter=playbook_drafter()))
        self.engine = InProcessEngine(self.store, "t1", graph, self.clock, self.world.watch)

    def who(self, name):
        with self.unit() as unit:
            return Acting(principal=unit.principals.get(name))

    def unit(self):
        return self.orchestrator.desk.unit()

    def know(self, account_id="acme", **more):
        self.orchestrator.take_records(Records(families=records(account_id, **more)), self.who("root"))

    def posture(self, account_id="acme", posture=Posture.AT_RISK, event_id=None):
        reading = PostureReading(posture=posture, as_of=self.clock.now())
        event = Event(
            source="test",
            event_id=event_id or f"posture-{account_id}-{self.clock.now():%m%d%H%M}",
            type=EventType.POSTURE_CHANGED,
            account_id=account_id,
            body=reading.model_dump(mode="json"),
            received_at=self.clock.now(),
        )
        arrived = self.orchestrator.receive(event)
        self.engine.run_due()
        return arrived

    def draft(self, account_id="acme", **more):
        """Import an account, let its posture change, and return the draft's id."""
        self.know(account_id, **more)
        self.posture(account_id)
        return self.plan_of(account_id)

    def plan_of(self, account_id="acme"):
        with self.unit() as unit:
            return str(unit.plans.find(account_id=account_id)[-1].plan.plan_id)

    def record(self, plan_id):
        with self.unit() as unit:
            return unit.plans.get(plan_id)

    def plan(self, plan_id):
        return self.record(plan_id).plan

    def step(self, plan_id, action_type):
        return next(s for s in self.plan(plan_id).steps if s.action_type == action_type)

    def approve(self, plan_id, *names):
        for name in names or ("otto",):
            self.orchestrator.approve(plan_id, self.record(plan_id).content_digest, self.who(name))

    def active(self, account_id="acme", **more):
        """Return a running plan."""
        plan_id = self.draft(account_id, **more)
        self.approve(plan_id)
        self.engine.run_due()
        assert self.plan(plan_id).status is PlanStatus.ACTIVE, self.sentences(plan_id)
        return plan_id

    def reviewers(self, until):
        people = [self.who(name).principal for name in ("otto", "sara", "vera")]
        Reviewers(self.orchestrator, BERLIN, people).every_morning(self.world, self.clock.now(), until)

    def run(self, days):
        self.engine.run_until(self.clock.now() + timedelta(days=days), self.clock, self.world)

    def fact(self, account_id="acme", *, value="CLOSED_WON", number=120_000_00, source="crm", at=None, kind=None):
        now = at or self.clock.now()
        fact = Fact(
            fact_id=f"f-{account_id}-{now:%m%d%H%M%S}-{value}",
            account_id=account_id,
            kind=kind or FactKind.RENEWAL_STATUS,
            subject_id=f"{account_id}-k1",
            value=value,
            number=number,
            effective_at=now,
            recorded_at=now,
            source=source,
        )
        event = Event(
            source=source,
            event_id=f"e-{fact.fact_id}",
            type=EventType.FACT_RECORDED,
            account_id=account_id,
            body=fact.model_dump(mode="json"),
            received_at=now,
        )
        self.orchestrator.receive(event)
        self.engine.run_due()

    def sentences(self, plan_id):
        with self.unit() as unit:
            return [line.sentence for line in tell(unit, unit.entries(f"plan/{plan_id}"))]

    def types(self, plan_id):
        with self.unit() as unit:
            return [entry.type for entry in unit.entries(f"plan/{plan_id}")]

    def broken(self):
        with self.unit() as unit:
            return [f"{f.promise}: {f.what}" for f in broken(unit)]


def scripts(**by_account):
    return {name: script if isinstance(script, Script) else Script(**script) for name, script in by_account.items()}
