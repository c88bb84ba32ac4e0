"""`oncourse webhook` as somebody who sets a tenant up meets it."""

import json

import pytest

from oncourse.bootstrap import open_courier, open_store, pick_executor
from oncourse.clock import RealClock
from oncourse.config import read_settings
from tests.databases import fresh_url
from tests.oncourse.receivers import receiving
from tests.oncourse.shells import AnyShell


@pytest.fixture
def shell(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONCOURSE_WEBHOOKS_ALLOW_LOOPBACK", "true")
    made = AnyShell(capsys, fresh_url("sqlite", tmp_path))
    made.run("init", "--zone", "Europe/Berlin")
    return made


def test_a_webhook_is_added_tried_told_and_removed(shell):
    with receiving() as here:
        made = shell.run("webhook", "add", here.url, "--as", "admin")
        webhook_id = made.split()[1]
        assert "secret  whsec_" in made
        assert "taken (204)" in shell.run("webhook", "test", webhook_id, "--as", "admin")
        here.status = 500
        assert "not taken: the receiver answered 500" in shell.run(
            "webhook", "test", webhook_id, "--as", "admin", expect=1
        )
        here.status = 200
        shell.run("principal", "add", "p-otto", "--role", "plan_approver", "--as", "admin")
        told = json.loads(shell.run("webhook", "list", "--as", "admin", "--json"))
        assert (told[0]["webhook_id"], told[0]["behind"]) == (webhook_id, 1)
        settings = read_settings(database=shell.url)
        store = open_store(settings)
        assert open_courier(settings, store, pick_executor(settings)).round(RealClock().now()) == 1
        store.close()
        assert here.types[-1] == "oncourse.principal.added.v1"
        assert "all told" in shell.run("webhook", "list", "--as", "admin")
        assert "Nothing was given up" in shell.run("webhook", "undelivered", webhook_id, "--as", "admin")
        assert "0 letters taken" in shell.run("webhook", "redeliver", webhook_id, "--as", "admin")
        assert "whsec_" in shell.run("webhook", "rotate", webhook_id, "--hours", "0", "--as", "admin")
        shell.run("webhook", "remove", webhook_id, "--as", "admin")
        assert "Nobody outside is told" in shell.run("webhook", "list", "--as", "admin")


def test_who_may_not_and_what_cannot_be_is_answered_with_one_line_and_the_right_code(shell):
    shell.run("principal", "add", "p-otto", "--role", "plan_approver", "--as", "admin")
    shell.run("webhook", "list", "--as", "p-otto", expect=3)
    assert "AUTH-WEBHOOKS" in shell.err
    shell.run("webhook", "add", "https://user@x.test/", "--as", "admin", expect=2)
    assert "user name" in shell.err
    shell.run("webhook", "add", "https://10.0.0.1/", "--as", "admin", expect=2)
    shell.run("webhook", "test", "wh-none", "--as", "admin", expect=5)
