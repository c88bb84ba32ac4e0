"""The statements about plans, built once: their parts cost more to put together than SQLite takes to answer them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    literal,
    literal_column,
    select,
    union_all,
    update,
)

from plan import OPEN, PlanStatus
from store.tables import approval, plan, plan_step, stream


def one(table: Table) -> ColumnElement[bool]:
    """Return what is asked of every statement below: one plan of one tenant."""
    return and_(table.c.tenant_id == bindparam("mine"), table.c.plan_id == bindparam("wanted"))


GET = select(plan).where(one(plan))
HOLD = GET.with_for_update()
NEXT_WAKE = (
    select(plan.c.next_wake_at)
    .where(plan.c.tenant_id == bindparam("mine"), plan.c.next_wake_at.is_not(None))
    .order_by(plan.c.next_wake_at)
    .limit(1)
)
STATUS = select(plan.c.status).where(one(plan))
STEPS = select(plan_step).where(one(plan_step)).order_by(plan_step.c.position)
APPROVALS = select(approval).where(one(approval)).order_by(approval.c.position)
_BESIDE_COLUMNS = ("position", "step_id", "status", "action_type", "attempt", "revision", "principal_id", "body")
_BLANK: dict[str, ColumnElement[Any]] = {
    **dict.fromkeys(("step_id", "status", "action_type", "principal_id"), literal_column("''")),
    **dict.fromkeys(("attempt", "revision"), literal_column("0")),
}


def _part(kind: str, known: Mapping[str, ColumnElement[Any]], wanted: ColumnElement[bool]) -> Select[Any]:
    """Return one part of what lies beside a plan's row; what it does not have is blank."""
    columns = ({**_BLANK, **known}[name].label(name) for name in _BESIDE_COLUMNS)
    return select(literal_column(f"'{kind}'").label("kind"), *columns).where(wanted)


BESIDE = union_all(
    _part("step", dict(plan_step.c), one(plan_step)),
    _part("approval", dict(approval.c), one(approval)),
    _part(
        "ledger",
        {"position": stream.c.last_seq, "body": stream.c.state_digest},
        and_(stream.c.tenant_id == bindparam("mine"), stream.c.stream == literal("plan/") + bindparam("wanted")),
    ),
).order_by("kind", "position")
# What is asked of one account is sorted by whoever asks: told to sort, SQLite walks through all of a tenant's rows in
# their order instead of the few of the account.
FIND = select(plan).where(
    plan.c.tenant_id == bindparam("mine"),
    plan.c.status.in_(bindparam("statuses", expanding=True)),
    plan.c.plan_id != bindparam("without"),
)
FIND_OF = FIND.where(plan.c.account_id == bindparam("account"))
HOLDER = (
    select(plan.c.plan_id)
    .where(
        plan.c.tenant_id == bindparam("mine"),
        plan.c.account_id == bindparam("account"),
        plan.c.plan_type == bindparam("kind"),
        plan.c.status == str(PlanStatus.ACTIVE),
    )
    .order_by(plan.c.plan_id)
)
OPEN_OF = select(plan.c.plan_id, plan.c.body).where(
    plan.c.tenant_id == bindparam("mine"),
    plan.c.account_id == bindparam("account"),
    plan.c.status.in_(sorted(str(s) for s in OPEN)),
)
STEP_COLUMNS = ("position", "status", "action_type", "body")
STEP = (
    update(plan_step)
    .where(one(plan_step), plan_step.c.step_id == bindparam("step"))
    .values({name: bindparam(name) for name in STEP_COLUMNS})
)
ACTIONS = select(plan_step.c.step_id, plan_step.c.action_type).where(one(plan_step))
FENCE = update(plan).where(one(plan)).values(fence=plan.c.fence + 1).returning(plan.c.fence)
WAKE = update(plan).where(one(plan)).values(next_wake_at=bindparam("at"))
DUE = (
    select(plan.c.plan_id, plan.c.next_wake_at)
    .where(plan.c.tenant_id == bindparam("mine"), plan.c.next_wake_at <= bindparam("now"))
    .order_by(plan.c.next_wake_at, plan.c.plan_id)
)


@cache
def change(*names: str) -> Update:
    """Return the statement that writes these columns of a plan's row where it is as it was read."""
    unchanged = and_(
        one(plan), plan.c.status == bindparam("old_status"), plan.c.row_version == bindparam("old_version")
    )
    return update(plan).where(unchanged).values({name: bindparam(name) for name in (*names, "row_version")})
