"""A plan's whole life through the HTTP API alone, as `docs/api.md` tells a reader to drive it."""

import re
import subprocess
import sys
import time
from pathlib import Path

from tests.databases import fresh_url
from tests.oncourse.shells import AnyShell

SCRIPT = Path("docs/plan_life.py").resolve()
SOON = 60
"""Seconds in which a process must have started, on a busy machine too."""


def test_a_second_terminal_drives_a_whole_plan_through_the_api(capsys, tmp_path, monkeypatch):
    folder = Path("oncourse/demo_data").resolve()
    monkeypatch.chdir(tmp_path)
    shell = AnyShell(capsys, fresh_url("sqlite", tmp_path))
    shell.run("init", "--zone", "Europe/Berlin", "--clock", "2026-03-02T08:00:00+01:00")
    shell.run("import", str(folder), "--as", "admin")
    for name, role in (("p-otto", "plan_approver"), ("p-mara", "editor")):
        shell.run("principal", "add", name, "--role", role, "--as", "admin")
    told = tmp_path / "told"
    with told.open("w") as file:
        server = subprocess.Popen(shell.words("--drafter", "playbook", "serve", "--port", "0"), stderr=file)
    try:
        ends = time.monotonic() + SOON
        while (
            not (found := re.search(r"(http://127\.0\.0\.1:\d+)/livez", told.read_text())) and time.monotonic() < ends
        ):
            time.sleep(0.1)
        links = [
            shell.run("principal", "link", name, "--as", "admin").strip() for name in ("admin", "p-otto", "p-mara")
        ]
        done = subprocess.run(
            [sys.executable, str(SCRIPT), found.group(1), *links], capture_output=True, text=True, check=False
        )
    finally:
        server.terminate()
        server.wait(30)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "approved exactly as read: APPROVED" in done.stdout
    assert "the plan is COMPLETED: Completed on" in done.stdout
    assert "no row differs from them" in done.stdout
    assert shell.run("doctor")


def test_the_script_says_in_one_line_what_it_lacks(tmp_path):
    for words in ([], ["http://127.0.0.1:9", "a", "b", "c"]):
        done = subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
