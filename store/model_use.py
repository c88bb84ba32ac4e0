"""What a day of drafting costs: counted where a draft begins, and where its calls are written down."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from plan import Frozen
from store.door_tables import model_use


class DayOfUse(Frozen):
    """What one tenant asked of its drafter on one day (UTC)."""

    day: str
    drafts: int = 0
    """Begun; one that died before its result counts too, for its calls may have been paid."""
    calls: int = 0
    """Of models, as the ledger tells them."""


class ModelUse:
    """One tenant's days."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def of(self, now: datetime) -> DayOfUse:
        """Return what was used on the day of an instant."""
        day = _day(now)
        wanted = select(model_use.c.day, model_use.c.drafts, model_use.c.calls).where(self._is(day))
        row = self._connection.execute(wanted).mappings().one_or_none()
        return DayOfUse(day=day) if row is None else DayOfUse.model_validate(dict(row))

    def begin_draft(self, now: datetime, most: int) -> bool:
        """Count a draft that begins now; False, and nothing counted, where the day has had its most. 0 is no bound."""
        day = self._known(now)
        there = self._is(day) if not most else and_(self._is(day), model_use.c.drafts < most)
        changed = update(model_use).where(there).values(drafts=model_use.c.drafts + 1)
        return self._connection.execute(changed).rowcount == 1

    def add_calls(self, now: datetime, calls: int) -> None:
        """Count calls of models."""
        changed = update(model_use).where(self._is(self._known(now))).values(calls=model_use.c.calls + calls)
        self._connection.execute(changed)

    def _known(self, now: datetime) -> str:
        """Return the day, with a row to count in; whoever makes it at the same moment makes this unit fail."""
        day = _day(now)
        if self._connection.execute(select(model_use.c.day).where(self._is(day))).first() is None:
            row = {"tenant_id": self._tenant, "day": day, "drafts": 0, "calls": 0}
            self._connection.execute(insert(model_use).values(row))
        return day

    def _is(self, day: str) -> ColumnElement[bool]:
        return and_(model_use.c.tenant_id == self._tenant, model_use.c.day == day)


def _day(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m-%d}"
