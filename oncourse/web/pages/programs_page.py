"""/settings/programs: how programs come in (tokens), and who outside is told (webhooks). Secrets are shown once."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse

from oncourse.bootstrap import open_subscriptions
from oncourse.clock import RandomIds, random_salt
from oncourse.courier import Subscriptions
from oncourse.identity import SCOPES, Tokens
from oncourse.web.callers import Fronted
from oncourse.web.front import Caller, Front
from oncourse.web.pages.forms import Field, led_to
from oncourse.web.pages.settings_page import Done, Once, draw
from oncourse.web.pages.shell import PageRoute, Reader
from oncourse.web.problems import ProblemError, problem_of
from orchestrator import BadInputError, NotAllowedError
from plan import Frozen, OncourseError

router = APIRouter(include_in_schema=False, route_class=PageRoute)
HERE = "/settings/programs"
DAYS = 90
Scopes = Annotated[list[str], Form(default_factory=list, max_length=10)]


class Said(Frozen):
    """What a form said."""

    name: str = ""
    scopes: tuple[str, ...] = ("read",)
    days: str = str(DAYS)
    url: str = ""
    types: str = ""


def the_tokens(reader: Reader, front: Fronted) -> Tokens:
    """Return the tokens of the reader's tenant."""
    return Tokens(front.house(reader.tenant_id), front.clock, RandomIds(), random_salt)


def the_hooks(reader: Reader, front: Fronted) -> Subscriptions:
    """Return the webhooks of the reader's tenant."""
    return open_subscriptions(front.settings, front.store, reader.tenant_id, front.clock)


Tokened = Annotated[Tokens, Depends(the_tokens)]
Hooked = Annotated[Subscriptions, Depends(the_hooks)]


@router.get(HERE)
def programs(reader: Reader, front: Fronted, done: Done = "") -> HTMLResponse:
    """List tokens and webhooks."""
    return _draw(reader, front, done=done)


@router.post("/settings/tokens")
def issue(
    reader: Reader, front: Fronted, tokens: Tokened, scopes: Scopes, name: Field = "", days: Field = ""
) -> Response:
    """Make a token and show its secret; sent twice it makes two, which both stand in the list."""
    said = Said(name=name.strip(), scopes=tuple(scopes), days=days.strip())
    try:
        made = tokens.issue(_named(said.name), said.scopes, _number(said.days), reader.who)
    except OncourseError as error:
        return _draw(reader, front, refused=problem_of(error), said=said)
    told = f"{name} sends it as Authorization: Bearer, until {made.token.ends_at:%Y-%m-%d}."
    return _draw(reader, front, once=Once(f"Token {made.token.token_id}", made.secret, told))


@router.post("/settings/tokens/revoke")
def revoke(reader: Reader, front: Fronted, tokens: Tokened, token_id: Field = "") -> Response:
    """Let a token open nothing any more."""
    try:
        tokens.revoke(token_id, reader.who)
    except OncourseError as error:
        return _draw(reader, front, refused=problem_of(error))
    return led_to(HERE, done="revoke")


@router.post("/settings/webhooks")
def add(reader: Reader, front: Fronted, hooks: Hooked, url: Field = "", types: Field = "") -> Response:
    """Tell an address of what happens from now on, and show the secret that signs it."""
    said = Said(url=url.strip(), types=types.strip())
    try:
        made = hooks.add(said.url, frozenset(said.types.replace(",", " ").split()), reader.who)
    except OncourseError as error:
        return _draw(reader, front, refused=problem_of(error), said=said)
    told = "The receiver verifies each letter with it, as Standard Webhooks does."
    return _draw(reader, front, once=Once(f"Webhook {said.url}", made.secret.get_secret_value(), told))


@router.post("/settings/webhooks/remove")
def remove(reader: Reader, front: Fronted, hooks: Hooked, webhook_id: Field = "") -> Response:
    """Tell an address nothing more."""
    try:
        hooks.remove(webhook_id, reader.who)
    except OncourseError as error:
        return _draw(reader, front, refused=problem_of(error))
    return led_to(HERE, done="remove")


def _named(name: str) -> str:
    if not name:
        raise BadInputError("name the program that the token is for, such as crm-sync")
    return name


def _number(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 5):  # noqa: PLR2004 - days of a year and more
        raise BadInputError(f"{typed[:40]!r} is no number of days; write 90")
    return int(typed)


def _draw(
    reader: Caller,
    front: Front,
    *,
    done: str = "",
    refused: ProblemError | None = None,
    said: Said | None = None,
    once: Once | None = None,
) -> HTMLResponse:
    known: dict[str, Any] = {"tokens": (), "hooks": (), "closed": ""}
    try:
        known |= {
            "tokens": the_tokens(reader, front).every(reader.who),
            "hooks": the_hooks(reader, front).every(reader.who),
        }
    except NotAllowedError as error:
        known["closed"] = str(error)
    if refused is not None and refused.status is HTTPStatus.FORBIDDEN:
        known["closed"] = ""
    return draw(
        "programs.html", reader, front, HERE, done=done, refused=refused, said=said or Said(), once=once,
        scopes=sorted(SCOPES), now=front.clock.now(), **known,
    )  # fmt: skip
