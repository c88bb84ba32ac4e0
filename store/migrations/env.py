"""Run migrations on the engine that the caller opened; two at once wait for each other."""

from alembic import context
from sqlalchemy import text

from store.row_security import show_all
from store.tables import metadata

_LOCK = 7_102_026
"""Of PostgreSQL's advisory locks; SQLite takes its one write lock when a transaction begins."""

with context.config.attributes["engine"].begin() as connection:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    show_all(connection)
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=False)
    context.run_migrations()
