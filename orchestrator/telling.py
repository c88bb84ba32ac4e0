"""The ledger as sentences: with what steps are called, and what an entry of another stream had caused."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger import Entry, as_of, causes_elsewhere, course_changes, of_step, sentence, step_name, step_names
from plan import Frozen
from store import NotFoundError, Unit

_PLAN = "plan/"


class Line(Frozen):
    """One entry and its sentence, which begins with its address: `#3`, or `principal/p-1#3` of another stream."""

    entry: Entry
    sentence: str


def tell(unit: Unit, entries: Sequence[Entry], home: Sequence[Entry] = ()) -> list[Line]:
    """Return entries as sentences.

    `home` are those of the stream that is told of, so that its steps have names and other streams are named; none for
    a reader who sees each entry's stream beside it.
    """
    names, stream = names_in(unit, home or entries), home[0].stream if home else None

    def line(entry: Entry) -> Line:
        elsewhere = entry.stream if stream not in {None, entry.stream} else ""
        return Line(entry=entry, sentence=elsewhere + sentence(entry, unit.blobs.reveal, names))

    return [line(entry) for entry in entries]


def names_in(unit: Unit, entries: Sequence[Entry]) -> dict[str, str]:
    """Return what the steps are called that entries speak of; those removed since, where their entry is here."""
    plans = {entry.stream.removeprefix(_PLAN) for entry in entries if entry.stream.startswith(_PLAN)}
    held = {str(step): step_name(action, step) for step, action in unit.plans.actions(plans).items()}
    return held | step_names(entries)


def story(unit: Unit, plan_id: UUID | str, at: datetime | None = None) -> list[Entry]:
    """Return a plan's entries, up to an instant; raise NotFoundError where it was not there yet."""
    entries = unit.entries(f"{_PLAN}{plan_id}")
    told = entries if at is None else as_of(entries, at)
    if not told:
        raise NotFoundError(f"plan {plan_id} was not there yet at {at:%Y-%m-%d %H:%M:%S} UTC; give a later instant")
    return told


def tell_step(unit: Unit, entries: Sequence[Entry], step_id: UUID) -> list[Line]:
    """Return what happened to a step of a plan's story, each after what caused it, other streams included."""
    return _within(unit, entries, of_step(entries, step_id))


def tell_turns(unit: Unit, entries: Sequence[Entry]) -> list[Line]:
    """Return what changed a plan's course, each after what caused it in another stream."""
    return _within(unit, entries, course_changes(entries))


def _within(unit: Unit, entries: Sequence[Entry], chosen: list[Entry]) -> list[Line]:
    """Return what was chosen from a plan's story, and before each the entry of another stream that caused it."""
    elsewhere = {entry.address: entry for entry in unit.entries_at(causes_elsewhere(entries))}
    wanted: list[Entry] = []
    for entry in chosen:
        cause = elsewhere.pop(entry.cause.ref, None)
        wanted += [entry] if cause is None else [cause, entry]
    return tell(unit, wanted, entries)
