"""One plan in front of one reader: all that the rooms know of it, gathered for a page to draw."""

from typing import NamedTuple
from uuid import UUID

from oncourse.web.conditions import etag_of
from oncourse.web.pages.forms import fresh_key
from orchestrator import (
    Cited,
    Comparison,
    Preview,
    Shown,
    Waiting,
    cited,
    compare_revisions,
    last_decided,
    previews,
    show,
    situation,
    step_risk,
    waiting_of,
    waits_for,
)
from plan import Change, Consequences, Difference, PlanStatus, PlanStep, RiskClass, Situation, consequences, find_spec
from store import PlanRecord, Unit


class Drawn(NamedTuple):
    """One step as a reviewer reads it."""

    number: int
    step: PlanStep
    after: tuple[int, ...]
    """The numbers of the steps that it waits for."""
    risk: RiskClass
    outside: bool
    """Whether the customer sees it."""
    final: bool
    """Whether it cannot be undone."""
    changes: tuple[Difference, ...]
    """Since the reader last decided about the plan."""

    @property
    def new(self) -> bool:
        """Return whether the step was not there when the reader last looked."""
        return any(one.change is Change.NEW for one in self.changes)


class Text(NamedTuple):
    """A rendered text that waits for its approval."""

    text: str
    digest: str


class Reading(NamedTuple):
    """What a page about one plan shows."""

    record: PlanRecord
    shown: Shown
    seen: str
    """The plan's ETag: what a decision is taken on."""
    key: str
    steps: tuple[Drawn, ...]
    ahead: Consequences
    cited: tuple[Cited, ...]
    messages: tuple[Preview, ...]
    since: Comparison | None
    """What changed since the reader last decided about it; None where that is this revision, or never was."""
    known: Situation
    waits: tuple[tuple[Waiting, tuple[str, ...]], ...]
    """What of it waits for people, and for whom."""


def reading(unit: Unit, plan_id: UUID, me: str) -> Reading:
    """Return a plan as it stands for somebody who reads it; raise NotFoundError for none."""
    record = unit.plans.get(plan_id)
    shown, known = show(unit, record), situation(unit, record.plan.account_id)
    since = _since(unit, record, me)
    here = waiting_of(unit, [record])
    return Reading(
        record=record,
        shown=shown,
        seen=etag_of(record),
        key=fresh_key(),
        steps=tuple(_steps(unit, record, since)),
        ahead=consequences(record.plan),
        cited=cited(record.plan, known),
        messages=tuple(previews(record.plan, known)) if record.plan.status is PlanStatus.DRAFT else (),
        since=since,
        known=known,
        waits=tuple((one, waits_for(unit, one)) for one in here),
    )


def text_of(unit: Unit, record: PlanRecord, step: PlanStep) -> Text | None:
    """Return the text that a step asks an approval for."""
    kept = unit.effects.artefact(record.plan.plan_id, step.step_id, step.attempts + 1)
    return None if kept is None else Text(unit.blobs.reveal(kept.ref), kept.digest)


def _since(unit: Unit, record: PlanRecord, me: str) -> Comparison | None:
    plan_id, now = str(record.plan.plan_id), record.plan.revision
    last = last_decided(unit.entries(f"plan/{plan_id}"), me)
    if last is None or last >= now:
        return None
    return compare_revisions(unit, plan_id, last, now)


def _steps(unit: Unit, record: PlanRecord, since: Comparison | None) -> list[Drawn]:
    numbers = {step.step_id: number for number, step in enumerate(record.plan.steps, start=1)}
    changes: dict[UUID, list[Difference]] = {}
    for one in since.differences if since else ():
        if one.step_id is not None:
            changes.setdefault(one.step_id, []).append(one)
    found = []
    for step in record.plan.steps:
        spec = find_spec(step.action_type)
        found.append(
            Drawn(
                number=numbers[step.step_id],
                step=step,
                after=tuple(sorted(numbers[d.step_id] for d in step.depends_on if d.step_id in numbers)),
                risk=step_risk(unit, record.state, step),
                outside=spec is None or spec.external,
                final=spec is None or not spec.reversible,
                changes=tuple(changes.get(step.step_id, ())),
            )
        )
    return found
