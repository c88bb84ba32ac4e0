"""Keep how a tenant runs: its mode and its kill switches, as its own stream says."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the folded state; a tenant of which nothing is recorded runs in SHADOW mode."""
    op.add_column("tenant", sa.Column("state", sa.Text(), nullable=True))
