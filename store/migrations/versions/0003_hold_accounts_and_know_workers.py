"""Hold accounts, take events that concern no account, try events again later, and know which workers live."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two tables, and widen the inbox."""
    op.create_table(
        "account_state",
        sa.Column("tenant_id", sa.String(80), primary_key=True),
        sa.Column("account_id", sa.String(80), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
    )
    op.create_table(
        "worker",
        sa.Column("worker_id", sa.String(80), primary_key=True),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("beat_at", sa.String(27), nullable=False),
    )
    with op.batch_alter_table("event_inbox") as inbox:
        inbox.alter_column("account_id", existing_type=sa.String(80), nullable=True)
        inbox.add_column(sa.Column("retry_at", sa.String(27), nullable=True))
