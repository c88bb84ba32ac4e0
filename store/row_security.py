"""The second fence between tenants: PostgreSQL itself shows a transaction the rows of the one tenant that it names.

The first fence is that every statement names its tenant; this one holds where a statement forgets to. It is no guard
against somebody who writes SQL of his own in the role of the program: he can name any tenant. SQLite has none.
"""

from typing import NamedTuple

from sqlalchemy import Connection

from store.errors import StoreError
from store.tables import metadata

SETTING = "oncourse.tenant"
"""Set for one transaction; without it no row is seen and none is written."""
EVERY_TENANT = "*"
"""What the setting says in work over all tenants."""

_SET = f"SELECT set_config('{SETTING}', %s, true)"
_FENCED = """
    SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relrowsecurity AND c.relforcerowsecurity AND pg_table_is_visible(c.oid) AND p.polname = 'one_tenant'
      AND p.polpermissive AND p.polcmd = '*'
      AND NOT EXISTS (SELECT FROM pg_policy o WHERE o.polrelid = c.oid AND o.polname <> p.polname)
"""
_ROLE = "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"


class Role(NamedTuple):
    """Whom PostgreSQL takes this program for."""

    name: str
    superuser: bool
    bypasses: bool


def show_one(connection: Connection, tenant_id: str) -> None:
    """Let the transaction that began see and write one tenant's rows, and no others."""
    if tenant_id in {"", EVERY_TENANT}:
        raise StoreError(f"a tenant cannot be called {tenant_id!r}; choose another --tenant")
    _set(connection, tenant_id)


def show_all(connection: Connection) -> None:
    """Let the transaction that began see and write the rows of all tenants."""
    _set(connection, EVERY_TENANT)


def fenced_tables() -> list[str]:
    """Return the tables that hold rows of tenants, by name."""
    return sorted(table.name for table in metadata.tables.values() if "tenant_id" in table.c)


def unfenced(connection: Connection) -> list[str]:
    """Return the tables whose rows PostgreSQL would show to other tenants."""
    if connection.dialect.name != "postgresql":
        return []
    found = set(connection.exec_driver_sql(_FENCED).scalars())
    return [name for name in fenced_tables() if name not in found]


def passing(connection: Connection) -> list[str]:
    """Return one line where the role of this program passes the fence, and none where it does not."""
    if connection.dialect.name != "postgresql":
        return []
    role = Role(*connection.exec_driver_sql(_ROLE).one())
    if not (role.superuser or role.bypasses):
        return []
    why = "is a superuser" if role.superuser else "has BYPASSRLS"
    told = (
        f"the role {role.name} {why}, so PostgreSQL shows it the rows of every tenant; use a plain one "
        "(CREATE ROLE oncourse LOGIN PASSWORD '...'; ALTER DATABASE ... OWNER TO oncourse; see docs/operating.md)"
    )
    return [told]


def _set(connection: Connection, whose: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_SET, (whose,))
