"""The tables. Domain rows are the synchronously cached fold of the ledger; migrations make them, a test compares.

Times are stored as UTC text (`2026-03-02T08:00:00.000000Z`): it sorts, and both databases keep it as it was written.
"""

from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from store.errors import BrokenRowError


class UtcText(TypeDecorator[datetime]):
    """An aware instant as sortable UTC text with microseconds."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write UTC."""
        _ = dialect
        return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read an aware instant."""
        _ = dialect
        return None if value is None else _instant(value)


@lru_cache(maxsize=1024)
def _instant(text: str) -> datetime:
    """Return the instant that a column holds; the same few are read again and again."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise BrokenRowError(f"a row holds the instant {text!r}; find it with: oncourse ledger replay") from error


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id(name: str, *, key: bool = True, null: bool = False) -> Column[str]:
    return Column(name, String(80), primary_key=key, nullable=null)


tenant = Table(
    "tenant",
    metadata,
    _id("tenant_id"),
    Column("body", Text, nullable=False),
    Column("virtual_now", UtcText),  # null: the real clock holds
    Column("policy", String(71)),
    Column("state", Text),  # null: nothing was recorded of how the tenant runs
)
stream = Table(
    "ledger_stream",
    metadata,
    _id("tenant_id"),
    Column("stream", String(140), primary_key=True),
    Column("last_seq", Integer, nullable=False),
    Column("state_digest", String(71)),
)
entry = Table(
    "ledger_entry",
    metadata,
    _id("tenant_id"),
    Column("pos", Integer, primary_key=True, autoincrement=False),
    Column("stream", String(140), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", String(60), nullable=False),
    Column("at", UtcText, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("tenant_id", "stream", "seq"),
)
head = Table(
    "ledger_head",
    metadata,
    _id("tenant_id"),
    Column("origin", String(200), nullable=False),
    Column("size", Integer, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
)
blob = Table(
    "ledger_blob",
    metadata,
    _id("tenant_id"),
    Column("ref", String(80), primary_key=True),
    Column("stream", String(140), nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("content", Text, nullable=False),
    Index("ix_ledger_blob_stream", "tenant_id", "stream"),
)
MOVING_STEPS = "status IN ('PENDING_APPROVAL', 'READY', 'RUNNING', 'AWAITING_OUTCOME', 'IN_DOUBT', 'RETRY_WAIT')"
"""Of the steps that are on their way; SQLite uses their index only where a query says the same words."""
plan = Table(
    "plan",
    metadata,
    _id("tenant_id"),
    _id("plan_id"),
    _id("account_id", key=False),
    Column("plan_type", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    _id("owner", key=False),
    Column("revision", Integer, nullable=False),
    Column("content_digest", String(71), nullable=False),
    Column("expires_at", UtcText, nullable=False),
    Column("body", Text, nullable=False),
    Column("row_version", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("next_wake_at", UtcText),
    Index(
        "uq_plan_one_active",
        "tenant_id",
        "account_id",
        "plan_type",
        unique=True,
        sqlite_where=text("status = 'ACTIVE'"),
        postgresql_where=text("status = 'ACTIVE'"),
    ),
    Index("ix_plan_account", "tenant_id", "account_id"),
    Index("ix_plan_wake", "next_wake_at"),
    Index("ix_plan_tenant_wake", "tenant_id", "next_wake_at", "plan_id"),
    Index("ix_plan_page", "tenant_id", "expires_at", "plan_id"),
    Index("ix_plan_status", "tenant_id", "status", "expires_at", "plan_id"),
)
plan_step = Table(
    "plan_step",
    metadata,
    _id("tenant_id"),
    _id("plan_id"),
    _id("step_id"),
    Column("position", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("action_type", String(64), nullable=False),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id", "plan_id"], ["plan.tenant_id", "plan.plan_id"]),
    Index(
        "ix_plan_step_moving",
        "tenant_id",
        "status",
        "plan_id",
        sqlite_where=text(MOVING_STEPS),
        postgresql_where=text(MOVING_STEPS),
    ),
)
approval = Table(
    "approval",
    metadata,
    _id("tenant_id"),
    _id("plan_id"),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("step_id", String(80), nullable=False),  # empty for an approval of the whole plan
    Column("attempt", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    _id("principal_id", key=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("tenant_id", "plan_id", "step_id", "attempt", "revision", "principal_id"),
    ForeignKeyConstraint(["tenant_id", "plan_id"], ["plan.tenant_id", "plan.plan_id"]),
)
artefact = Table(
    "artefact",
    metadata,
    _id("tenant_id"),
    _id("plan_id"),
    _id("step_id"),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(71), primary_key=True),
    Column("ref", String(80), nullable=False),
    Column("at", UtcText, nullable=False),
)
effect = Table(
    "effect",
    metadata,
    _id("tenant_id"),
    Column("key", String(160), primary_key=True),
    _id("plan_id", key=False),
    _id("step_id", key=False),
    Column("status", String(20), nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("rendered", String(71), nullable=False),
    Column("content", String(71), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("action_type", String(64), nullable=False),
    Column("external", Boolean, nullable=False),
    Column("intended_at", UtcText, nullable=False),
    Column("claimed_until", UtcText, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("settled_at", UtcText),
    Column("receipt", Text),
    Index("ix_effect_plan", "tenant_id", "plan_id"),
)
inbox = Table(
    "event_inbox",
    metadata,
    _id("tenant_id"),
    _id("source"),
    _id("event_id"),
    Column("type", String(80), nullable=False),
    _id("account_id", key=False, null=True),
    _id("plan_id", key=False, null=True),
    Column("body", Text, nullable=False),
    Column("received_at", UtcText, nullable=False),
    Column("processed_at", UtcText),
    Column("retry_at", UtcText),  # null: take it up now
    Column("begun_at", UtcText),  # null: no drafter is asked about it
    Column("told", Text),  # what became of it, or what it waits for
    Column("sender", String(80)),  # whose credential brought it; null: it came by hand, or from within
    Index("ix_event_inbox_open", "tenant_id", "processed_at"),
    Index(
        "ix_event_inbox_unread",
        "tenant_id",
        "processed_at",
        "received_at",
        sqlite_where=text("processed_at IS NULL"),
        postgresql_where=text("processed_at IS NULL"),
    ),
    Index("ix_event_inbox_account", "tenant_id", "account_id", "processed_at", "received_at"),
)
fact = Table(
    "fact",
    metadata,
    _id("tenant_id"),
    _id("fact_id"),
    _id("account_id", key=False),
    Column("body", Text, nullable=False),
    Index("ix_fact_account", "tenant_id", "account_id"),
)
record = Table(
    "crm_record",
    metadata,
    _id("tenant_id"),
    Column("family", String(20), primary_key=True),
    _id("record_id"),
    _id("account_id", key=False, null=True),
    Column("body", Text, nullable=False),
    Index("ix_crm_record_account", "tenant_id", "account_id"),
)
account_state = Table(
    "account_state",
    metadata,
    _id("tenant_id"),
    _id("account_id"),
    Column("state", Text, nullable=False),
)
worker = Table(
    "worker",
    metadata,
    Column("worker_id", String(80), primary_key=True),
    Column("started_at", UtcText, nullable=False),
    Column("beat_at", UtcText, nullable=False),
)
principal = Table("principal", metadata, _id("tenant_id"), _id("principal_id"), Column("body", Text, nullable=False))
policy = Table(
    "policy",
    metadata,
    _id("tenant_id"),
    Column("digest", String(71), primary_key=True),
    Column("state", Text, nullable=False),
    Column("bundle", Text, nullable=False),
)
