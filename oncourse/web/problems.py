"""Refusals as RFC 9457 problems: one stable code each, what is wrong, and what now."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from gate import BadPolicyError, UnknownCodeError
from oncourse.cloud_events import BadEventError
from oncourse.identity import (
    BusyError,
    IdentityError,
    LinkRefusedError,
    ProviderRefusedError,
    ProviderSilentError,
    StepUpNeededError,
)
from orchestrator import BadInputError, ChangedError, DeniedError, NotAllowedError
from plan import IllegalMoveError, OncourseError, PlanError
from store import NotFoundError, SlotTakenError, StaleError

MEDIA = "application/problem+json"
_log = logging.getLogger(__name__)
STATUSES: tuple[tuple[tuple[type[OncourseError], ...], HTTPStatus], ...] = (
    ((NotFoundError, UnknownCodeError), HTTPStatus.NOT_FOUND),
    ((NotAllowedError, LinkRefusedError, ProviderRefusedError, StepUpNeededError), HTTPStatus.FORBIDDEN),
    ((ProviderSilentError,), HTTPStatus.SERVICE_UNAVAILABLE),
    ((BusyError,), HTTPStatus.TOO_MANY_REQUESTS),
    ((IdentityError,), HTTPStatus.UNAUTHORIZED),
    ((ChangedError,), HTTPStatus.PRECONDITION_FAILED),
    ((StaleError, SlotTakenError, IllegalMoveError), HTTPStatus.CONFLICT),
    ((DeniedError, BadEventError, BadInputError, BadPolicyError, PlanError), HTTPStatus.UNPROCESSABLE_ENTITY),
)
"""What each refusal means over HTTP; anything else is the service's own trouble."""


class Place(BaseModel):
    """One part of a request that does not fit."""

    pointer: str
    """JSON Pointer into the body, or the name of a parameter or header."""
    detail: str
    code: str


class Problem(BaseModel):
    """Why not, and what now."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:oncourse:problem:not_found"])
    title: str
    status: int
    detail: str
    code: str
    """Stable; programs decide by it."""
    errors: list[Place] | None = None


class ProblemError(Exception):
    """A request is answered with a problem."""

    def __init__(self, status: HTTPStatus, code: str, detail: str, **more: Any) -> None:
        """Take what else the problem says as `more`, and headers under `headers`."""
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers: dict[str, str] = more.pop("headers", {})
        self.more = more


def problem(status: HTTPStatus, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """Return a problem as a response."""
    told = Problem(
        type=f"urn:oncourse:problem:{code}", title=status.phrase, status=int(status), detail=detail, code=code, **more
    )
    body = told.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, int(status), headers={"cache-control": "no-store", **(headers or {})}, media_type=MEDIA)


def problem_of(error: OncourseError) -> ProblemError:
    """Return the problem that an error of the house is; what the service itself lacks stands in its log alone."""
    status = next((status for kinds, status in STATUSES if isinstance(error, kinds)), None)
    if status is None:
        _log.error("a request could not be answered (%s): %s", error.code, error)
        told = "the service cannot answer now; try again, and if it stays so, look at its log"
        return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, error.code, told, headers={"retry-after": "5"})
    more: dict[str, Any] = {}
    if status is HTTPStatus.UNAUTHORIZED:
        more["headers"] = {"www-authenticate": 'Bearer realm="oncourse"'}
    if isinstance(error, NotAllowedError):
        more["grant"] = error.grant
    if isinstance(error, DeniedError):
        more["codes"] = list(error.codes)
    if isinstance(error, SlotTakenError):
        more["holder"] = error.holder
    return ProblemError(status, error.code, " ".join(str(error).split()), **more)


def refusal(error: OncourseError | ProblemError) -> Response:
    """Return what is answered where something was refused."""
    told = problem_of(error) if isinstance(error, OncourseError) else error
    return problem(told.status, told.code, told.detail, told.headers, **told.more)


async def answer_problem(_request: Request, error: Exception) -> Response:
    """Answer a problem that was raised."""
    if not isinstance(error, OncourseError | ProblemError):
        raise error
    return refusal(error)


async def answer_invalid(_request: Request, error: Exception) -> Response:
    """Answer a request whose body or parameters do not fit."""
    if not isinstance(error, RequestValidationError):
        raise error
    return refusal(invalid(error))


def invalid(error: RequestValidationError) -> ProblemError:
    """Return what does not fit as a problem, each place with its own sentence."""
    places = [_place(one) for one in error.errors()]
    told = "; ".join(f"{place.pointer}: {place.detail}" for place in places[:3])
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""  # noqa: PLR2004 - a sentence names three
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return ProblemError(status, "bad_request", f"the request does not fit: {told}{more}", errors=places)


def _place(one: dict[str, Any]) -> Place:
    where, *rest = one["loc"] or ("body",)
    pointer = "/" + "/".join(str(part) for part in rest) if where == "body" else ".".join(map(str, rest)) or str(where)
    return Place(pointer=pointer, detail=str(one["msg"]), code=str(one["type"]))


_SAYS = {
    HTTPStatus.NOT_FOUND: ("no_such_path", "there is no such path; /openapi.json lists what there is"),
    HTTPStatus.METHOD_NOT_ALLOWED: ("no_such_method", "this path does not take this method; see the Allow header"),
}


_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


def _methods(request: Request) -> str:
    """Return every method that the path takes: the framework names those of one of its routes."""
    asked = [dict(request.scope, method=method) for method in _METHODS]
    taken = [one["method"] for one in asked if any(r.matches(one)[0] is Match.FULL for r in request.app.routes)]
    return ", ".join(sorted(taken))


async def answer_http(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: unknown paths, methods, bodies that are too large."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    code, detail = _SAYS.get(status, (status.name.lower(), str(error.detail or status.description)))
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"allow": _methods(request)}
    return problem(status, code, detail, headers)
