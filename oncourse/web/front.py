"""What every route works with: the store, the tenants behind it, and who lets callers in."""

from threading import Lock
from typing import Protocol

from oncourse.bootstrap import Tenancy, open_tenancy
from oncourse.config import Settings
from oncourse.signatures import Signatures
from oncourse.throttle import Throttle
from orchestrator import Acting, Clock, Executor, Orchestrator
from plan import Frozen, Id, SortedStrings
from store import Claim, Expected, Store


class Signed(Protocol):
    """Somebody who proved who they are."""

    @property
    def tenant_id(self) -> str:
        """Return the tenant: it comes from the credential and from nowhere else."""
        ...

    @property
    def acting(self) -> Acting:
        """Return who acts, and how they proved it."""
        ...

    @property
    def scopes(self) -> frozenset[str]:
        """Return what a token opens."""
        ...


class Doorkeeper(Protocol):
    """Knows callers by their secrets."""

    def by_token(self, secret: str) -> Signed | None:
        """Return the program behind a bearer token; None for one that is unknown, ended or revoked."""
        ...

    def by_session(self, secret: str) -> Signed | None:
        """Return the person behind a session; None for one that is unknown or ended."""
        ...


class Caller(Frozen):
    """Who asks, of which tenant, and how far the credential opens the door."""

    tenant_id: Id
    who: Acting
    scopes: SortedStrings
    by: str
    """`session` or `token`."""


class Front:
    """One process's door to the tenants of one database."""

    def __init__(
        self, settings: Settings, store: Store, executor: Executor, clock: Clock, doorkeeper: Doorkeeper
    ) -> None:
        self.settings, self.store, self.executor, self.clock, self.doorkeeper = (
            settings, store, executor, clock, doorkeeper,
        )  # fmt: skip
        self.signatures, self.throttle = Signatures(settings.sources), Throttle(settings.events_per_minute)
        self.passing = Lock()
        """Made-up time passes in one request at a time."""

    def tenancy(self, tenant_id: str, claim: Claim | None = None, expected: Expected | None = None) -> Tenancy:
        """Return a tenant under its clock; one request's effect is written with its claim, where it is given."""
        here = self.settings.model_copy(update={"tenant": tenant_id})
        store = self.store if claim is None else self.store.claiming(claim, expected)
        return open_tenancy(here, store, self.executor)

    def house(self, tenant_id: str, claim: Claim | None = None, expected: Expected | None = None) -> Orchestrator:
        """Return a tenant's orchestrator."""
        return self.tenancy(tenant_id, claim, expected).house
