"""The head of a ledger: signed at every commit, and never gone on from where it was altered."""

import itertools
import threading

import pytest
from sqlalchemy import event, text

from ledger import (
    Actor,
    Authority,
    Checkpoint,
    FactRecorded,
    Frontier,
    Keyring,
    KeyRotated,
    LedgerError,
    leaf_hash,
)
from plan import Cause, PlanError, Tenant
from store import AlteredHeadError, KeylessError, NotFoundError, Store, open_engine, upgrade
from store.heads import Head, sealed
from tests.databases import fresh_url, over_all
from tests.keys import KEYS
from tests.store.conftest import NOW

ROOT = Actor(kind="human", id="root")
BY = Authority(role="system", grant="AUTH-SYSTEM")
_numbers = itertools.count()


@pytest.fixture
def store(store):
    with store.unit("t", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="t", name="T"), ROOT)
    return store


def note(unit, stream="account/a", kind="NOTE", at=NOW):
    number = next(_numbers)
    body = FactRecorded(fact_id=f"f{number}", kind=kind, subject_id="a", value="v", effective_at=at, source="crm")
    cause = Cause(kind="event", ref=f"crm/{number}")
    return unit.record(stream, "fact.recorded.v1", body, actor=ROOT, authority=BY, cause=cause)


def write(store, many=1, tenant="t"):
    with store.unit(tenant, NOW) as unit:
        for _ in range(many):
            note(unit)
    return unit.written


def head(store, tenant="t"):
    with store.unit(tenant, NOW, reading=True) as unit:
        return unit._log.head()


def alter(engine, statement, **values):
    with over_all(engine) as connection:
        assert connection.execute(text(statement), values).rowcount == 1


def another(store, keys=KEYS):
    """Another process over the same database: it remembers nothing."""
    return Store(store._engine, lambda: bytes(32), keys)


def proven(store):
    with store.unit("t", NOW, reading=True) as unit:
        return unit.verify()


def test_every_commit_signs_what_the_ledger_has_come_to(store):
    for size in (2, 5, 6):
        written = write(store, size - written.size if (written := head(store).checkpoint) else 0)
        assert written.size == size
        assert Checkpoint.read(head(store).note, KEYS.verifiers(head(store).origin)) == written
        with store.unit("t", NOW, reading=True) as unit:
            tree = Frontier()
            for leaf in unit.proofs.leaves(size):
                tree.append(leaf)
        assert Checkpoint.of(head(store).origin, tree) == written


def test_the_name_of_a_log_says_nothing_of_whose_it_is(store):
    origin = head(store).origin
    assert origin.startswith("oncourse.log/")
    assert "t/" not in origin.removeprefix("oncourse.log/")[:32]


def test_a_unit_that_records_nothing_signs_nothing(store):
    before = head(store)
    with store.unit("t", NOW) as unit:
        pass
    assert unit.written is None
    assert head(store) == before


def test_a_unit_that_fails_gives_its_positions_back(store):
    before = write(store)
    with pytest.raises(ZeroDivisionError), store.unit("t", NOW) as unit:
        committed_in_vain(unit)
    assert head(store).checkpoint == before
    assert write(store).size == before.size + 1
    assert proven(store).holds


def committed_in_vain(unit):
    note(unit)
    unit.commit()
    raise ZeroDivisionError


def test_two_processes_that_take_turns_leave_one_gap_free_log(store):
    other = another(store)
    for one in (store, other, other, store, store, other, store):
        write(one)
    assert proven(store).size == 8
    assert proven(store).holds


ALTERATIONS = {
    "size": "UPDATE ledger_head SET size = size + 1",
    "origin": "UPDATE ledger_head SET origin = origin || '0'",
    "frontier": "UPDATE ledger_head SET frontier = :frontier",
    "note's size": "UPDATE ledger_head SET note = replace(note, :size, '6\n')",
    "note's origin": "UPDATE ledger_head SET note = 'x' || note",
    "signature": "UPDATE ledger_head SET note = replace(note, :mark, :mark || 'A')",
    "no signature": "UPDATE ledger_head SET note = :bare",
    "empty note": "UPDATE ledger_head SET note = ''",
}


@pytest.mark.parametrize("what", list(ALTERATIONS))
@pytest.mark.parametrize("memory", ["of the one who signed", "of nobody"])
def test_nothing_is_written_on_top_of_an_altered_head(engine, store, what, memory):
    write(store, 4)
    values = {
        "frontier": bytes(64),
        "size": "\n5\n",
        "mark": f"{head(store).origin} ",
        "bare": head(store).note.partition("\n\n")[0] + "\n",
    }
    statement = ALTERATIONS[what].replace("'6\n'", "'\n6\n'")
    alter(engine, statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    one = store if memory == "of the one who signed" else another(store)
    with pytest.raises(AlteredHeadError, match="nothing is written on top of it") as refused:
        write(one)
    assert "\n" not in str(refused.value)
    assert head(store).size in (5, 6)
    assert not proven(store).holds


def test_a_collapsed_frontier_is_refused_though_its_root_is_right(engine, store):
    write(store, 6)
    root = head(store).checkpoint.root
    alter(engine, "UPDATE ledger_head SET frontier = :root", root=root)
    with pytest.raises(AlteredHeadError, match="1 hashes are no frontier of a tree of 7 entries"):
        write(store)
    assert [flaw.code for flaw in proven(store).flaws] == ["frontier"]


def test_damage_is_not_laundered_by_what_is_written_after_it(engine, store):
    """The head still says what was signed, so later entries go on from the true tree, and the damage stays visible."""
    write(store, 4)
    with over_all(engine) as connection:
        drop_guards(connection)
        connection.execute(text("UPDATE ledger_entry SET body = replace(body, '\"NOTE\"', '\"LIES\"') WHERE pos = 3"))
    write(store, 3)
    assert "root" in {flaw.code for flaw in proven(store).flaws}


def drop_guards(connection):
    if connection.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER ledger_entry_no_{verb}"))
    else:
        connection.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER USER"))


def test_a_ledger_without_its_head_is_refused_in_one_line(engine, store):
    alter(engine, "DELETE FROM ledger_head")
    for one in (store, another(store)):
        with pytest.raises(NotFoundError, match="the ledger of t has no head"):
            write(one)


def test_a_head_of_another_key_is_refused(store):
    with pytest.raises(AlteredHeadError, match="no key that is known here has signed"):
        write(another(store, Keyring([bytes(32)])))


def test_without_a_key_everything_is_read_and_nothing_written(store):
    keyless = another(store, None)
    with keyless.unit("t", NOW, reading=True) as unit:
        assert unit.tenant().name == "T"
        assert unit.replay() == []
    with pytest.raises(KeylessError, match="nothing can be written"):
        write(keyless)
    with pytest.raises(KeylessError):
        proven(keyless)
    with pytest.raises(KeylessError), keyless.unit("u", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="u", name="U"), ROOT)
    assert store.tenants() == ["t"]


def test_the_logs_of_two_tenants_have_nothing_in_common(engine, store):
    with store.unit("u", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="u", name="U"), ROOT)
    assert head(store).origin != head(store, "u").origin
    with over_all(engine) as connection:
        theirs = head(store, "u")
        connection.execute(
            text("UPDATE ledger_head SET origin = :o, size = :s, frontier = :f, note = :n WHERE tenant_id = 't'"),
            {"o": theirs.origin, "s": theirs.size, "f": theirs.frontier, "n": theirs.note},
        )
    assert {flaw.code for flaw in proven(store).flaws} >= {"root"}


def test_the_whole_ledger_of_another_tenant_is_not_ones_own(engine, store):
    with store.unit("u", NOW) as unit:
        unit.open_tenant(Tenant(tenant_id="u", name="U"), ROOT)
    write(store, 3, "u")
    with over_all(engine) as connection:
        drop_guards(connection)
        for table in ("ledger_entry", "ledger_head", "ledger_stream"):
            connection.execute(text(f"DELETE FROM {table} WHERE tenant_id = 't'"))  # noqa: S608 - our own names
            connection.execute(text(f"UPDATE {table} SET tenant_id = 't' WHERE tenant_id = 'u'"))  # noqa: S608
    assert "tenant" in {flaw.code for flaw in proven(store).flaws}


def test_a_failure_before_or_after_any_statement_of_a_commit_leaves_nothing_of_it(engine, store):
    write(store, 3)
    before = head(store)
    for when in ("before_cursor_execute", "after_cursor_execute"):
        for count in itertools.count():
            left = [count]

            def fail(_connection, _cursor, statement, *_rest, left=left):
                if left[0] == 0:
                    raise RuntimeError("the power went out")
                left[0] -= 1

            with store.unit("t", NOW) as _:
                pass
            event.listen(engine, when, fail)
            try:
                written = write(store, 2)
            except RuntimeError:
                written = None
            finally:
                event.remove(engine, when, fail)
            if written is not None:
                break
            assert head(store) == before
            assert proven(store).holds
        assert count >= 5
        assert written.size == before.size + 2
        before = head(store)
    with store.unit("t", NOW, reading=True) as unit:
        assert unit.replay() == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"float": 1.5}, "float"),
        ({"nul": "a\u0000b"}, "U\\+0000"),
        ({"k\u00e9y": "x"}, "ASCII"),
        ({"surrogate": "\ud800"}, "surrogate"),
        ({"big": 2**60}, r"2\*\*53"),
    ],
)
def test_what_would_not_be_the_same_bytes_everywhere_is_never_hashed(store, data, told):
    before = head(store)
    with pytest.raises((PlanError, LedgerError), match=rf"(?i){told}"), store.unit("t", NOW) as unit:
        swap_data(unit, data)
    assert head(store) == before


def swap_data(unit, data):
    unit._entries[-1] = note(unit).model_copy(update={"data": data})


def test_an_entry_of_64_kib_is_refused_and_one_byte_less_is_written(store):
    def padded(unit, size):
        made = note(unit)
        room = size - len(made.model_copy(update={"data": {"x": ""}}).model_dump_json())
        unit._entries[-1] = made.model_copy(update={"data": {"x": "a" * room}})

    before = head(store)
    with (
        pytest.raises(LedgerError, match="has 65536 bytes; an entry holds at most 65535"),
        store.unit("t", NOW) as unit,
    ):
        padded(unit, 65536)
    assert head(store) == before
    with store.unit("t", NOW) as unit:
        padded(unit, 65535)
    assert head(store).size == before.size + 1
    assert proven(store).holds


def test_a_clock_that_goes_back_or_far_ahead_changes_no_order(store):
    for year in (2026, 1999, 2199, 2026):
        with store.unit("t", NOW.replace(year=year)) as unit:
            note(unit)
    with store.unit("t", NOW, reading=True) as unit:
        assert [entry.at.year for _, entry in unit.every_entry()] == [2026, 2026, 1999, 2199, 2026]
        assert unit.replay() == []
    assert proven(store).holds


def test_many_writers_at_once_leave_no_gap(engine, store):
    stores = [another(store) for _ in range(8 if engine.dialect.name == "postgresql" else 3)]
    wrong = []

    def work(one, name):
        try:
            for _ in range(5):
                with one.unit("t", NOW) as unit:
                    note(unit, f"account/{name}")
        except Exception as error:  # noqa: BLE001 - whatever it was, the test names it
            wrong.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(stores, map(str, range(8)), strict=False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert proven(store).size == 1 + 5 * len(stores)
    assert proven(store).holds


def test_another_key_takes_over_by_an_entry_that_both_sign(store):
    write(store)
    keys = KEYS.with_new(bytes(32))
    old, new = KEYS.verifiers(head(store).origin)[0], keys.verifiers(head(store).origin)[0]
    turning = another(store, keys)
    write(turning)
    assert not turning.signed_by_newest("t")
    with turning.unit("t", NOW) as unit:
        told = unit.next_key()
        unit.record("log", "log.key_rotated.v1", told, actor=ROOT, authority=BY, cause=Cause(kind="person", ref="root"))
    assert isinstance(told, KeyRotated)
    assert told.keys() == (old, new)
    assert [Checkpoint.read(head(store).note, [one]).size for one in (old, new)] == [4, 4]
    assert turning.signed_by_newest("t")
    with pytest.raises(KeylessError, match="start it again"):
        write(store)
    write(turning)
    settled = another(store, keys.settled())
    write(settled)
    with pytest.raises(AlteredHeadError, match="signed with a key that it does not have"):
        write(store)
    with settled.unit("t", NOW, reading=True) as unit:
        assert unit.verify().holds
    with settled.unit("t", NOW) as unit:
        assert unit.next_key() is None
    for trusted in (old, new):
        assert look(settled, [trusted.key]).holds
    stranger = Keyring([bytes([7] * 32)]).current[0]
    assert [flaw.code for flaw in look(settled, [stranger]).flaws] == ["signature"]


def look(store, trusted):
    with store.unit("t", NOW, reading=True) as unit:
        found = unit.verification(trusted)
        for rows in unit.proofs.rows():
            found.take(rows)
        return unit.conclude(found)


def test_who_stole_the_old_key_cannot_sign_after_it_was_replaced(engine, store):
    keys = KEYS.with_new(bytes(32))
    turning = another(store, keys)
    with turning.unit("t", NOW) as unit:
        told = unit.next_key()
        unit.record("log", "log.key_rotated.v1", told, actor=ROOT, authority=BY, cause=Cause(kind="person", ref="root"))
    settled = another(store, keys.settled())
    forged = forge(store, KEYS)
    alter(engine, "UPDATE ledger_head SET note = :note", note=forged.note)
    with pytest.raises(AlteredHeadError):
        write(settled)
    for trusted in (KEYS.current, keys.settled().current):
        assert "signature" in {flaw.code for flaw in look(settled, trusted).flaws}


def forge(store, keys):
    now = head(store)
    return sealed(now.origin, now.tree(), keys.signers(now.origin)[0])


def test_a_forged_rotation_convinces_nobody(engine, store):
    """Who has the database and a key of his own writes the rotation that nobody signed."""
    write(store, 2)
    thief = Keyring([bytes([9] * 32)])
    origin = head(store).origin
    mine = thief.signers(origin)[0]
    true = KeyRotated.by(mine, mine.verifier)
    body = true.model_copy(update={"previous": str(KEYS.verifiers(origin)[0])})
    with pytest.raises(LedgerError, match="no key that is known"):
        body.keys()
    alter(engine, "UPDATE ledger_head SET note = :note", note=sealed(origin, head(store).tree(), mine).note)
    other = another(store, thief)
    with other.unit("t", NOW) as unit:
        unit.record("log", "log.key_rotated.v1", body, actor=ROOT, authority=BY, cause=Cause(kind="person", ref="root"))
    assert {flaw.code for flaw in look(store, KEYS.current).flaws} == {"custody", "signature"}


def test_an_existing_database_gets_heads_for_its_logs_when_it_is_brought_on(tmp_path):
    from alembic import command

    from store.connection import _config

    made = open_engine(fresh_url("sqlite", tmp_path))
    command.upgrade(_config(made), "0006")
    bodies = [f'{{"n":{number}}}' for number in range(5)]
    with made.begin() as connection:
        body = Tenant(tenant_id="t", name="T").model_dump_json()
        connection.execute(text("INSERT INTO tenant (tenant_id, body, ledger_size) VALUES ('t', :b, 5)"), {"b": body})
        for pos, told in enumerate(bodies, start=1):
            connection.execute(
                text("INSERT INTO ledger_entry VALUES ('t', :pos, 's', :pos, 'x', '2026', :body)"),
                {"pos": pos, "body": told},
            )
    with pytest.raises(KeylessError, match="not signed yet"):
        upgrade(made)
    upgrade(made, KEYS, lambda: bytes(32))
    tree = Frontier()
    for told in bodies:
        tree.append(leaf_hash(told.encode()))
    found = head(Store(made, lambda: bytes(32), KEYS))
    assert isinstance(found, Head)
    assert found.checkpoint == Checkpoint.of(found.origin, tree)
    assert found == sealed(found.origin, tree, KEYS.signers(found.origin)[0])
    made.dispose()
