"""Signing in through an identity provider: the browser is sent there, and comes back with an answer."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from oncourse.clock import RandomIds, random_salt
from oncourse.identity import Begun, IdentityError, Members, Provider, ProviderRefusedError
from oncourse.web.callers import Fronted
from oncourse.web.cookies import Shown, keep
from oncourse.web.front import Front
from oncourse.web.providers import Provided, address_of
from oncourse.web.sign_in_page import HOME, show_page

router = APIRouter(prefix="/v1/sign-in/oidc", tags=["sign-in"], include_in_schema=False)
BEGUN = "__Host-oncourse-begun"
"""What the browser keeps while it is away."""
AWAY_SECONDS = 600
CALLBACK = "/v1/sign-in/oidc/callback"


@router.get("", status_code=HTTPStatus.SEE_OTHER, response_class=RedirectResponse)
def begin(request: Request, front: Fronted, provider: Provided, *, step_up: bool = False) -> Response:
    """Send the browser to the identity provider; with `step_up`, to show a second factor there now."""
    address, begun = provider.begin(address_of(request, front, CALLBACK), step_up=step_up)
    answer = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    answer.set_cookie(BEGUN, begun.kept, AWAY_SECONDS, path="/", secure=True, httponly=True, samesite="lax")
    return answer


@router.get("/callback", status_code=HTTPStatus.SEE_OTHER, response_class=RedirectResponse)
def come_back(request: Request, front: Fronted, provider: Provided, shown: Shown) -> Response:
    """Take the provider's answer in."""
    try:
        answer = _entered(request, front, provider, shown)
    except IdentityError as error:
        answer = show_page(front, "form", error)
    answer.delete_cookie(BEGUN, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _entered(request: Request, front: Front, provider: Provider, secret: str) -> Response:
    begun, told = _begun(request), front.settings.oidc
    if told is None:
        raise ProviderRefusedError("no identity provider is set here")
    back = address_of(request, front, CALLBACK)
    found = provider.finish(back, begun, dict(request.query_params))
    house = front.house(told.tenant or front.settings.tenant)
    members = Members(told, house, front.clock, RandomIds(), random_salt)
    opened = members.step_up(found, secret) if begun.step_up else members.sign_in(found, instead_of=secret or None)
    answer = RedirectResponse(HOME, HTTPStatus.SEE_OTHER)
    keep(answer, opened)
    return answer


def _begun(request: Request) -> Begun:
    found = Begun.read(request.cookies.get(BEGUN, ""))
    if found is None:
        raise ProviderRefusedError("no sign-in was begun in this browser, or it took too long")
    return found
