"""Find the wake-ups of one tenant without looking at all of its plans."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index beside the one over all tenants."""
    op.create_index("ix_plan_tenant_wake", "plan", ["tenant_id", "next_wake_at", "plan_id"])
