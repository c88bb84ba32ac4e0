"""/ops: what runs, what is late, what is in doubt, and the switches that stop everything."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from oncourse.courier import may_see_webhooks
from oncourse.web.callers import Fronted
from oncourse.web.front import Caller, Front
from oncourse.web.pages.forms import Field, Posted, fresh_key, led_to
from oncourse.web.pages.queue import BADGE, mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.problems import ProblemError
from orchestrator import Waiting, waiting
from plan import Frozen
from store import Unit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
LATE = timedelta(hours=1)
"""So long ago a notice should have left at the latest."""
ALIVE = timedelta(minutes=1)
"""So long ago a worker that lives may have been heard of last."""


class Said(Frozen):
    """What a form said."""

    name: str = ""
    reason: str = ""


class Doubt(NamedTuple):
    """A step of which nobody knows whether it left."""

    one: Waiting
    account: str


@router.get("/ops")
def ops(reader: Reader, front: Fronted, done: Annotated[str, Query(max_length=20)] = "") -> HTMLResponse:
    """Show how the tenant runs."""
    return _draw(reader, front, done=done)


@router.post("/ops/stop")
def stop(posted: Posted, front: Fronted, name: Field = "", reason: Field = "") -> Response:
    """Throw a kill switch."""
    return _change(posted, front, Said(name=name, reason=reason.strip()), "stop")


@router.post("/ops/release")
def release(posted: Posted, front: Fronted, name: Field = "", reason: Field = "") -> Response:
    """Release a kill switch: it takes two."""
    return _change(posted, front, Said(name=name, reason=reason.strip()), "release")


@router.post("/ops/shadow")
def shadow(posted: Posted, front: Fronted, reason: Field = "") -> Response:
    """Record effects instead of sending them."""
    return _change(posted, front, Said(reason=reason.strip()), "shadow")


@router.post("/ops/live")
def live(posted: Posted, front: Fronted, reason: Field = "") -> Response:
    """Send effects: it takes two."""
    return _change(posted, front, Said(reason=reason.strip()), "live")


def _change(posted: Posted, front: Front, said: Said, what: str) -> Response:
    who = posted.who
    try:
        if what == "stop":
            posted.make(said, lambda house: house.governance.throw_switch(said.name, said.reason, who))
        elif what == "release":
            posted.make(said, lambda house: house.governance.release_switch(said.name, said.reason, who))
        elif what == "shadow":
            posted.make(said, lambda house: house.governance.go_shadow(said.reason, who))
        else:
            posted.make(said, lambda house: house.governance.go_live(said.reason, who))
    except ProblemError as error:
        return _draw(posted.reader, front, refused=error, typed=said)
    return led_to("/ops", done=what)


def _draw(
    reader: Caller, front: Front, *, done: str = "", refused: ProblemError | None = None, typed: Said | None = None
) -> HTMLResponse:
    me = reader.who.principal.principal_id
    house = front.house(reader.tenant_id)
    with house.desk.unit(reading=True) as unit:
        doubts = [Doubt(one, unit.accounts.get(one.account_id).name) for one in _doubts(unit)]
        late, inbox = unit.plans.due(unit.now - ALIVE), unit.events.unprocessed()
        state, used = unit.tenant_state(), unit.model_use.of(unit.now)
        hooks, head = unit.webhooks.every(), unit.head()
        unanswered = unit.notices.troubled(unit.now - LATE, 50)
        zone, now, mine = unit.tenant().calendar.time_zone, unit.now, mine_of(unit, me)
    with house.desk.store.workers() as workers:
        alive = workers.alive(front.clock.now() - ALIVE)
    status = HTTPStatus.OK if refused is None else refused.status
    return page(
        "ops.html", reader, "/ops", status=status, doubts=doubts, late=late, inbox=inbox, state=state, used=used,
        alive=alive, switches=house.governance.switches(), names=house.governance.switch_names(), zone=zone, now=now,
        waiting=mine, done=done, refused=refused, typed=typed or Said(), key=fresh_key(),
        most=front.settings.drafts_per_day, hooks=hooks, head=head,
        unanswered=unanswered, whole=may_see_webhooks(reader.who.principal),
    )  # fmt: skip


def _doubts(unit: Unit) -> list[Waiting]:
    return [one for one in waiting(unit, most=4 * BADGE, judged=False) if one.kind == "doubt"]
