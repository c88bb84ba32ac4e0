"""What a program asked before under a key of its own: its effect and this claim are written together, or neither."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from ledger import PlanState, state_digest
from plan import Frozen, Id, PlanStatus
from store.door_tables import claim


class Claim(Frozen):
    """One request that names itself, so that sending it twice does it once."""

    principal_id: Id
    key: str
    fingerprint: str
    """Of all that was asked: the same key for anything else is a mistake."""


class Expected(Frozen):
    """How a plan must stand for a request to change it: as whoever asks has read it."""

    plan_id: UUID
    revision: int
    status: PlanStatus
    digits: str
    """The beginning of the digest of all that is known of it, without `sha256:`: steps, approvals and reasons count."""

    def meets(self, state: PlanState) -> bool:
        """Tell whether a plan stands so."""
        found = str(state_digest(state)).removeprefix("sha256:")
        return (self.revision, self.status) == (state.plan.revision, state.plan.status) and found.startswith(
            self.digits
        )


class Claimed(Frozen):
    """A claim that was written, and what was answered to it."""

    fingerprint: str
    status: int | None
    """None where the process died between the effect and its answer: the effect is there."""
    answer: str | None


class Claims:
    """One tenant's claims."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def find(self, principal_id: str, key: str) -> Claimed | None:
        """Return what was claimed under a key, if anything."""
        wanted = select(claim.c.fingerprint, claim.c.status, claim.c.answer).where(self._is(principal_id, key))
        row = self._connection.execute(wanted).mappings().one_or_none()
        return None if row is None else Claimed.model_validate(dict(row))

    def add(self, made: Claim, now: datetime) -> None:
        """Write a claim; somebody else's under the same key makes the whole unit fail."""
        self._connection.execute(insert(claim).values({"tenant_id": self._tenant, "made_at": now, **made.model_dump()}))

    def answered(self, made: Claim, status: int, answer: str) -> None:
        """Keep what was answered, for whoever asks the same again."""
        wanted = self._is(made.principal_id, made.key)
        self._connection.execute(update(claim).where(wanted).values(status=status, answer=answer))

    def forget(self, before: datetime) -> int:
        """Delete claims made before an instant; return how many."""
        old = and_(claim.c.tenant_id == self._tenant, claim.c.made_at < before)
        return self._connection.execute(delete(claim).where(old)).rowcount

    def _is(self, principal_id: str, key: str) -> ColumnElement[bool]:
        return and_(claim.c.tenant_id == self._tenant, claim.c.principal_id == principal_id, claim.c.key == key)
