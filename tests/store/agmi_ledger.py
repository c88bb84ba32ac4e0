"""The ledger as the outside tamper suite `agmi` sees a store: a database file that its attacker edits at will.

The first attacker edits rows. The second also makes everything that is derived fit again, in so far as that takes no
key: positions, columns, streams, the tree, and the words of the checkpoint.
"""

import itertools
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import orjson
from agmi.adapters.base import MemoryAdapter, Record

from ledger import Actor, Anchor, Authority, Checkpoint, FactRecorded, Frontier, leaf_hash
from oncourse.proving import LedgerLook
from plan import Cause, Tenant
from store import Store, StoreError, open_engine, upgrade
from tests.keys import KEYS

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINE, OTHER = "mine", "other"
COLUMNS = ("pos", "stream", "seq", "type", "at", "body")


class Ledger(MemoryAdapter):
    """One database with two tenants; what an auditor kept outside is no file of it."""

    name = "oncourse ledger"
    detection_point = "audit"
    supports_replay = supports_metadata = supports_snapshot = True
    anchored = True

    def setup(self):
        self._folder = tempfile.TemporaryDirectory(prefix="oncourse-agmi-")
        self._file = Path(self._folder.name) / "ledger.db"
        self._count = itertools.count()
        self._anchors: list[Anchor] = []
        self._open()
        upgrade(self._engine)
        for tenant in (MINE, OTHER):
            with self._store.unit(tenant, NOW) as unit:
                unit.open_tenant(Tenant(tenant_id=tenant, name=tenant), Actor(kind="human", id="root"))
        with self._raw() as sql:
            for verb in ("update", "delete"):
                sql.execute(f"DROP TRIGGER ledger_entry_no_{verb}")

    def _open(self):
        self._engine = open_engine(f"sqlite:///{self._file}")
        salts = itertools.count()
        self._store = Store(self._engine, lambda: next(salts).to_bytes(32), KEYS)

    def teardown(self):
        self._engine.dispose()
        self._folder.cleanup()

    def _raw(self):
        self._engine.dispose()
        return closing(sqlite3.connect(self._file, isolation_level=None))

    def _write(self, tenant):
        number = next(self._count)
        body = FactRecorded(
            fact_id=f"f{number}", kind="NOTE", subject_id=tenant, value=f"v{number}", effective_at=NOW, source="crm"
        )
        with self._store.unit(tenant, NOW) as unit:
            actor, authority = Actor(kind="human", id="root"), Authority(role="system", grant="AUTH-SYSTEM")
            cause = Cause(kind="event", ref=f"crm/{number}")
            unit.record(f"account/{tenant}", "fact.recorded.v1", body, actor=actor, authority=authority, cause=cause)
        if self.anchored and tenant == MINE:
            with self._store.unit(tenant, NOW, reading=True) as unit:
                self._anchors.append(unit.anchor(NOW))

    def seed(self, n):
        for _ in range(n):
            self._write(MINE)

    def seed_other(self, n):
        for _ in range(n):
            self._write(OTHER)

    def append_genuine(self):
        self._write(MINE)

    def read_all_raw(self):
        return self._read(MINE)

    def read_other_raw(self):
        return self._read(OTHER)

    def _read(self, tenant):
        with self._raw() as sql:
            rows = sql.execute(
                "SELECT pos, stream, seq, type, at, body FROM ledger_entry WHERE tenant_id = ? ORDER BY pos", (tenant,)
            )
            return [
                Record(number, dict(zip(COLUMNS, row, strict=True)) | {"tenant": tenant})
                for number, row in enumerate(rows)
            ]

    def write_raw(self, record):
        """Put a record's content at a position; what stands there gives way."""
        fields = record.fields
        with self._raw() as sql:
            here = sql.execute(
                "SELECT stream, seq FROM ledger_entry WHERE tenant_id = ? AND pos = ?", (MINE, record.seq + 1)
            ).fetchone()
            if here is None:
                values = (MINE, record.seq + 1, fields["stream"], fields["seq"] + 1, fields["type"], fields["at"])
                sql.execute("INSERT INTO ledger_entry VALUES (?, ?, ?, ?, ?, ?, ?)", (*values, fields["body"]))
            else:
                sql.execute(
                    "UPDATE ledger_entry SET type = ?, at = ?, body = ? WHERE tenant_id = ? AND pos = ?",
                    (fields["type"], fields["at"], fields["body"], MINE, record.seq + 1),
                )

    def delete_raw(self, seq):
        with self._raw() as sql:
            sql.execute("DELETE FROM ledger_entry WHERE tenant_id = ? AND pos = ?", (MINE, seq + 1))

    def mutate_payload(self, record):
        record.fields["body"] = record.fields["body"].replace('"value":"v', '"value":"forged-')
        return record

    def forge_record(self, template):
        told = orjson.loads(template.fields["body"])
        told["seq"] += 1
        told["data"]["value"] = "forged"
        return Record(template.seq + 1, template.fields | {"body": orjson.dumps(told).decode()})

    def identity_of(self, record):
        return f"{record.fields['tenant']}/{record.fields['pos']}"

    def payload_of(self, record):
        return orjson.dumps(orjson.loads(record.fields["body"])["data"]).decode()

    def owner_of(self, record):
        return record.fields["tenant"]

    def replay_onto(self, victim_seq, donor):
        with self._raw() as sql:
            sql.execute(
                "UPDATE ledger_entry SET body = ? WHERE tenant_id = ? AND pos = ?",
                (donor.fields["body"], MINE, victim_seq + 1),
            )

    def read_meta(self, seq):
        with self._raw() as sql:
            (at,) = sql.execute(
                "SELECT at FROM ledger_entry WHERE tenant_id = ? AND pos = ?", (MINE, seq + 1)
            ).fetchone()
        return {"at": at}

    def write_meta(self, seq, meta):
        with self._raw() as sql:
            sql.execute(
                "UPDATE ledger_entry SET at = ? WHERE tenant_id = ? AND pos = ?",
                ("2031" + meta["at"][4:], MINE, seq + 1),
            )

    def snapshot_store(self):
        with self._raw() as sql:
            sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self._copy_store(self._file)

    def restore_store(self, token):
        self._engine.dispose()
        self._restore_store(token, self._file)

    def reload(self):
        self._engine.dispose()
        self._open()

    def verify(self):
        try:
            with self._store.unit(MINE, NOW, reading=True) as unit:
                report = LedgerLook(unit, anchors=self._anchors).report
        except StoreError as error:
            self.verify_detail = str(error)
            return False
        self.verify_detail = "; ".join(report.findings)
        return report.holds


class Recomputed(Ledger):
    """After the edit the attacker makes everything fit again that takes no key."""

    name = "oncourse ledger, recomputed"

    def reload(self):
        with self._raw() as sql:
            self._refit(sql)
        super().reload()

    def write_meta(self, seq, meta):
        """Change the bytes, too: the column alone would be put right again."""
        super().write_meta(seq, meta)
        with self._raw() as sql:
            sql.execute(
                "UPDATE ledger_entry SET body = replace(body, ?, ?) WHERE tenant_id = ? AND pos = ?",
                ('"at":"2026', '"at":"2031', MINE, seq + 1),
            )

    def _refit(self, sql):
        rows = sql.execute("SELECT pos, body FROM ledger_entry WHERE tenant_id = ? ORDER BY pos", (MINE,)).fetchall()
        sql.execute("UPDATE ledger_entry SET pos = pos + 1000, seq = seq + 1000 WHERE tenant_id = ?", (MINE,))
        tree, numbers, digests = Frontier(), {}, {}
        for place, (was, had) in enumerate(rows, start=1):
            told = orjson.loads(had)
            numbers[told["stream"]] = told["seq"] = numbers.get(told["stream"], 0) + 1
            body = orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
            at = told["at"].removesuffix("Z").partition(".")
            column = f"{at[0]}.{at[2]:0<6}Z"
            sql.execute(
                "UPDATE ledger_entry SET pos = ?, stream = ?, seq = ?, type = ?, at = ?, body = ?"
                " WHERE tenant_id = ? AND pos = ?",
                (place, told["stream"], told["seq"], told["type"], column, body, MINE, was + 1000),
            )
            digests[told["stream"]] = told["after"]
            tree.append(leaf_hash(body.encode()))
        for stream, number in numbers.items():
            sql.execute(
                "UPDATE ledger_stream SET last_seq = ?, state_digest = ? WHERE tenant_id = ? AND stream = ?",
                (number, digests[stream], MINE, stream),
            )
        origin, note = sql.execute("SELECT origin, note FROM ledger_head WHERE tenant_id = ?", (MINE,)).fetchone()
        said = Checkpoint.of(origin, tree).text + "\n" + note.partition("\n\n")[2]
        sql.execute(
            "UPDATE ledger_head SET size = ?, frontier = ?, note = ? WHERE tenant_id = ?",
            (tree.size, b"".join(tree.hashes), said, MINE),
        )


class Unanchored(Ledger):
    """Nothing was kept outside."""

    name = "oncourse ledger, nothing outside"
    anchored = False
