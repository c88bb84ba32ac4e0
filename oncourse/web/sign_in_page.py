"""The page on which people sign in: plain forms, no script; what they send is what the API takes too."""

import re
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, select_autoescape

from oncourse.identity import LOCAL, OIDC, Entry, IdentityError, Sessions, SignInRefusedError
from oncourse.web.callers import Fronted
from oncourse.web.cookies import Localed, Sessioned, Shown, drop, keep
from oncourse.web.front import Front
from oncourse.web.pages.assets import address_of as address_of_asset
from oncourse.web.providers import MaybeProvided, address_of
from orchestrator import BadInputError
from plan import OncourseError
from store import Whose

router = APIRouter(prefix="/sign-in", tags=["sign-in page"], include_in_schema=False)
HERE = "/sign-in"
HOME = "/plans"
"""Where somebody goes who is in."""
Field = Annotated[str, Form(max_length=400)]
Onward = Annotated[str, Query(alias="next", max_length=400)]
Carried = Annotated[str, Form(alias="next", max_length=400)]
_OURS = re.compile(r"/(?:[A-Za-z0-9_?=&%.-][A-Za-z0-9_/?=&%.-]*)?")
"""A path of this installation and nothing that a browser takes for another site's address."""
_TITLES = {
    "form": "Sign in",
    "link": "Choose a password",
    "factor": "Take a second factor",
    "in": "Signed in",
    "out": "Signed out",
}


@router.get("")
def page(front: Fronted, sessions: Sessioned, shown: Shown, link: str = "", *, onward: Onward = HOME) -> Response:
    """Show who is in, or how to come in; a link that is looked at is not used up."""
    if link:
        return show_page(front, "link", link=link[:400])
    to = place(onward)
    return _inside(front, sessions, shown, to=to) or show_page(front, "form", next=to)


@router.post("")
def sign_in(
    front: Fronted,
    local: Localed,
    shown: Shown,
    tenant: Field,
    principal: Field,
    password: Field,
    code: Field = "",
    *,
    onward: Carried = HOME,
) -> Response:
    """Sign in with a password and a code."""
    to = place(onward)
    try:
        entry = local.sign_in(_whose(tenant, principal), password, code, instead_of=shown or None)
    except IdentityError as error:
        return show_page(front, "form", error, tenant=tenant, principal=principal, next=to)
    return _entered(front, entry, to)


@router.post("/link")
def choose(front: Fronted, local: Localed, shown: Shown, link: Field, password: Field) -> Response:
    """Choose a password by a one-time link."""
    try:
        entry = local.enrol(link, password, instead_of=shown or None)
    except BadInputError as error:
        return show_page(front, "link", error, link=link)
    except IdentityError as error:
        return show_page(front, "form", error)
    return _entered(front, entry)


@router.post("/code")
def confirm(front: Fronted, local: Localed, shown: Shown, code: Field, key: Field = "") -> Response:
    """Take the second factor that was shown, by a code of it; after a wrong code the same one is shown again."""
    try:
        return _entered(front, local.confirm(shown, code))
    except SignInRefusedError as error:
        try:
            return _factor(front, local.offer(shown, key), error)
        except OncourseError:
            return show_page(front, "form", error)
    except IdentityError as error:
        return show_page(front, "form", error)


@router.post("/step-up")
def step_up(
    front: Fronted, local: Localed, sessions: Sessioned, shown: Shown, code: Field, *, onward: Carried = HOME
) -> Response:
    """Show a second factor now."""
    to = place(onward)
    try:
        return _entered(front, local.step_up(shown, code), to)
    except IdentityError as error:
        return _inside(front, sessions, shown, error, to=to) or show_page(front, "form", error, next=to)


@router.post("/out")
def sign_out(request: Request, front: Fronted, sessions: Sessioned, provider: MaybeProvided, shown: Shown) -> Response:
    """Sign out here, and show the way to sign out at the identity provider too."""
    there = None
    if provider is not None and _method(sessions, shown) == OIDC:
        with suppress(IdentityError):
            there = provider.end_address(address_of(request, front, HERE))
    sessions.end(shown)
    answer = show_page(front, "out", ends_at_provider=there)
    drop(answer)
    return answer


def _whose(tenant: str, principal: str) -> Whose:
    """Return whom a form names; what cannot be a name is nobody's."""
    return Whose(tenant, principal) if (tenant + principal).isprintable() else Whose("-", "-")


def place(onward: str) -> str:
    """Return where somebody wanted to go: a page of ours, or the list of plans."""
    return onward if _OURS.fullmatch(onward) else HOME


def _inside(
    front: Front, sessions: Sessions, secret: str, error: OncourseError | None = None, *, to: str = HOME
) -> Response | None:
    """Return the page of somebody who is in; None for anybody else."""
    known = front.doorkeeper.by_session(secret) if secret else None
    if known is None:
        return None
    person, here = known.acting.principal, _method(sessions, secret) == LOCAL
    return show_page(front, "in", error, tenant=known.tenant_id, principal=person.principal_id, local=here, next=to)


def _method(sessions: Sessions, secret: str) -> str:
    try:
        return sessions.find(secret).method
    except IdentityError:
        return ""


def _entered(front: Front, entry: Entry, to: str = HOME) -> Response:
    if entry.otpauth:
        return _factor(front, entry)
    answer = RedirectResponse(to, HTTPStatus.SEE_OTHER)
    keep(answer, entry.session)
    return answer


def _factor(front: Front, entry: Entry, error: OncourseError | None = None) -> Response:
    key = parse_qs(urlsplit(entry.otpauth).query).get("secret", [""])[0]
    answer = show_page(front, "factor", error, otpauth=entry.otpauth, key=key)
    keep(answer, entry.session)
    return answer


def show_page(front: Front, view: str, error: OncourseError | None = None, **told: Any) -> Response:
    """Return the page in one of its views, with what went wrong."""
    values = {"tenant": front.settings.tenant, "principal": "", "local": True, "oidc": front.settings.oidc is not None}
    values["next"] = HOME
    trouble = "" if error is None else str(error)
    text = _templates().get_template("sign_in.html")
    status = HTTPStatus.OK if error is None else HTTPStatus.FORBIDDEN
    return HTMLResponse(text.render(title=_TITLES[view], view=view, trouble=trouble, **(values | told)), status)


@cache
def _templates() -> Environment:
    made = Environment(loader=PackageLoader("oncourse.web"), autoescape=select_autoescape(default=True))
    made.globals["asset"] = address_of_asset
    return made
