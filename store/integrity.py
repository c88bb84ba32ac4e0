"""Is the database whole: its pages and keys as the server sees them, its tables and guards as the migrations made them.

What stands in the rows is the ledger's business, not this module's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from store.connection import READING
from store.errors import StoreError
from store.row_security import passing, show_all, unfenced
from store.tables import metadata

_GUARDS = {
    "sqlite": ("ledger_entry_no_delete", "ledger_entry_no_update"),
    "postgresql": ("ledger_entry_no_change", "ledger_entry_no_truncate"),
}
"""The triggers that keep the ledger append-only."""
_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled = 'O' AND pg_table_is_visible(tgrelid)",
}
_POSTGRESQL = {
    "the index {} is invalid": (
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid"
    ),
    "the constraint {} was never validated": "SELECT conname FROM pg_constraint WHERE NOT convalidated",
    "{} pages do not match their checksum": (
        "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0"
    ),
}


def integrity(engine: Engine) -> list[str]:
    """Return what the database itself finds wrong with its pages, indexes and keys."""
    with _reading(engine) as connection:
        if engine.dialect.name == "postgresql":
            return [
                line.format(name)
                for line, query in _POSTGRESQL.items()
                for name in connection.execute(text(query)).scalars()
            ]
        pages = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars()
        found = [" ".join(str(line).split()) for line in pages if line != "ok"]
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return found + [f"row {row[1]} of {row[0]} belongs to no {row[2]}" for row in orphans]


def shape(engine: Engine) -> list[str]:
    """Return what is missing of the tables, indexes and guards that the migrations made, and who passes them."""
    with _reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _ours})
        found = [line for change in compare_metadata(context, metadata) for line in _lines(change)]
        found += [
            f"the fence of {name} is missing: a mistake could show its rows to another tenant"
            for name in unfenced(connection)
        ]
        found += passing(connection)
        triggers = set(connection.execute(text(_TRIGGERS[engine.dialect.name])).scalars())
    missing = [name for name in _GUARDS[engine.dialect.name] if name not in triggers]
    return found + [f"the guard {name} is missing: the ledger could be rewritten" for name in missing]


def fence(engine: Engine) -> list[str]:
    """Return why the fence between tenants does not hold for this program's role, where it does not."""
    with _reading(engine) as connection:
        return passing(connection)


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect().execution_options(**{READING: True}) as connection, connection.begin():
            show_all(connection)
            yield connection
    except DatabaseError as error:
        raise StoreError(f"the database cannot be read ({error.orig})") from error


def _ours(_object: object, _name: str | None, kind: str, reflected: bool, known: object) -> bool:
    """Leave out tables that others keep in the same database."""
    return not (kind == "table" and reflected and known is None)


def _lines(change: Any) -> list[str]:
    if isinstance(change, list):
        return [line for part in change for line in _lines(part)]
    verb, _, kind = change[0].partition("_")
    named = next((str(part.name) for part in reversed(change) if getattr(part, "name", None)), "")
    place = "".join(f" of {part}" for part in change[1:3] if isinstance(part, str))
    state = {"add": "is missing", "remove": "is not of this schema"}.get(verb, "differs from its schema")
    return [f"the {kind} {named or change[3]}{place} {state}"]
