"""What a supervisor asks: does this process live, and can it work."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from oncourse.web.health import Health, Trouble
from oncourse.web.problems import problem
from oncourse.web.refusals import refusals
from plan import Frozen


class Well(Frozen):
    """All is well."""

    status: Literal["alive", "ready"]


def probes(health: Health) -> APIRouter:
    """Return the two probes of one worker's health."""
    router = APIRouter(tags=["health"], responses=refusals(503))

    @router.get("/livez", response_model=Well)
    async def livez() -> Response:
        """Tell whether this process lives."""
        return _answer(health.alive, "alive")

    @router.get("/readyz", response_model=Well)
    def readyz() -> Response:
        """Tell whether this process can work."""
        return _answer(health.ready, "ready")

    return router


def _answer(ask: Callable[[], Trouble | None], fine: str) -> Response:
    found = ask()
    if found is None:
        return JSONResponse({"status": fine}, headers={"cache-control": "no-store"})
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, found.code, found.detail)
