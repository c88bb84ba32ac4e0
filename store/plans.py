"""Plans as rows: the cached fold of their streams, and the questions people ask of them."""

import operator
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from ledger import PlanState
from plan import (
    ALTERED,
    OPEN,
    Frozen,
    Instant,
    OpenPlan,
    PlanStatus,
    PlanType,
    RevenuePlanV1,
    StepStatus,
)
from store.blobs import Blobs
from store.connection import READING
from store.errors import BrokenRowError, NotFoundError, SlotTakenError, StaleError
from store.plan_rows import Rows, bodies_of, columns_of, in_clear, parsed, rows_of
from store.plan_statements import (
    ACTIONS,
    APPROVALS,
    BESIDE,
    DUE,
    FENCE,
    FIND,
    FIND_OF,
    GET,
    HOLD,
    HOLDER,
    NEXT_WAKE,
    OPEN_OF,
    STATUS,
    STEP,
    STEP_COLUMNS,
    STEPS,
    WAKE,
    change,
)
from store.tables import MOVING_STEPS, approval, plan, plan_step

SHORTEST_PREFIX = 4
"""Fewer characters name no plan: an empty shell variable must never end one."""
_SLOT_MARKS = ("uq_plan_one_active", "plan.tenant_id, plan.account_id, plan.plan_type")
"""How PostgreSQL and SQLite name the index that keeps one ACTIVE plan per account and type."""


class Beside(NamedTuple):
    """What lies beside a plan's row, each in order."""

    steps: list[RowMapping]
    approvals: list[RowMapping]
    ledger: tuple[int, str | None] | None
    """Where the plan's stream stands, and the digest of the state that it came to."""


_FEW = 1000
"""Steps that are named one by one in a statement."""


class PlanRecord(Frozen):
    """A plan as read: its state in committed form, the same plan in clear text, and the store's own columns."""

    state: PlanState
    plan: RevenuePlanV1
    """Joined with the private texts that still exist."""
    known: dict[str, str]
    """Private text -> its commitment, so that an unchanged text keeps its digest."""
    content_digest: str
    """Of the content as it stands in the rows, computed when it was read."""
    altered: bool
    """A private text belies its commitment, the rows belie what the ledger last said, or a column its row's body."""
    state_digest: str | None = None
    """Of the state as it stands in the rows; None where there is no row yet."""
    row_version: int
    fence: int
    next_wake_at: Instant | None


class Plans:
    """One tenant's plans."""

    def __init__(self, connection: Connection, tenant_id: str, blobs: Blobs) -> None:
        self._connection, self._tenant, self._blobs = connection, tenant_id, blobs
        self._rows: dict[str, tuple[RowMapping, Beside]] = {}
        self._read: dict[str, PlanRecord] = {}
        """Plans that this transaction holds and has not written since it read them, as rows and as records."""

    def get(self, plan_id: str | UUID) -> PlanRecord:
        """Return a plan; raise NotFoundError for an unknown id."""
        if (known := self._read.get(str(plan_id))) is not None:
            return known
        found = self._read[str(plan_id)] = self._record(*self._held(plan_id))
        return found

    def ledger(self, plan_id: str | UUID) -> tuple[int, str | None] | None:
        """Return where a plan's stream stands and the digest of its state; None without a plan, or without a stream."""
        try:
            return self._held(plan_id)[1].ledger
        except NotFoundError:
            return None

    def _held(self, plan_id: str | UUID) -> tuple[RowMapping, Beside]:
        """Hold a plan's row, so that what is read of its other rows and of its stream was written together with it.

        SQLite takes its one write lock when a transaction begins; it and whoever only reads see a single state.
        """
        if (known := self._rows.get(str(plan_id))) is not None:
            return known
        wanted = GET if self._connection.get_execution_options().get(READING) else HOLD
        row = self._connection.execute(wanted, self._named(plan_id)).mappings().one_or_none()
        if row is None:
            raise _unknown(plan_id)
        found = self._rows[str(plan_id)] = (row, self._beside(plan_id))
        return found

    def _forget(self) -> None:
        self._rows.clear()
        self._read.clear()

    def find(
        self,
        *,
        account_id: str | None = None,
        statuses: Iterable[PlanStatus] = tuple(PlanStatus),
        without: str | UUID | None = None,
    ) -> list[PlanRecord]:
        """Return plans by account and status but for one, sorted by account and plan id for equal output."""
        named = {"mine": self._tenant, "statuses": [str(s) for s in statuses], "without": str(without or "")}
        rows = (
            self._connection.execute(FIND, named)
            if account_id is None
            else self._connection.execute(FIND_OF, named | {"account": account_id})
        )
        found = sorted(rows.mappings(), key=lambda row: (row["account_id"], row["plan_id"]))
        return [self._record(row, self._beside(row["plan_id"])) for row in found]

    def page(
        self,
        most: int,
        *,
        after: tuple[datetime, str] | None = None,
        statuses: Iterable[PlanStatus] = (),
        account_id: str | None = None,
        owner: str | None = None,
        among: Iterable[str] | None = None,
        last_first: bool = False,
    ) -> list[PlanRecord]:
        """Return up to so many plans by their end and id, from behind a place in that order."""
        wanted = select(plan).where(plan.c.tenant_id == self._tenant)
        if after is not None:
            at, plan_id = after
            behind = (operator.lt if last_first else operator.gt)(plan.c.expires_at, at)
            beside = (operator.lt if last_first else operator.gt)(plan.c.plan_id, plan_id)
            wanted = wanted.where(or_(behind, and_(plan.c.expires_at == at, beside)))
        chosen = sorted({str(status) for status in statuses})
        if account_id is not None:
            wanted = wanted.where(plan.c.account_id == account_id)
        if owner is not None:
            wanted = wanted.where(plan.c.owner == owner)
        if among is not None:
            wanted = wanted.where(plan.c.plan_id.in_(sorted(among)))
        # each state by itself is a walk along an index; several at once would be a walk past everything else
        asked = [wanted.where(plan.c.status == one) for one in chosen] or [wanted]
        return self._records(asked, most, last_first=last_first)

    def _records(self, asked: Iterable[Select[Any]], most: int, *, last_first: bool = False) -> list[PlanRecord]:
        """Return the first so many plans, by their end and id, of those that several statements find."""
        found: dict[str, RowMapping] = {}
        order = [one.desc() if last_first else one.asc() for one in (plan.c.expires_at, plan.c.plan_id)]
        for one in asked:
            rows = self._connection.execute(one.order_by(*order).limit(most))
            found |= {row["plan_id"]: row for row in rows.mappings()}
        by_end = sorted(found.values(), key=lambda row: (row["expires_at"], row["plan_id"]), reverse=last_first)
        first = by_end[:most]
        return [self._listed(row) for row in first]

    def _listed(self, row: RowMapping) -> PlanRecord:
        """Return a plan of a list; whoever only reads reads it once, and whoever may write has still to hold it."""
        known = self._read.get(row["plan_id"])
        if known is None:
            known = self._record(row, self._beside(row["plan_id"]))
            if self._connection.get_execution_options().get(READING):
                self._read[row["plan_id"]] = known
        return known

    def count(self, statuses: Iterable[PlanStatus]) -> int:
        """Return how many plans have one of these statuses."""
        wanted = select(func.count()).where(
            plan.c.tenant_id == self._tenant, plan.c.status.in_([str(status) for status in statuses])
        )
        return int(self._connection.execute(wanted).scalar_one())

    def concerning(
        self, statuses: Iterable[PlanStatus], steps: Iterable[StepStatus], *, most: int | None = None
    ) -> list[PlanRecord]:
        """Return the plans with one of these statuses and the running ones with such a step, by their end and id.

        `most`: the first so many; every status of a step must be one of those that are on their way.
        """
        mine = select(plan).where(plan.c.tenant_id == self._tenant)
        whole = [str(status) for status in statuses]
        running = [str(status) for status in (PlanStatus.ACTIVE, PlanStatus.PAUSED) if status not in whole]
        asked = [mine.where(plan.c.status == status) for status in whole]
        holds = self._with_step([str(status) for status in steps])
        asked += [mine.where(plan.c.status == status, holds) for status in running]
        return self._records(asked, most if most is not None else sys.maxsize)

    def _with_step(self, steps: list[str]) -> ColumnElement[bool]:
        """Return what a plan with a step in one of these states meets.

        Few such plans are named; among many the walk along the plans' ends soon meets enough of them.
        """
        wanted = and_(plan_step.c.tenant_id == self._tenant, plan_step.c.status.in_(steps), text(MOVING_STEPS))
        few = self._connection.execute(select(plan_step.c.plan_id).where(wanted).limit(_FEW + 1)).scalars().all()
        if len(few) <= _FEW:
            return plan.c.plan_id.in_(sorted(set(few)))
        return exists().where(wanted, plan_step.c.plan_id == plan.c.plan_id)

    def ids(self) -> list[str]:
        """Return the ids of all plans."""
        wanted = select(plan.c.plan_id).where(plan.c.tenant_id == self._tenant).order_by(plan.c.plan_id)
        return list(self._connection.execute(wanted).scalars())

    def resolve(self, prefix: str) -> str:
        """Return the one plan id that starts so; raise NotFoundError for none or several."""
        escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        wanted = and_(plan.c.tenant_id == self._tenant, plan.c.plan_id.like(f"{escaped}%", escape="\\"))
        found = self._connection.execute(select(plan.c.plan_id).where(wanted).limit(2)).scalars().all()
        if len(found) == 1 and len(prefix) >= SHORTEST_PREFIX:
            return str(found[0])
        what = "more than one plan" if len(found) > 1 else "no plan"
        raise NotFoundError(f"there is {what} whose id starts with {prefix!r}; list them with: oncourse plan list")

    def actions(self, plan_ids: Collection[str]) -> dict[UUID, str]:
        """Return step -> action of every step that some plans hold now."""
        found: dict[UUID, str] = {}
        for plan_id in sorted(plan_ids):
            rows = self._connection.execute(ACTIONS, self._named(plan_id))
            found |= {UUID(row.step_id): row.action_type for row in rows}
        return found

    def status(self, plan_id: str | UUID) -> PlanStatus:
        """Return where a plan stands; raise NotFoundError for an unknown id."""
        found = self._connection.execute(STATUS, self._named(plan_id)).scalar_one_or_none()
        if found is None:
            raise _unknown(plan_id)
        with _readable(plan_id):
            return PlanStatus(found)

    def open_of(self, account_id: str) -> list[OpenPlan]:
        """Return the plans of an account that are not closed, by id."""
        rows = self._connection.execute(OPEN_OF, {"mine": self._tenant, "account": account_id})
        return [_open_plan(row.plan_id, row.body) for row in sorted(rows, key=lambda row: row.plan_id)]

    def slot_holder(self, account_id: str, plan_type: PlanType) -> str | None:
        """Return the id of the plan that is ACTIVE for this account and type; the first where damage left two."""
        named = {"mine": self._tenant, "account": account_id, "kind": str(plan_type)}
        return self._connection.execute(HOLDER, named).scalars().first()

    def due(self, now: datetime) -> list[tuple[str, datetime]]:
        """Return open plans whose wake-up has come, earliest first."""
        rows = self._connection.execute(DUE, {"mine": self._tenant, "now": now})
        return [(row.plan_id, row.next_wake_at) for row in rows]

    def next_wake(self) -> datetime | None:
        """Return the earliest wake-up of any plan."""
        return self._connection.execute(NEXT_WAKE, {"mine": self._tenant}).scalar_one_or_none()

    def wake(self, plan_id: str | UUID, at: datetime | None) -> None:
        """Set when the plan wants to be looked at next; None: nothing is left to wait for."""
        self._forget()
        self._connection.execute(WAKE, self._named(plan_id) | {"at": at})

    def wake_account(self, account_id: str, at: datetime) -> None:
        """Wake every open plan of an account."""
        self._forget()
        wanted = and_(
            plan.c.tenant_id == self._tenant,
            plan.c.account_id == account_id,
            plan.c.status.in_([str(s) for s in OPEN]),
            or_(plan.c.next_wake_at.is_(None), plan.c.next_wake_at > at),
        )
        self._connection.execute(update(plan).where(wanted).values(next_wake_at=at))

    def wake_open(self, at: datetime) -> None:
        """Wake every open plan of the tenant."""
        self._forget()
        wanted = and_(
            plan.c.tenant_id == self._tenant,
            plan.c.status.in_([str(s) for s in OPEN]),
            or_(plan.c.next_wake_at.is_(None), plan.c.next_wake_at > at),
        )
        self._connection.execute(update(plan).where(wanted).values(next_wake_at=at))

    def raise_fence(self, plan_id: str | UUID) -> int:
        """Take the plan for one effect: whoever holds an older fence can no longer record its result."""
        self._forget()
        return int(self._connection.execute(FENCE, self._named(plan_id)).scalar_one())

    def write(self, before: PlanState | None, after: PlanState, row_version: int, **more: datetime | None) -> None:
        """Write the rows of a new state, and more of the plan's own; raise StaleError or SlotTakenError."""
        self._forget()
        rows, old = rows_of(after), rows_of(before) if before is not None else Rows({}, (), ())
        try:
            if before is None:
                self._connection.execute(insert(plan).values(rows.plan | more | {"row_version": 1, "fence": 0}))
            else:
                self._update(old.plan, rows.plan, row_version, more)
        except IntegrityError as error:
            if not any(mark in str(error.orig) for mark in _SLOT_MARKS):
                raise
            raise SlotTakenError("unknown", after.plan.account_id, str(after.plan.plan_type)) from error
        self._write_beside(old, rows)

    def read_rows(self, plan_id: str | UUID) -> Rows:
        """Return the rows as they stand, for comparison with the fold."""
        found = self._connection.execute(GET, self._named(plan_id)).mappings().one_or_none()
        if found is None:
            raise _unknown(plan_id)
        columns = set(plan.c.keys()) - {"row_version", "fence", "next_wake_at"}
        steps, given = (self._connection.execute(one, self._named(plan_id)).mappings() for one in (STEPS, APPROVALS))
        return Rows(
            {name: found[name] for name in found if name in columns},
            tuple(dict(row) for row in steps),
            tuple(dict(row) for row in given),
        )

    def _update(
        self, before: dict[str, Any], values: dict[str, Any], row_version: int, more: dict[str, datetime | None]
    ) -> None:
        """Write what changed and nothing else, so that what somebody else wrote stays to be found."""
        changes = {name: value for name, value in values.items() if value != before[name]} | more
        known = self._named(values["plan_id"]) | {"old_status": before["status"], "old_version": row_version}
        changed = self._connection.execute(change(*changes), changes | known | {"row_version": row_version + 1})
        if changed.rowcount != 1:
            raise StaleError(f"plan {values['plan_id']} changed since it was read; look again and repeat")

    def _write_beside(self, old: Rows, rows: Rows) -> None:
        for table, mine, theirs, name in (
            (plan_step, rows.steps, old.steps, "step_id"),
            (approval, rows.approvals, old.approvals, "position"),
        ):
            known = {row[name]: row for row in theirs}
            wanted = {row[name]: row for row in mine}
            changed = {value for value in known.keys() & wanted.keys() if known[value] != wanted[value]}
            # A changed approval goes before it comes again: two of them may have changed places.
            gone = (known.keys() - wanted.keys()) | (changed if table is approval else set())
            for value in gone:
                self._connection.execute(
                    delete(table).where(self._of(table, rows.plan["plan_id"]), table.c[name] == value)
                )
            for value, row in wanted.items():
                if value not in known or value in gone:
                    self._connection.execute(insert(table).values(row))
                elif value in changed:  # a step: changed approvals are gone by now
                    told = {column: row[column] for column in STEP_COLUMNS}
                    self._connection.execute(STEP, told | self._named(rows.plan["plan_id"]) | {"step": value})

    def state(self, plan_id: str | UUID) -> PlanState:
        """Return a plan's state in committed form: all that deciding about its steps and dates needs."""
        row, beside = self._held(plan_id)
        with _readable(plan_id):
            return parsed(bodies_of(row["body"], beside.steps, beside.approvals)).state

    def _record(self, row: RowMapping, beside: Beside) -> PlanRecord:
        steps, given, ledger = beside
        bodies = bodies_of(row["body"], steps, given)
        with _readable(row["plan_id"]):
            found = parsed(bodies)
        contents = self._blobs.contents(found.references)
        return PlanRecord(
            state=found.state,
            plan=in_clear(bodies, tuple(contents.items())),
            known={text: ref for ref, text in contents.items()},
            content_digest=found.content_digest,
            altered=ALTERED in contents.values()
            or ledger is None
            or ledger[1] != found.state_digest
            or columns_of(row, steps, given) != found.columns,
            state_digest=found.state_digest,
            row_version=row["row_version"],
            fence=row["fence"],
            next_wake_at=row["next_wake_at"],
        )

    def _beside(self, plan_id: str | UUID) -> Beside:
        """Return what lies beside a plan's row, in one answer."""
        found: dict[str, list[RowMapping]] = {"step": [], "approval": [], "ledger": []}
        for row in self._connection.execute(BESIDE, self._named(plan_id)).mappings():
            found[row["kind"]].append(row)
        ledger = next(((row["position"], row["body"]) for row in found["ledger"]), None)
        return Beside(found["step"], found["approval"], ledger)

    def _named(self, plan_id: str | UUID) -> dict[str, Any]:
        return {"mine": self._tenant, "wanted": str(plan_id)}

    def _is(self, plan_id: str | UUID) -> ColumnElement[bool]:
        return and_(plan.c.tenant_id == self._tenant, plan.c.plan_id == str(plan_id))

    def _of(self, table: Table, plan_id: str | UUID) -> ColumnElement[bool]:
        return and_(table.c.tenant_id == self._tenant, table.c.plan_id == str(plan_id))


def _open_plan(plan_id: str, body: str) -> OpenPlan:
    with _readable(plan_id):
        told = orjson.loads(body)["plan"]
        return OpenPlan(plan_id=plan_id, plan_type=told["plan_type"], status=told["status"])


def _unknown(plan_id: str | UUID) -> NotFoundError:
    return NotFoundError(f"there is no plan {plan_id}; list them with: oncourse plan list")


@contextmanager
def _readable(plan_id: str | UUID) -> Iterator[None]:
    """Raise BrokenRowError where a row cannot be read as what it is."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenRowError(
            f"the rows of plan {plan_id} no longer hold a plan; find out with: oncourse ledger replay"
        ) from error
