"""Principals and policy bundles as rows: the cached fold of their streams."""

from functools import lru_cache

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from ledger import PolicyState
from plan import Principal, canonical
from store.errors import NotFoundError
from store.tables import policy, principal, tenant

# Built once: putting statements together costs more than their answers.
_EVERY = select(principal.c.body).where(principal.c.tenant_id == bindparam("mine")).order_by(principal.c.principal_id)
_IN_FORCE = select(tenant.c.policy).where(tenant.c.tenant_id == bindparam("mine"))
_TEXT = select(policy.c.bundle).where(policy.c.tenant_id == bindparam("mine"), policy.c.digest == bindparam("wanted"))


@lru_cache(maxsize=512)
def _principal(body: str) -> Principal:
    """Read a principal; it depends on nothing but its bytes."""
    return Principal.model_validate_json(body)


class Principals:
    """One tenant's principals."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def get(self, principal_id: str) -> Principal:
        """Return one principal; raise NotFoundError for an unknown id."""
        wanted = and_(principal.c.tenant_id == self._tenant, principal.c.principal_id == principal_id)
        body = self._connection.execute(select(principal.c.body).where(wanted)).scalar_one_or_none()
        if body is None:
            raise NotFoundError(f"there is no principal {principal_id}; list them with: oncourse principal list")
        return _principal(body)

    def every(self) -> list[Principal]:
        """Return all principals, by id."""
        return [_principal(body) for body in self._connection.execute(_EVERY, {"mine": self._tenant}).scalars()]

    def write(self, state: Principal) -> None:
        """Write the row of a principal's state."""
        wanted = and_(principal.c.tenant_id == self._tenant, principal.c.principal_id == state.principal_id)
        self._connection.execute(delete(principal).where(wanted))
        values = {"tenant_id": self._tenant, "principal_id": state.principal_id, "body": canonical(state).decode()}
        self._connection.execute(insert(principal).values(values))


class Policies:
    """One tenant's bundles: immutable, addressed by digest; one is in force."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def in_force(self) -> str:
        """Return the digest of the bundle in force; raise NotFoundError where none is."""
        found: str | None = self._connection.execute(_IN_FORCE, {"mine": self._tenant}).scalar_one_or_none()
        if found is None:
            raise NotFoundError(f"tenant {self._tenant} has no policy in force; run: oncourse init")
        return found

    def text(self, digest: str) -> str:
        """Return a bundle's own bytes (canonical JSON) by digest."""
        named = {"mine": self._tenant, "wanted": digest}
        found: str | None = self._connection.execute(_TEXT, named).scalar_one_or_none()
        if found is None:
            raise NotFoundError(f"there is no policy {digest} for tenant {self._tenant}")
        return found

    def put(self, digest: str, bundle: str) -> None:
        """Keep a bundle's bytes; its state row comes with its ledger entry."""
        wanted = and_(policy.c.tenant_id == self._tenant, policy.c.digest == digest)
        if self._connection.execute(select(policy.c.digest).where(wanted)).first() is None:
            values = {"tenant_id": self._tenant, "digest": digest, "state": "{}", "bundle": bundle}
            self._connection.execute(insert(policy).values(values))

    def find(self, prefix: str) -> tuple[str, ...]:
        """Return the digests that start so, sorted; with or without `sha256:`."""
        quoted = "sha256:" + prefix.removeprefix("sha256:")
        return tuple(sorted(digest for digest in self._digests() if digest.startswith(quoted)))

    def _digests(self) -> list[str]:
        return list(
            self._connection.execute(select(policy.c.digest).where(policy.c.tenant_id == self._tenant)).scalars()
        )

    def write(self, before: PolicyState | None, state: PolicyState) -> None:
        """Write the row of a bundle's state, and put it in force where it was just published."""
        wanted = and_(policy.c.tenant_id == self._tenant, policy.c.digest == state.digest)
        self._connection.execute(update(policy).where(wanted).values(state=canonical(state).decode()))
        if state.publications == (before.publications if before else 0):
            return
        here = update(tenant).where(tenant.c.tenant_id == self._tenant)
        self._connection.execute(here.values(policy=state.digest))

    def states(self) -> dict[str, PolicyState]:
        """Return every bundle's state by digest."""
        rows = self._connection.execute(
            select(policy.c.digest, policy.c.state).where(policy.c.tenant_id == self._tenant)
        )
        return {row.digest: PolicyState.model_validate(orjson.loads(row.state)) for row in rows if row.state != "{}"}
