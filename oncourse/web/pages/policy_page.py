"""/policy: what is in force, what it was before, and what another bundle would change before it is published."""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from gate import PolicyBundle, load_bundle, policy_differences, rules
from oncourse.web.callers import Fronted
from oncourse.web.front import Caller, Front
from oncourse.web.pages.forms import Field, Posted, fresh_key, led_to
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.problems import ProblemError, problem_of
from orchestrator import Outlook
from plan import OncourseError

router = APIRouter(include_in_schema=False, route_class=PageRoute)
SPAN = timedelta(days=90)


@router.get("/policy")
def policy(reader: Reader, front: Fronted, done: Annotated[str, Query(max_length=20)] = "") -> HTMLResponse:
    """Show the bundle in force and all there were."""
    return _draw(reader, front, done=done)


@router.post("/policy/simulate")
def simulate(reader: Reader, front: Fronted, bundle: Field = "") -> Response:
    """Say what a bundle would have changed in the last ninety days; nothing is written."""
    try:
        new = load_bundle(bundle)
        told = front.house(reader.tenant_id).governance.look_back(new, SPAN)
    except OncourseError as error:
        return _draw(reader, front, refused=problem_of(error), typed=bundle)
    return _draw(reader, front, typed=bundle, new=new, outlook=told)


@router.post("/policy/propose")
def propose(posted: Posted, front: Fronted, bundle: Field = "") -> Response:
    """Propose a bundle: a second administrator publishes it."""
    try:
        front.house(posted.reader.tenant_id).governance.propose_policy(load_bundle(bundle), SPAN, posted.who)
    except OncourseError as error:
        return _draw(posted.reader, front, refused=problem_of(error), typed=bundle)
    return led_to("/policy", done="propose")


@router.post("/policy/publish")
def publish(posted: Posted, front: Fronted, digest: Field = "") -> Response:
    """Put a proposed bundle into force."""
    try:
        front.house(posted.reader.tenant_id).governance.publish_policy(digest, posted.who)
    except OncourseError as error:
        return _draw(posted.reader, front, refused=problem_of(error))
    return led_to("/policy", done="publish")


def _draw(
    reader: Caller,
    front: Front,
    *,
    done: str = "",
    refused: ProblemError | None = None,
    typed: str = "",
    new: PolicyBundle | None = None,
    outlook: Outlook | None = None,
) -> HTMLResponse:
    house = front.house(reader.tenant_id)
    current, known = house.governance.policy("current"), house.governance.policies()
    with house.desk.unit(reading=True) as unit:
        zone, waiting = unit.tenant().calendar.time_zone, mine_of(unit, reader.who.principal.principal_id)
    status = HTTPStatus.OK if refused is None else refused.status
    return page(
        "policy.html", reader, "/policy", status=status, bundle=current, parts=list(_parts(current)), known=known,
        rules=rules(), refused=refused, typed=typed, outlook=outlook, done=done, zone=zone, waiting=waiting,
        changes=policy_differences(current, new) if new else (), key=fresh_key(),
    )  # fmt: skip


def _parts(bundle: PolicyBundle) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Yield the bundle's numbers first, then each of its tables."""
    plain = bundle.model_dump(mode="json")
    yield "Numbers and lists", [(name, value) for name, value in plain.items() if not isinstance(value, dict)]
    yield from ((name, list(value.items())) for name, value in plain.items() if isinstance(value, dict))
