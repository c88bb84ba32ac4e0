"""Several drafts at once: chosen in the queue, read once more with their digests, each decided by itself."""

from http import HTTPStatus
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError

from oncourse.web.callers import Fronted
from oncourse.web.pages.forms import fresh_key
from oncourse.web.pages.queue import Item, queue
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.problems import ProblemError
from oncourse.web.repeats import Asked
from oncourse.web.reviews import MOST, Decided, decided
from oncourse.web.reviews import Item as Decision

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Chosen = Annotated[list[str] | None, Form(max_length=MOST)]
"""plan/ETag/digest of each draft that was chosen."""
Key = Annotated[str, Form(pattern=r"^[!-~]{8,120}$")]


class Outcome(NamedTuple):
    """What became of one."""

    account: str
    plan_id: UUID
    told: Decided


@router.post("/review/bulk")
def sheet(reader: Reader, front: Fronted, chosen: Chosen = None) -> Response:
    """Show what was chosen, with the digest that each approval would quote."""
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        lines = queue(unit, reader.who.principal.principal_id)
        zone, now = unit.tenant().calendar.time_zone, unit.now
    names = {name_of(item): item for item in lines.items if item.seen}
    found = [names[one] for one in chosen or () if one in names]
    missing = len(chosen or ()) - len(found)
    return page(
        "bulk.html", reader, "/review", items=found, missing=missing, outcomes=(), zone=zone, now=now,
        waiting=lines.mine, key=fresh_key(), name_of=name_of,
    )  # fmt: skip


@router.post("/review/bulk/approve")
def approve(request: Request, reader: Reader, front: Fronted, key: Key, chosen: Chosen = None) -> Response:
    """Approve each of the chosen drafts as it was shown; one that is refused does not touch the others."""
    outcomes = []
    for one in chosen or ():
        asked = _decision(one)
        own = Asked(front, reader, request.method, request.url.path, f"{key}/{asked.plan_id}")
        told = decided(own, asked)
        with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
            account = unit.accounts.get(unit.plans.get(asked.plan_id).plan.account_id).name
        outcomes.append(Outcome(account, asked.plan_id, told))
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        lines = queue(unit, reader.who.principal.principal_id)
        zone, now = unit.tenant().calendar.time_zone, unit.now
    return page(
        "bulk.html", reader, "/review", items=[], missing=0, outcomes=outcomes, zone=zone, now=now,
        waiting=lines.mine, key=fresh_key(), name_of=name_of,
    )  # fmt: skip


def name_of(item: Item) -> str:
    """Return what names a draft as it was read."""
    return f"{item.one.plan_id} {item.one.digest} {item.seen}"


def _decision(chosen: str) -> Decision:
    plan_id, _, rest = chosen.partition(" ")
    digest, _, seen = rest.partition(" ")
    try:
        return Decision(plan_id=UUID(plan_id), if_match=seen, decision="approve", digest=digest)
    except (ValidationError, ValueError) as error:
        told = "this is not what the sheet showed; choose again in the queue"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_input", told) from error
