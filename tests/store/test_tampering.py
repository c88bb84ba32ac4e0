"""Every column and every byte of a ledger, changed one at a time: each change is found, and named where it can be."""

import pytest
from sqlalchemy import inspect, text

from ledger import Anchor, BadNoteError, Row, read_anchors
from oncourse.proving import LedgerLook
from plan import Tenant
from store import AlteredHeadError, Store, open_engine, upgrade
from store.tables import entry, head, stream
from tests.databases import over_all
from tests.keys import KEYS
from tests.store.conftest import NOW
from tests.store.test_heads import ROOT, drop_guards, note

NUMBERS = {"pos", "seq", "size", "last_seq"}


@pytest.fixture
def store(store):
    return filled(store)


@pytest.fixture
def plain():
    """A ledger in memory, for what is about bytes: they are the same on every database."""
    made = open_engine("sqlite://")
    upgrade(made)
    yield filled(Store(made, lambda: bytes(32), KEYS))
    made.dispose()


def filled(store):
    with store.unit("t", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="t", name="T"), ROOT)
    for _ in range(6):
        with store.unit("t", NOW) as unit:
            note(unit)
            note(unit, "account/b")
    return store


def report(store, anchors=(), start=None):
    with store.unit("t", NOW, reading=True) as unit:
        return LedgerLook(unit, anchors=anchors, start=start).report


def anchor(store):
    with store.unit("t", NOW, reading=True) as unit:
        return unit.anchor(NOW)


def tamper(engine, statement, **values):
    with over_all(engine) as connection:
        drop_guards(connection)
        assert connection.execute(text(statement), values).rowcount >= 1


def test_an_honest_ledger_has_no_findings(store):
    found = report(store, [anchor(store)])
    assert found.findings == ()
    assert (found.proof.size, found.proof.anchors, found.replayed) == (13, 1, 3)


COLUMNS = [(table.name, column.name) for table in (entry, head, stream) for column in table.columns]


@pytest.mark.parametrize(("table", "column"), [pair for pair in COLUMNS if pair[1] != "tenant_id"])
def test_a_change_of_any_column_is_found(engine, store, table, column):
    where = {
        "ledger_entry": "pos = 6",
        "ledger_head": "tenant_id = 't'",
        "ledger_stream": "stream = 'account/b'",
    }[table]
    if column in NUMBERS:
        change = f"{column} + 100"
    elif column == "frontier":
        change = "substr(frontier, 33)"
    elif column == "at":
        change = "'2031' || substr(at, 5)"
    elif column == "state_digest":
        change = "'sha256:0'"
    else:
        change = f"{column} || 'x'"
    tamper(engine, f"UPDATE {table} SET {column} = {change} WHERE {where}")  # noqa: S608 - our own names
    assert not report(store).holds


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_head", "ledger_stream"])
def test_a_row_that_is_given_to_nobody_is_missed(engine, store, table):
    with over_all(engine) as connection:
        drop_guards(connection)
        connection.execute(text(f"DELETE FROM {table} WHERE tenant_id = 't'"))  # noqa: S608 - our own names
    if table == "ledger_head":
        with pytest.raises(Exception, match="has no head"):
            report(store)
    else:
        assert not report(store).holds


def test_the_matrix_knows_every_column_that_there_is(engine):
    with engine.connect() as connection:
        for table in (entry, head, stream):
            found = {column["name"] for column in inspect(connection).get_columns(table.name)}
            assert found == {name for named, name in COLUMNS if named == table.name}


@pytest.mark.parametrize("which", [0, 5, -1])
def test_one_bit_of_any_byte_of_an_entry_is_found(plain, which):
    store = plain
    with store.unit("t", NOW, reading=True) as unit:
        rows = [Row(*row) for part in unit.proofs.rows() for row in part]
        top = unit._log.head()
    target = rows[which]
    for name in ("stream", "type", "at", "body"):
        data = getattr(target, name).encode()
        for place in range(len(data)):
            changed = bytearray(data)
            changed[place] ^= 1 << (place % 7)
            rows[which] = target._replace(**{name: changed.decode()})
            assert codes(store, rows, top), (name, place)
    rows[which] = target
    assert codes(store, rows, top) == set()


def codes(store, rows, top):
    with store.unit("t", NOW, reading=True) as unit:
        found = unit.verification()
    found.take(rows)
    return {flaw.code for flaw in found.conclude(top.note, top.origin, top.size, top.frontier).flaws}


def test_one_bit_of_any_byte_of_the_head_is_found(plain):
    store = plain
    with store.unit("t", NOW, reading=True) as unit:
        rows = [Row(*row) for part in unit.proofs.rows() for row in part]
        top = unit._log.head()
    for name in ("note", "origin", "frontier"):
        value = getattr(top, name)
        data = value if isinstance(value, bytes) else value.encode()
        for place in range(len(data)):
            changed = bytearray(data)
            changed[place] ^= 1
            try:
                other = bytes(changed) if isinstance(value, bytes) else changed.decode()
            except UnicodeDecodeError:
                continue
            assert codes(store, rows, top._replace(**{name: other})), (name, place)


def test_what_changed_is_named_with_its_entry(engine, store):
    tamper(engine, "UPDATE ledger_entry SET type = 'plan.approved.v1' WHERE pos = 4")
    (told,) = report(store).findings
    assert told == "entry 4: the column type says 'plan.approved.v1', its bytes say 'fact.recorded.v1'"


def test_an_anchor_says_where_the_damage_lies(engine, store):
    early = anchor(store)
    for _ in range(4):
        with store.unit("t", NOW) as unit:
            note(unit)
    late = anchor(store)
    for _ in range(2):
        with store.unit("t", NOW) as unit:
            note(unit)
    tamper(engine, "UPDATE ledger_entry SET body = replace(body, '\"NOTE\"', '\"LIES\"') WHERE pos = 15")
    told = [line for line in report(store, [early, late]).findings if "do not come to the root" in line]
    assert told[0].endswith("(after entry 13 and up to entry 17, as the anchors say)")


def test_a_cause_that_lies_in_the_future_is_found(store):
    with store.unit("t", NOW, reading=True) as unit:
        rows = [Row(*row) for part in unit.proofs.rows() for row in part]
        top = unit._log.head()
    for ref, wrong in (("account/b#1", False), ("account/b#9", True), ("nobody#1", True), ("account/a#0", True)):
        cause = f'"cause":{{"kind":"entry","ref":"{ref}"}}'
        before, _, rest = rows[6].body.partition('"cause":{')
        forged = before + cause + rest.partition("}")[2]
        changed = [*rows[:6], rows[6]._replace(body=forged), *rows[7:]]
        assert ("cause" in codes(store, changed, top)) is wrong, ref


def test_an_older_copy_of_everything_is_found_by_what_was_kept_outside(engine, store):
    with over_all(engine) as connection:
        old = connection.execute(text("SELECT size, frontier, note FROM ledger_head")).one()
    with store.unit("t", NOW) as unit:
        note(unit)
    kept = anchor(store)
    with over_all(engine) as connection:
        drop_guards(connection)
        connection.execute(text("DELETE FROM ledger_entry WHERE pos > 13"))
        connection.execute(text("UPDATE ledger_stream SET last_seq = 6 WHERE stream = 'account/a'"))
        connection.execute(
            text("UPDATE ledger_head SET size = :size, frontier = :frontier, note = :note"), old._mapping
        )
    assert report(store).holds
    (told,) = report(store, [kept]).findings
    assert "over 14 entries is ahead of the ledger, which has 13: the last 1 were cut off" in told
    assert "oncourse ledger reopen" in told


def test_what_was_proven_before_is_not_looked_at_again_and_what_came_after_is(engine, store):
    kept = anchor(store)
    for _ in range(3):
        with store.unit("t", NOW) as unit:
            note(unit)
    found = report(store, [kept], kept.tree())
    assert found.holds
    assert (found.proof.since, found.proof.size, found.replayed) == (13, 16, 1)
    tamper(engine, "UPDATE ledger_entry SET body = replace(body, '\"NOTE\"', '\"LIES\"') WHERE pos = 15")
    assert not report(store, [kept], kept.tree()).holds


def test_an_anchor_of_another_log_or_of_another_key_is_said_so(store):
    kept = anchor(store)
    foreign = kept.model_copy(
        update={"checkpoint": KEYS.signers("elsewhere")[0].sign("elsewhere\n1\n" + "A" * 43 + "=\n")}
    )
    forged = kept.model_copy(update={"checkpoint": kept.checkpoint[:-8] + "AAAAAA=\n"})
    told = report(store, [foreign, forged]).findings
    assert "is of another log (elsewhere)" in told[0]
    assert "is not signed by a key that is trusted" in told[1]


def test_anchors_are_read_back_and_a_plain_checkpoint_is_one_too(store):
    kept = anchor(store)
    assert read_anchors(kept.line * 2) == [kept, kept]
    (plain,) = read_anchors(kept.checkpoint)
    assert plain.point == kept.point
    assert report(store, [plain]).proof.anchors == 1
    with pytest.raises(BadNoteError, match="no tree to go on from"):
        plain.tree()
    with pytest.raises(BadNoteError, match="not the one of its checkpoint"):
        kept.model_copy(update={"frontier": (kept.frontier[1], *kept.frontier[1:])}).tree()
    for text_ in ("nonsense", '{"checkpoint": "x"}', "{}"):
        with pytest.raises(BadNoteError):
            read_anchors(text_)
    assert read_anchors("") == []
    assert Anchor.model_validate_json(kept.line) == kept


def test_a_proof_of_any_entry_is_checked_without_the_database(store):
    for address in ("log#1", "account/a#3", "account/b#6"):
        with store.unit("t", NOW, reading=True) as unit:
            proof, body = unit.prove(address)
            origin = unit.checkpoint().origin
        assert proof.proves(body, KEYS.verifiers(origin))
        assert not proof.proves(body.replace(b"crm", b"CRM"), KEYS.verifiers(origin)) or b"crm" not in body


GARBAGE = ["a cause of 7", "''", "'nonsense'", "x'00ff'", "'[]'", "'{}'", "'null'", "7"]


@pytest.mark.parametrize("value", GARBAGE)
def test_whatever_is_put_into_an_entry_is_a_finding_and_no_traceback(plain, value):
    if value == "a cause of 7":
        value = 'json_set(body, \'$.cause\', json(\'{"kind":"entry","ref": 7}\'))'
    tamper(plain._engine, f"UPDATE ledger_entry SET body = {value} WHERE pos = 5")  # noqa: S608 - our own words
    with plain.unit("t", NOW, reading=True) as unit:
        assert "root" in {flaw.code for flaw in unit.verify().flaws}


@pytest.mark.parametrize("column", ["pos", "seq", "at", "type", "stream"])
def test_a_column_of_another_kind_is_a_finding_and_no_traceback(plain, column):
    tamper(plain._engine, f"UPDATE ledger_entry SET {column} = 'zz' WHERE pos = 5")  # noqa: S608 - our own words
    with plain.unit("t", NOW, reading=True) as unit:
        assert not unit.verify().holds


@pytest.mark.parametrize("column", ["size", "note", "frontier", "origin"])
@pytest.mark.parametrize("value", ["'zz'", "x'00'", "''"])
def test_a_head_of_another_kind_is_refused_or_found(plain, column, value):
    tamper(plain._engine, f"UPDATE ledger_head SET {column} = {value}")  # noqa: S608 - our own words
    with pytest.raises(AlteredHeadError), plain.unit("t", NOW) as unit:
        note(unit)
    with plain.unit("t", NOW, reading=True) as unit:
        try:
            holds = unit.verify().holds
        except AlteredHeadError:
            holds = False
    assert not holds
