"""Who calls: a program by its bearer token, a person by the session in a cookie. Nothing else of a request counts."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from oncourse.web.front import Caller, Front
from oncourse.web.problems import ProblemError
from orchestrator import Orchestrator

COOKIE = "__Host-oncourse"
PERSONS = frozenset({"read", "propose"})
"""What a session opens: people decide and ask, systems say what happened."""


async def the_front(request: Request) -> Front:
    """Return the process's door."""
    front: Front = request.app.state.front
    return front


Fronted = Annotated[Front, Depends(the_front)]


_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="A program's token: onc_...")
SESSION = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="session", description="A person's session.")


def unknown() -> ProblemError:
    """Return what is told to whoever shows no secret that holds."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "unauthenticated",
        "sign in, or send a token that still holds: Authorization: Bearer onc_...",
        headers={"www-authenticate": 'Bearer realm="oncourse"'},
    )


def the_caller(
    request: Request,
    front: Fronted,
    _token: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    _session: Annotated[str | None, Security(SESSION)],
) -> Caller:
    """Return who calls; the two parameters only describe how."""
    return caller_of(request, front)


def caller_of(request: Request, front: Front) -> Caller:
    """Return who calls; 401 where nobody known does."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme:
        found = front.doorkeeper.by_token(secret.strip()) if scheme.lower() == "bearer" else None
        by = "token"
    else:
        found, by = front.doorkeeper.by_session(request.cookies.get(COOKIE, "")), "session"
    if found is None:
        raise unknown()
    scopes = PERSONS if by == "session" else found.scopes
    return Caller(tenant_id=found.tenant_id, who=found.acting, scopes=scopes, by=by)


Calling = Annotated[Caller, Depends(the_caller)]


def scoped(scope: str) -> Any:
    """Return a dependency that refuses tokens without a scope."""

    def check(caller: Calling) -> Caller:
        if scope not in caller.scopes:
            have = ", ".join(sorted(caller.scopes)) or "nothing"
            raise ProblemError(
                HTTPStatus.FORBIDDEN, "scope", f"this token opens {have}, not {scope}; make one with the scope {scope}"
            )
        return caller

    return Depends(check)


Reading = Annotated[Caller, scoped("read")]
Proposing = Annotated[Caller, scoped("propose")]


def a_person(caller: Calling) -> Caller:
    """Refuse a program where people decide: no token approves, whatever its scopes."""
    if caller.by != "session":
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "machine",
            "a program may not decide this (AUTH-F02-machine-never); a person signs in",
        )
    return caller


Deciding = Annotated[Caller, Depends(a_person)]


def the_house(caller: Calling, front: Fronted) -> Orchestrator:
    """Return the caller's tenant."""
    return front.house(caller.tenant_id)


Housed = Annotated[Orchestrator, Depends(the_house)]
