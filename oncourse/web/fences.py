"""What stands between a browser and the routes: the host that was meant, whose page asks, what a page may do."""

from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oncourse.config import Settings
from oncourse.web.callers import COOKIE
from oncourse.web.problems import problem

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
OURSELVES = frozenset({"localhost", "127.0.0.1", "::1"})
PROBES = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked by supervisors under whatever address they know; they tell nothing of tenants, or have their own fence."""
MAX_BODY = 65_536
"""Bytes of a request's body: more than any plan's edit needs."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class HostFence:
    """Answers under the installation's own names alone, so that no other name leads a browser here."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what was meant for here; 421 else."""
        if scope["type"] == "http" and "\x00" in scope["path"] + unquote(scope["query_string"].decode("latin-1")):
            refusal = problem(HTTPStatus.BAD_REQUEST, "bad_request", "the address holds U+0000; remove it")
            await refusal(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"] not in PROBES and not self._ours(Headers(scope=scope)):
            refusal = problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "other_host",
                "this installation is not known by that name; name it in allowed_hosts or public_url",
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _ours(self, headers: Headers) -> bool:
        named = headers.getlist("host")
        return len(named) == 1 and _name(named[0]) in self._hosts


class CrossSiteFence:
    """Refuses what another site's page makes a browser send here."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        """Take the origin that `public_url` says, or nothing."""
        self._app, self._origin = app, origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what reads, what carries a token, and what our own pages send; 403 else."""
        if scope["type"] == "http" and scope["method"] not in _SAFE and not self._allowed(scope):
            refusal = problem(
                HTTPStatus.FORBIDDEN,
                "cross_site",
                "this came from a page of another site; a program sends a token: Authorization: Bearer onc_...",
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        shown = any(COOKIE in cookie_parser(line) for line in headers.getlist("cookie"))
        if headers.get("authorization", "").lower().startswith("bearer ") and not shown:
            return True  # no browser adds it by itself
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site in {"same-origin", "none"}
        if origin is not None:
            return origin in {self._origin, f"{scope['scheme']}://{headers.get('host', '')}"}
        return not shown


class BodyFence:
    """Takes no more of a body in than any request needs, whatever length it claims."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is small enough; 413 else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        claimed = Headers(scope=scope).get("content-length", "0")
        taken = None if not claimed.isdigit() or int(claimed) > MAX_BODY else await _taken(receive)
        if taken is None:
            refusal = problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"a body has at most {MAX_BODY} bytes; send less"
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, _replayed(taken, receive), send)


async def _taken(receive: Receive) -> list[Message] | None:
    """Return a request's messages up to the end of its body; None for a body that is too large."""
    taken, size = [], 0
    while True:
        message = await receive()
        taken.append(message)
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return taken


def _replayed(taken: list[Message], receive: Receive) -> Receive:
    async def received() -> Message:
        return taken.pop(0) if taken else await receive()

    return received


class HeaderFence:
    """Says with every answer what a page of ours may do, and that nobody keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and add headers where the route did not set them itself."""
        await self._app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sent


def names_of(settings: Settings) -> frozenset[str]:
    """Return the names under which an installation answers."""
    public = urlsplit(settings.public_url).hostname
    return OURSELVES | {_name(host) for host in settings.allowed_hosts} | ({public} if public else set())


def origin_of(settings: Settings) -> str:
    """Return the origin that `public_url` says, or nothing."""
    parts = urlsplit(settings.public_url)
    return f"{parts.scheme}://{parts.netloc}" if parts.hostname else ""


def fences(settings: Settings) -> list[Middleware]:
    """Return the fences of an installation, outermost first."""
    return [
        Middleware(HeaderFence),
        Middleware(HostFence, hosts=names_of(settings)),
        Middleware(CrossSiteFence, origin=origin_of(settings)),
        Middleware(BodyFence),
    ]


def _name(host: str) -> str:
    """Return a host's name without its port, as browsers write it."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
