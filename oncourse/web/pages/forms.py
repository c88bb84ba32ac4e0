"""Forms of the pages: each is sent as a plain POST, done once, and leads to a page that can be loaded again."""

from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from secrets import token_hex
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from oncourse.web.callers import Fronted
from oncourse.web.front import Caller, Front
from oncourse.web.pages.shell import Reader
from oncourse.web.problems import ProblemError, problem_of
from oncourse.web.repeats import Asked, claim_of, once
from orchestrator import Orchestrator
from plan import OncourseError
from store import Expected

Field = Annotated[str, Form(max_length=20_000)]
"""A text of a form; empty where it was left empty."""


class Posting:
    """One form that was sent: by whom, and under which key, so that a second click changes nothing."""

    def __init__(self, front: Front, reader: Caller, request: Request, key: str) -> None:
        self._asked = Asked(front, reader, request.method, request.url.path, key)
        self.reader, self.who = reader, reader.who
        self.name = sha256(key.encode()).hexdigest()[:40]
        """What the house may call this form, where what it does writes no entry that the key could stand beside."""

    def make(
        self,
        body: BaseModel,
        do: Callable[[Orchestrator], object],
        *,
        expected: Expected | None = None,
        check: Callable[[Orchestrator], None] = lambda _house: None,
    ) -> None:
        """Make the change in one transaction; raise ProblemError where it is refused."""
        try:
            once(
                self._asked, claim_of(self._asked, body, expected), expected, check=check, do=do,
                answer=lambda _house: Response(status_code=HTTPStatus.NO_CONTENT),
            )  # fmt: skip
        except OncourseError as error:
            raise problem_of(error) from error


def a_posting(
    reader: Reader,
    front: Fronted,
    request: Request,
    key: Annotated[str, Form(pattern=r"^[!-~]{8,200}$", description="Fresh with every drawing of the form.")],
) -> Posting:
    """Return a form that was sent by somebody who is in."""
    return Posting(front, reader, request, key)


Posted = Annotated[Posting, Depends(a_posting)]


def fresh_key() -> str:
    """Return what a form is sent under: the same form, sent twice, is done once."""
    return token_hex(16)


def led_to(path: str, **told: Any) -> RedirectResponse:
    """Lead to a page after a form was done; `told` are words of its query that the page understands."""
    query = urlencode({name: value for name, value in told.items() if value})
    more = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{more}{query}" if query else path, HTTPStatus.SEE_OTHER)


__all__ = ["Field", "Posted", "Posting", "ProblemError", "fresh_key", "led_to"]
