"""The RavenStack export as it stood on one day: its rows by account, and what was fresh then."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from oncourse.imports.batch import BadImportError
from oncourse.imports.cells import BadCellError, day, flag, instant, minor, shown, whole
from oncourse.imports.lines import lines

CURRENCY = "USD"
WINDOW = 90
"""Days over which trends are read; a signal older than this is no signal."""
Row = dict[str, str]
Progress = Callable[[str, int], None]
Check = Callable[[str], object]
"""Raises BadCellError for a cell that is not what it should be."""
_LONGEST_ID = 50
"""Leaves room for what is put after it: ids of contacts and signals are made from an account's."""
_MOST_USED = 1_000_000
_LONGEST = 1_000
_DAY = len("2024-12-31")


def moment(cell: str) -> datetime:
    """Return the instant that a cell names; the export means UTC."""
    try:
        return instant(f"{cell}Z" if len(cell) > _DAY else f"{cell}T00:00:00Z")
    except BadCellError as error:
        raise BadCellError(f"{shown(cell)} is no time") from error


def _id(cell: str) -> None:
    if not (cell.isascii() and cell.isprintable() and " " not in cell and 0 < len(cell) <= _LONGEST_ID):
        raise BadCellError(f"{shown(cell)} is no id")


def _words(cell: str) -> None:
    if len(cell) > _LONGEST:
        raise BadCellError(f"{shown(cell)} is longer than {_LONGEST} characters")


def _count(cell: str) -> None:
    if not 0 <= whole(cell) <= _MOST_USED:
        raise BadCellError(f"{shown(cell)} is no count up to {_MOST_USED}")


def _if_any(check: Check) -> Check:
    return lambda cell: check(cell) if cell else None


_FILES: dict[str, dict[str, Check]] = {
    "accounts": {
        "account_id": _id,
        "account_name": _words,
        "industry": _words,
        "plan_tier": _words,
        "signup_date": day,
    },
    "subscriptions": {
        "subscription_id": _id,
        "account_id": _id,
        "start_date": day,
        "end_date": _if_any(day),
        "arr_amount": lambda cell: minor(cell, CURRENCY),
        "is_trial": flag,
        "billing_frequency": _words,
    },
    "feature_usage": {"subscription_id": _words, "usage_date": day, "usage_count": _count},
    "support_tickets": {
        "ticket_id": _id,
        "account_id": _id,
        "submitted_at": moment,
        "closed_at": _if_any(moment),
        "priority": _words,
        "escalation_flag": flag,
    },
    "churn_events": {
        "churn_event_id": _id,
        "account_id": _id,
        "churn_date": day,
        "reason_code": _id,
        "feedback_text": _words,
    },
}
"""The columns that are used, each with what its cells must be."""
_MAY_LACK: dict[str, dict[str, Check]] = {
    "subscriptions": {name: _if_any(flag) for name in ("upgrade_flag", "downgrade_flag", "auto_renew_flag")}
}


class Export:
    """One export on one day."""

    def __init__(self, rows: dict[str, list[Row]], as_of: date) -> None:
        self.rows, self.as_of, self.now = rows, as_of, end_of(as_of)
        self.subscriptions: dict[str, list[Row]] = defaultdict(list)
        for row in rows["subscriptions"]:
            self.subscriptions[row["account_id"]].append(row)
        self.account_of = {row["subscription_id"]: row["account_id"] for row in rows["subscriptions"]}

    def running(self, account_id: str) -> list[Row]:
        """Return subscriptions that have begun, have not ended, and are no trial."""
        return [
            row
            for row in self.subscriptions[account_id]
            if not flag(row["is_trial"])
            and day(row["start_date"]) <= self.as_of
            and (not row["end_date"] or day(row["end_date"]) > self.as_of)
        ]

    def fresh(self, at: date) -> bool:
        """Tell whether a day lies inside the window."""
        return 0 <= (self.as_of - at).days < WINDOW


def read_export(directory: Path, as_of: date, told: Progress) -> Export:
    """Return the export; raise BadImportError for a folder that holds none, or a cell that is not what it should be."""
    rows: dict[str, list[Row]] = {}
    accounts: set[str] = set()
    for name in _FILES:
        rows[name] = list(_rows(directory / f"ravenstack_{name}.csv", name, accounts))
        if name == "accounts":
            accounts.update(row["account_id"] for row in rows[name])
        told(f"ravenstack_{name}.csv", len(rows[name]))
    return Export(rows, as_of)


def _rows(path: Path, name: str, accounts: set[str]) -> Iterator[Row]:
    header: list[str] = []
    for line, cells in lines(path):
        if line == 1:
            header = cells
            missing = [column for column in _FILES[name] if column not in header]
            if missing:
                raise BadImportError([f"{path.name}: column {', '.join(missing)} is missing; give the original export"])
            continue
        if len(cells) != len(header):
            told = f"{len(cells)} cells where {len(header)} belong; check quotes and commas"
            raise BadImportError([f"{path.name} line {line}: {told}"])
        row = dict(zip(header, cells, strict=True))
        for column, check in (_FILES[name] | _MAY_LACK.get(name, {})).items():
            try:
                check(row.get(column, ""))
            except BadCellError as error:
                raise BadImportError([f"{path.name} line {line}, column {column}: {error}"]) from error
        if name != "accounts" and "account_id" in row and row["account_id"] not in accounts:
            told = f"account {shown(row['account_id'])} is not in ravenstack_accounts.csv"
            raise BadImportError([f"{path.name} line {line}: {told}"])
        yield row


def end_of(as_of: date) -> datetime:
    """Return the last second of a day."""
    return datetime(as_of.year, as_of.month, as_of.day, 23, 59, 59, tzinfo=UTC)


def start_of(at: date) -> datetime:
    """Return the first instant of a day."""
    return datetime(at.year, at.month, at.day, tzinfo=UTC)


def midnight(cell: str) -> datetime:
    """Return the first instant of the day that a cell names."""
    return start_of(day(cell[:10]))
