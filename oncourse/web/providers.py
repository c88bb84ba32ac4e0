"""The identity provider of the settings, and where it sends browsers back to."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request

from oncourse.clock import random_salt
from oncourse.identity import Provider
from oncourse.web.callers import Fronted
from oncourse.web.front import Front
from oncourse.web.problems import ProblemError


def a_provider(request: Request, front: Fronted) -> Provider | None:
    """Return the identity provider, if any; one for the whole process, which remembers its keys."""
    state = request.app.state
    if front.settings.oidc is None:
        return None
    if not hasattr(state, "provider"):
        state.provider = Provider(front.settings.oidc, front.clock, random_salt)
    provider: Provider = state.provider
    return provider


MaybeProvided = Annotated[Provider | None, Depends(a_provider)]


def the_provider(found: MaybeProvided) -> Provider:
    """Return the identity provider; 404 where the settings name none."""
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no_provider", "no identity provider is set here (docs/identity.md)")
    return found


Provided = Annotated[Provider, Depends(the_provider)]


def address_of(request: Request, front: Front, path: str) -> str:
    """Return where browsers reach a path of this installation."""
    return f"{front.settings.public_url or str(request.base_url).rstrip('/')}{path}"
