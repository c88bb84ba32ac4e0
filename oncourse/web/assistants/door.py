"""The way in for assistants: one path, a bearer token, and a server that keeps nothing between two requests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from oncourse.config import Settings
from oncourse.web.assistants.assistant import Assistant, Window
from oncourse.web.assistants.tools import VISIT, build_server
from oncourse.web.callers import unknown
from oncourse.web.fences import names_of, origin_of
from oncourse.web.front import Caller, Front
from oncourse.web.problems import problem, refusal

LARGEST = 256 * 1024
"""Bytes of one request; a proposal has a few thousand."""


class Visit:
    """One request, before any tool asked for something."""

    def __init__(self, front: Front, caller: Caller, place: str) -> None:
        self._front, self._caller, self._place = front, caller, place

    def assistant(self) -> Assistant:
        """Return what the request may do, in the tenant of its token."""
        return Assistant(Window(self._front.house(self._caller.tenant_id)), self._caller, self._place)


class AssistantDoor:
    """Lets assistants in by their tokens."""

    def __init__(self, front: Front) -> None:
        self._front = front
        server = build_server()
        server.streamable_http_app(
            json_response=True,
            stateless_http=True,
            max_request_body_size=LARGEST,
            transport_security=_security(front.settings),
        )
        self._manager: StreamableHTTPSessionManager = server.session_manager

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Answer until the end of the block; once."""
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: 405 for anything but POST, 401 without a token that holds."""
        if scope["method"] != "POST":
            told = "assistants POST here; there is no stream to open and no session to end"
            answer = problem(HTTPStatus.METHOD_NOT_ALLOWED, "no_such_method", told, {"allow": "POST"})
            await answer(scope, receive, send)
            return
        headers = Headers(scope=scope)
        kind, _, secret = headers.get("authorization", "").partition(" ")
        found = None
        if kind.lower() == "bearer":
            found = await run_in_threadpool(self._front.doorkeeper.by_token, secret.strip())
        if found is None:
            await refusal(unknown())(scope, receive, send)
            return
        caller = Caller(tenant_id=found.tenant_id, who=found.acting, scopes=found.scopes, by="token")
        place = self._front.settings.public_url or f"{scope['scheme']}://{headers['host']}"
        await self._manager.handle_request({**scope, VISIT: Visit(self._front, caller, place)}, receive, send)


def _security(settings: Settings) -> TransportSecuritySettings:
    """Return the fences' own names: the server asks them once more."""
    names = [f"[{name}]" if ":" in name else name for name in sorted(names_of(settings))]
    own = origin_of(settings)
    origins = [f"{scheme}://{name}{port}" for scheme in ("http", "https") for name in names for port in ("", ":*")]
    return TransportSecuritySettings(
        allowed_hosts=[f"{name}{port}" for name in names for port in ("", ":*")],
        allowed_origins=[*origins, own] if own else origins,
    )
