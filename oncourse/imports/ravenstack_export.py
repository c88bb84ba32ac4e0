"""The RavenStack export as it stood on one day: its rows by account, and what was fresh then."""

import csv
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from oncourse.imports.batch import BadImportError
from oncourse.imports.cells import day, flag

WINDOW = 90
"""Days over which trends are read; a signal older than this is no signal."""
Row = dict[str, str]
Progress = Callable[[str, int], None]
_FILES = {
    "accounts": ("account_id", "account_name", "industry", "plan_tier"),
    "subscriptions": (
        "subscription_id",
        "account_id",
        "start_date",
        "end_date",
        "arr_amount",
        "is_trial",
        "billing_frequency",
    ),
    "feature_usage": ("subscription_id", "usage_date", "usage_count"),
    "support_tickets": ("ticket_id", "account_id", "submitted_at", "closed_at", "priority", "escalation_flag"),
    "churn_events": ("churn_event_id", "account_id", "churn_date", "reason_code", "feedback_text"),
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
    """Return the export; raise BadImportError for a folder that holds none."""
    return Export({name: _rows(directory, name, columns, told) for name, columns in _FILES.items()}, as_of)


def _rows(directory: Path, name: str, columns: tuple[str, ...], told: Progress) -> list[Row]:
    path = directory / f"ravenstack_{name}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise BadImportError([f"{path.name}: column {', '.join(missing)} is missing; give the original export"])
            found = list(reader)
    except UnicodeDecodeError as error:
        raise BadImportError([f"{path.name} is not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    except OSError as error:
        raise BadImportError([f"{path} cannot be read: {error.strerror}; give the folder of the export"]) from error
    told(path.name, len(found))
    return found


def end_of(as_of: date) -> datetime:
    """Return the last second of a day."""
    return datetime(as_of.year, as_of.month, as_of.day, 23, 59, 59, tzinfo=UTC)


def start_of(at: date) -> datetime:
    """Return the first instant of a day."""
    return datetime(at.year, at.month, at.day, tzinfo=UTC)


def midnight(cell: str) -> datetime:
    """Return the first instant of the day that a cell names."""
    return start_of(day(cell[:10]))


def moment(cell: str) -> datetime:
    """Return the instant that a cell names; the export means UTC."""
    return datetime.fromisoformat(cell).replace(tzinfo=UTC)
