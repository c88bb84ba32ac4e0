"""An MCP server in a process of its own: a tool per action, a log of what it applied, and faults as it is told.

Run as `python -m tests.connectors.server PORT DIRECTORY [PREFIX]`. In the directory:
`applied.jsonl` one line per applied key, flushed to the disk before the answer; `closed` keys it said were never applied;
`calls.jsonl` what each tool was given; `token` the only token it takes; `faults/NAME` the next fault of a tool, taken when
read; `reached` is written when a fault holds a call. Before the start, `old`, `without_lookup` and `demanding` choose a server.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, TextContent
from starlette.responses import PlainTextResponse

from plan import Approval, Provider, catalogue

KEY = "oncourse/idempotency-key"
WITHOUT_KEY_ARGUMENT = "notify_account_team"


class Ledger:
    """What the server did, on the disk."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.applied = {line["key"]: line for line in lines(home / "applied.jsonl")}
        self.closed = {line["key"] for line in lines(home / "closed.jsonl")}

    def note(self, name: str, **line: Any) -> None:
        with (self.home / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def apply(self, key: str, tool: str) -> None:
        if key not in self.applied:
            self.applied[key] = {"key": key, "tool": tool}
            self.note("applied.jsonl", key=key, tool=tool)

    def close(self, key: str) -> None:
        self.closed.add(key)
        self.note("closed.jsonl", key=key)

    def fault(self, name: str) -> str:
        path = self.home / "faults" / name
        if not path.exists():
            return ""
        found = path.read_text(encoding="utf-8")
        path.unlink()
        return found

    def reached(self) -> None:
        (self.home / "reached").touch()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def answer(spec: Any) -> dict[str, Any]:
    if spec.awaits_outcome:
        return {"status": "dispatched", "reference": "crm-1"}
    return {"status": "succeeded", "outcome": spec.outcomes_ok[0], "reference": "crm-1"}


def result(body: dict[str, Any] | str, *, error: bool = False) -> CallToolResult:
    if isinstance(body, str):
        return CallToolResult(content=[TextContent(type="text", text=body)], is_error=error)
    text = TextContent(type="text", text="see the structured content")
    return CallToolResult(content=[text], structured_content=body, is_error=error)


async def carry_out(ledger: Ledger, spec: Any, name: str, key: str) -> CallToolResult:
    """Apply one key once, with the fault that waits for this tool."""
    fault = ledger.fault(name)
    if fault == "die_before":
        die()
    if fault == "hang":
        ledger.reached()
        await asyncio.sleep(60)
    if fault.startswith(("{", "!{")):
        return result(json.loads(fault.lstrip("!")), error=fault.startswith("!"))
    if fault == "refuse":
        return result("no", error=True)
    if key in ledger.closed:
        return result({"status": "failed", "outcome": "KEY_CLOSED"}, error=True)
    ledger.apply(key, name)
    if fault == "die_after":
        die()
    if fault == "hang_after":
        ledger.reached()
        await asyncio.sleep(60)
    if fault == "raise_after":
        raise ValueError("Dear Ida Stern, this text is private")
    if fault.startswith("text:"):
        return result(fault.removeprefix("text:"))
    return result(answer(spec))


def build(ledger: Ledger, prefix: str) -> MCPServer:
    async def remember(ctx: Any, call_next: Any) -> Any:
        if ctx.method == "tools/call":
            name, given = ctx.params["name"].removeprefix(prefix), ctx.params.get("arguments")
            ledger.note("calls.jsonl", tool=name, arguments=given, meta=dict(ctx.meta or {}).get(KEY))
        return await call_next(ctx)

    server = MCPServer("tests", log_level="CRITICAL", middleware=[remember])
    for spec in catalogue().actions:
        if spec.approval is not Approval.TASK:
            add(server, ledger, spec, prefix)

    async def lookup(idempotency_key: str) -> CallToolResult:
        fault = ledger.fault("lookup")
        if fault:
            return result(json.loads(fault.lstrip("!")), error=fault.startswith("!"))
        if idempotency_key in ledger.applied:
            return result({"status": "found", "reference": "crm-1"})
        ledger.close(idempotency_key)
        return result({"status": "not_found"})

    if not (ledger.home / "without_lookup").exists():
        server.add_tool(lookup, name=prefix + "lookup")
    return server


def add(server: MCPServer, ledger: Ledger, spec: Any, prefix: str) -> None:
    name = spec.action_type.lower()

    async def with_key(idempotency_key: str, account_id: str, text: str) -> CallToolResult:
        return await carry_out(ledger, spec, name, idempotency_key)

    async def with_meta(text: str, ctx: Context) -> CallToolResult:
        return await carry_out(ledger, spec, name, str((ctx.request_context.meta or {})[KEY]))

    async def demanding(idempotency_key: str, mailbox: str) -> CallToolResult:
        raise AssertionError("nobody offers a mailbox")

    if name == WITHOUT_KEY_ARGUMENT:
        server.add_tool(with_meta, name=prefix + name)
    elif spec.provider is Provider.AT_MOST_ONCE and (ledger.home / "demanding").exists():
        server.add_tool(demanding, name=prefix + name)
    else:
        server.add_tool(with_key, name=prefix + name)


def guarded(app: Any, ledger: Ledger) -> Any:
    """Refuse a wrong token, and answer the next tool call with an HTTP status where told."""

    async def guard(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        token = (ledger.home / "token").read_text(encoding="utf-8")
        status = 0
        if headers.get(b"authorization") != f"Bearer {token}".encode():
            status = 401
        elif headers.get(b"mcp-method") == b"server/discover" and old(ledger):
            status = 404
        elif headers.get(b"mcp-method") == b"tools/call":
            status = int(ledger.fault("http") or 0)
        if status:
            await PlainTextResponse("no", status_code=status)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return guard


def old(ledger: Ledger) -> bool:
    """Whether it speaks the protocol with a handshake, sessions and event streams, as servers of 2025 do."""
    return (ledger.home / "old").exists()


def main(port: str, home: str, prefix: str = "") -> None:
    ledger = Ledger(Path(home))
    plain = not old(ledger)
    app = build(ledger, prefix).streamable_http_app(stateless_http=plain, json_response=plain)
    uvicorn.run(guarded(app, ledger), host="127.0.0.1", port=int(port), log_level="critical")


if __name__ == "__main__":
    main(*sys.argv[1:])
