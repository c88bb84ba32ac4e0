"""The frame around every page: who is in, where one can go, and templates that escape whatever they are given."""

from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from oncourse.web.callers import COOKIE, PERSONS, Fronted
from oncourse.web.front import Caller
from oncourse.web.pages import words
from oncourse.web.pages.assets import address_of
from oncourse.web.pages.tones import ICON, JUDGED, KINDS, POSTURE, RISK, STEP, STRONG, VERDICTS
from oncourse.web.problems import ProblemError, invalid, problem_of
from plan import OncourseError

_TEMPLATES = Environment(
    loader=PackageLoader("oncourse.web.pages"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(
    asset=address_of,
    phrase=words.phrase,
    money=words.money,
    day=words.day,
    days=words.days,
    count=words.count,
    coming=words.coming,
    changed=words.changed,
    difference=words.difference,
    listed_words=words.listed,
    VERDICTS=VERDICTS,
    JUDGED=JUDGED,
    STRONG=STRONG,
    KINDS=KINDS,
    RISK=RISK,
    POSTURE=POSTURE,
    STEP=STEP,
    ICON=ICON,
)
PLACES = (("Review", "/review", "inbox"), ("Active plans", "/plans", "layers"))
"""Where one can go from anywhere."""


def a_reader(request: Request, front: Fronted) -> Caller:
    """Return who reads; whoever is not in is led to the sign-in, and back afterwards."""
    found = front.doorkeeper.by_session(request.cookies.get(COOKIE, ""))
    if found is None:
        raise ProblemError(
            HTTPStatus.SEE_OTHER,
            "sign_in",
            "sign in first",
            headers={"location": f"/sign-in?next={quote(request.url.path, safe='/')}"},
        )
    return Caller(tenant_id=found.tenant_id, who=found.acting, scopes=PERSONS, by="session")


Reader = Annotated[Caller, Depends(a_reader)]


def page(name: str, reader: Caller, here: str, *, status: HTTPStatus = HTTPStatus.OK, **told: Any) -> HTMLResponse:
    """Return a page in its frame; `here` is the place of the navigation that it belongs to."""
    body = _TEMPLATES.get_template(name).render(
        places=PLACES, here=here, me=reader.who.principal.principal_id, tenant=reader.tenant_id, keys=KEYS.get(), **told
    )
    return HTMLResponse(body, int(status), headers={"cache-control": "no-store"})


def fragment(name: str, **told: Any) -> HTMLResponse:
    """Return a part of a page, for a page that is open."""
    return HTMLResponse(_TEMPLATES.get_template(name).render(**told), headers={"cache-control": "no-store"})


KEYS: ContextVar[str] = ContextVar("keys", default="on")
"""Whether the reader's browser wants single keys; a choice of the browser, no secret."""


class PageRoute(APIRoute):
    """A route whose refusals are pages too: people read them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with refusals drawn."""
        plain = super().get_route_handler()

        async def handler(request: Request) -> Response:
            KEYS.set("off" if request.cookies.get("oncourse-keys") == "off" else "on")
            try:
                return await plain(request)
            except OncourseError as error:
                return refused(problem_of(error))
            except RequestValidationError as error:
                return refused(invalid(error))
            except ProblemError as error:
                return refused(error)

        return handler


def refused(told: ProblemError) -> Response:
    """Return a refusal as a page of its own; who is not in is led to the sign-in."""
    if "location" in told.headers:
        return RedirectResponse(told.headers["location"], int(told.status))
    body = _TEMPLATES.get_template("refused.html").render(told=told)
    return HTMLResponse(body, int(told.status), headers={"cache-control": "no-store", **told.headers})
