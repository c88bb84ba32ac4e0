"""What the RavenStack export says of each account: trends, escalations, losses, as signals with their figures."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from oncourse.imports.cells import day, flag, whole
from oncourse.imports.ravenstack_export import WINDOW, Export, Row, midnight, start_of
from plan import Severity, Signal, SignalType

SOURCE = "ravenstack"
TREND_BP = 3000
"""A change of usage by 30 % against the 90 days before counts."""
MANY_URGENT = 2


class Signals:
    """The signals of one export."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self.unknown_usage = 0
        """Usage rows that name no known subscription."""

    def read(self) -> Iterator[Signal]:
        """Yield every signal."""
        yield from self._usage()
        yield from self._tickets()
        yield from self._churn()
        yield from self._changes()

    def _usage(self) -> Iterator[Signal]:
        recent: dict[str, int] = defaultdict(int)
        before: dict[str, int] = defaultdict(int)
        for row in self._export.rows["feature_usage"]:
            age = (self._export.as_of - day(row["usage_date"])).days
            account_id = self._export.account_of.get(row["subscription_id"])
            if account_id is None:
                self.unknown_usage += 1
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
                    account_id, SignalType.NO_USAGE, self._export.as_of, value=-10_000, baseline=before[account_id]
                )
            elif change <= -TREND_BP:
                yield self._signal(
                    account_id, SignalType.USAGE_DROP, self._export.as_of, value=change, baseline=before[account_id]
                )
            elif change >= TREND_BP:
                yield self._signal(
                    account_id, SignalType.USAGE_GROWTH, self._export.as_of, value=change, baseline=before[account_id]
                )

    def _tickets(self) -> Iterator[Signal]:
        escalated: dict[str, list[Row]] = defaultdict(list)
        urgent: dict[str, list[Row]] = defaultdict(list)
        for row in self._export.rows["support_tickets"]:
            if self._export.fresh(midnight(row["submitted_at"]).date()):
                if flag(row["escalation_flag"]):
                    escalated[row["account_id"]].append(row)
                if row["priority"] == "urgent":
                    urgent[row["account_id"]].append(row)
        for account_id, rows in sorted(escalated.items()):
            last = max(midnight(row["submitted_at"]).date() for row in rows)
            ids = tuple(sorted(row["ticket_id"] for row in rows))
            yield self._signal(account_id, SignalType.SUPPORT_ESCALATION, last, subjects=ids, severity=Severity.HIGH)
        for account_id, rows in sorted(urgent.items()):
            if len(rows) >= MANY_URGENT:
                last = max(midnight(row["submitted_at"]).date() for row in rows)
                ids = tuple(sorted(row["ticket_id"] for row in rows))
                yield self._signal(account_id, SignalType.TICKET_LOAD, last, subjects=ids, value=len(rows))

    def _churn(self) -> Iterator[Signal]:
        """Yield a loss of part of the account, and a rival or the price named as the reason."""
        partial: dict[str, date] = {}
        rival: dict[str, date] = {}
        costs: dict[str, date] = {}
        for row in self._export.rows["churn_events"]:
            at = day(row["churn_date"])
            if self._export.fresh(at):
                account_id = row["account_id"]
                if row["reason_code"] == "competitor" or "competitor" in row["feedback_text"]:
                    rival[account_id] = max(at, rival.get(account_id, at))
                if row["reason_code"] in {"pricing", "budget"} or "expensive" in row["feedback_text"]:
                    costs[account_id] = max(at, costs.get(account_id, at))
        for account_id, rows in self._export.subscriptions.items():
            ended = [day(row["end_date"]) for row in rows if row["end_date"]]
            fresh = [at for at in ended if self._export.fresh(at)]
            if fresh and self._export.running(account_id):
                partial[account_id] = max(fresh)
        for account_id, at in sorted(partial.items()):
            yield self._signal(account_id, SignalType.PARTIAL_CHURN, at, severity=Severity.HIGH)
        for account_id, at in sorted(rival.items()):
            yield self._signal(account_id, SignalType.COMPETITOR_EVALUATION, at, note="A churn event names a rival.")
        for account_id, at in sorted(costs.items()):
            yield self._signal(account_id, SignalType.COST_OPTIMIZING, at, note="A churn event names the price.")

    def _changes(self) -> Iterator[Signal]:
        for account_id, rows in sorted(self._export.subscriptions.items()):
            for kind, column in ((SignalType.DOWNGRADE, "downgrade_flag"), (SignalType.UPGRADE, "upgrade_flag")):
                fresh = [
                    day(row["start_date"])
                    for row in rows
                    if row.get(column) and flag(row[column]) and self._export.fresh(day(row["start_date"]))
                ]
                if fresh:
                    yield self._signal(account_id, kind, max(fresh))

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
            observed_at=start_of(at),
            source=SOURCE,
            severity=severity,
            subject_ids=subjects[:20],
            value=value,
            baseline=baseline,
            window_days=WINDOW,
            note=note,
        )

    def _fresh(self, at: date) -> bool:
        return 0 <= (self._export.as_of - at).days < WINDOW
