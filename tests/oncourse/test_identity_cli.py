"""`oncourse token`, `principal link` and `principal sign-out` as people use them."""

import re

import pytest

from oncourse.clock import RealClock, random_salt
from oncourse.identity import Doorkeeper, Local, Sessions
from store import Store, Whose, open_engine
from tests.databases import fresh_url
from tests.oncourse.shells import AnyShell


@pytest.fixture
def shell(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = AnyShell(capsys, fresh_url("sqlite", tmp_path))
    made.run("init", "--zone", "Europe/Berlin")
    made.run("principal", "add", "p-mara", "--role", "editor", "--as", "admin")
    return made


@pytest.fixture
def store(shell):
    made = Store(open_engine(shell.url), random_salt)
    yield made
    made.close()


def test_a_token_is_printed_once_listed_without_its_secret_and_revoked(shell, store):
    secret = shell.run("token", "add", "crm-sync", "--scope", "events", "--days", "7", "--as", "admin").strip()
    assert re.fullmatch(r"onc_[A-Za-z0-9_-]{43}", secret)
    assert "shown only now" in shell.err
    keeper = Doorkeeper(store, RealClock())
    assert keeper.by_token(secret).scopes == {"events"}
    [known] = shell.json("token", "list", "--as", "admin")
    assert (known["principal_id"], known["scopes"], known["revoked_at"]) == ("crm-sync", ["events"], None)
    listed = shell.run("token", "list", "--as", "admin")
    assert "crm-sync" in listed
    assert secret not in listed + str(known)
    shell.run("token", "revoke", known["token_id"], "--as", "admin")
    assert keeper.by_token(secret) is None
    assert "revoked" in shell.run("token", "list", "--as", "admin")
    assert "token list" in shell.refuse("token", "revoke", known["token_id"], "--as", "admin", expect=5)


def test_a_token_takes_scopes_days_and_somebody_who_may(shell):
    assert "--scope" in shell.refuse("token", "add", "bot", "--as", "admin", expect=2)
    assert "there is no scope approve" in shell.refuse(
        "token", "add", "bot", "--scope", "approve", "--as", "admin", expect=2
    )
    assert "365" in shell.refuse("token", "add", "bot", "--scope", "read", "--days", "400", "--as", "admin", expect=2)
    assert "revops or tenant_admin" in shell.refuse(
        "token", "add", "bot", "--scope", "read", "--as", "p-mara", expect=3
    )
    assert "is no machine" in shell.refuse("token", "add", "p-mara", "--scope", "read", "--as", "admin", expect=2)


def test_a_link_lets_somebody_choose_a_password_and_the_ledger_knows_who_made_it(shell, store):
    told = shell.run("principal", "link", "p-mara", "--as", "admin").strip()
    assert told.startswith("http://127.0.0.1:8642/sign-in?link=")
    assert "15 minutes" in shell.err
    local = Local(store, RealClock(), random_salt)
    assert local.enrol(told.partition("=")[2], "correct horse battery").person.principal_id == "p-mara"
    with store.unit("main", RealClock().now(), reading=True) as unit:
        entry = list(unit.entries("principal/p-mara"))[-1]
    assert (entry.actor.id, entry.reason.code) == ("admin", "sign_in_link")


def test_a_link_is_for_active_people_and_made_by_an_administrator(shell):
    assert "p-mara may not add_principal" in shell.refuse("principal", "link", "admin", "--as", "p-mara", expect=3)
    assert "principal list" in shell.refuse("principal", "link", "nobody", "--as", "admin", expect=5)
    shell.run("principal", "deactivate", "p-mara", "--reason", "left the company", "--as", "admin")
    assert "no active person" in shell.refuse("principal", "link", "p-mara", "--as", "admin", expect=2)


def test_a_link_leads_to_where_browsers_reach_the_installation(shell, monkeypatch):
    monkeypatch.setenv("ONCOURSE_PUBLIC_URL", "https://plans.example/")
    told = shell.json("principal", "link", "p-mara", "--as", "admin")
    assert told["link"].startswith("https://plans.example/sign-in?link=")


def test_signing_somebody_out_and_letting_them_go_end_their_sessions(shell, store):
    clock = RealClock()
    sessions, keeper = Sessions(store, clock, random_salt), Doorkeeper(store, clock)

    def signed_in():
        return sessions.open(Whose("main", "p-mara"), "local", clock.now()).secret

    one, two = signed_in(), signed_in()
    assert "tenant_admin" in shell.refuse("principal", "sign-out", "admin", "--as", "p-mara", expect=3)
    assert "2 sessions" in shell.run("principal", "sign-out", "p-mara", "--as", "admin")
    assert keeper.by_session(one) is keeper.by_session(two) is None
    secret = signed_in()
    shell.run("principal", "deactivate", "p-mara", "--reason", "left the company", "--as", "admin")
    shell.run("principal", "reactivate", "p-mara", "--reason", "came back", "--as", "admin")
    assert keeper.by_session(secret) is None
