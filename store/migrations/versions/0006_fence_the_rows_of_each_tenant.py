"""Let PostgreSQL show each transaction the rows of the one tenant that it names; on SQLite nothing changes."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = (
    "account_state",
    "api_token",
    "approval",
    "artefact",
    "credential",
    "crm_record",
    "effect",
    "event_inbox",
    "fact",
    "identity",
    "ledger_blob",
    "ledger_entry",
    "ledger_stream",
    "model_use",
    "notice",
    "plan",
    "plan_step",
    "policy",
    "principal",
    "request_claim",
    "session",
    "sign_in_link",
    "tenant",
    "webhook",
    "webhook_undelivered",
)
_SAID = "(SELECT current_setting('oncourse.tenant', true))"  # null before a session first sets it, empty after
# As a query of its own it is asked once a statement, not once a row, and spoils no estimate of how many rows there are.
_RULE = f"tenant_id = nullif({_SAID}, '') OR {_SAID} = '*'"


def upgrade() -> None:
    """Fence every table of tenants, for the owner of the tables too: the program is mostly he."""
    if op.get_context().dialect.name != "postgresql":
        return
    for name in _TABLES:
        op.execute(f"CREATE POLICY one_tenant ON {name} USING ({_RULE}) WITH CHECK ({_RULE})")
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
