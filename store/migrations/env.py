"""Run migrations on the engine that the caller opened."""

from alembic import context

from store.tables import metadata

with context.config.attributes["engine"].begin() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=False)
    context.run_migrations()
