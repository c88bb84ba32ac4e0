"""Two revisions of a plan side by side: folded from the ledger, with the reasons that people gave."""

from collections.abc import Iterator
from uuid import UUID

from ledger import Edited, Entry, PlanState, StepRemoved, evolve
from orchestrator.errors import BadInputError
from plan import Change, Difference, Frozen, RevenuePlanV1, compare, references, unseal
from store import Unit


class Answered(Frozen):
    """A reason that a draft was sent back with, and what the next revision did about it."""

    revision: int
    reason: str
    answer: str = ""
    """Nothing where no revision answered it yet."""


class Comparison(Frozen):
    """What lies between two revisions."""

    older: int
    newer: int
    differences: tuple[Difference, ...]
    answered: tuple[Answered, ...]


def compare_revisions(unit: Unit, plan_id: str, older: int, newer: int) -> Comparison:
    """Return what changed from one revision to another; raise BadInputError for one that never was."""
    entries = unit.entries(f"plan/{plan_id}")
    plans = {number: _plan_at(unit, plan_id, entries, number) for number in (older, newer)}
    reasons = dict(_removals(unit, entries))
    found = compare(plans[older], plans[newer])
    told = tuple(
        d.model_copy(update={"reason": reasons.get(d.step_id, "")}) if d.change is Change.REMOVED else d for d in found
    )
    answered = tuple(a for a in _answers(unit, entries) if older <= a.revision < newer)
    return Comparison(older=older, newer=newer, differences=told, answered=answered)


def _plan_at(unit: Unit, plan_id: str, entries: list[Entry], revision: int) -> RevenuePlanV1:
    state: PlanState | None = None
    for entry in entries:
        after = evolve(state, entry)
        if not isinstance(after, PlanState) or after.plan.revision > revision:
            break
        state = after
    if state is None or state.plan.revision != revision:
        newest = unit.plans.state(plan_id).plan.revision
        raise BadInputError(f"there is no revision {revision}; the plan has 1 to {newest}")
    return unseal(state.plan, unit.blobs.contents(references(state.plan.model_dump(mode="json"))))


def _removals(unit: Unit, entries: list[Entry]) -> Iterator[tuple[UUID | None, str]]:
    for entry in entries:
        body = entry.body()
        if isinstance(body, StepRemoved) and entry.reason is not None and entry.reason.text:
            yield body.step_id, unit.blobs.reveal(entry.reason.text)


def _answers(unit: Unit, entries: list[Entry]) -> Iterator[Answered]:
    """Yield each reason with the answer of the edit that followed it."""
    open_ones: list[Answered] = []
    for entry in entries:
        if entry.type == "plan.sent_back.v1" and entry.reason is not None:
            told = unit.blobs.reveal(entry.reason.text) if entry.reason.text else entry.reason.code
            open_ones.append(Answered(revision=int(entry.data["revision"]), reason=told))
        elif entry.type == "plan.edited.v1":
            body = entry.body()
            given = body.answers if isinstance(body, Edited) else ()
            for number, asked in enumerate(open_ones):
                ref = given[number] if number < len(given) else ""
                yield asked.model_copy(update={"answer": unit.blobs.reveal(ref) if ref else ""})
            open_ones = []
    yield from open_ones
