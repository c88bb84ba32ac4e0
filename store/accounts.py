"""What the customer's systems say of accounts: one table of records by family, and dated facts."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select

from ledger import AccountState
from plan import (
    Account,
    Contact,
    Contract,
    Fact,
    FactKind,
    Frozen,
    Invoice,
    OpenPlan,
    Opportunity,
    Owner,
    PostureReading,
    Signal,
    Situation,
    Tenant,
    TenantGoal,
    Ticket,
    Touch,
    canonical,
    derive_posture,
)
from store.errors import NotFoundError
from store.tables import account_state, fact, record

FAMILIES: dict[str, tuple[type[Frozen], str]] = {
    "accounts": (Account, "account_id"),
    "contracts": (Contract, "contract_id"),
    "contacts": (Contact, "contact_id"),
    "tickets": (Ticket, "ticket_id"),
    "invoices": (Invoice, "invoice_id"),
    "opportunities": (Opportunity, "opportunity_id"),
    "owners": (Owner, "owner_id"),
    "signals": (Signal, "signal_id"),
    "history": (Touch, "touch_id"),
    "goals": (TenantGoal, "goal_id"),
    "postures": (PostureReading, "account_id"),
}
"""Family -> its value and the field that names a record."""
_CHUNK = 1000
_OF_ACCOUNT = ("accounts", "contracts", "contacts", "tickets", "invoices", "opportunities", "signals", "history")
_OF_TENANT = ("owners", "goals")
VALUES_KEPT = 512
"""Lists of records that a process keeps in parsed form, by their bytes."""
V = TypeVar("V", bound=Frozen)

# Built once: putting statements together costs more than their answers.
_ABOUT = select(record.c.family, record.c.record_id, record.c.body).where(
    record.c.tenant_id == bindparam("mine"), record.c.account_id == bindparam("account")
)
"""Sorted by whoever asks: told to sort, SQLite walks through all of a tenant's records in their order instead."""
_SHARED = select(record.c.family, record.c.record_id, record.c.body).where(
    record.c.tenant_id == bindparam("mine"), record.c.family.in_(_OF_TENANT)
)
_ACCOUNT = select(record.c.body).where(
    record.c.tenant_id == bindparam("mine"),
    record.c.family == "accounts",
    record.c.record_id == bindparam("account"),
)
_HOLD = (
    select(record.c.record_id)
    .where(
        record.c.tenant_id == bindparam("mine"),
        record.c.family == "accounts",
        record.c.record_id == bindparam("account"),
    )
    .with_for_update()
)
_ADD = insert(record)
_DROP = delete(record).where(
    record.c.tenant_id == bindparam("mine"),
    record.c.family == bindparam("family"),
    record.c.record_id.in_(bindparam("ids", expanding=True)),
)
_FACTS = select(fact.c.fact_id, fact.c.body).where(
    fact.c.tenant_id == bindparam("mine"), fact.c.account_id == bindparam("account")
)
_STATE = select(account_state.c.state).where(
    account_state.c.tenant_id == bindparam("mine"), account_state.c.account_id == bindparam("account")
)


@lru_cache(maxsize=VALUES_KEPT)
def _values(kind: type[V], bodies: tuple[str, ...]) -> tuple[V, ...]:
    """Read records of one kind; they depend on nothing but their bytes."""
    return tuple(kind.model_validate(orjson.loads(body)) for body in bodies)


class Accounts:
    """One tenant's accounts and all that is known of them."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self._connection, self._tenant = connection, tenant_id

    def put(self, family: str, values: Iterable[Frozen]) -> int:
        """Add or replace records of one family; return how many."""
        key = FAMILIES[family][1]
        rows = []
        for value in values:
            plain = value.model_dump(mode="json")
            account_id = plain.get("account_id")
            rows.append(self._row(family, str(plain[key]), account_id, plain))
        return self._replace(family, rows)

    def drop(self, family: str, ids: Iterable[str]) -> None:
        """Remove records of one family by their ids; an unknown id is none."""
        self._connection.execute(_DROP, {"mine": self._tenant, "family": family, "ids": list(ids)})

    def lock(self, account_id: str) -> None:
        """Hold the account's row until the transaction ends: what is judged across its plans stays true that long.

        SQLite takes its one write lock when a transaction begins, so there is nothing left to hold.
        """
        if self._connection.dialect.name == "sqlite":
            return
        self._connection.execute(_HOLD, {"mine": self._tenant, "account": account_id})

    def put_posture(self, account_id: str, reading: PostureReading) -> None:
        """Set how an account stands."""
        self._replace("postures", [self._row("postures", account_id, account_id, reading.model_dump(mode="json"))])

    def every(self) -> list[Account]:
        """Return all accounts, by id."""
        return [Account.model_validate(body) for body in self._bodies("accounts")]

    def contacts(self) -> list[Contact]:
        """Return every contact of the tenant, by id."""
        return [Contact.model_validate(body) for body in self._bodies("contacts")]

    def page(self, most: int, *, after: str = "", holding: str = "") -> list[Account]:
        """Return up to so many accounts by id, behind one of them; `holding`: only whose id or name has these letters.

        Letters are compared here: no database folds the case of them all, and a record says more than its name.
        """
        wanted = (
            select(record.c.body)
            .where(record.c.tenant_id == self._tenant, record.c.family == "accounts", record.c.record_id > after)
            .order_by(record.c.record_id)
        )
        if not holding:
            return [Account.model_validate_json(b) for b in self._connection.execute(wanted.limit(most)).scalars()]
        letters, bodies = holding.casefold(), self._connection.execute(wanted).scalars()
        known = ((orjson.loads(body), body) for body in bodies)
        found = (body for told, body in known if letters in f"{told['account_id']}\n{told['name']}".casefold())
        return [Account.model_validate_json(body) for body in islice(found, most)]

    def get(self, account_id: str) -> Account:
        """Return one account; raise NotFoundError for an unknown id."""
        named = {"mine": self._tenant, "account": account_id}
        found = self._connection.execute(_ACCOUNT, named).scalar_one_or_none()
        if found is None:
            raise _unknown(account_id)
        account: Account = _values(Account, (found,))[0]
        return account

    def owner(self, owner_id: str) -> Owner | None:
        """Return one owner as the customer's systems know him."""
        found = self._bodies("owners", owner_id)
        return Owner.model_validate(found[0]) if found else None

    def contact(self, account_id: str, contact_id: str) -> Contact | None:
        """Return one contact of an account."""
        found = [Contact.model_validate(body) for body in self._bodies("contacts", contact_id)]
        return next((c for c in found if (c.account_id, c.contact_id) == (account_id, contact_id)), None)

    def situation(self, account_id: str, tenant: Tenant, now: Any, open_plans: tuple[OpenPlan, ...]) -> Situation:
        """Return all that is known of one account at `now`; later records are left out."""
        mine = {"mine": self._tenant}
        bodies: dict[str, list[str]] = {}
        for wanted in (_ABOUT, _SHARED):
            rows = self._connection.execute(wanted, mine | {"account": account_id}).all()
            for row in sorted(rows, key=lambda row: (row.family, row.record_id)):
                bodies.setdefault(row.family, []).append(row.body)
        if "accounts" not in bodies:
            raise _unknown(account_id)
        parts: dict[str, Any] = {
            family: _values(FAMILIES[family][0], tuple(bodies.get(family, ())))
            for family in (*_OF_ACCOUNT, *_OF_TENANT)
        }
        parts["account"] = parts.pop("accounts")[0]
        parts["signals"] = tuple(s for s in parts["signals"] if s.observed_at <= now)
        parts["history"] = tuple(t for t in parts["history"] if t.at <= now)
        given = _values(PostureReading, tuple(bodies.get("postures", ())))
        posture = given[0] if given else derive_posture(parts["signals"], parts["contracts"], now, tenant.calendar)
        return Situation(tenant=tenant, as_of=now, posture=posture, open_plans=open_plans, **parts)

    def record_fact(self, known: Fact) -> bool:
        """Keep a fact; return False where it was known."""
        wanted = and_(fact.c.tenant_id == self._tenant, fact.c.fact_id == known.fact_id)
        if self._connection.execute(select(fact.c.fact_id).where(wanted)).first() is not None:
            return False
        values = {"tenant_id": self._tenant, "fact_id": known.fact_id, "account_id": known.account_id}
        self._connection.execute(insert(fact).values(values | {"body": known.model_dump_json()}))
        return True

    def facts(self, account_id: str) -> tuple[Fact, ...]:
        """Return all facts of an account, by id."""
        rows = self._connection.execute(_FACTS, {"mine": self._tenant, "account": account_id})
        return _values(Fact, tuple(row.body for row in sorted(rows, key=lambda row: row.fact_id)))

    def facts_of(self, kinds: Iterable[FactKind]) -> list[Fact]:
        """Return all facts of some kinds, of every account, by id."""
        named = or_(*(fact.c.body.contains(f'"{kind}"', autoescape=True) for kind in kinds))
        wanted = select(fact.c.body).where(fact.c.tenant_id == self._tenant, named).order_by(fact.c.fact_id)
        found = map(Fact.model_validate_json, self._connection.execute(wanted).scalars())
        return [one for one in found if one.kind in kinds]

    def state(self, account_id: str) -> AccountState | None:
        """Return what holds an account; None while nothing ever has."""
        named = {"mine": self._tenant, "account": account_id}
        found = self._connection.execute(_STATE, named).scalar_one_or_none()
        return None if found is None else AccountState.model_validate_json(found)

    def states(self) -> dict[str, AccountState]:
        """Return what holds each account that was ever held."""
        wanted = select(account_state).where(account_state.c.tenant_id == self._tenant)
        rows = self._connection.execute(wanted.order_by(account_state.c.account_id))
        return {row.account_id: AccountState.model_validate_json(row.state) for row in rows}

    def write_state(self, account_id: str, state: AccountState) -> None:
        """Write the row of an account's state."""
        wanted = and_(account_state.c.tenant_id == self._tenant, account_state.c.account_id == account_id)
        self._connection.execute(delete(account_state).where(wanted))
        values = {"tenant_id": self._tenant, "account_id": account_id, "state": canonical(state).decode()}
        self._connection.execute(insert(account_state).values(values))

    def _row(self, family: str, key: str, account_id: str | None, plain: dict[str, Any]) -> dict[str, Any]:
        body = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()
        row = {"tenant_id": self._tenant, "family": family, "record_id": key}
        return row | {"account_id": account_id, "body": body}

    def _replace(self, family: str, rows: list[dict[str, Any]]) -> int:
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            ids = [row["record_id"] for row in chunk]
            self._connection.execute(_DROP, {"mine": self._tenant, "family": family, "ids": ids})
            self._connection.execute(_ADD, chunk)
        return len(rows)

    def _bodies(self, family: str, account_id: str | None = None) -> list[dict[str, Any]]:
        wanted = and_(record.c.tenant_id == self._tenant, record.c.family == family)
        if account_id is not None:
            wanted = and_(wanted, or_(record.c.account_id == account_id, record.c.record_id == account_id))
        rows = self._connection.execute(select(record.c.body).where(wanted).order_by(record.c.record_id)).scalars()
        return [orjson.loads(body) for body in rows]


def _unknown(account_id: str) -> NotFoundError:
    return NotFoundError(f"there is no account {account_id}; import accounts with: oncourse import DIR")
