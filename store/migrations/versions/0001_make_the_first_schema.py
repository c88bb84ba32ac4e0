"""Make the first schema, and keep the ledger append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = "ledger_entry"


def upgrade() -> None:
    """Make every table, then the triggers that refuse to change or remove an entry."""
    _make_tables()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {APPEND_ONLY}_no_{verb.lower()} BEFORE {verb} ON {APPEND_ONLY} "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {APPEND_ONLY}_no_change BEFORE UPDATE OR DELETE ON {APPEND_ONLY} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()"
    )
    op.execute(
        f"CREATE TRIGGER {APPEND_ONLY}_no_truncate BEFORE TRUNCATE ON {APPEND_ONLY} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()"
    )


def _make_tables() -> None:
    op.create_table(
        "artefact",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("plan_id", sa.String(length=80), nullable=False),
        sa.Column("step_id", sa.String(length=80), nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "plan_id", "step_id", "attempt", "digest", name=op.f("pk_artefact")),
    )
    op.create_table(
        "crm_record",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("family", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "family", "record_id", name=op.f("pk_crm_record")),
    )
    op.create_index("ix_crm_record_account", "crm_record", ["tenant_id", "account_id"], unique=False)
    op.create_table(
        "effect",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("plan_id", sa.String(length=80), nullable=False),
        sa.Column("step_id", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("rendered", sa.String(length=71), nullable=False),
        sa.Column("content", sa.String(length=71), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("action_type", sa.String(length=64), nullable=False),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("intended_at", sa.String(length=27), nullable=False),
        sa.Column("claimed_until", sa.String(length=27), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.String(length=27), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_effect")),
    )
    op.create_index("ix_effect_plan", "effect", ["tenant_id", "plan_id"], unique=False)
    op.create_table(
        "event_inbox",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("event_id", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("plan_id", sa.String(length=80), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.Column("processed_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "source", "event_id", name=op.f("pk_event_inbox")),
    )
    op.create_index("ix_event_inbox_open", "event_inbox", ["tenant_id", "processed_at"], unique=False)
    op.create_table(
        "fact",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("fact_id", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "fact_id", name=op.f("pk_fact")),
    )
    op.create_index("ix_fact_account", "fact", ["tenant_id", "account_id"], unique=False)
    op.create_table(
        "ledger_blob",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("stream", sa.String(length=140), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "ref", name=op.f("pk_ledger_blob")),
    )
    op.create_index("ix_ledger_blob_stream", "ledger_blob", ["tenant_id", "stream"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("pos", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stream", sa.String(length=140), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "pos", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("tenant_id", "stream", "seq", name=op.f("uq_ledger_entry_tenant_id_stream_seq")),
    )
    op.create_table(
        "ledger_stream",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("stream", sa.String(length=140), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("state_digest", sa.String(length=71), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "stream", name=op.f("pk_ledger_stream")),
    )
    op.create_table(
        "plan",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("plan_id", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("plan_type", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_digest", sa.String(length=71), nullable=False),
        sa.Column("expires_at", sa.String(length=27), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("next_wake_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "plan_id", name=op.f("pk_plan")),
    )
    op.create_index("ix_plan_account", "plan", ["tenant_id", "account_id"], unique=False)
    op.create_index("ix_plan_wake", "plan", ["next_wake_at"], unique=False)
    op.create_index(
        "uq_plan_one_active",
        "plan",
        ["tenant_id", "account_id", "plan_type"],
        unique=True,
        sqlite_where=sa.text("status = 'ACTIVE'"),
        postgresql_where=sa.text("status = 'ACTIVE'"),
    )
    op.create_table(
        "policy",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name=op.f("pk_policy")),
    )
    op.create_table(
        "principal",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("principal_id", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "principal_id", name=op.f("pk_principal")),
    )
    op.create_table(
        "tenant",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("virtual_now", sa.String(length=27), nullable=True),
        sa.Column("ledger_size", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=71), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant")),
    )
    op.create_table(
        "approval",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("plan_id", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step_id", sa.String(length=80), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("principal_id", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plan.tenant_id", "plan.plan_id"], name=op.f("fk_approval_plan")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "plan_id", "position", name=op.f("pk_approval")),
        sa.UniqueConstraint(
            "tenant_id",
            "plan_id",
            "step_id",
            "attempt",
            "revision",
            "principal_id",
            name=op.f("uq_approval_tenant_id_plan_id_step_id_attempt_revision_principal_id"),
        ),
    )
    op.create_table(
        "plan_step",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("plan_id", sa.String(length=80), nullable=False),
        sa.Column("step_id", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("action_type", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plan.tenant_id", "plan.plan_id"], name=op.f("fk_plan_step_plan")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "plan_id", "step_id", name=op.f("pk_plan_step")),
    )
