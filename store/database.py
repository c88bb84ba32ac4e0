"""The database of all tenants: it opens transactions, and says what a database means by its errors."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from ledger import Keyring, named
from plan import PlanType
from store.access import Access
from store.claims import Claim, Expected
from store.connection import READING
from store.errors import SlotTakenError, StaleError, StoreError
from store.figures import Figures
from store.heads import Known, Log
from store.row_security import show_all, show_one
from store.tables import tenant as tenant_table
from store.unit import Unit
from store.workers import Workers

_CROSSED = frozenset({"40P01", "40001"})
"""How PostgreSQL says that two transactions waited for each other and this one gave way."""


class Store:
    """The database of all tenants."""

    def __init__(self, engine: Engine, salt: Callable[[], bytes], keys: Keyring | None = None) -> None:
        """Take an engine, a source of 32 random bytes, and what signs the ledger: without keys it can only read."""
        self._engine, self._salt, self.keys = engine, salt, keys
        self._known: Known = {}
        self._claim: Claim | None = None
        self._expected: Expected | None = None

    def claiming(self, claim: Claim, expected: Expected | None = None) -> Self:
        """Return the same database for one request: its one effect is written together with this claim.

        Nothing is written, and StaleError raised, where the plan is not as expected when it is changed.
        """
        made = type(self)(self._engine, self._salt, self.keys)
        made._claim, made._expected, made._known = claim, expected, self._known  # noqa: SLF001 - it is of this class
        return made

    @contextmanager
    def unit(self, tenant_id: str, now: datetime, connector: str = "", *, reading: bool = False) -> Iterator[Unit]:
        """Open one transaction of one tenant; what was recorded is written at its end, or nothing is.

        `reading` sees one state of the database throughout, and neither waits for a writer nor keeps one waiting.
        """
        try:
            with (
                self._engine.connect().execution_options(**self._options(reading=reading)) as connection,
                connection.begin(),
            ):
                show_one(connection, tenant_id)
                unit = Unit(
                    connection,
                    tenant_id,
                    now,
                    self._salt,
                    connector,
                    self._claim,
                    self._expected,
                    keys=self.keys,
                    known=self._known,
                )
                yield unit
                unit.commit()
        except SlotTakenError as error:
            holder = self._holder(tenant_id, now, error)
            raise SlotTakenError(holder, error.account_id, error.plan_type) from error
        except IntegrityError as error:
            raise StaleError("somebody else wrote at the same moment; nothing of this was kept, repeat it") from error
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) in _CROSSED:
                raise StaleError("somebody else wrote about the same at the same moment; repeat it") from error
            raise _unusable(error) from error
        except DatabaseError as error:
            raise _unusable(error) from error

    @contextmanager
    def workers(self, *, reading: bool = False) -> Iterator[Workers]:
        """Open one transaction over all tenants, for an engine; `reading` waits for no writer."""
        with self._over_all(reading=reading) as connection:
            yield Workers(connection)

    @contextmanager
    def _over_all(self, *, reading: bool) -> Iterator[Connection]:
        """Open one transaction that sees the rows of all tenants."""
        try:
            with self._engine.connect().execution_options(**{READING: reading}) as connection, connection.begin():
                show_all(connection)
                yield connection
        except IntegrityError as error:
            raise StaleError("somebody else wrote at the same moment; nothing of this was kept, repeat it") from error
        except DatabaseError as error:
            raise _unusable(error) from error

    @contextmanager
    def figures(self, only: str | None = None) -> Iterator[Figures]:
        """Open one transaction that counts what all tenants have, or one of them."""
        with self._over_all(reading=True) as connection:
            if only is not None:
                show_one(connection, only)
            yield Figures(connection, only)

    @contextmanager
    def access(self, *, reading: bool = False) -> Iterator[Access]:
        """Open one transaction over all tenants, for whoever comes in: a secret alone says whose it is."""
        with self._over_all(reading=reading) as connection:
            yield Access(connection)

    def _options(self, *, reading: bool) -> dict[str, Any]:
        if reading and self._engine.dialect.name == "postgresql":
            return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True, READING: True}
        return {READING: reading}

    def scrub(self) -> bool:
        """Leave nothing of what was deleted in the database's files; False where somebody else is at work in them.

        SQLite writes its file anew, which takes as long as a copy of it. PostgreSQL frees the places of what was
        deleted; their bytes stay until others take them.
        """
        if self._engine.dialect.name == "postgresql":
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
            return True
        raw = self._engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            row = cursor.fetchone()
            return row is not None and not row[0]
        except sqlite3.OperationalError:
            return False
        finally:
            raw.close()

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        self._engine.dispose()

    def tenants(self, *, virtual: bool = False) -> list[str]:
        """Return the ids of all tenants, or of those whose clock is virtual."""
        wanted = select(tenant_table.c.tenant_id).order_by(tenant_table.c.tenant_id)
        if virtual:
            wanted = wanted.where(tenant_table.c.virtual_now.is_not(None))
        with self._over_all(reading=True) as connection:
            return list(connection.execute(wanted).scalars())

    def signed_by_newest(self, tenant_id: str) -> bool:
        """Say whether a tenant's ledger is signed by the newest of the keys."""
        with self._over_all(reading=True) as connection:
            head = Log(connection, tenant_id, self.keys, {}).head()
        if self.keys is None:
            return False
        newest = self.keys.verifiers(head.origin)[0]
        return (head.origin, newest.key_id) in named(head.note)

    def _holder(self, tenant_id: str, now: datetime, error: SlotTakenError) -> str:
        with self._engine.begin() as connection:
            show_one(connection, tenant_id)
            plans = Unit(connection, tenant_id, now, self._salt).plans
            holder = plans.slot_holder(error.account_id, PlanType(error.plan_type))
        return holder or "unknown"


def _unusable(error: DatabaseError) -> StoreError:
    what = "does not answer" if isinstance(error, OperationalError) else "cannot be read"
    return StoreError(f"the database {what} ({error.orig}); check it with: oncourse db check")
