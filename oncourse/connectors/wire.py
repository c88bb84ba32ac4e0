"""One exchange with an MCP server: connect, list the tools, call one, end. The only module that knows the protocol.

Each exchange has a client and an event loop of its own, so a server that dies can spoil no call but the one it holds.
A `tools/call` is written at most once.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, cast

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import Implementation, RequestParamsMeta, TextContent, Tool

from oncourse.connectors.answers import Said
from oncourse.connectors.line import InDoubtError, Line, NotLeftError

KEY = "oncourse/idempotency-key"
CHECKPOINT = "oncourse/ledger-checkpoint"
REFUSING = {401: "TOKEN_REFUSED", 403: "TOKEN_REFUSED", 429: "RATE_LIMITED"}
"""HTTP statuses that say a request was turned away before anything was done."""
NEVER_CONNECTED = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class Witness(httpx2.AsyncClient):
    """An HTTP client that remembers whether a tool call may have left, and what the server last refused."""

    left = False
    status = 0

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send a request, and remember."""
        calls = request.method == "POST" and json.loads(request.content).get("method") == "tools/call"
        self.left = self.left or calls
        try:
            response = await super().send(request, **options)
        except NEVER_CONNECTED:
            self.left = self.left and not calls
            raise
        self.status = response.status_code
        if calls and self.status in REFUSING:
            self.left = False
        return response


class _Exchange:
    """What one exchange has come to."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.witness: Witness | None = None
        self.said: Said | None = None
        self.refused: NotLeftError | None = None
        self.tools: dict[str, Tool] = {}

    async def list(self) -> None:
        async with self._open() as client:
            await self._list(client)

    async def call(self, name: str, offered: Mapping[str, Any], meta: Mapping[str, str]) -> None:
        async with self._open() as client:
            await self._list(client)
            tool = self.tools.get(name)
            if tool is None:
                self.refused = NotLeftError("NO_TOOL", f"the server has no tool {name}", again=False)
                return
            if lacking := lacks(tool, offered):
                told = f"the tool {name} demands {', '.join(lacking)}"
                self.refused = NotLeftError("TOOL_DEMANDS_MORE", told, again=False)
                return
            declared = tool.input_schema.get("properties", {})
            arguments = {word: value for word, value in offered.items() if word in declared}
            result = await client.session.call_tool(name, arguments, meta=cast("RequestParamsMeta", dict(meta)))
            texts = [block.text for block in result.content if isinstance(block, TextContent)]
            text = texts[0] if len(texts) == 1 else ""
            content = result.structured_content
            self.said = Said(error=result.is_error, content=content if isinstance(content, dict) else None, text=text)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Client]:
        token = self.line.token.get_secret_value()
        headers = {"authorization": f"Bearer {token}"} if token else {}
        timeout = httpx2.Timeout(self.line.timeout, connect=self.line.timeout / 2)
        async with (
            asyncio.timeout(self.line.timeout),
            Witness(headers=headers, timeout=timeout, verify=_trust()) as self.witness,
            Client(
                streamable_http_client(self.line.url, http_client=self.witness),
                client_info=Implementation(name="oncourse", version="1"),
                cache=None,
            ) as client,
        ):
            yield client

    async def _list(self, client: Client) -> None:
        cursor = None
        while True:
            page = await client.list_tools(cursor=cursor)
            self.tools |= {tool.name: tool for tool in page.tools}
            cursor = page.next_cursor
            if not cursor:
                return

    def verdict(self, error: BaseException) -> NotLeftError | InDoubtError:
        """Say what a broken exchange means, in words that quote nobody."""
        told = ", ".join(sorted({type(leaf).__name__ for leaf in _leaves(error)}))
        if self.witness is not None and self.witness.left:
            return InDoubtError(told)
        status = 0 if self.witness is None else self.witness.status
        if status in REFUSING:
            return NotLeftError(REFUSING[status], f"the server refused the token or the rate: HTTP {status}")
        return NotLeftError("SERVER_UNREACHABLE", f"{told}, HTTP {status}" if status else told)


def call(line: Line, name: str, offered: Mapping[str, Any], meta: Mapping[str, str]) -> Said:
    """Call a tool with the arguments it declares, and what goes along whatever it declares.

    Raises: NotLeftError where the call certainly did not leave, InDoubtError where it may have.
    """
    exchange = _Exchange(line)
    _run(exchange, exchange.call(name, offered, meta))
    if exchange.refused is not None:
        raise exchange.refused
    if exchange.said is None:
        raise InDoubtError("the exchange ended without an answer")
    return exchange.said


def tools(line: Line) -> dict[str, Tool]:
    """Return the server's tools by name; raise NotLeftError where it cannot be asked."""
    exchange = _Exchange(line)
    _run(exchange, exchange.list())
    return exchange.tools


def lacks(tool: Tool, offered: Mapping[str, Any]) -> list[str]:
    """Return the arguments that a tool demands and nobody offers."""
    return sorted(set(tool.input_schema.get("required", ())) - set(offered))


def _run(exchange: _Exchange, talk: Any) -> None:
    """Run an exchange to its end; an answer that came counts, whatever broke after it."""
    for name in ("mcp.client", "mcp.shared", "client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # below that they quote what is sent and answered
    try:
        asyncio.run(talk)
    except (Exception, asyncio.CancelledError, BaseExceptionGroup) as error:  # a server that dies raises any of these
        if any(isinstance(leaf, KeyboardInterrupt | SystemExit) for leaf in _leaves(error)):
            raise
        if exchange.said is None and exchange.refused is None:
            raise exchange.verdict(error) from None


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in _leaves(part)]
    return [error]


@cache
def _trust() -> ssl.SSLContext:
    """Return the certificates to trust, read once: reading them takes longer than a call."""
    return httpx2.create_ssl_context()
