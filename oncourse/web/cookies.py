"""The session's cookie: it goes to this host alone, over TLS or to this machine, and no script reads it."""

from typing import Annotated

from fastapi import Depends, Request, Response

from oncourse.clock import random_salt
from oncourse.identity import Local, Sessions
from oncourse.identity.sessions import Opened
from oncourse.web.callers import COOKIE, Fronted


def the_local(request: Request, front: Fronted) -> Local:
    """Return the local accounts; one for the whole process, so that passwords are looked at a few at a time."""
    state = request.app.state
    if not hasattr(state, "local"):
        state.local = Local(front.store, front.clock, random_salt)
    local: Local = state.local
    return local


def the_sessions(front: Fronted) -> Sessions:
    """Return the sessions of all tenants."""
    return Sessions(front.store, front.clock, random_salt)


def the_secret(request: Request) -> str:
    """Return the session's secret that the browser showed; empty where it showed none."""
    return request.cookies.get(COOKIE, "")


Localed = Annotated[Local, Depends(the_local)]
Sessioned = Annotated[Sessions, Depends(the_sessions)]
Shown = Annotated[str, Depends(the_secret)]


def keep(response: Response, opened: Opened) -> None:
    """Give the browser a session; it ends with the browser at the latest, and on the server when it says."""
    response.set_cookie(COOKIE, opened.secret, path="/", secure=True, httponly=True, samesite="lax")


def drop(response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
