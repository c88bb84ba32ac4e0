"""The connectors: what carries an approved step out of the house.

`mcp` is the execution path: one tool per action type on any MCP server (docs/executing.md). Of its
modules, `mcp` offers an order to its tool, `answers` reads what the tool said, `line` says where the server is and how
an exchange may end without an answer, and `wire` alone knows the protocol: it is imported when the first call leaves.

A connector judges nothing and records nothing. It never says "it did not leave" unless it knows: what is not certain is
UNKNOWN, and the orchestrator puts the step in doubt. Nothing that a customer reads enters an exception or a log.
"""

from oncourse.connectors.line import Line, NotLeftError
from oncourse.connectors.mcp import McpExecutor

__all__ = ["Line", "McpExecutor", "NotLeftError"]
