"""What a run asks of the rows again and again, in a few cheap questions: however many plans there are."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, and_, func, or_, select

from plan import CLOSED, PlanStatus, StepStatus
from store.connection import READING
from store.row_security import show_all
from store.tables import effect, head, inbox, plan, plan_step

SHUT = [str(status) for status in CLOSED]
PEOPLES = [str(s) for s in (StepStatus.PENDING_APPROVAL, StepStatus.AWAITING_OUTCOME, StepStatus.IN_DOUBT)]


_UNREAD = select(func.count()).select_from(inbox).where(inbox.c.processed_at.is_(None), inbox.c.plan_id.is_(None))


class Waiting(NamedTuple):
    """Something that may want a person: a draft (no step), or a step."""

    plan_id: str
    account_id: str
    row_version: int
    step_id: str = ""
    status: str = ""


class Glance(NamedTuple):
    """How a tenant stands."""

    due: int
    """Plans and events whose time has come."""
    unread: int
    """Events of no plan that nobody has taken up."""
    entries: int
    """Of the ledger."""
    plans: Counter[str]
    effects: Counter[str]
    waiting: list[Waiting]

    @property
    def ended(self) -> int:
        """Return how many plans are closed."""
        return sum(self.plans[status] for status in SHUT)

    @property
    def over(self) -> bool:
        """Tell whether all that arrived was taken up, all plans are closed, and no call is under way."""
        return not self.unread and self.ended == self.plans.total() and not self.effects["STARTED"]


def glance(engine: Engine, now: datetime) -> Glance:
    """Look once, waiting for no writer."""
    with engine.connect().execution_options(**{READING: True}) as connection, connection.begin():
        show_all(connection)
        plans = _counted(connection, plan.c.status)
        unread = connection.execute(_UNREAD).scalar_one()
        effects = _counted(connection, effect.c.status)
        entries = connection.execute(select(head.c.size)).scalar_one()
        return Glance(_due(connection, now), unread, entries, plans, effects, _waiting(connection))


def _counted(connection: Connection, column) -> Counter[str]:
    return Counter(dict(map(tuple, connection.execute(select(column, func.count()).group_by(column)))))


def _due(connection: Connection, now: datetime) -> int:
    open_now = and_(inbox.c.processed_at.is_(None), or_(inbox.c.retry_at.is_(None), inbox.c.retry_at <= now))
    events = select(func.count()).select_from(inbox).where(open_now, inbox.c.plan_id.is_(None))
    plans = select(func.count()).select_from(plan).where(plan.c.next_wake_at <= now)
    return connection.execute(events).scalar_one() + connection.execute(plans).scalar_one()


def _waiting(connection: Connection) -> list[Waiting]:
    drafts = select(plan.c.plan_id, plan.c.account_id, plan.c.row_version).where(plan.c.status == PlanStatus.DRAFT)
    steps = (
        select(plan.c.plan_id, plan.c.account_id, plan.c.row_version, plan_step.c.step_id, plan_step.c.status)
        .join(plan, and_(plan.c.tenant_id == plan_step.c.tenant_id, plan.c.plan_id == plan_step.c.plan_id))
        .where(plan_step.c.status.in_(PEOPLES), plan.c.status.in_([PlanStatus.ACTIVE, PlanStatus.PAUSED]))
    )
    found = [*connection.execute(drafts), *connection.execute(steps)]
    return sorted(Waiting(*row) for row in found)
