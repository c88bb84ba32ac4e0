"""How plans ended and what was refused, counted by reason: what a manager asks of the last months."""

from collections import Counter
from datetime import timedelta

from ledger import ProposalRefused
from store import Unit

SPAN = timedelta(days=90)
_ENDS = {
    "plan.completed.v1": "completed",
    "plan.expired.v1": "expired",
    "plan.aborted.v1": "ended",
    "plan.mooted.v1": "needed no more",
    "plan.rejected.v1": "draft rejected",
    "proposal.none.v1": "no plan proposed",
    "plan.conflict_refused.v1": "not begun: another plan holds the place",
}


def endings(unit: Unit, span: timedelta = SPAN) -> list[tuple[str, int]]:
    """Return each ending and refusal of a span of time with how often it came, the most frequent first."""
    found: Counter[str] = Counter()
    for entry in unit.entries_of([*_ENDS, "proposal.refused.v1"], unit.now - span):
        body = entry.body()
        if isinstance(body, ProposalRefused):
            found.update(f"refused by policy: {code}" for code in body.codes)
            continue
        reason = entry.reason.code.replace("_", " ") if entry.reason else ""
        told = _ENDS[entry.type]
        found[told if told.endswith(reason) else f"{told}: {reason}"] += 1
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))
