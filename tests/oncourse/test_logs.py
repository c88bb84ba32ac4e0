"""The log of a process: one line an event, with its trace and its tenant, and no secret and no customer's word."""

import io
import json
import logging
import re
import signal
import subprocess
import sys

import httpx2
import pytest
from sqlalchemy import text

from oncourse.bootstrap import observe
from oncourse.config import ConfigError, read_settings
from oncourse.logs import LONGEST, tell, write_logs
from oncourse.telemetry import TelemetryError, spanned
from store import opened
from store.row_security import fenced_tables
from tests.databases import fresh_url, over_all
from tests.oncourse.shells import AnyShell
from tests.oncourse.spans import heard
from tests.oncourse.test_serving import eventually

SECRET = "Q7vTzPqLmX2canary"


@pytest.fixture
def log():
    """Give back, at the end, what the log was before."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_how_grave_who_and_what(log):
    write_logs("json", "WARNING", log)
    logging.getLogger("oncourse.durable").warning("a tick of %s\nwas refused", "t1")
    logging.getLogger("oncourse.durable").info("nobody asked for this")
    tell("the API is at http://127.0.0.1:1/v1")
    told = lines(log)
    assert [(one["level"], one["logger"], one["message"]) for one in told] == [
        ("WARNING", "oncourse.durable", "a tick of t1 was refused"),
        ("INFO", "oncourse.process", "the API is at http://127.0.0.1:1/v1"),
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", told[0]["time"])
    assert set(told[0]) == {"time", "level", "logger", "message"}


def test_a_line_names_the_trace_the_span_and_the_tenant_it_belongs_to(log):
    write_logs("json", "WARNING", log)
    with heard() as spans, spanned("plan.tick", tenant="t1"), spanned("plan.gate"):
        logging.getLogger("x").warning("inside")
    logging.getLogger("x").warning("outside")
    inside, outside = lines(log)
    gate = next(span for span in spans if span.name == "plan.gate")
    assert inside["tenant"] == "t1"
    assert inside["trace_id"] == f"{gate.context.trace_id:032x}"
    assert inside["span_id"] == f"{gate.context.span_id:016x}"
    assert "tenant" not in outside


@pytest.mark.parametrize("kind", ["json", "text"])
def test_an_error_is_told_by_its_class_and_way_and_never_by_its_words(log, kind):
    write_logs(kind, "WARNING", log)

    def quoting():
        raise ValueError(f"Ida Stern wrote {SECRET}")

    try:
        quoting()
    except ValueError:
        logging.getLogger("x").exception("a tick failed")
    told = log.getvalue()
    assert SECRET not in told
    assert "ValueError" in told
    assert "quoting (test_logs.py:" in told
    assert len(told.splitlines()) == 1


def test_a_long_message_is_cut(log):
    write_logs("json", "WARNING", log)
    logging.getLogger("x").warning("y" * 10_000)
    assert len(lines(log)[0]["message"]) == LONGEST + 3


def test_libraries_that_quote_what_they_send_stay_silent_even_when_everything_is_asked_for(log):
    write_logs("json", "DEBUG", log)
    for name in ("anthropic._base_client", "httpx2", "mcp.client.streamable_http", "sqlalchemy.engine"):
        logging.getLogger(name).debug("request: %s", SECRET)
        logging.getLogger(name).info("response: %s", SECRET)
    assert SECRET not in log.getvalue()


def test_a_setting_of_the_log_that_does_not_fit_is_named(monkeypatch):
    monkeypatch.setenv("ONCOURSE_LOG__FORMAT", "xml")
    with pytest.raises(ConfigError, match=r"log\.format"):
        read_settings()


def test_traces_without_their_extra_are_one_clear_line(monkeypatch, log):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    monkeypatch.setenv("ONCOURSE_TRACES", "otlp")
    with pytest.raises(TelemetryError, match=r'pip install "oncourse\[otel\]"'):
        observe(read_settings())


def test_t14_t22_a_secret_of_the_settings_stands_in_no_line_no_row_and_no_problem(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell = AnyShell(capsys, fresh_url("sqlite", tmp_path)).found()
    for name, value in (
        ("MODEL_API_KEY", f"sk-{SECRET}"),
        ("MCP_TOKEN", SECRET),
        ("EXECUTOR", "mcp"),
        ("MCP_URL", "http://127.0.0.1:9/mcp"),
        ("DRAFTER", "claude"),
        ("MODEL_BASE_URL", "http://127.0.0.1:9"),
        ("LOG__FORMAT", "json"),
        ("LOG__LEVEL", "DEBUG"),
    ):
        monkeypatch.setenv(f"ONCOURSE_{name}", value)
    told = tmp_path / "told"
    with told.open("w") as file:
        process = subprocess.Popen(shell.words("serve", "--port", "0"), stdout=file, stderr=file)
    try:
        address = eventually(lambda: re.search(r"(http://127\.0\.0\.1:\d+)/livez", told.read_text())).group(1)
        assert eventually(lambda: httpx2.get(f"{address}/readyz", timeout=10).status_code == 200), told.read_text()
        problems = [
            httpx2.get(f"{address}{path}", headers={"authorization": f"Bearer onc_{SECRET[::-1]}"}, timeout=10).text
            for path in ("/v1/plans", "/v1/nowhere", "/metrics", "/v1/ledger")
        ]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, told.read_text()
    finally:
        process.kill()
        process.wait()
    said = told.read_text()
    assert "has ended" in [json.loads(line) for line in said.splitlines()][-1]["message"]
    for place in (said, *problems):
        assert SECRET not in place
        assert SECRET[::-1] not in place
    with opened(shell.url) as engine, over_all(engine) as connection:
        for name in fenced_tables():
            assert SECRET not in str(connection.execute(text(f'SELECT * FROM "{name}"')).all())  # noqa: S608 - our own names
