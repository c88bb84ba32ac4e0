"""A plan's course: what turned it from the way it was approved to go, what belongs to one step, and as of when."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from ledger.bodies import GateEvaluated, StepAdded, StepChanged
from ledger.entries import Entry

STRAIGHT = frozenset(
    {
        "plan.proposed.v1",
        "plan.endorsed.v1",
        "plan.approved.v1",
        "plan.activated.v1",
        "plan.accepted.v1",
        "plan.gate_evaluated.v1",
        "plan.objective_evaluated.v1",
        "step.ready.v1",
        "step.approval_requested.v1",
        "step.approved.v1",
        "step.endorsed.v1",
        "step.started.v1",
        "step.dispatched.v1",
        "step.succeeded.v1",
        "step.outcome_ok.v1",
        "step.reset.v1",
        "step.cancelled.v1",
        "event.received.v1",
    }
)
"""What happens to a plan that runs as it was approved, or merely follows from another entry. All else is a turn."""


def as_of(entries: Iterable[Entry], at: datetime) -> list[Entry]:
    """Return a stream as it stood at an instant: its beginning, up to the first entry that is later.

    Entries have the order in which they were written; a clock that went back leaves what follows it out.
    """
    return list(takewhile(lambda entry: entry.at <= at, entries))


def course_changes(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries of a plan that changed its course, in order, refusals by the gate included."""
    return [entry for entry in entries if _turns(entry)]


def causes_elsewhere(entries: Iterable[Entry]) -> set[str]:
    """Return the addresses of other streams' entries that these name as their cause."""
    known = list(entries)
    here = {entry.address for entry in known}
    return {entry.cause.ref for entry in known if entry.cause.kind == "entry"} - here


def of_step(entries: Iterable[Entry], step_id: UUID) -> list[Entry]:
    """Return the entries that tell of one step, each after those that caused it, as far as they are here."""
    known = {entry.address: entry for entry in entries}
    wanted = _behind((one for one in known.values() if _step_of(one) == step_id), known)
    return [entry for address, entry in known.items() if address in wanted]


def _behind(chosen: Iterable[Entry], known: dict[str, Entry]) -> set[str]:
    """Return the addresses of entries and of all that caused them."""
    wanted: set[str] = set()
    for entry in chosen:
        address: str | None = entry.address
        while address in known and address not in wanted:
            wanted.add(address)
            cause = known[address].cause
            address = cause.ref if cause.kind == "entry" else None
    return wanted


def _turns(entry: Entry) -> bool:
    body = entry.body()
    return body.verdict == "DENY" if isinstance(body, GateEvaluated) else entry.type not in STRAIGHT


def _step_of(entry: Entry) -> UUID | None:
    body = entry.body()
    if isinstance(body, StepAdded | StepChanged):
        return body.step.step_id
    return getattr(body, "step_id", None)
