"""`oncourse serve` as an operator meets it: two probes, a clean end, and one clear line where it cannot start."""

import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import httpx2
import pytest
from sqlalchemy import text

from oncourse.clock import VirtualClock
from oncourse.web import Health
from oncourse.web.health import PATIENCE, STILL
from store import SchemaError, StoreError, open_engine, queue_url, schema_state
from tests.databases import fresh_url
from tests.house import MONDAY
from tests.oncourse.shells import AnyShell

LATEST = schema_state(open_engine("sqlite://"))[1]
SOON = 60
"""Seconds in which a process must have started, on a busy machine too."""
CONTEXT = multiprocessing.get_context("forkserver")


def ask(address):
    answer = httpx2.get(address, timeout=10)
    return answer.status_code, answer.headers["content-type"], answer.json()


def eventually(what):
    ends = time.monotonic() + SOON
    while not (found := what()) and time.monotonic() < ends:
        time.sleep(0.1)
    return found


def heads(url, number):
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :number"), {"number": number})
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def shell(request, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return AnyShell(capsys, fresh_url(request.param, tmp_path)).found()


@pytest.fixture
def plain(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return AnyShell(capsys, fresh_url("sqlite", tmp_path))


def test_both_probes_answer_what_is_wrong_is_said_and_the_end_is_clean(shell, tmp_path):
    shell.run("--tenant", "lab", "init", "--zone", "Europe/Berlin", "--clock", "2026-03-02T08:00:00+01:00")
    told = tmp_path / "told"
    with told.open("w") as file:
        process = subprocess.Popen(shell.words("serve", "--port", "0"), stderr=file)
    try:
        address = eventually(lambda: re.search(r"(http://127\.0\.0\.1:\d+)/livez", told.read_text())).group(1)
        assert eventually(lambda: ask(f"{address}/readyz")[0] == 200), told.read_text()
        assert ask(f"{address}/livez") == (200, "application/json", {"status": "alive"})
        heads(shell.url, "0001")
        status, kind, body = ask(f"{address}/readyz")
        assert (status, kind, body["code"], body["status"]) == (503, "application/problem+json", "schema", 503)
        assert "oncourse db check" in body["detail"]
        assert ask(f"{address}/livez")[0] == 200
        heads(shell.url, LATEST)
        assert ask(f"{address}/readyz")[0] == 200
        assert ask(f"{address}/v1/nowhere")[:2] == (404, "application/problem+json")
        process.send_signal(signal.SIGTERM)
        assert process.wait(SOON) == 0, told.read_text()
    finally:
        process.kill()
        process.wait()
    assert "has ended" in told.read_text()
    assert told.read_text().count("is virtual") == told.read_text().count("the clock of lab is virtual") == 1
    assert "Traceback" not in told.read_text()
    engine = open_engine(shell.url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM worker")).scalar_one() == 0
    engine.dispose()


def serve_slowly(words, begun, done):
    """Serve, but take two seconds over each visit."""
    from oncourse.cli import main
    from oncourse.durable import DurableEngine

    def visit(_self, _tenant, _target):
        Path(begun).touch()
        time.sleep(2)
        Path(done).touch()

    DurableEngine._visit = visit
    raise SystemExit(main(words))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_visit_under_way_is_finished_before_the_process_ends(plain, tmp_path, number):
    plain.found()
    event = {"specversion": "1.0", "id": "p-1", "source": "crm", "type": "posture.changed", "subject": "aurora",
             "data": {"posture": "AT_RISK"}}  # fmt: skip
    (tmp_path / "event.json").write_text(json.dumps(event))
    plain.run("event", "send", "event.json")
    begun, done = tmp_path / "begun", tmp_path / "done"
    words = ["--db", plain.url, "serve", "--port", "0"]
    child = CONTEXT.Process(target=serve_slowly, args=(words, str(begun), str(done)), daemon=True)
    child.start()
    assert eventually(begun.exists)
    os.kill(child.pid, number)
    child.join(SOON)
    assert (child.exitcode, done.exists()) == (0, True)


def test_a_port_in_use_is_one_line_and_no_worker_begins(plain):
    plain.found()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = plain.refuse("serve", "--port", str(port), expect=1)
    assert told == f"oncourse: port {port} of 127.0.0.1 is in use; end what listens there, or choose another --port"


def test_an_address_of_another_machine_is_one_line(plain):
    plain.found()
    assert "192.0.2.1 is not listened on" in plain.refuse("serve", "--host", "192.0.2.1", "--port", "0", expect=1)


def test_serve_is_refused_where_there_is_nothing_to_serve(plain):
    assert "oncourse init" in plain.refuse("serve", "--port", "0", expect=1)
    plain.run("init", "--clock", "2026-03-02T08:00:00+01:00")
    assert "virtual" in plain.refuse("worker", expect=2)
    heads(plain.url, "0001")
    assert "oncourse db upgrade" in plain.refuse("serve", "--port", "0", expect=1)


def test_a_queue_that_cannot_be_opened_is_one_line(plain):
    plain.found()
    Path(queue_url(plain.url).removeprefix("sqlite:///")).write_text("this is no database, but a text of some length")
    told = plain.run("serve", "--port", "0", expect=1)
    assert told == ""
    assert plain.err.splitlines()[-1].startswith("oncourse: the queue cannot be opened (file is not a database)")


class Worker:
    looked_at = MONDAY

    def __init__(self, heard=True):
        self._heard = heard

    def heard(self):
        if isinstance(self._heard, Exception):
            raise self._heard
        return self._heard


def health(worker, check=lambda: None):
    clock, stop = VirtualClock(MONDAY), Event()
    return Health(worker, check, clock, stop), clock, stop


def test_a_look_loop_that_does_not_move_is_not_alive_until_it_moves_again():
    worker = Worker()
    told, clock, _ = health(worker)
    clock.set(MONDAY + STILL)
    assert told.alive() is None
    clock.set(MONDAY + STILL + timedelta(seconds=1))
    assert told.alive().code == "stuck"
    worker.looked_at = clock.now()
    assert told.alive() is None


def test_a_worker_that_starts_or_ends_lives_but_is_not_ready():
    worker = Worker()
    worker.looked_at = None
    told, clock, stop = health(worker)
    assert (told.alive(), told.ready().code) == (None, "starting")
    clock.set(MONDAY + STILL + timedelta(seconds=1))
    assert told.alive().code == "stuck"
    stop.set()
    assert (told.alive(), told.ready().code) == (None, "ending")


@pytest.mark.parametrize(
    ("heard", "code"),
    [
        (False, "heartbeat_stale"),
        (SchemaError("there is no database at postgresql://secret"), "schema"),
        (StoreError("the database does not answer (secret)"), "database"),
    ],
)
def test_what_is_not_ready_is_named_without_a_place(heard, code):
    told, _, _ = health(Worker(heard))
    found = told.ready()
    assert found.code == code
    assert "secret" not in found.detail


def test_a_database_that_hangs_holds_no_probe_and_is_asked_once():
    asked, go = [], Event()

    def hang():
        asked.append(datetime.now(UTC))
        go.wait(SOON)

    told, _, _ = health(Worker(), hang)
    began = time.monotonic()
    assert told.ready().code == "database_silent"
    assert told.ready().code == "database_silent"
    assert time.monotonic() - began < 4 * PATIENCE
    assert len(asked) == 1
    go.set()
    assert eventually(lambda: told.ready() is None)
