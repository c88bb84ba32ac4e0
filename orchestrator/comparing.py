"""Two revisions of a plan side by side: folded from the ledger, with the reasons that people gave."""

from collections.abc import Iterable, Iterator, Mapping
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
    folded = {plan.revision: plan for plan in revisions(entries)}
    plans = {number: _clear(unit, folded, number) for number in (older, newer)}
    answered = tuple(a for a in _answers(unit, entries) if older <= a.revision < newer)
    found = differences(plans[older], plans[newer], dict(removals(unit, entries)))
    return Comparison(older=older, newer=newer, differences=found, answered=answered)


def last_decided(entries: Iterable[Entry], principal_id: str) -> int | None:
    """Return the newest revision that somebody decided about or wrote; None where the person never did."""
    kinds = {"plan.proposed.v1", "plan.edited.v1", "plan.sent_back.v1", "plan.endorsed.v1", "plan.approved.v1"}
    found = [int(e.data["revision"]) for e in entries if e.type in kinds and e.actor.id == principal_id]
    return max(found, default=None)


def revisions(entries: Iterable[Entry]) -> Iterator[RevenuePlanV1]:
    """Yield each revision of a plan in order, in committed form, as it last stood."""
    state: PlanState | None = None
    for entry in entries:
        after = evolve(state, entry)
        if not isinstance(after, PlanState):
            return
        if state is not None and after.plan.revision > state.plan.revision:
            yield state.plan
        state = after
    if state is not None:
        yield state.plan


def differences(older: RevenuePlanV1, newer: RevenuePlanV1, reasons: Mapping[UUID, str]) -> tuple[Difference, ...]:
    """Return what the newer plan changes; a step that was taken out says for which of the reasons."""
    return tuple(
        found.model_copy(update={"reason": reasons.get(found.step_id, "")})
        if found.change is Change.REMOVED and found.step_id is not None
        else found
        for found in compare(older, newer)
    )


def _clear(unit: Unit, folded: Mapping[int, RevenuePlanV1], revision: int) -> RevenuePlanV1:
    if revision not in folded:
        raise BadInputError(f"there is no revision {revision}; the plan has 1 to {max(folded)}")
    plan = folded[revision]
    return unseal(plan, unit.blobs.contents(references(plan.model_dump(mode="json"))))


def removals(unit: Unit, entries: Iterable[Entry]) -> Iterator[tuple[UUID, str]]:
    """Yield each step that somebody took out, with the reason."""
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
