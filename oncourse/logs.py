"""What a process says of itself: one line an event, as text or as JSON, with the trace it belongs to.

Messages come from our own code and from libraries; what those would quote of customers' texts is cut off here: a
traceback keeps its frames and its errors' classes, never their messages.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from oncourse.telemetry import where

PROCESS = "oncourse.process"
Format = Literal["text", "json"]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
FRAMES = 8
"""Of an error, the innermost last."""
LONGEST = 2000
"""Characters of one message; more is nobody's to read in a log."""


class TextFormatter(logging.Formatter):
    """One line: time, logger, level, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(name)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        record.message, record.asctime = _message(record), self.formatTime(record)
        return " | ".join([self.formatMessage(record), *_trouble(record)])


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **where(),
        }
        if trouble := _trouble(record):
            told["error"] = trouble
        return json.dumps(told, ensure_ascii=False)


def tell(line: str) -> None:
    """Write a line about the process itself, whatever the level: where it listens, that it begins and ends."""
    logging.getLogger(PROCESS).info("%s", line)


def write_logs(kind: Format, level: Level, stream: TextIO | None = None) -> None:
    """Write this process's log to a stream (stderr) from now on, whatever did before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if kind == "json" else TextFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger(PROCESS).setLevel(logging.INFO)
    for name in ("anthropic", "httpx2", "httpcore2", "mcp", "sqlalchemy", "uvicorn", "asyncio"):
        # below that they quote what is sent and answered, and the values of statements
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING, logging.getLevelNamesMapping()[level]))


def _message(record: logging.LogRecord) -> str:
    text = " ".join(record.getMessage().split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _trouble(record: logging.LogRecord) -> list[str]:
    """Return an error's class and the frames that it passed, without what it says."""
    if not record.exc_info or record.exc_info[0] is None:
        return []
    kind, _, trace = record.exc_info
    passed = traceback.extract_tb(trace)[-FRAMES:]
    return [kind.__qualname__, *(f"{at.name} ({at.filename.rpartition('/')[2]}:{at.lineno})" for at in passed)]
