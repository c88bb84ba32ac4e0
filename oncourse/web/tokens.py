"""API tokens: people of revops and administrators make them for machines, list them and revoke them."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from oncourse.clock import RandomIds, random_salt
from oncourse.identity import Issued, Tokens
from oncourse.web.callers import Deciding, Fronted
from oncourse.web.refusals import refusals
from plan import Frozen, Id, Instant
from store import Token

router = APIRouter(
    prefix="/v1/tokens", tags=["tokens"], responses=refusals(400, 401, 403, 404, 413, 415, 421, 422, 503)
)


class Wanted(Frozen):
    """A token to make."""

    name: Id
    """The machine that it is for; it is added where there is none of that name, which takes a tenant_admin."""
    scopes: Annotated[tuple[str, ...], Field(min_length=1, max_length=3)]
    """Of read, propose and events."""
    days: Annotated[int, Field(ge=1, le=365)] = 90


class Known(Frozen):
    """A token, without its secret."""

    token_id: Id
    name: Id
    scopes: tuple[str, ...]
    made_by: Id
    made_at: Instant
    ends_at: Instant
    used_at: Instant | None
    revoked_at: Instant | None


class Fresh(Known):
    """A token that was just made, with its secret: it is shown once."""

    secret: str


class Every(Frozen):
    """All tokens of the tenant, oldest first."""

    tokens: tuple[Known, ...]


def the_tokens(caller: Deciding, front: Fronted) -> Tokens:
    """Return the tokens of the caller's tenant."""
    return Tokens(front.house(caller.tenant_id), front.clock, RandomIds(), random_salt)


Tokened = Annotated[Tokens, Depends(the_tokens)]


@router.get("")
def list_tokens(caller: Deciding, tokens: Tokened) -> Every:
    """Return what is known of all tokens."""
    return Every(tokens=tuple(Known(**_told(one)) for one in tokens.every(caller.who)))


@router.post("", status_code=HTTPStatus.CREATED)
def issue(body: Wanted, caller: Deciding, tokens: Tokened) -> Fresh:
    """Make a token; its secret is answered now and never again."""
    made: Issued = tokens.issue(body.name, body.scopes, body.days, caller.who)
    return Fresh(secret=made.secret, **_told(made.token))


@router.delete("/{token_id}", status_code=HTTPStatus.NO_CONTENT)
def revoke(token_id: Id, caller: Deciding, tokens: Tokened) -> None:
    """Let a token open nothing any more."""
    tokens.revoke(token_id, caller.who)


def _told(token: Token) -> dict[str, object]:
    told = token.model_dump(include=set(Known.model_fields))
    return told | {"name": token.principal_id, "scopes": tuple(sorted(token.scopes))}
