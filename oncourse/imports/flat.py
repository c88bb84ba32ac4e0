"""Read a folder of documented CSVs: all of it or nothing, with one clear line for what is wrong.

Unknown files and columns are no error: they are named. At most ten problems are collected before giving up.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from oncourse.imports.batch import BadImportError, ImportBatch
from oncourse.imports.cells import BadCellError, minor
from oncourse.imports.columns import FAMILIES, Column, Family
from oncourse.imports.lines import lines
from plan import Calendar, Frozen, explain_validation

MOST_PROBLEMS = 10
TELL_EVERY = 2_000
_SEPARATORS = {";": "semicolons", "\t": "tabs"}
Progress = Callable[[str, int], None]


def read_flat(directory: Path, progress: Progress | None = None) -> ImportBatch:
    """Return what a folder holds; raise BadImportError naming file, line and column, and import nothing."""
    if not directory.is_dir():
        raise BadImportError([f"{directory} is no folder; give the folder that holds accounts.csv and the others"])
    reading = _Reading(progress or (lambda _file, _rows: None))
    known = {f"{family.file}.csv": family for family in FAMILIES}
    there = sorted(path.name for path in directory.iterdir())
    reading.unmapped += [
        f"{name}: no such file is known here" for name in there if name not in known and not name.startswith((".", "_"))
    ]
    found = [family for name, family in known.items() if name in there]
    if not found:
        raise BadImportError([f"{directory} holds none of {', '.join(known)}; see docs/import.md"])
    for family in found:
        if len(reading.problems) < MOST_PROBLEMS:
            reading.read(directory / f"{family.file}.csv", family)
    if not reading.problems:  # a file that was not read whole would make good rows of others look astray
        reading.check_references()
    if reading.problems:
        raise BadImportError(reading.problems)
    return reading.batch()


class _GaveUpError(Exception):
    """Enough problems were found."""


class _Reading:
    """One folder as far as it was read."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.values: dict[str, dict[str, Frozen]] = {}
        self._lines: dict[str, dict[str, int]] = {}
        self.problems: list[str] = []
        self.unmapped: list[str] = []
        self.rows = 0

    def read(self, path: Path, family: Family) -> None:
        """Read one file."""
        values = self.values.setdefault(family.file, {})
        seen = self._lines.setdefault(family.file, {})
        try:
            for line, cells in lines(path):
                if line == 1:
                    columns = self._columns(path, family, cells)
                    continue
                value = self._row(path, family, columns, line, cells)
                self.rows += 1
                if self.rows % TELL_EVERY == 0:
                    self._progress(path.name, self.rows)
                if value is not None:
                    key, plain = value
                    if key in values:
                        self._problem(
                            f"{path.name} line {line}: {family.key} {key} stands twice (first on line {seen[key]})"
                        )
                    values[key], seen[key] = plain, line
        except BadImportError as error:
            self.problems += error.problems
        except _GaveUpError:
            return
        self._progress(path.name, self.rows)

    def check_references(self) -> None:
        """Check that every row belongs to a row that exists, and that there is one tenant."""
        if len(self.values.get("tenant", {})) > 1:
            self.problems.append("tenant.csv line 3: there is one tenant a folder; keep one line")
        for family in FAMILIES:
            for field, file in family.refers:
                there = self.values.get(file, {})
                for key, value in self.values.get(family.file, {}).items():
                    wanted = getattr(value, field, key)
                    if wanted not in there and len(self.problems) < MOST_PROBLEMS:
                        line = self._lines[family.file][key]
                        self.problems.append(
                            f"{family.file}.csv line {line}: {field} {wanted} is not in {file}.csv; add it there"
                        )

    def batch(self) -> ImportBatch:
        """Return everything as one value."""
        tenants: list[Any] = list(self.values.get("tenant", {}).values())
        families: dict[str, Any] = {
            family.file: tuple(self.values.get(family.file, {}).values())
            for family in FAMILIES
            if family.file not in {"tenant", "postures"}
        }
        return ImportBatch.model_construct(  # every value was validated one by one
            tenant=tenants[0] if tenants else None,
            **families | {"postures": self.values.get("postures", {})},
            unmapped=tuple(self.unmapped),
            rows=self.rows,
        )

    def _columns(self, path: Path, family: Family, header: list[str]) -> list[Column | None]:
        names = [name.strip().lower() for name in header]
        known = {column.name: column for column in family.columns}
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise BadImportError([f"{path.name} line 1: column {doubled[0]} stands twice; keep one"])
        missing = [c.name for c in family.columns if c.required and c.name not in names]
        other = next((word for sign, word in _SEPARATORS.items() if len(names) == 1 and sign in names[0]), None)
        if missing and other:
            raise BadImportError([f"{path.name} line 1: cells are separated by {other}; separate them by commas"])
        if missing:
            raise BadImportError([f"{path.name} line 1: column {', '.join(missing)} is missing; see docs/import.md"])
        self.unmapped += [f"{path.name}: column {name!r} has no place here" for name in names if name not in known]
        return [known.get(name) for name in names]

    def _row(
        self, path: Path, family: Family, columns: list[Column | None], line: int, cells: list[str]
    ) -> tuple[str, Frozen] | None:
        if len(cells) != len(columns):
            self._problem(
                f"{path.name} line {line}: {len(cells)} cells where {len(columns)} belong; check quotes and commas"
            )
            return None
        given: dict[str, Any] = {}
        raw = {column.name: cell.strip() for column, cell in zip(columns, cells, strict=True) if column is not None}
        for column in columns:
            if column is None:
                continue
            cell = raw[column.name]
            if not cell:
                if column.required:
                    self._problem(f"{path.name} line {line}, column {column.name}: it is empty; fill it")
                    return None
                continue
            try:
                given[column.field] = minor(cell, raw[column.money]) if column.money else column.read(cell)
            except BadCellError as error:
                self._problem(f"{path.name} line {line}, column {column.name}: {error}")
                return None
        return self._value(path, family, line, given)

    def _value(self, path: Path, family: Family, line: int, given: dict[str, Any]) -> tuple[str, Frozen] | None:
        key = str(given[family.key])
        try:
            if family.file == "tenant":
                calendar = {name: given.pop(name) for name in ("time_zone", "holidays") if name in given}
                given["calendar"] = Calendar.model_validate(calendar)
            if family.file == "postures":
                given.pop("account_id")
            return key, family.value.model_validate(given)
        except ValidationError as error:
            field, _, told = explain_validation(error).partition(": ")
            column = next((c.name for c in family.columns if c.field == field), field)
            self._problem(f"{path.name} line {line}, column {column}: {told}")
            return None

    def _problem(self, told: str) -> None:
        self.problems.append(told)
        if len(self.problems) >= MOST_PROBLEMS:
            raise _GaveUpError
