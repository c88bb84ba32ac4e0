"""PostgreSQL is the second fence between tenants: what a statement forgets to say, the transaction has said."""

import re
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Column, String, Table, create_engine, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from ledger import Actor
from plan import Tenant
from store import Store, StoreError, fence, open_engine, opened, shape, upgrade
from store.plans import Plans
from store.row_security import EVERY_TENANT, fenced_tables, show_all, show_one
from store.tables import metadata
from store.tables import plan as plan_table
from store.tables import tenant as tenant_table
from tests.databases import by_superuser, fresh_url, over_all
from tests.house import House
from tests.keys import KEYS
from tests.store.conftest import NOW

ROOT = Actor(kind="human", id="root")
ROOT_FOLDER = Path(__file__).parents[2]
TWO = ("ours", "theirs")


@pytest.fixture
def url(tmp_path):
    return fresh_url("postgresql", tmp_path)


@pytest.fixture
def engine(url):
    made = open_engine(url)
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def store(engine):
    made = Store(engine, lambda: bytes(32), KEYS)
    for tenant_id in TWO:
        with made.unit(tenant_id, NOW) as unit:
            unit.open_tenant(Tenant(tenant_id=tenant_id, name=tenant_id.title()), ROOT)
    return made


def counts(connection):
    """Return how many rows each table shows."""
    return {
        name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608 - our own names
        for name in fenced_tables()
    }


def tenants_seen(connection):
    return sorted(connection.execute(select(tenant_table.c.tenant_id)).scalars())


def test_every_table_of_tenants_has_the_fence(engine):
    assert shape(engine) == []
    with engine.begin() as connection:
        catalogue = text(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind = 'r' AND a.attname = 'tenant_id' AND pg_table_is_visible(c.oid)"
        )
        assert sorted(connection.execute(catalogue).scalars()) == fenced_tables()


def test_a_new_table_without_the_fence_is_named(engine):
    table = Table("left_open", metadata, Column("tenant_id", String(80), primary_key=True))
    try:
        table.create(engine)
        assert any("the fence of left_open is missing" in line for line in shape(engine))
    finally:
        metadata.remove(table)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE plan DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE plan NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY one_tenant ON plan",
        "CREATE POLICY everybody ON plan USING (true)",
    ],
)
def test_a_fence_that_somebody_took_down_is_named(engine, change):
    with engine.begin() as connection:
        connection.execute(text(change))
    assert [line for line in shape(engine) if "fence" in line] == [
        "the fence of plan is missing: a mistake could show its rows to another tenant"
    ]


def test_t7_without_a_tenant_no_row_is_seen_and_none_is_written(engine, store):
    with over_all(engine) as connection:
        assert counts(connection)["ledger_entry"] == 2
    with engine.begin() as connection:
        assert set(counts(connection).values()) == {0}
    for statement in (
        "INSERT INTO tenant (tenant_id, body) VALUES ('ours2', '{}')",
        "INSERT INTO fact (tenant_id, fact_id, account_id, body) VALUES ('', 'f', 'a', '{}')",
    ):
        with pytest.raises(DatabaseError, match="row-level security"), engine.begin() as connection:
            connection.execute(text(statement))
    with engine.begin() as connection:
        assert connection.execute(text("UPDATE tenant SET body = 'x'")).rowcount == 0
        assert connection.execute(text("DELETE FROM tenant")).rowcount == 0


def test_t7_a_tenant_sees_its_own_rows_and_no_others(engine, store):
    for mine in TWO:
        with engine.begin() as connection:
            show_one(connection, mine)
            assert tenants_seen(connection) == [mine]
            assert counts(connection)["ledger_entry"] == 1


def test_t7_another_tenants_rows_are_neither_made_changed_nor_removed(engine, store):
    for statement in (
        "INSERT INTO fact (tenant_id, fact_id, account_id, body) VALUES ('theirs', 'f', 'a', '{}')",
        "UPDATE tenant SET tenant_id = 'theirs2'",
    ):
        with engine.connect() as connection, connection.begin() as transaction:
            show_one(connection, "ours")
            with pytest.raises(DatabaseError, match="row-level security"):
                connection.execute(text(statement))
            transaction.rollback()
    with engine.begin() as connection:
        show_one(connection, "ours")
        for statement in (
            "UPDATE tenant SET body = 'x' WHERE tenant_id = 'theirs'",
            "DELETE FROM ledger_stream WHERE tenant_id = 'theirs'",
        ):
            assert connection.execute(text(statement)).rowcount == 0
    with store.unit("theirs", NOW) as unit:
        assert unit.tenant().name == "Theirs"
        assert unit.replay() == []


def test_t7_a_statement_that_forgets_its_tenant_shows_only_its_own(url, monkeypatch):
    house = House(url)
    plan_id = house.active()
    other = Store(house.sql, lambda: bytes(32), KEYS)
    with other.unit("theirs", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="theirs", name="Theirs"), ROOT)

    def forgetful(self):
        return list(self._connection.execute(select(plan_table.c.plan_id)).scalars())

    monkeypatch.setattr(Plans, "ids", forgetful)
    with house.unit() as unit:
        assert unit.plans.ids() == [plan_id]
    with other.unit("theirs", NOW) as unit:
        assert unit.plans.ids() == []
    house.sql.dispose()


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_t7_a_connection_that_goes_back_to_the_pool_forgets_its_tenant(url, store, ends):
    one = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=StaticPool)
    pooled = Store(one, lambda: bytes(32), KEYS)

    def work(unit):
        with unit:
            if ends == "badly":
                raise ZeroDivisionError

    for unit in (
        pooled.unit("ours", NOW),
        pooled.unit("ours", NOW, reading=True),
        pooled.workers(),
        pooled.access(),
    ):
        try:
            work(unit)
        except ZeroDivisionError:
            assert ends == "badly"
        with one.begin() as connection:
            assert connection.execute(text("SELECT current_setting('oncourse.tenant', true)")).scalar_one() == ""
            assert tenants_seen(connection) == []
    one.dispose()


def test_t7_work_over_all_tenants_sees_them_all(engine, store):
    assert store.tenants() == list(TWO)
    with store.workers() as workers:
        assert tenants_seen(workers._connection) == list(TWO)
    with store.access() as access:
        assert tenants_seen(access._connection) == list(TWO)


@pytest.mark.parametrize("tenant_id", [EVERY_TENANT, ""])
def test_t7_nobody_becomes_every_tenant_by_his_name(store, tenant_id):
    with pytest.raises(StoreError, match="cannot be called"), store.unit(tenant_id, NOW):
        pass


def test_a_role_that_passes_the_fence_is_told_what_to_do_and_a_plain_one_hears_nothing(url, engine, store):
    assert fence(engine) == []
    mighty = open_engine(by_superuser(url))
    (told,) = fence(mighty)
    assert told.startswith("the role tester is a superuser, so PostgreSQL shows it the rows of every tenant")
    assert "CREATE ROLE" in told
    assert "\n" not in told
    with mighty.begin() as connection:
        assert tenants_seen(connection) == list(TWO)
        connection.execute(text("CREATE ROLE passer LOGIN BYPASSRLS"))
    passer = open_engine(url.replace("plain@", "passer@"))
    assert fence(passer)[0].startswith("the role passer has BYPASSRLS")
    passer.dispose()
    mighty.dispose()


def test_the_sql_of_the_page_takes_a_database_over_to_a_plain_role(tmp_path, monkeypatch):
    url = fresh_url("postgresql", tmp_path)
    with opened(by_superuser(url)) as mighty:
        upgrade(mighty)
        with Store(mighty, lambda: bytes(32), KEYS).unit("ours", NOW) as unit:
            unit.open_tenant(Tenant(tenant_id="ours", name="Ours"), ROOT)
        assert "is a superuser" in shape(mighty)[0]
        blocks = re.findall(r"```sql\n(.*?)```", (ROOT_FOLDER / "docs" / "operating.md").read_text(), re.DOTALL)
    taking_over = next(block for block in blocks if "ALTER TABLE" in block)
    with psycopg.connect(by_superuser(url)) as connection:
        # A role belongs to the whole cluster, which other tests share: this one gets a name of its own.
        connection.execute(taking_over.replace("oncourse", "householder"))
    with opened(url.replace("plain@", "householder@")) as plain:
        assert shape(plain) == []
        assert Store(plain, lambda: bytes(32), KEYS).tenants() == ["ours"]
        with plain.begin() as connection:
            assert tenants_seen(connection) == []
            connection.exec_driver_sql("ALTER TABLE plan ADD COLUMN later text")


def test_a_migration_sees_the_rows_of_all_tenants(engine, store, monkeypatch):
    seen = []
    monkeypatch.setattr("alembic.context.run_migrations", lambda: None)
    monkeypatch.setattr("store.row_security.show_all", lambda connection: seen.append(show_all(connection)))
    upgrade(engine)
    assert seen == [None]


def test_on_sqlite_there_is_no_fence_to_find(tmp_path):
    made = open_engine(fresh_url("sqlite", tmp_path))
    upgrade(made)
    assert fence(made) == []
    assert shape(made) == []
    made.dispose()
