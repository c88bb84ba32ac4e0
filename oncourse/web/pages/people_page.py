"""/settings/people: who may act, who left, and a new way in for whoever is new or locked out."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from oncourse.clock import random_salt
from oncourse.identity import Links, path_of
from oncourse.web.callers import Fronted
from oncourse.web.cookies import Sessioned
from oncourse.web.front import Caller, Front
from oncourse.web.pages.forms import Field, Posted, Posting, led_to
from oncourse.web.pages.settings_page import Done, Once, base_of, draw
from oncourse.web.pages.shell import PageRoute, Reader
from oncourse.web.problems import ProblemError, problem_of
from orchestrator import BadInputError, Orchestrator
from plan import ActorKind, Frozen, OncourseError, Principal, Role, explain_validation
from store import Whose

router = APIRouter(include_in_schema=False, route_class=PageRoute)
HERE = "/settings/people"
Roles = Annotated[list[Role], Form(default_factory=list)]


class Said(Frozen):
    """What a form said of somebody."""

    who: str = ""
    roles: tuple[Role, ...] = ()
    limit: str = ""
    reason: str = ""


@router.get(HERE)
def people(reader: Reader, front: Fronted, done: Done = "") -> HTMLResponse:
    """List who may act."""
    return _draw(reader, front, done=done)


@router.post(HERE)
def put(posted: Posted, front: Fronted, roles: Roles, who: Field = "", limit: Field = "") -> Response:
    """Add somebody, or say anew what somebody may do."""
    said = Said(who=who.strip(), roles=tuple(sorted(set(roles))), limit=limit.strip())
    return _do(posted, front, said, "put", lambda house: house.add_principal(_principal(house, said), posted.who))


@router.post("/settings/people/suspend")
def suspend(posted: Posted, front: Fronted, sessions: Sessioned, who: Field = "", reason: Field = "") -> Response:
    """Let somebody act no more, and end what they have open."""
    said = Said(who=who, reason=reason.strip())
    answer = _do(
        posted, front, said, "suspend", lambda house: house.governance.deactivate(who, said.reason, posted.who)
    )
    if "location" in answer.headers:
        sessions.end_all(Whose(posted.reader.tenant_id, who))
    return answer


@router.post("/settings/people/restore")
def restore(posted: Posted, front: Fronted, who: Field = "", reason: Field = "") -> Response:
    """Let somebody act again."""
    said = Said(who=who, reason=reason.strip())
    return _do(posted, front, said, "restore", lambda house: house.governance.reactivate(who, said.reason, posted.who))


@router.post("/settings/people/link")
def link(request: Request, posted: Posted, front: Fronted, who: Field = "") -> Response:
    """Show a one-time link, this once; an earlier one opens nothing any more."""
    said = Said(who=who)
    try:
        posted.make(said, lambda house: house.governance.note_link(who, posted.who))
        secret = Links(front.store, front.clock, random_salt).make(Whose(posted.reader.tenant_id, who))
    except ProblemError as error:
        return _draw(posted.reader, front, refused=error, said=said)
    except OncourseError as error:
        return _draw(posted.reader, front, refused=problem_of(error), said=said)
    told = "It opens once, within 15 minutes. Hand it over on a way that nobody else reads."
    shown = Once(f"One-time link for {who}", f"{base_of(request, front)}{path_of(secret)}", told)
    return _draw(posted.reader, front, once=shown)


def _do(posted: Posting, front: Front, said: Said, what: str, do: Callable[[Orchestrator], object]) -> Response:
    try:
        posted.make(said, do)
    except ProblemError as error:
        return _draw(posted.reader, front, refused=error, said=said)
    return led_to(HERE, done=what)


def _principal(house: Orchestrator, said: Said) -> Principal:
    with house.desk.unit(reading=True) as unit:
        known = {one.principal_id: one for one in unit.principals.every()}.get(said.who)
    if said.limit and not (said.limit.isascii() and said.limit.isdigit()):
        raise BadInputError("the largest plan approved alone is a whole number, or left empty")
    fresh: dict[str, object] = {"tenant_id": house.desk.tenant_id, "kind": ActorKind.HUMAN}
    told = {"principal_id": said.who, "roles": frozenset(said.roles)}
    limit = {"approval_limit_minor": int(said.limit) if said.limit else None}
    try:
        return Principal.model_validate((known.model_dump() if known else fresh) | told | limit)
    except ValidationError as error:
        raise BadInputError(f"nobody can be added like this: {explain_validation(error)}") from error


def _draw(
    reader: Caller,
    front: Front,
    *,
    done: str = "",
    refused: ProblemError | None = None,
    said: Said | None = None,
    once: Once | None = None,
) -> HTMLResponse:
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        known = sorted(unit.principals.every(), key=lambda one: (one.kind != "human", not one.active, one.principal_id))
    return draw(
        "people.html", reader, front, HERE, done=done, refused=refused, known=known, roles=tuple(Role),
        said=said or Said(), once=once,
    )  # fmt: skip
