"""/settings: who somebody is here, the tenant's facts, keys, and where assistants come in."""

from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from gate import Act
from oncourse.identity import OIDC, IdentityError, Sessions
from oncourse.web.callers import Fronted
from oncourse.web.cookies import Localed, Sessioned, Shown, keep
from oncourse.web.front import Caller, Front
from oncourse.web.pages.forms import fresh_key, led_to
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.problems import ProblemError, problem_of
from orchestrator import who_may
from plan import OncourseError

router = APIRouter(include_in_schema=False, route_class=PageRoute)
HERE = "/settings"
TABS = (("You and this tenant", HERE), ("People", "/settings/people"), ("Programs", "/settings/programs"))
KEYS = "oncourse-keys"
"""The cookie of a choice; it opens nothing."""
YEAR = 365 * 86_400
Done = Annotated[str, Query(max_length=20, pattern=r"^[a-z-]*$")]


class Once(NamedTuple):
    """A secret that a page shows this once, and what it is for."""

    what: str
    secret: str
    told: str


@router.get(HERE)
def settings(
    request: Request, reader: Reader, front: Fronted, sessions: Sessioned, shown: Shown, done: Done = ""
) -> HTMLResponse:
    """Show the reader and the tenant."""
    return _draw(request, reader, front, method_of(sessions, shown), done=done)


@router.post("/settings/keys")
def keys(_reader: Reader, wanted: Annotated[str, Form(pattern="^(on|off)$")]) -> Response:
    """Switch single keys on or off in this browser."""
    answer = led_to(HERE, done=f"keys-{wanted}")
    if wanted == "off":
        answer.set_cookie(KEYS, "off", max_age=YEAR, path="/", samesite="lax")
    else:
        answer.delete_cookie(KEYS, path="/", samesite="lax")
    return answer


@router.post("/settings/password")
def password(
    request: Request,
    reader: Reader,
    front: Fronted,
    local: Localed,
    sessions: Sessioned,
    shown: Shown,
    new: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Take a new password; it takes a second factor shown just now, and all other sessions end."""
    try:
        entry = local.change_password(shown, new)
    except OncourseError as error:
        return _draw(request, reader, front, method_of(sessions, shown), refused=problem_of(error))
    answer = led_to(HERE, done="password")
    keep(answer, entry.session)
    return answer


def _draw(
    request: Request,
    reader: Caller,
    front: Front,
    method: str,
    *,
    done: str = "",
    refused: ProblemError | None = None,
) -> HTMLResponse:
    told = front.settings
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        tenant, now = unit.tenant(), unit.now
    return draw(
        "settings.html", reader, front, HERE, done=done, refused=refused, person=reader.who.principal, facts=tenant,
        strong_at=reader.who.strong_at, provided=method == OIDC, assistants=f"{base_of(request, front)}/mcp", now=now,
        most=told.drafts_per_day, drafter=told.drafter,
    )  # fmt: skip


def draw(
    name: str, reader: Caller, front: Front, tab: str, *, done: str, refused: ProblemError | None, **told: Any
) -> HTMLResponse:
    """Draw one of the pages of settings, with what was done or refused just now."""
    me = reader.who.principal.principal_id
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        zone, waiting, admin = (
            unit.tenant().calendar.time_zone,
            mine_of(unit, me),
            me in who_may(unit, Act.ADD_PRINCIPAL),
        )
    status = HTTPStatus.OK if refused is None else refused.status
    return page(
        name, reader, HERE, status=status, tabs=TABS, tab=tab, done=done, refused=refused, zone=zone, waiting=waiting,
        admin=admin, key=fresh_key(), **told,
    )  # fmt: skip


def base_of(request: Request, front: Front) -> str:
    """Return the address under which this installation is known, else the one that the browser used."""
    return front.settings.public_url or str(request.base_url).rstrip("/")


def method_of(sessions: Sessions, secret: str) -> str:
    """Return how somebody came in; nothing where the session does not say."""
    try:
        return sessions.find(secret).method
    except IdentityError:
        return ""
