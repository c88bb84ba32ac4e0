"""Entries as lines of a file, in one of the forms that others read."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import orjson

from ledger import BOM, CSV_COLUMNS, Entry, Row, cloud_event, csv_line, csv_row, log_record
from orchestrator import names_in
from plan import ERASED, REF_PREFIX, references
from store import Unit

WITHHELD = "[not shown]"
"""Stands for a private text in a table without texts."""


class Form(StrEnum):
    """How a ledger is written out."""

    JSONL = "jsonl"
    CLOUDEVENTS = "cloudevents"
    OTLP = "otlp"
    CSV = "csv"
    TILES = "tiles"

    @property
    def folder(self) -> bool:
        """Tell whether it is a folder, with the signed checkpoint in it."""
        return self in {Form.JSONL, Form.TILES}


class Lines:
    """What makes lines of entries; it remembers whose each plan is."""

    def __init__(self, unit: Unit, form: Form, origin: str, *, texts: bool) -> None:
        self._unit, self._form, self._origin, self._texts = unit, form, origin, texts
        self._accounts: dict[str, str] = {}

    @property
    def head(self) -> str:
        """Return what stands before the first entry."""
        return BOM + csv_line(*CSV_COLUMNS) if self._form is Form.CSV else ""

    def see(self, rows: Iterable[Row]) -> None:
        """Learn from rows that are not written, too."""
        if self._form is Form.CSV:
            for row in rows:
                if row.type == "plan.proposed.v1":
                    plan = orjson.loads(row.body)["data"]["plan"]
                    self._accounts[plan["plan_id"]] = plan["account_id"]

    def of(self, rows: Sequence[Row]) -> str:
        """Return some entries in their order."""
        if self._form is Form.JSONL:
            return "".join(f"{row.body}\n" for row in rows)
        if self._form is Form.CLOUDEVENTS:
            return "".join(cloud_event(row.body.encode(), self._origin, row.pos).decode() + "\n" for row in rows)
        entries = [Entry.model_validate_json(row.body) for row in rows]
        told = list(zip(rows, entries, strict=True))
        if self._form is Form.OTLP:
            return "".join(log_record(r.body.encode(), e, self._origin, r.pos).decode() + "\n" for r, e in told)
        names, texts = names_in(self._unit, entries), self._contents(entries)
        missing = ERASED if self._texts else WITHHELD
        return "".join(csv_row(e, r.pos, lambda ref: texts.get(ref, missing), names, self._accounts) for r, e in told)

    def _contents(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Return the private texts of some entries, read at once."""
        if not self._texts:
            return {}
        wanted = references([entry.data for entry in entries])
        wanted |= {e.reason.text for e in entries if e.reason is not None and e.reason.text.startswith(REF_PREFIX)}
        return self._unit.blobs.contents(wanted)
