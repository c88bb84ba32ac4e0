"""A mapping of the RavenStack export (River @ Rivalytics): contracts, renewal dates, signals and postures, derived.

The export has no contacts, owners or deals: those are made up from the account's id, are named as such, and are the
same at every run. docs/ravenstack.md says what is derived and how.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

from oncourse.imports.batch import ImportBatch
from oncourse.imports.cells import day, flag, minor
from oncourse.imports.ravenstack_export import (
    CURRENCY,
    Export,
    Progress,
    Row,
    end_of,
    midnight,
    moment,
    read_export,
    start_of,
)
from oncourse.imports.ravenstack_signals import Signals
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
    Tenant,
    Ticket,
    Touch,
    days_between,
    derive_posture,
)

AS_OF = date(2024, 12, 31)
"""The export's last day."""
OWNERS = 6
FIRST, LAST = 31, 180


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
    return _Mapping(read_export(directory, as_of, progress or (lambda _file, _rows: None))).batch()


def candidates(batch: ImportBatch, as_of: date = AS_OF) -> Candidates:
    """Return the accounts to defend and those for which day -30 has passed."""
    now, calendar = end_of(as_of), Calendar()
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

    def __init__(self, export: Export) -> None:
        self._export, self._signals = export, Signals(export)

    def batch(self) -> ImportBatch:
        """Return everything that the export means."""
        accounts = sorted(row["account_id"] for row in self._export.rows["accounts"])
        contracts = [c for account_id in accounts for c in self._contracts(account_id)]
        people = [person for account_id in accounts for person in self._contacts(account_id)]
        tickets, early = self._tickets()
        return ImportBatch(
            tenant=Tenant(tenant_id="ravenstack", name="RavenStack (synthetic data by River @ Rivalytics)"),
            accounts=tuple(
                self._account(row) for row in sorted(self._export.rows["accounts"], key=lambda r: r["account_id"])
            ),
            contracts=tuple(contracts),
            contacts=tuple(people),
            tickets=tuple(tickets),
            opportunities=tuple(_deal(contract) for contract in contracts),
            owners=tuple(Owner(owner_id=f"owner-{n}", name=f"Owner {n} (made up)") for n in range(1, OWNERS + 1)),
            signals=tuple(sorted(self._signals.read(), key=lambda s: s.signal_id)),
            history=tuple(self._history()),
            unmapped=self._unmapped(early),
            rows=sum(len(rows) for rows in self._export.rows.values()),
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

    def _contracts(self, account_id: str) -> Iterator[Contract]:
        """Yield the account's largest running annual subscription as the contract to renew."""
        annual = [row for row in self._export.running(account_id) if row["billing_frequency"] == "annual"]
        annual.sort(key=lambda row: (-minor(row["arr_amount"], CURRENCY), row["subscription_id"]))
        for row in annual[:1]:
            started = day(row["start_date"])
            yield Contract(
                contract_id=row["subscription_id"],
                account_id=account_id,
                arr_minor=minor(row["arr_amount"], CURRENCY),
                currency=CURRENCY,
                starts_on=started,
                renews_on=next_anniversary(started, self._export.as_of),
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
        signup = {row["account_id"]: day(row["signup_date"]) for row in self._export.rows["accounts"]}
        found, early = [], 0
        for row in sorted(self._export.rows["support_tickets"], key=lambda r: r["ticket_id"]):
            opened = midnight(row["submitted_at"])
            if opened.date() > self._export.as_of:
                continue
            early += opened.date() < signup[row["account_id"]]
            closed = moment(row["closed_at"]) if row["closed_at"] else None
            found.append(
                Ticket(
                    ticket_id=row["ticket_id"],
                    account_id=row["account_id"],
                    priority={"high": Severity.HIGH, "urgent": Severity.HIGH, "medium": Severity.MEDIUM}.get(
                        row["priority"], Severity.LOW
                    ),
                    urgent=row["priority"] == "urgent",
                    opened_at=opened,
                    closed_at=closed if closed is not None and closed <= self._export.now else None,
                    escalated=flag(row["escalation_flag"]),
                )
            )
        return found, early

    def _history(self) -> Iterator[Touch]:
        for row in sorted(self._export.rows["churn_events"], key=lambda r: r["churn_event_id"]):
            at = day(row["churn_date"])
            if at <= self._export.as_of:
                yield Touch(
                    touch_id=row["churn_event_id"],
                    account_id=row["account_id"],
                    at=start_of(at),
                    outcome=f"CHURN_{row['reason_code'].upper()}",
                    external=False,
                )

    def _unmapped(self, early: int) -> tuple[str, ...]:
        ended = {row["subscription_id"]: row for row in self._export.rows["subscriptions"]}
        astray = 0
        for row in self._export.rows["feature_usage"]:
            own = ended.get(row["subscription_id"])
            used = day(row["usage_date"])
            if own and (used < day(own["start_date"]) or (own["end_date"] and used > day(own["end_date"]))):
                astray += 1
        return (
            f"feature_usage: {astray} rows lie outside their subscription's dates; they count all the same",
            f"feature_usage: {self._signals.unknown_usage} rows name an unknown subscription; they are left out",
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


def _draw(*words: str) -> int:
    return int.from_bytes(hashlib.sha256(":".join(words).encode()).digest()[:4])
