"""Notices: what people were told, each thing once by each of their channels, and what is to be tried again."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, insert, or_, select, update

from plan import Frozen, Id, Instant
from store.door_tables import notice

NoticeKind = Literal["seen", "review", "digest", "escalation"]
NOBODY = "-"
"""Stands for a person where nobody is told: when something was seen first."""


class Notice(Frozen):
    """One thing that one person is to be told by one channel."""

    principal_id: Id
    about: str
    kind: NoticeKind
    channel: int = 0
    """Which of the person's channels, counted from 0."""
    at: Instant
    tries: int = 0
    next_at: Instant | None = None
    """When to try; None: it was told, or given up."""
    given_up: bool = False


class Notices:
    """One tenant's notices."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def of(self, kind: NoticeKind) -> dict[str, datetime]:
        """Return when each thing was first noted under a kind."""
        wanted = and_(notice.c.tenant_id == self._tenant, notice.c.kind == kind)
        rows = self._connection.execute(select(notice.c.about, notice.c.at).where(wanted).order_by(notice.c.at.desc()))
        return {row.about: row.at for row in rows}

    def add(self, made: Notice) -> None:
        """Keep a notice; one about the same to the same person by the same channel makes the whole unit fail."""
        self._connection.execute(insert(notice).values({"tenant_id": self._tenant, **made.model_dump()}))

    def due(self, now: datetime, most: int) -> list[Notice]:
        """Return up to so many notices that are to be tried now, the oldest first."""
        wanted = select(notice).where(notice.c.tenant_id == self._tenant, notice.c.next_at <= now)
        return self._listed(wanted, most)

    def troubled(self, late: datetime, most: int) -> list[Notice]:
        """Return up to so many that did not leave: given up, tried in vain or long due; the oldest first."""
        waits = and_(notice.c.next_at.is_not(None), or_(notice.c.tries > 0, notice.c.next_at <= late))
        wanted = select(notice).where(notice.c.tenant_id == self._tenant, or_(notice.c.given_up, waits))
        return self._listed(wanted, most)

    def forget(self, waiting: Collection[str], kept: str, before: datetime) -> None:
        """Forget what no longer waits, so that it is told anew should it wait again; what begins as `kept`, by age."""
        mine = notice.c.tenant_id == self._tenant
        over = [name for name in self._abouts() if not name.startswith(kept) and name not in waiting]
        for name in over:
            self._connection.execute(delete(notice).where(mine, notice.c.about == name))
        self._connection.execute(delete(notice).where(mine, notice.c.about.startswith(kept), notice.c.at < before))

    def _abouts(self) -> list[str]:
        wanted = select(notice.c.about).where(notice.c.tenant_id == self._tenant).distinct()
        return list(self._connection.execute(wanted).scalars())

    def take(self, due: Notice) -> bool:
        """Take a notice that is due as told before it is sent; False where somebody else did."""
        same = and_(self._is(due), notice.c.next_at == due.next_at)
        taken = update(notice).where(same).values(next_at=None, tries=notice.c.tries + 1)
        return bool(self._connection.execute(taken).rowcount)

    def put_off(self, due: Notice, until: datetime) -> None:
        """Try a notice again at an instant."""
        self._connection.execute(update(notice).where(self._is(due)).values(next_at=until))

    def give_up(self, due: Notice) -> None:
        """Try a notice no more, and remember that nobody was told."""
        self._connection.execute(update(notice).where(self._is(due)).values(next_at=None, given_up=True))

    def _listed(self, wanted: Select[Any], most: int) -> list[Notice]:
        rows = self._connection.execute(wanted.order_by(notice.c.at, notice.c.about, notice.c.principal_id).limit(most))
        return [Notice.model_validate({k: v for k, v in row.items() if k != "tenant_id"}) for row in rows.mappings()]

    def _is(self, one: Notice) -> ColumnElement[bool]:
        return and_(
            notice.c.tenant_id == self._tenant,
            notice.c.principal_id == one.principal_id,
            notice.c.about == one.about,
            notice.c.kind == one.kind,
            notice.c.channel == one.channel,
        )
