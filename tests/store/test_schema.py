import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from ledger import Actor
from plan import Mode, Tenant
from store import Store, StoreError, open_engine, schema_state, upgrade
from store.connection import _config
from store.tables import metadata
from tests.databases import fresh_url, over_all
from tests.keys import KEYS
from tests.store.conftest import NOW


def test_the_migrations_make_exactly_the_tables_of_the_code(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_upgrade_changes_nothing(engine):
    before = schema_state(engine)
    upgrade(engine)
    assert schema_state(engine) == before
    assert before[0] == before[1]


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET body = 'x'", "DELETE FROM ledger_entry"])
def test_an_entry_can_neither_be_changed_nor_removed(engine, store, statement):
    with store.unit("t", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="t", name="T"), Actor(kind="human", id="root"))
    with pytest.raises(DatabaseError, match="append-only"), over_all(engine) as connection:
        connection.execute(text(statement))
    with store.unit("t", NOW) as unit:
        assert [entry.type for _, entry in unit.every_entry()] == ["log.opened.v1"]


def test_the_ledger_cannot_be_truncated(engine, store):
    statement = "DELETE FROM ledger_entry" if engine.dialect.name == "sqlite" else "TRUNCATE ledger_entry"
    with store.unit("t", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="t", name="T"), Actor(kind="human", id="root"))
    with pytest.raises(DatabaseError, match="append-only"), over_all(engine) as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("url", ["nonsense", "oracle://x", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_cannot_be_opened_gives_one_clear_line(url):
    with pytest.raises(StoreError) as told:
        upgrade(open_engine(url))
    assert "\n" not in str(told.value)


def test_a_database_of_the_first_schema_is_brought_on_and_its_tenants_run_in_shadow(tmp_path):
    made = open_engine(fresh_url("sqlite", tmp_path))
    command.upgrade(_config(made), "0001")
    with made.begin() as connection:
        body = Tenant(tenant_id="t", name="T", mode=Mode.LIVE).model_dump_json()
        row = {"body": body}
        connection.execute(text("INSERT INTO tenant (tenant_id, body, ledger_size) VALUES ('t', :body, 0)"), row)
    upgrade(made, KEYS, lambda: bytes(32))
    assert schema_state(made)[0] == schema_state(made)[1]
    with Store(made, lambda: bytes(32), KEYS).unit("t", NOW) as unit:
        assert unit.tenant().mode is Mode.SHADOW
        assert unit.replay() == []
    made.dispose()
