"""Effects: what was meant to leave, what left, and what came of it. One key, one row, at most one effect."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, select, update

from plan import Digest, Frozen, Id, Instant
from store.tables import artefact, effect


class EffectStatus(StrEnum):
    """How far an effect came."""

    STARTED = "STARTED"
    DONE = "DONE"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    NOT_SENT = "NOT_SENT"


class Effect(Frozen):
    """One attempt of one step to change the world."""

    key: str
    """`plan_id:step_id:attempt_no`."""
    plan_id: Id
    step_id: Id
    status: EffectStatus
    shadow: bool
    """Recorded instead of sent."""
    rendered: Digest
    content: Digest
    """The approved content digest under which it was meant."""
    revision: int
    action_type: str
    external: bool
    intended_at: Instant
    claimed_until: Instant
    """After this the worker that meant it is taken for dead."""
    calls: int = 0
    settled_at: Instant | None = None
    receipt: str | None = None


class Artefact(Frozen):
    """A rendered text of a step, outside the plan's content."""

    plan_id: Id
    step_id: Id
    attempt: int
    digest: Digest
    ref: str
    at: Instant


_TEXT = (
    select(*artefact.c["plan_id", "step_id", "attempt", "digest", "ref", "at"])
    .where(
        artefact.c.tenant_id == bindparam("mine"),
        artefact.c.plan_id == bindparam("plan"),
        artefact.c.step_id == bindparam("step"),
        artefact.c.attempt == bindparam("nth"),
    )
    .order_by(artefact.c.at.desc(), artefact.c.digest)
    .limit(1)
)
"""Built once: putting a statement together costs more than its answer."""
_OF_PLAN = (
    select(effect)
    .where(effect.c.tenant_id == bindparam("mine"), effect.c.plan_id == bindparam("plan"))
    .order_by(effect.c.intended_at, effect.c.key)
)
_KEEP = insert(artefact)
_INTEND = insert(effect)
_ONE = effect.c.tenant_id == bindparam("mine"), effect.c.key == bindparam("wanted")
_GET = select(effect).where(*_ONE)
_SETTLE = (
    update(effect).where(*_ONE).values(status=bindparam("came"), receipt=bindparam("told"), settled_at=bindparam("now"))
)
_THIS_TEXT = _TEXT.where(artefact.c.digest == bindparam("wanted"))


class Effects:
    """One tenant's effects and rendered texts."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def intend(self, meant: Effect) -> None:
        """Write the intent; its key is unique, so the same attempt can never be meant twice."""
        self._connection.execute(_INTEND, meant.model_dump() | {"tenant_id": self._tenant})

    def get(self, key: str) -> Effect | None:
        """Return one effect by its key."""
        row = self._connection.execute(_GET, {"mine": self._tenant, "wanted": key}).mappings().one_or_none()
        return None if row is None else _effect(dict(row))

    def of_plan(self, plan_id: str | UUID) -> list[Effect]:
        """Return a plan's effects in the order in which they were meant."""
        rows = self._connection.execute(_OF_PLAN, {"mine": self._tenant, "plan": str(plan_id)})
        return [_effect(dict(row)) for row in rows.mappings()]

    def every(self) -> list[Effect]:
        """Return all effects of the tenant."""
        rows = self._connection.execute(select(effect).where(effect.c.tenant_id == self._tenant).order_by(effect.c.key))
        return [_effect(dict(row)) for row in rows.mappings()]

    def settle(self, key: str, status: EffectStatus, receipt: str, now: datetime) -> None:
        """Record what came of it."""
        values = {"came": str(status), "told": receipt, "now": now}
        self._connection.execute(_SETTLE, values | {"mine": self._tenant, "wanted": key})

    def claim(self, key: str, until: datetime) -> None:
        """Count one more call under the same key."""
        values = {"calls": effect.c.calls + 1, "claimed_until": until}
        self._connection.execute(update(effect).where(self._is(key)).values(values))

    def keep(self, rendered: Artefact) -> Artefact:
        """Keep a rendered text; the same text of the same attempt is kept once. Returns what is kept."""
        known = self.artefact(rendered.plan_id, rendered.step_id, rendered.attempt, rendered.digest)
        if known is None:
            self._connection.execute(_KEEP, rendered.model_dump() | {"tenant_id": self._tenant})
        return known or rendered

    def artefact(self, plan_id: object, step_id: object, attempt: int, digest: str | None = None) -> Artefact | None:
        """Return the newest text rendered for this attempt, or the one with this digest."""
        named = {"mine": self._tenant, "plan": str(plan_id), "step": str(step_id), "nth": attempt}
        rows = (
            self._connection.execute(_TEXT, named)
            if digest is None
            else self._connection.execute(_THIS_TEXT, named | {"wanted": digest})
        )
        row = rows.mappings().one_or_none()
        return None if row is None else Artefact.model_validate(dict(row))

    def _is(self, key: str) -> ColumnElement[bool]:
        return and_(effect.c.tenant_id == self._tenant, effect.c.key == key)


def _effect(row: dict[str, object]) -> Effect:
    row.pop("tenant_id")
    return Effect.model_validate(row)
