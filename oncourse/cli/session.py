"""One call of the command line: its settings, its tenant, and who acts; opened when first asked for."""

from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from oncourse.bootstrap import Tenancy, open_store, open_tenancy, pick_executor
from oncourse.config import Settings, read_settings
from orchestrator import Acting, Executor, Orchestrator
from store import NotFoundError, PlanRecord, Store

FINDINGS = 6
"""What a command exits with that did its work and found something wrong."""


@dataclass
class Session:
    """What the options before the command said."""

    database: str = ""
    tenant: str = ""
    principal: str = ""
    drafter: str = ""
    json: bool = False
    given: dict[str, str] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        """Return the settings."""
        return read_settings(database=self.database, tenant=self.tenant, principal=self.principal, drafter=self.drafter)

    @cached_property
    def store(self) -> Store:
        """Return the open store."""
        return open_store(self.settings)

    @cached_property
    def executor(self) -> Executor:
        """Return what carries out the steps."""
        return pick_executor(self.settings)

    @cached_property
    def tenancy(self) -> Tenancy:
        """Return the tenant."""
        return open_tenancy(self.settings, self.store, self.executor)

    def close(self) -> None:
        """Leave no connection open."""
        if "store" in self.__dict__:
            self.store.close()

    @property
    def house(self) -> Orchestrator:
        """Return the tenant's orchestrator."""
        return self.tenancy.house

    @property
    def who(self) -> Acting:
        """Return who acts; raise ConfigError where nobody was named."""
        return self.tenancy.acting(self.settings.principal)

    def plan_id(self, prefix: str) -> str:
        """Return the full id of a plan from its beginning."""
        with self.house.desk.unit() as unit:
            return unit.plans.resolve(prefix)

    def plan(self, prefix: str) -> PlanRecord:
        """Return a plan by its id or the beginning of it."""
        with self.house.desk.unit() as unit:
            return unit.plans.get(unit.plans.resolve(prefix))

    def step_id(self, record: PlanRecord, prefix: str) -> UUID:
        """Return the full id of a step from its beginning, or its action; raise NotFoundError for none or several."""
        found = [s.step_id for s in record.plan.steps if prefix and str(s.step_id).startswith(prefix)]
        found = found or [s.step_id for s in record.plan.steps if s.action_type == prefix]
        if len(found) != 1:
            what = "no step" if not found else "more than one step"
            raise NotFoundError(
                f"there is {what} {prefix!r}; list them with: oncourse step list {str(record.plan.plan_id)[:8]}"
            )
        return found[0]


current = Session()
"""The session of this call; the root command fills it before anything else runs."""
