"""Know who may come in and how, what was asked before, who is to be told, and what a day of drafting costs."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID, _AT, _HASH = sa.String(80), sa.String(27), sa.String(64)

_UNREAD = sa.text("processed_at IS NULL")
_MOVING = sa.text("status IN ('PENDING_APPROVAL', 'READY', 'RUNNING', 'AWAITING_OUTCOME', 'IN_DOUBT', 'RETRY_WAIT')")


def _id(name: str, *, key: bool = True) -> sa.Column[str]:
    return sa.Column(name, _ID, primary_key=key, nullable=False)


def _at(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _AT, nullable=null)


def upgrade() -> None:
    """Add the tables of the doors, and the indexes by which plans are paged and counted."""
    _sign_in()
    op.create_table(
        "request_claim",
        _id("tenant_id"),
        _id("principal_id"),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("fingerprint", _HASH, nullable=False),
        _at("made_at"),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", sa.Text()),
    )
    op.create_index("ix_request_claim_made", "request_claim", ["made_at"])
    _telling()
    op.create_table(
        "model_use",
        _id("tenant_id"),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("drafts", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
    )
    op.create_index("ix_plan_page", "plan", ["tenant_id", "expires_at", "plan_id"])
    op.create_index("ix_plan_status", "plan", ["tenant_id", "status", "expires_at", "plan_id"])
    op.create_index(
        "ix_plan_step_moving",
        "plan_step",
        ["tenant_id", "status", "plan_id"],
        sqlite_where=_MOVING,
        postgresql_where=_MOVING,
    )
    with op.batch_alter_table("event_inbox") as inbox:
        inbox.add_column(sa.Column("begun_at", sa.String(27), nullable=True))
        inbox.add_column(sa.Column("told", sa.Text(), nullable=True))
        inbox.add_column(sa.Column("sender", sa.String(80), nullable=True))
    op.create_index("ix_event_inbox_account", "event_inbox", ["tenant_id", "account_id", "processed_at", "received_at"])
    op.create_index(
        "ix_event_inbox_unread",
        "event_inbox",
        ["tenant_id", "processed_at", "received_at"],
        sqlite_where=_UNREAD,
        postgresql_where=_UNREAD,
    )


def _sign_in() -> None:
    op.create_table(
        "session",
        sa.Column("session_hash", _HASH, primary_key=True),
        _id("tenant_id", key=False),
        _id("principal_id", key=False),
        sa.Column("method", sa.String(20), nullable=False),
        _at("made_at"),
        _at("seen_at"),
        _at("ends_at"),
        _at("strong_at", null=True),
    )
    op.create_index("ix_session_principal", "session", ["tenant_id", "principal_id"])
    op.create_table(
        "api_token",
        sa.Column("token_hash", _HASH, primary_key=True),
        _id("tenant_id", key=False),
        _id("token_id", key=False),
        _id("principal_id", key=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("made_by", _ID, nullable=False),
        _at("made_at"),
        _at("ends_at"),
        _at("used_at", null=True),
        _at("revoked_at", null=True),
        sa.UniqueConstraint("tenant_id", "token_id", name="uq_api_token_tenant_id_token_id"),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("link_hash", _HASH, primary_key=True),
        _id("tenant_id", key=False),
        _id("principal_id", key=False),
        _at("made_at"),
        _at("ends_at"),
        _at("used_at", null=True),
    )
    op.create_table(
        "credential",
        _id("tenant_id"),
        _id("principal_id"),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("second_factor", sa.Text()),
        sa.Column("offered_factor", sa.Text()),
        sa.Column("used_code", sa.String(20)),
        sa.Column("failures", sa.Integer(), nullable=False),
        _at("locked_until", null=True),
        _at("changed_at"),
    )
    op.create_table(
        "identity",
        _id("tenant_id"),
        sa.Column("issuer", sa.String(200), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        _id("principal_id", key=False),
        _at("made_at"),
    )


def _telling() -> None:
    op.create_table(
        "webhook",
        _id("tenant_id"),
        _id("webhook_id"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text()),
        _at("old_until", null=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_by", _ID, nullable=False),
        _at("made_at"),
        sa.Column("told_pos", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _at("next_at", null=True),
        sa.Column("trouble", sa.Text()),
    )
    op.create_table(
        "webhook_undelivered",
        _id("tenant_id"),
        _id("webhook_id"),
        sa.Column("pos", sa.Integer(), primary_key=True, autoincrement=False),
        _at("at"),
        sa.Column("trouble", sa.Text(), nullable=False),
    )
    op.create_table(
        "notice",
        _id("tenant_id"),
        _id("principal_id"),
        sa.Column("about", sa.String(240), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("channel", sa.Integer(), primary_key=True, autoincrement=False),
        _at("at"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _at("next_at", null=True),
        sa.Column("given_up", sa.Boolean(), nullable=False),
    )
