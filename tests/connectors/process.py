"""A server that a test starts, kills and starts again."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import oncourse
from oncourse.connectors import Line, McpExecutor
from tests.connectors.server import lines

ROOT = Path(oncourse.__file__).parent.parent
PATIENCE = 60.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(done, what):
    """Wait for something that another process does."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, f"{what} did not happen in {PATIENCE} s"
        time.sleep(0.02)


class Server:
    """The server of `tests.connectors.server`, on a port of its own."""

    def __init__(self, home, *command):
        self.home, self.port, self.process = home, free_port(), None
        self.command = command or ("-m", "tests.connectors.server", str(self.port), str(home))
        (home / "faults").mkdir()
        (home / "token").write_text("t-1", encoding="utf-8")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/mcp"

    def start(self):
        words = [word.replace("PORT", str(self.port)) for word in self.command]
        self.process = subprocess.Popen([sys.executable, *words], cwd=ROOT)
        until(self._answers, "the server's start")
        return self

    def _answers(self):
        assert self.process.poll() is None, "the server ended at once"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def died(self):
        self.process.wait(timeout=PATIENCE)
        return self.process.returncode == -signal.SIGKILL

    def fault(self, name, fault):
        text = fault if isinstance(fault, str) else json.dumps(fault)
        (self.home / "faults" / name).write_text(text, encoding="utf-8")

    def fail(self, name, body):
        """Let a tool answer an error with structured content."""
        self.fault(name, "!" + json.dumps(body))

    def applied(self, key=None):
        return [line for line in lines(self.home / "applied.jsonl") if key in {None, line["key"]}]

    def calls(self, key=None):
        found = lines(self.home / "calls.jsonl")
        return [line for line in found if key in {None, line.get("meta"), line["arguments"].get("idempotency_key")}]

    def executor(self, prefix="", **line):
        return McpExecutor(Line(**{"url": self.url, "token": "t-1", "timeout": 20} | line), prefix)
