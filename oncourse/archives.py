"""A ledger written out as files, for whoever keeps or checks it without this program; step by step, in one pass.

What is written is what was signed: a ledger whose entries do not come to its signed checkpoint is not written out.
"""

import os
import shutil
import tempfile
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from ledger import CHECKPOINT, Paths, Proof, Row, TileFile, Tiling, grouped
from oncourse.archive_lines import Form, Lines
from oncourse.proving import Looked
from orchestrator import BadInputError
from plan import Frozen, OncourseError
from store import StoreError, Unit

ENTRIES_FILE = "entries.jsonl"
_TOLD_EVERY = 500
_UNSIGNED = "nothing was written: the entries are not what the checkpoint signs; look with: oncourse ledger verify"
_TILES_HELD = 64
"""Tiles that are held while proofs are made of them: 8 KiB each."""


class UnsignedError(OncourseError):
    """The entries are not what the checkpoint signs."""

    code = "ledger_unsigned"


class Chosen(Frozen):
    """Which entries are written; in tiles, which ones get a proof. Empty asks for nothing."""

    plan_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Before this instant."""

    @property
    def everything(self) -> bool:
        """Tell whether nothing was narrowed."""
        return not self.plan_id and self.since is None and self.until is None

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return those of some entries that are chosen."""
        if self.everything:
            return rows
        since = "" if self.since is None else _sortable(self.since)
        until = "~" if self.until is None else _sortable(self.until)
        named = {"", f"plan/{self.plan_id}" if self.plan_id else ""}
        return [r for r in rows if since <= r.at < until and (r.stream if self.plan_id else "") in named]


class Archive:
    """One ledger on its way into a file or a folder; iterate over it, then read what it came to."""

    def __init__(
        self, unit: Unit, into: Path, form: Form, chosen: Chosen, *, texts: bool = False, proofs: bool = False
    ) -> None:
        """Take an empty file or folder. `texts` reveals private texts in a table; `proofs` adds one for each entry.

        Raises: AlteredHeadError where the checkpoint is not what was signed.
        """
        anchor = unit.anchor(unit.now)
        self.note, self.point = anchor.checkpoint, anchor.point
        self.written, self.proven = 0, 0
        self._unit, self._into, self._form, self._chosen = unit, into, form, chosen
        self._lines = Lines(unit, form, self.point.origin, texts=texts)
        self._proofs = form.folder and (proofs or not chosen.everything)
        self._tiling, self._places = Tiling(), array("Q")

    def __iter__(self) -> Iterator[Looked]:
        size = self.point.size
        with self._opened() as out:
            if out is not None:
                out.write(self._lines.head)
            for rows in self._unit.proofs.rows():
                mine = [row for row in rows if row.pos <= size]
                self._take(mine, out)
                yield Looked("writing", self._tiling.tree.size, size)
                if len(mine) < len(rows):
                    break  # what was added since the checkpoint was read
        tree = self._tiling.tree
        if (tree.size, tree.root()) != (size, self.point.root):
            raise UnsignedError(_UNSIGNED)
        self._keep(self._tiling.rest())
        if self._form.folder:
            (self._into / CHECKPOINT).write_text(self.note, encoding="utf-8", newline="")
        if self._proofs:
            yield from self._prove(size)
        if self._form is Form.JSONL:
            shutil.rmtree(self._into / "tile", ignore_errors=True)

    def _opened(self) -> TextIO | nullcontext[None]:
        if self._form is Form.TILES:
            return nullcontext()
        file = self._into / ENTRIES_FILE if self._form is Form.JSONL else self._into
        return file.open("w", encoding="utf-8", newline="")

    def _take(self, rows: Sequence[Row], out: TextIO | None) -> None:
        for row in rows:
            self._keep(self._tiling.take(str(row.body).encode(), keep=self._form is Form.TILES))
        chosen = self._chosen.of(rows)
        if self._proofs:
            self._places.extend(row.pos - 1 for row in chosen)
        self.written += len(chosen) if out is not None else len(rows)
        if out is None:
            return
        try:
            self._lines.see(rows)
            lines = self._lines.of(chosen)
        except (ValueError, LookupError, TypeError) as error:  # whatever somebody has put in an entry's place
            raise UnsignedError(_UNSIGNED) from error
        out.write(lines)

    def _keep(self, files: Iterator[TileFile]) -> None:
        """Write files of the tree where they are wanted: to be kept, or to make proofs of."""
        for file in files:
            if self._form is Form.TILES or self._proofs:
                _write(self._into / file.path, file.data)

    def _prove(self, size: int) -> Iterator[Looked]:
        paths = Paths(_Tiles(self._into), size)
        for index in self._places:
            proof = Proof(index=index, path=tuple(paths.to(index)), checkpoint=self.note)
            _write(self._into / "proofs" / f"{grouped(index)}.tlog-proof", proof.text.encode())
            self.proven += 1
            if self.proven % _TOLD_EVERY == 0 or self.proven == len(self._places):
                yield Looked("proving", self.proven, len(self._places))


class _Tiles(Mapping[str, bytes]):
    """The tiles of a folder; the newest that were asked for are held."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._held = folder, dict[str, bytes]()

    def __getitem__(self, path: str) -> bytes:
        if path not in self._held:
            if len(self._held) >= _TILES_HELD:
                del self._held[next(iter(self._held))]
            self._held[path] = (self._folder / path).read_bytes()
        return self._held[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


@contextmanager
def folder_aside(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside the target, for its owner alone; with the end of the block it is the target.

    Raises: BadInputError where the target holds something, StoreError where nothing can be written there.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInputError(f"{target} exists and is not an empty folder; name a new one")
    try:
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    except OSError as error:
        raise StoreError(f"nothing can be written beside {target}: {error.strerror}") from error
    try:
        yield aside
        os.sync()
        aside.replace(target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _sortable(at: datetime) -> str:
    """Return an instant as the rows of a ledger have it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
