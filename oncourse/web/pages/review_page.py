"""/review/ID: one thing that waits, read and decided on one page: queue, document, evidence, decision bar."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from oncourse.web.callers import Fronted
from oncourse.web.front import Caller, Front
from oncourse.web.pages.plan_reading import Reading, reading, text_of
from oncourse.web.pages.queue import Queue, queue
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.pages.words import Told, Typed
from oncourse.web.problems import ProblemError
from orchestrator import Waiting
from plan import PlanStep, find_spec
from store import Unit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Word = Annotated[str, Query(max_length=20, pattern=r"^[a-z-]*$")]


@router.get("/review/{plan_id:uuid}")
def review(
    plan_id: UUID,
    reader: Reader,
    front: Fronted,
    step: UUID | None = None,
    done: Word = "",
    of: UUID | None = None,
    of_step: UUID | None = None,
) -> HTMLResponse:
    """Show what waits of a plan; `done` says what was decided just now, of which plan and step."""
    return draw_review(reader, front, plan_id, step, told=Told(done=done, of=of, of_step=of_step))


def draw_review(
    reader: Caller,
    front: Front,
    plan_id: UUID,
    step_id: UUID | None,
    *,
    told: Told | None = None,
    refused: ProblemError | None = None,
    typed: Typed | None = None,
) -> HTMLResponse:
    """Draw the page; a refusal is said where the decision was taken, and what was typed stays."""
    me = reader.who.principal.principal_id
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        lines = queue(unit, me)
        read = reading(unit, plan_id, me)
        wait = _asked(read, step_id)
        step = None if wait is None or wait[0].step_id is None else read.record.plan.step(wait[0].step_id)
        text = None if step is None else text_of(unit, read.record, step)
        place = lines.place(plan_id, step_id)
        zone, now = unit.tenant().calendar.time_zone, unit.now
        people = _people(unit)
    return page(
        "review_one.html", reader, "/review", status=HTTPStatus.OK if refused is None else refused.status,
        read=read, plan=read.record.plan, wait=wait, step=step, text=text, lines=lines, place=place,
        later=_next(lines, place, 1), earlier=_next(lines, place, -1), told=told or Told(), refused=refused,
        typed=typed or Typed(), zone=zone, now=now, waiting=lines.mine, people=people,
        outcomes=_outcomes(step), focus=True,
    )  # fmt: skip


def _asked(read: Reading, step_id: UUID | None) -> tuple[Waiting, tuple[str, ...]] | None:
    """Return what is asked: of the step that was named, else of the plan; None where nothing waits any more."""
    exact = [one for one in read.waits if one[0].step_id == step_id]
    return next(iter(exact), None) if exact or step_id is not None else next(iter(read.waits), None)


def _next(lines: Queue, place: int | None, by: int) -> str | None:
    if not lines.items:
        return None
    if place is None:
        return lines.items[0].href
    there = (place + by) % len(lines.items)
    return lines.items[there].href if there != place else None


def _people(unit: Unit) -> list[str]:
    return sorted(p.principal_id for p in unit.principals.every() if p.active and p.kind == "HUMAN")


def _outcomes(step: PlanStep | None) -> tuple[str, ...]:
    spec = None if step is None else find_spec(step.action_type)
    return () if spec is None else spec.outcomes
