"""Give each tenant's log a signed head; the logs that exist are read once for it."""

import sqlalchemy as sa
from alembic import context, op

from ledger import Frontier, leaf_hash
from store.errors import KeylessError
from store.heads import sealed
from store.origins import new_origin

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_SAID = "(SELECT current_setting('oncourse.tenant', true))"
_RULE = f"tenant_id = nullif({_SAID}, '') OR {_SAID} = '*'"


def upgrade() -> None:
    """Make the table of heads, a head for each log, and take away the size that stood in the tenant's row."""
    op.create_table(
        "ledger_head",
        sa.Column("tenant_id", sa.String(length=80), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_ledger_head")),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"CREATE POLICY one_tenant ON ledger_head USING ({_RULE}) WITH CHECK ({_RULE})")
        op.execute("ALTER TABLE ledger_head ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE ledger_head FORCE ROW LEVEL SECURITY")
    for tenant_id in op.get_bind().execute(sa.text("SELECT tenant_id FROM tenant ORDER BY tenant_id")).scalars().all():
        _sign(tenant_id)
    op.drop_column("tenant", "ledger_size")


def _sign(tenant_id: str) -> None:
    keys, chance = (context.config.attributes.get(name) for name in ("keys", "chance"))
    if keys is None or chance is None:
        raise KeylessError("the ledgers of this database are not signed yet, and there is no key to sign them with")
    connection = op.get_bind()
    wanted = sa.text("SELECT body FROM ledger_entry WHERE tenant_id = :mine ORDER BY pos")
    bodies = connection.execute(wanted, {"mine": tenant_id}, execution_options={"yield_per": _AT_ONCE})
    tree = Frontier()
    for body in bodies.scalars():
        tree.append(leaf_hash(body.encode()))
    origin = new_origin(chance)
    head = sealed(origin, tree, keys.signers(origin)[0])
    connection.execute(
        sa.text("INSERT INTO ledger_head VALUES (:tenant_id, :origin, :size, :frontier, :note)"),
        {"tenant_id": tenant_id, **head._asdict()},
    )
