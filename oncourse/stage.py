"""A made-up or rehearsed tenant under a virtual clock: its people, its customers, and what became of its plans."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from agent import Deps, Drafter
from gate import default_bundle
from ledger import Keyring
from oncourse.clock import SeededIds, SeededSalt, VirtualClock
from oncourse.engine import InProcessEngine
from oncourse.graph import build_graph
from oncourse.imports import ImportBatch, load
from oncourse.keyfile import keep_keys
from oncourse.promises import Finding, broken
from oncourse.simulator import Customers, Script, SimulatedExecutor
from oncourse.telemetry import TracedExecutor, TracedStore
from oncourse.world import Reviewers, World
from orchestrator import Acting, Orchestrator
from plan import Calendar, Frozen, Mode, OncourseError, Principal, Role, Tenant, derive_posture
from store import Event, EventType, PlanRecord, open_engine, upgrade

ADMIN = "p-admin"
REVIEWERS: dict[str, Role] = {
    "p-otto": Role.PLAN_APPROVER,
    "p-sara": Role.SENIOR_APPROVER,
    "p-vera": Role.SENIOR_APPROVER,
}
"""Who reviews: one plan approver and two senior approvers, so that HIGH plans find their two persons."""


class StageError(OncourseError):
    """The stage cannot be set."""

    code = "stage"


class Ended(Frozen):
    """What became of one plan."""

    plan_id: str
    account_id: str
    account: str
    status: str
    reason: str
    why: str
    """One sentence from the ledger."""


class Stage:
    """One tenant with people and simulated customers, ready for time to pass."""

    def __init__(
        self,
        database: Path,
        batch: ImportBatch,
        *,
        start: datetime,
        seed: str,
        drafter: Drafter,
        scripts: Mapping[str, Script] | None = None,
        told: Callable[[datetime, str, str], None] | None = None,
    ) -> None:
        """Make a new database for the batch; one that stands in its place is replaced."""
        tenant = batch.tenant or Tenant(tenant_id="rehearsal", name="Rehearsal")
        self.tenant = tenant.model_copy(update={"mode": Mode.LIVE})
        self.start, self._told = start, told
        _clear(database)
        engine = open_engine(f"sqlite:///{database}")
        upgrade(engine)
        self.clock = VirtualClock(start)
        keys = Keyring([SeededSalt(f"{seed}/key")()])
        keep_keys(database.with_suffix(".key"), keys)
        self.store = TracedStore(engine, SeededSalt(seed), keys)
        self.executor = SimulatedExecutor(scripts)
        self.house = Orchestrator(
            self.store,
            self.tenant.tenant_id,
            clock=self.clock,
            ids=SeededIds(seed),
            executor=TracedExecutor(self.executor),
        )
        self.people = self._open(batch)
        self.calendar: Calendar = self.tenant.calendar
        self.world = World(self.house, self.calendar, Customers(seed, scripts))
        self.reviewers = Reviewers(self.house, self.calendar, [self.people[name].principal for name in REVIEWERS])
        graph = build_graph(self.house, Deps(drafter=drafter))
        self.engine = InProcessEngine(self.store, self.tenant.tenant_id, graph, self.clock, self._watch)

    def _open(self, batch: ImportBatch) -> dict[str, Acting]:
        roles: dict[str, set[Role]] = {name: {role} for name, role in REVIEWERS.items()}
        for owner in batch.owners:
            roles.setdefault(owner.owner_id, set()).add(Role.EDITOR)
        roles[ADMIN] = {Role.TENANT_ADMIN, Role.REVOPS, Role.OPERATOR}
        people = {
            name: Principal(principal_id=name, tenant_id=self.tenant.tenant_id, roles=frozenset(given))
            for name, given in roles.items()
        }
        admin = Acting(principal=people[ADMIN])
        self.house.open_tenant(self.tenant, default_bundle(), people[ADMIN])
        for name, person in people.items():
            if name != ADMIN:
                self.house.add_principal(person, admin)
        load(self.house, batch, admin)
        return {name: Acting(principal=person, authenticated="scripted") for name, person in people.items()}

    def _watch(self, now: datetime, target: str, did: str) -> None:
        self.world.watch(now, target, did)
        if self._told is not None:
            self._told(now, target, did)

    def posture_changes(self, account_id: str, at: datetime) -> None:
        """Let an account's posture, as its signals say, arrive as an event."""

        def arrive() -> None:
            with self.house.desk.unit() as unit:
                known = unit.accounts.situation(account_id, unit.tenant(), at, ())
            reading = derive_posture(known.signals, known.contracts, at, self.calendar)
            self.world.tell(
                Event(
                    source="posture",
                    event_id=f"{account_id}-{at:%Y%m%d%H%M}",
                    type=EventType.POSTURE_CHANGED,
                    account_id=account_id,
                    body=reading.model_dump(mode="json"),
                    received_at=at,
                )
            )

        self.world.at(at, arrive)

    def run(self, until: datetime) -> int:
        """Let time pass; return the number of ticks."""
        return self.engine.run_until(until, self.clock, self.world)

    def plan_of(self, account_id: str) -> PlanRecord | None:
        """Return the newest plan of an account."""
        with self.house.desk.unit() as unit:
            found = unit.plans.find(account_id=account_id)
        return max(found, key=lambda r: r.plan.created_at, default=None)

    def ended(self) -> list[Ended]:
        """Return what became of each plan, by account."""
        from ledger import stopped

        with self.house.desk.unit() as unit:
            return [
                Ended(
                    plan_id=str(r.plan.plan_id),
                    account_id=r.plan.account_id,
                    account=unit.accounts.get(r.plan.account_id).name,
                    status=r.plan.status.value,
                    reason=r.state.closed_reason or r.state.pause_reason,
                    why=stopped(unit.entries(f"plan/{r.plan.plan_id}"), unit.blobs.reveal) or "Still open.",
                )
                for r in unit.plans.find()
            ]

    def proof(self) -> tuple[int, list[Finding]]:
        """Return the number of entries and every broken promise."""
        with self.house.desk.unit() as unit:
            return sum(1 for _ in unit.every_entry()), broken(unit)


def _clear(database: Path) -> None:
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database}{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise StageError(f"{database} cannot be written: {error.strerror}; choose another --dir") from error
