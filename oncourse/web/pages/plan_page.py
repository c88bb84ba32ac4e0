"""/plans/ID: one plan as a manager or an auditor reads it: facts, steps over weeks, objective, policy, story."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime

import ledger
from oncourse.web.callers import Fronted
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.pages.timeline import timeline
from orchestrator import Shown, listed, show, show_at, situation, waiting, waits_for
from plan import describe_usage
from store import Unit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
STORY = 200
"""Entries of the story that a page shows, the newest ones."""


@router.get("/plans/{plan_id:uuid}")
def plan(
    plan_id: UUID, reader: Reader, front: Fronted, as_of: Annotated[AwareDatetime | None, Query()] = None
) -> HTMLResponse:
    """Show one plan as it stands, or as it stood."""
    me = reader.who.principal.principal_id
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        record = unit.plans.get(plan_id)
        shown = show(unit, record) if as_of is None else show_at(unit, str(plan_id), as_of)
        waits = waiting(unit)
        (line,) = listed(unit, [record], waits, me)
        here = [one for one in waits if one.plan_id == plan_id]
        entries = [e for e in unit.entries(f"plan/{plan_id}") if as_of is None or e.at <= as_of]
        told, cost = _told(unit, shown, entries), describe_usage(call for entry in entries for call in entry.model)
        zone, now = unit.tenant().calendar.time_zone, as_of or unit.now
        mine = sum(me in waits_for(unit, one) for one in waits)
        calls = [(one, waits_for(unit, one)) for one in here]
        signals = situation(unit, shown.plan.account_id).posture
    return page(
        "plan.html", reader, "/plans", shown=shown, plan=shown.plan, line=line, calls=calls, story=told, zone=zone,
        now=now, chart=timeline(shown.plan, now, zone), waiting=mine, as_of=as_of, signals=signals,
        cost=cost,
    )  # fmt: skip


def _told(unit: Unit, shown: Shown, entries: list[ledger.Entry]) -> list[str]:
    """Return the story as sentences, the newest first."""
    names = {str(step.step_id): step.action_type for step in shown.plan.steps}
    return [ledger.sentence(one, unit.blobs.reveal, names) for one in reversed(entries[-STORY:])]
