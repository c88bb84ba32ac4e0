"""The routes, and how they answer: JSON, and RFC 9457 problems for everything that is not as asked."""

from collections.abc import Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from oncourse.web.health import Health, Problem

_NOW = {"cache-control": "no-store"}


def build_app(health: Health) -> Starlette:
    """Return the application over one worker's health."""
    return Starlette(
        routes=[
            Route("/livez", _probe(health.alive, "alive")),
            Route("/readyz", _probe(health.ready, "ready")),
        ],
        exception_handlers={HTTPException: _refused},
    )


def _probe(ask: Callable[[], Problem | None], fine: str) -> Callable[[Request], Response]:
    def answer(_request: Request) -> Response:
        found = ask()
        if found is None:
            return JSONResponse({"status": fine}, headers=_NOW)
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, found.detail, {"code": found.code})

    return answer


def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Look at this process's log.", {})
    response = _problem(HTTPStatus(error.status_code), "There are GET /livez and GET /readyz.", {})
    response.headers.update(error.headers or {})
    return response


def _problem(status: HTTPStatus, detail: str, more: dict[str, str]) -> Response:
    body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    return JSONResponse(body | more, status, media_type="application/problem+json", headers=_NOW)
