"""A mapping of the RavenStack export (River @ Rivalytics): contracts, renewal dates, signals and postures, derived.

The export has no contacts, owners or deals: those are made up from the account's id, are named as such, and are the
same at every run. docs/ravenstack.md says what is derived and how.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from oncourse.imports.batch import BadImportError, ImportBatch
from oncourse.imports.cells import BadCellError, day, flag, minor, whole
from plan import (
    Account,
    Calendar,
    Contact,
    ContactRole,
    Contract,
    Frozen,
    Id,
    Opportunity,
    OpportunityKind,
    Owner,
    Posture,
    Severity,
    Signal,
    SignalType,
    Tenant,
    Ticket,
    Touch,
    days_between,
    derive_posture,
)

AS_OF = date(2024, 12, 31)
"""The export's last day."""
SOURCE = "ravenstack"
WINDOW = 90
"""Days over which trends are read; a signal older than this is no signal."""
TREND_BP = 3000
"""A change of usage by 30 % against the 90 days before counts."""
MANY_URGENT = 2
OWNERS = 6
FIRST, LAST = 31, 180
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


class Candidates(Frozen):
    """Which accounts need a defence, and for which it is too late."""

    dated: int
    """Accounts with a dated renewal."""
    defend: tuple[Id, ...]
    """AT_RISK or CRITICAL, renewing in 31..180 days."""
    too_late: tuple[Id, ...]
    """AT_RISK or CRITICAL, renewing in fewer than 31 days."""


def read_ravenstack(directory: Path, as_of: date = AS_OF, progress: Progress | None = None) -> ImportBatch:
    """Return the export as it stood at the end of a day; raise BadImportError for what is no RavenStack export."""
    told = progress or (lambda _file, _rows: None)
    rows = {name: _rows(directory, name, columns, told) for name, columns in _FILES.items()}
    try:
        return _Mapping(rows, as_of).batch()
    except (BadCellError, KeyError) as error:
        raise BadImportError([f"the export in {directory} does not fit: {error}"]) from error


def candidates(batch: ImportBatch, as_of: date = AS_OF) -> Candidates:
    """Return the accounts to defend and those for which day -30 has passed."""
    now, calendar = _end_of(as_of), Calendar()
    contracts, signals = _group(batch.contracts), _group(batch.signals)
    defend: list[str] = []
    late: list[str] = []
    for account_id, mine in contracts.items():
        days = days_between(as_of, min(c.renews_on for c in mine))
        posture = derive_posture(tuple(signals.get(account_id, ())), tuple(mine), now, calendar).posture
        if posture in {Posture.AT_RISK, Posture.CRITICAL} and days <= LAST:
            (defend if days >= FIRST else late).append(account_id)
    return Candidates(dated=len(contracts), defend=tuple(sorted(defend)), too_late=tuple(sorted(late)))


Owned = TypeVar("Owned", Contract, Signal)


def _group(values: Iterable[Owned]) -> dict[str, list[Owned]]:
    found: dict[str, list[Owned]] = defaultdict(list)
    for value in values:
        found[value.account_id].append(value)
    return dict(sorted(found.items()))


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


def _end_of(as_of: date) -> datetime:
    return datetime(as_of.year, as_of.month, as_of.day, 23, 59, 59, tzinfo=UTC)


def next_anniversary(started: date, as_of: date) -> date:
    """Return the first yearly anniversary after a day; 29 February falls on 28 February in common years."""
    year = as_of.year
    while (found := _in_year(started, year)) <= as_of:
        year += 1
    return found


def _in_year(started: date, year: int) -> date:
    try:
        return started.replace(year=year)
    except ValueError:
        return started.replace(year=year, day=28)


class _Mapping:
    """One export on one day."""

    def __init__(self, rows: dict[str, list[Row]], as_of: date) -> None:
        self._rows, self._as_of, self._now = rows, as_of, _end_of(as_of)
        self._subscriptions: dict[str, list[Row]] = defaultdict(list)
        for row in rows["subscriptions"]:
            self._subscriptions[row["account_id"]].append(row)
        self._account_of = {row["subscription_id"]: row["account_id"] for row in rows["subscriptions"]}
        self._outside = 0

    def batch(self) -> ImportBatch:
        """Return everything that the export means."""
        accounts = sorted(row["account_id"] for row in self._rows["accounts"])
        contracts = [c for account_id in accounts for c in self._contracts(account_id)]
        people = [person for account_id in accounts for person in self._contacts(account_id)]
        tickets, early = self._tickets()
        return ImportBatch(
            tenant=Tenant(tenant_id="ravenstack", name="RavenStack (synthetic data by River @ Rivalytics)"),
            accounts=tuple(self._account(row) for row in sorted(self._rows["accounts"], key=lambda r: r["account_id"])),
            contracts=tuple(contracts),
            contacts=tuple(people),
            tickets=tuple(tickets),
            opportunities=tuple(_deal(contract) for contract in contracts),
            owners=tuple(Owner(owner_id=f"owner-{n}", name=f"Owner {n} (made up)") for n in range(1, OWNERS + 1)),
            signals=tuple(sorted(self._signals(), key=lambda s: s.signal_id)),
            history=tuple(self._history()),
            unmapped=self._unmapped(early),
            rows=sum(len(rows) for rows in self._rows.values()),
        )

    def _account(self, row: Row) -> Account:
        account_id = row["account_id"]
        return Account(
            account_id=account_id,
            name=row["account_name"],
            owner_id=f"owner-{1 + _draw(account_id, 'owner') % OWNERS}",
            segment=f"{row['industry']}, {row['plan_tier']}",
            exec_sponsor_id="owner-1",
        )

    def _running(self, account_id: str) -> list[Row]:
        """Return subscriptions that have begun, have not ended, and are no trial."""
        return [
            row
            for row in self._subscriptions[account_id]
            if not flag(row["is_trial"])
            and day(row["start_date"]) <= self._as_of
            and (not row["end_date"] or day(row["end_date"]) > self._as_of)
        ]

    def _contracts(self, account_id: str) -> Iterator[Contract]:
        """Yield the account's largest running annual subscription as the contract to renew."""
        annual = [row for row in self._running(account_id) if row["billing_frequency"] == "annual"]
        annual.sort(key=lambda row: (-minor(row["arr_amount"], "USD"), row["subscription_id"]))
        for row in annual[:1]:
            started = day(row["start_date"])
            yield Contract(
                contract_id=row["subscription_id"],
                account_id=account_id,
                arr_minor=minor(row["arr_amount"], "USD"),
                currency="USD",
                starts_on=started,
                renews_on=next_anniversary(started, self._as_of),
                auto_renews=flag(row["auto_renew_flag"]) if row.get("auto_renew_flag") else False,
            )

    @staticmethod
    def _contacts(account_id: str) -> Iterator[Contact]:
        for number, role in enumerate((ContactRole.CHAMPION, ContactRole.ECONOMIC_BUYER), start=1):
            yield Contact(
                contact_id=f"{account_id}-C{number}",
                account_id=account_id,
                name=f"Contact {number} of {account_id} (made up)",
                role=role,
                signs=role is ContactRole.ECONOMIC_BUYER,
            )

    def _tickets(self) -> tuple[list[Ticket], int]:
        signup = {row["account_id"]: day(row["signup_date"]) for row in self._rows["accounts"]}
        found, early = [], 0
        for row in sorted(self._rows["support_tickets"], key=lambda r: r["ticket_id"]):
            opened = _midnight(row["submitted_at"])
            if opened.date() > self._as_of:
                continue
            early += opened.date() < signup[row["account_id"]]
            closed = _moment(row["closed_at"]) if row["closed_at"] else None
            found.append(
                Ticket(
                    ticket_id=row["ticket_id"],
                    account_id=row["account_id"],
                    priority={"high": Severity.HIGH, "urgent": Severity.HIGH, "medium": Severity.MEDIUM}.get(
                        row["priority"], Severity.LOW
                    ),
                    urgent=row["priority"] == "urgent",
                    opened_at=opened,
                    closed_at=closed if closed is not None and closed <= self._now else None,
                    escalated=flag(row["escalation_flag"]),
                )
            )
        return found, early

    def _signals(self) -> Iterator[Signal]:
        yield from self._usage_signals()
        yield from self._ticket_signals()
        yield from self._churn_signals()
        yield from self._subscription_signals()

    def _usage_signals(self) -> Iterator[Signal]:
        recent: dict[str, int] = defaultdict(int)
        before: dict[str, int] = defaultdict(int)
        for row in self._rows["feature_usage"]:
            age = (self._as_of - day(row["usage_date"])).days
            account_id = self._account_of.get(row["subscription_id"])
            if account_id is None:
                self._outside += 1
            elif 0 <= age < WINDOW:
                recent[account_id] += whole(row["usage_count"])
            elif WINDOW <= age < 2 * WINDOW:
                before[account_id] += whole(row["usage_count"])
        for account_id in sorted(before):
            change = (
                (recent[account_id] - before[account_id]) * 10_000 // before[account_id] if before[account_id] else 0
            )
            if recent[account_id] == 0 and before[account_id]:
                yield self._signal(
                    account_id, SignalType.NO_USAGE, self._as_of, value=-10_000, baseline=before[account_id]
                )
            elif change <= -TREND_BP:
                yield self._signal(
                    account_id, SignalType.USAGE_DROP, self._as_of, value=change, baseline=before[account_id]
                )
            elif change >= TREND_BP:
                yield self._signal(
                    account_id, SignalType.USAGE_GROWTH, self._as_of, value=change, baseline=before[account_id]
                )

    def _ticket_signals(self) -> Iterator[Signal]:
        escalated: dict[str, list[Row]] = defaultdict(list)
        urgent: dict[str, list[Row]] = defaultdict(list)
        for row in self._rows["support_tickets"]:
            if self._fresh(_midnight(row["submitted_at"]).date()):
                if flag(row["escalation_flag"]):
                    escalated[row["account_id"]].append(row)
                if row["priority"] == "urgent":
                    urgent[row["account_id"]].append(row)
        for account_id, rows in sorted(escalated.items()):
            last = max(_midnight(row["submitted_at"]).date() for row in rows)
            ids = tuple(sorted(row["ticket_id"] for row in rows))
            yield self._signal(account_id, SignalType.SUPPORT_ESCALATION, last, subjects=ids, severity=Severity.HIGH)
        for account_id, rows in sorted(urgent.items()):
            if len(rows) >= MANY_URGENT:
                last = max(_midnight(row["submitted_at"]).date() for row in rows)
                ids = tuple(sorted(row["ticket_id"] for row in rows))
                yield self._signal(account_id, SignalType.TICKET_LOAD, last, subjects=ids, value=len(rows))

    def _churn_signals(self) -> Iterator[Signal]:
        """Yield a loss of part of the account, and a rival or the price named as the reason."""
        partial: dict[str, date] = {}
        rival: dict[str, date] = {}
        costs: dict[str, date] = {}
        for row in self._rows["churn_events"]:
            at = day(row["churn_date"])
            if self._fresh(at):
                account_id = row["account_id"]
                if row["reason_code"] == "competitor" or "competitor" in row["feedback_text"]:
                    rival[account_id] = max(at, rival.get(account_id, at))
                if row["reason_code"] in {"pricing", "budget"} or "expensive" in row["feedback_text"]:
                    costs[account_id] = max(at, costs.get(account_id, at))
        for account_id, rows in self._subscriptions.items():
            ended = [day(row["end_date"]) for row in rows if row["end_date"]]
            fresh = [at for at in ended if self._fresh(at)]
            if fresh and self._running(account_id):
                partial[account_id] = max(fresh)
        for account_id, at in sorted(partial.items()):
            yield self._signal(account_id, SignalType.PARTIAL_CHURN, at, severity=Severity.HIGH)
        for account_id, at in sorted(rival.items()):
            yield self._signal(account_id, SignalType.COMPETITOR_EVALUATION, at, note="A churn event names a rival.")
        for account_id, at in sorted(costs.items()):
            yield self._signal(account_id, SignalType.COST_OPTIMIZING, at, note="A churn event names the price.")

    def _subscription_signals(self) -> Iterator[Signal]:
        for account_id, rows in sorted(self._subscriptions.items()):
            for kind, column in ((SignalType.DOWNGRADE, "downgrade_flag"), (SignalType.UPGRADE, "upgrade_flag")):
                fresh = [
                    day(row["start_date"])
                    for row in rows
                    if row.get(column) and flag(row[column]) and self._fresh(day(row["start_date"]))
                ]
                if fresh:
                    yield self._signal(account_id, kind, max(fresh))

    def _history(self) -> Iterator[Touch]:
        for row in sorted(self._rows["churn_events"], key=lambda r: r["churn_event_id"]):
            at = day(row["churn_date"])
            if at <= self._as_of:
                yield Touch(
                    touch_id=row["churn_event_id"],
                    account_id=row["account_id"],
                    at=_start(at),
                    outcome=f"CHURN_{row['reason_code'].upper()}",
                    external=False,
                )

    def _signal(
        self,
        account_id: str,
        kind: SignalType,
        at: date,
        *,
        value: int | None = None,
        baseline: int | None = None,
        subjects: tuple[str, ...] = (),
        severity: Severity = Severity.MEDIUM,
        note: str = "",
    ) -> Signal:
        return Signal(
            signal_id=f"{account_id}-{kind}",
            account_id=account_id,
            type=kind,
            observed_at=_start(at),
            source=SOURCE,
            severity=severity,
            subject_ids=subjects[:20],
            value=value,
            baseline=baseline,
            window_days=WINDOW,
            note=note,
        )

    def _fresh(self, at: date) -> bool:
        return 0 <= (self._as_of - at).days < WINDOW

    def _unmapped(self, early: int) -> tuple[str, ...]:
        ended = {row["subscription_id"]: row for row in self._rows["subscriptions"]}
        astray = 0
        for row in self._rows["feature_usage"]:
            own = ended.get(row["subscription_id"])
            used = day(row["usage_date"])
            if own and (used < day(own["start_date"]) or (own["end_date"] and used > day(own["end_date"]))):
                astray += 1
        return (
            f"feature_usage: {astray} rows lie outside their subscription's dates; they count all the same",
            f"feature_usage: {self._outside} rows name an unknown subscription; they are left out",
            f"support_tickets: {early} precede the account's signup; they count all the same",
            "accounts: industry and plan tier become the segment; country, seats and referral have no place here",
            "support_tickets: satisfaction and response times have no place here",
            "contacts, owners and deals are made up from the account's id",
        )


def _deal(contract: Contract) -> Opportunity:
    return Opportunity(
        opportunity_id=f"{contract.contract_id}-R",
        account_id=contract.account_id,
        kind=OpportunityKind.RENEWAL,
        stage="open (made up)",
        amount_minor=contract.arr_minor,
        currency=contract.currency,
        contract_id=contract.contract_id,
    )


def _start(at: date) -> datetime:
    return datetime(at.year, at.month, at.day, tzinfo=UTC)


def _midnight(cell: str) -> datetime:
    return _start(day(cell[:10]))


def _moment(cell: str) -> datetime:
    return datetime.fromisoformat(cell).replace(tzinfo=UTC)


def _draw(*words: str) -> int:
    return int.from_bytes(hashlib.sha256(":".join(words).encode()).digest()[:4])
