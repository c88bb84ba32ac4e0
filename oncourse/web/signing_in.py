"""Who am I: people sign in and out, show a second factor, and choose what they prove themselves by."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response, Security
from pydantic import SecretStr, StringConstraints

from oncourse.identity import Entry
from oncourse.web.callers import SESSION, Calling, Deciding, Fronted
from oncourse.web.cookies import Localed, Sessioned, Shown, drop, keep
from oncourse.web.refusals import refusals
from orchestrator import BadInputError
from plan import Frozen, Id, Instant
from store import Whose

router = APIRouter(
    prefix="/v1/session", tags=["session"], responses=refusals(400, 401, 403, 413, 415, 421, 422, 429, 503)
)
Code = Annotated[str, StringConstraints(max_length=40)]
Secret = Annotated[SecretStr, StringConstraints(max_length=400)]
NONE = SecretStr("")


class SignIn(Frozen):
    """What proves who somebody is."""

    tenant: Id | None = None
    """The tenant of the settings where it is left out."""
    principal: Id
    password: Secret
    code: Code = ""
    """Of the second factor, where there is one."""


class Shows(Frozen):
    """A code of the second factor."""

    code: Code


class Enrolment(Frozen):
    """A link and a password; or a code of the second factor that was offered; or a new password; or nothing: an offer.

    A new password takes a session with a second factor shown within the last ten minutes.
    """

    link: Secret = NONE
    password: Secret = NONE
    code: Code = ""


class SignedIn(Frozen):
    """Who is in."""

    tenant_id: Id
    principal_id: Id
    roles: tuple[str, ...]
    complete: bool
    """False: a second factor must be enrolled before the session opens anything."""
    otpauth: str = ""
    """The second factor to enrol, for an authenticator; told once."""
    ends_at: Instant
    strong_at: Instant | None = None
    """When a second factor was last shown."""


@router.post("", status_code=HTTPStatus.CREATED)
def sign_in(body: SignIn, response: Response, front: Fronted, local: Localed, shown: Shown) -> SignedIn:
    """Sign in with a password and a code; the session comes as a cookie."""
    whose = Whose(body.tenant or front.settings.tenant, body.principal)
    entry = local.sign_in(whose, body.password.get_secret_value(), body.code, instead_of=shown or None)
    keep(response, entry.session)
    return told(entry)


@router.get("")
def who_am_i(caller: Calling) -> dict[str, object]:
    """Return who calls, with which roles, and what the credential opens."""
    person = caller.who.principal
    return {
        "tenant_id": caller.tenant_id,
        "principal_id": person.principal_id,
        "kind": person.kind,
        "roles": sorted(person.roles),
        "by": caller.by,
        "scopes": sorted(caller.scopes),
        "strong_at": caller.who.strong_at,
    }


@router.delete("", status_code=HTTPStatus.NO_CONTENT)
def sign_out(
    caller: Deciding,
    response: Response,
    sessions: Sessioned,
    shown: Shown,
    *,
    everywhere: Annotated[bool, Query(description="End all sessions of this person.")] = False,
) -> None:
    """Sign out; the session opens nothing any more."""
    if everywhere:
        sessions.end_all(Whose(caller.tenant_id, caller.who.principal.principal_id))
    sessions.end(shown)
    drop(response)


@router.post(":step-up", dependencies=[Security(SESSION)])
def step_up(body: Shows, response: Response, local: Localed, shown: Shown) -> SignedIn:
    """Show a second factor now: what is HIGH takes a recent one. The session goes on under a new secret."""
    entry = local.step_up(shown, body.code)
    keep(response, entry.session)
    return told(entry)


@router.post(":enrol")
def enrol(body: Enrolment, response: Response, local: Localed, shown: Shown) -> SignedIn:
    """Choose a password by a one-time link, then take a second factor by a code of it."""
    link, password = body.link.get_secret_value(), body.password.get_secret_value()
    if (link and not password) or (body.code and (link or password)):
        raise BadInputError("give a link with a password, or a code alone, or a password alone, or nothing")
    if link:
        entry = local.enrol(link, password, instead_of=shown or None)
    elif password:
        entry = local.change_password(shown, password)
    elif body.code:
        entry = local.confirm(shown, body.code)
    else:
        entry = local.offer(shown)
    keep(response, entry.session)
    return told(entry)


def told(entry: Entry) -> SignedIn:
    """Return what a sign-in came to."""
    return SignedIn(
        tenant_id=entry.person.tenant_id,
        principal_id=entry.person.principal_id,
        roles=tuple(sorted(entry.person.roles)),
        complete=entry.complete,
        otpauth=entry.otpauth,
        ends_at=entry.session.ends_at,
        strong_at=entry.strong_at,
    )
