"""What the page shows of each case: the plan as bars over days, what each scorer said, and what was planted."""

from collections.abc import Sequence
from difflib import unified_diff
from math import ceil
from typing import NamedTuple

from agent import subject
from evals.baseline import Baseline
from evals.cases import Case, case_of
from evals.record import plan_lines
from evals.results import Row
from plan import DEADLINE_DAYS, NoPlan, Proposal, ProposedStep, find_spec


class Bar(NamedTuple):
    """One step on the time line; places are shares of its width in percent."""

    key: str
    action: str
    left: float
    width: float
    day: int
    days: int
    external: bool
    approval: str
    after: str
    evidence: str
    rationale: str
    required: bool


class Card(NamedTuple):
    """One answer on the page."""

    row: Row
    case: Case
    bars: tuple[Bar, ...]
    last_day: int | None
    """The last day on which a step may end, counted from the day of the request."""
    deadline: float
    """Where that day lies, in percent."""
    moved: tuple[str, ...]
    """How the answer differs from the accepted one, as lines of a diff."""
    facts: tuple[tuple[str, str], ...]


def cards(rows: Sequence[Row], baseline: Baseline | None) -> list[Card]:
    """Return a card for each answer, in the order of the rows."""
    accepted = {told.key: told for told in baseline.answers} if baseline else {}
    return [_card(row, accepted[row.key].outcome if row.key in accepted else None) for row in rows]


def _card(row: Row, before: Proposal | NoPlan | None) -> Card:
    case = case_of(row.case)
    steps = row.outcome.steps if isinstance(row.outcome, Proposal) else ()
    last = _last_day(case)
    ends = [step.start_day + _days(step) for step in steps]
    whole = max([*ends, last or 0, 14]) + 3
    moved: tuple[str, ...] = ()
    if before is not None and before != row.outcome:
        moved = tuple(unified_diff(plan_lines(before), plan_lines(row.outcome), "accepted", "now", lineterm="", n=9))
    return Card(
        row=row,
        case=case,
        bars=tuple(_bar(step, whole) for step in sorted(steps, key=lambda s: s.start_day)),
        last_day=last,
        deadline=round(100 * (last or whole) / whole, 2),
        moved=moved,
        facts=tuple(_facts(case)),
    )


def _bar(step: ProposedStep, whole: int) -> Bar:
    spec, days = find_spec(step.action_type), _days(step)
    return Bar(
        key=step.key,
        action=step.action_type.replace("_", " ").capitalize(),
        left=round(100 * step.start_day / whole, 2),
        width=round(100 * days / whole, 2),
        day=step.start_day,
        days=days,
        external=bool(spec and spec.external),
        approval=spec.approval.value if spec else "unknown",
        after=", ".join(d.key for d in step.depends_on),
        evidence=", ".join(step.evidence),
        rationale=step.rationale,
        required=step.required,
    )


def _days(step: ProposedStep) -> int:
    spec = find_spec(step.action_type)
    return max(1, ceil(spec.typical_duration.total_seconds() / 86_400)) if spec else 1


def _last_day(case: Case) -> int | None:
    today = case.request.situation.tenant.calendar.local_date(case.request.now)
    days = [(contract.renews_on - today).days for contract in subject(case.request)]
    return min(days) - DEADLINE_DAYS if days else None


def _facts(case: Case) -> list[tuple[str, str]]:
    known = case.request.situation
    signals = [f"{s.type.value.replace('_', ' ').lower()} ({s.severity.value.lower()})" for s in known.signals]
    tickets = [f"{t.ticket_id}: {t.subject}" if t.subject else t.ticket_id for t in known.tickets]
    renews = [f"{c.contract_id} on {c.renews_on}" for c in known.contracts]
    told = [
        ("asked on", f"{case.request.now:%Y-%m-%d}"),
        ("posture", known.posture.posture.value),
        ("renews", ", ".join(renews)),
        ("signals", ", ".join(signals)),
        ("tickets", "; ".join(tickets)),
        ("facts", case.facts),
    ]
    return [(name, words) for name, words in told if words]
