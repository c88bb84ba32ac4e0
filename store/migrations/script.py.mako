"""${message}."""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcText

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    ${upgrades if upgrades else "pass"}
