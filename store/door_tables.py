"""The tables of the doors: who may come in and how, what was asked before, and who is to be told. None is folded."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from store.tables import UtcText, metadata


def _id(name: str, *, key: bool = True) -> Column[str]:
    return Column(name, String(80), primary_key=key, nullable=False)


def _hash(name: str) -> Column[str]:
    """Return the column of a secret's SHA-256, in hex: the secret itself is kept nowhere."""
    return Column(name, String(64), primary_key=True)


session = Table(
    "session",
    metadata,
    _hash("session_hash"),
    _id("tenant_id", key=False),
    _id("principal_id", key=False),
    Column("method", String(20), nullable=False),
    Column("made_at", UtcText, nullable=False),
    Column("seen_at", UtcText, nullable=False),
    Column("ends_at", UtcText, nullable=False),
    Column("strong_at", UtcText),  # null: no second factor was shown
    Index("ix_session_principal", "tenant_id", "principal_id"),
)
token = Table(
    "api_token",
    metadata,
    _hash("token_hash"),
    _id("tenant_id", key=False),
    _id("token_id", key=False),
    _id("principal_id", key=False),
    Column("scopes", Text, nullable=False),  # JSON array, sorted
    Column("made_by", String(80), nullable=False),
    Column("made_at", UtcText, nullable=False),
    Column("ends_at", UtcText, nullable=False),
    Column("used_at", UtcText),
    Column("revoked_at", UtcText),
    UniqueConstraint("tenant_id", "token_id"),
)
link = Table(
    "sign_in_link",
    metadata,
    _hash("link_hash"),
    _id("tenant_id", key=False),
    _id("principal_id", key=False),
    Column("made_at", UtcText, nullable=False),
    Column("ends_at", UtcText, nullable=False),
    Column("used_at", UtcText),
)
credential = Table(
    "credential",
    metadata,
    _id("tenant_id"),
    _id("principal_id"),
    Column("password", Text, nullable=False),  # an argon2id hash
    Column("second_factor", Text),  # null: none yet
    Column("offered_factor", Text),  # one that was shown, and of which no code came yet
    Column("used_code", String(20)),  # of which half minute the last code taken was: none up to it is taken again
    Column("failures", Integer, nullable=False),
    Column("locked_until", UtcText),
    Column("changed_at", UtcText, nullable=False),
)
identity = Table(
    "identity",
    metadata,
    _id("tenant_id"),
    Column("issuer", String(200), primary_key=True),
    Column("subject", String(255), primary_key=True),
    _id("principal_id", key=False),
    Column("made_at", UtcText, nullable=False),
)
claim = Table(
    "request_claim",
    metadata,
    _id("tenant_id"),
    _id("principal_id"),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("made_at", UtcText, nullable=False),
    Column("status", Integer),  # null: the answer was not written down; the effect is there all the same
    Column("answer", Text),
    Index("ix_request_claim_made", "made_at"),
)
webhook = Table(
    "webhook",
    metadata,
    _id("tenant_id"),
    _id("webhook_id"),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False),  # JSON array of entry types, sorted; empty: all
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),
    Column("old_until", UtcText),
    Column("active", Boolean, nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("made_at", UtcText, nullable=False),
    Column("told_pos", Integer, nullable=False),  # the ledger is the outbox: up to here all was delivered or given up
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcText),
    Column("trouble", Text),
)
undelivered = Table(
    "webhook_undelivered",
    metadata,
    _id("tenant_id"),
    _id("webhook_id"),
    Column("pos", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcText, nullable=False),
    Column("trouble", Text, nullable=False),
)
notice = Table(
    "notice",
    metadata,
    _id("tenant_id"),
    _id("principal_id"),
    Column("about", String(240), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("channel", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcText, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", UtcText),  # null: it was told, or given up
    Column("given_up", Boolean, nullable=False),
)
model_use = Table(
    "model_use",
    metadata,
    _id("tenant_id"),
    Column("day", String(10), primary_key=True),  # UTC
    Column("drafts", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
)
