"""A door over a tenant in a file: people and programs with known secrets, and a clock that the test moves."""

from threading import Event
from typing import NamedTuple

import pytest
from fastapi.testclient import TestClient

from oncourse.config import Settings
from oncourse.web import Front, Health, build_app
from oncourse.web.callers import COOKIE
from orchestrator import Acting
from plan import ActorKind, Principal, Role
from store import NotFoundError
from tests.databases import fresh_url
from tests.house import House


class Signed(NamedTuple):
    """What a doorkeeper says of a secret."""

    tenant_id: str
    acting: Acting
    scopes: frozenset[str]


class Doorkeeper:
    """Knows everybody by their name, and programs by what they may."""

    def __init__(self, house):
        self.house, self.tenants, self.strong = house, {}, set()

    def by_session(self, secret):
        name, _, tenant = secret.partition("@")
        if not name:
            return None
        try:
            with self.house.store.unit(tenant or "t1", self.house.clock.now(), reading=True) as unit:
                who = unit.principals.get(name)
        except NotFoundError:
            return None
        strong = self.house.clock.now() if name in self.strong else None
        return Signed(tenant or "t1", Acting(principal=who, authenticated="session", strong_at=strong), frozenset())

    def by_token(self, secret):
        kind, _, scopes = secret.partition(":")
        if kind != "onc_known":
            return None
        who = Principal(principal_id="robot", tenant_id="t1", kind=ActorKind.AGENT, roles=frozenset({Role.PROPOSER}))
        return Signed("t1", Acting(principal=who, authenticated="token"), frozenset(filter(None, scopes.split("+"))))


class Worker:
    """A worker that is well."""

    def __init__(self, clock):
        self.looked_at = clock.now()

    def heard(self):
        return True


class Door:
    """The application, and the house behind it."""

    def __init__(self, url, **settings):
        self.house = House(url)
        with self.house.store.unit("t1", self.house.clock.now()) as unit:
            unit.set_virtual_now(self.house.clock.now())
        self.keeper = Doorkeeper(self.house)
        settings = {"allowed_hosts": ("testserver",)} | settings
        settings = Settings(database=url, tenant="t1", drafter="playbook", **settings)
        self.front = Front(settings, self.house.store, self.house.executor, self.house.clock, self.keeper)
        self.app = build_app(self.front, Health(Worker(self.house.clock), lambda: None, self.house.clock, Event()))

    def of(self, name="", *, token=""):
        """Return a client of a person, of a program, or of nobody."""
        client = TestClient(self.app, base_url="https://testserver", raise_server_exceptions=True)
        if name:
            client.cookies.set(COOKIE, name)
            client.headers["sec-fetch-site"] = "same-origin"
        if token:
            client.headers["authorization"] = f"Bearer onc_known:{token}"
        return client


@pytest.fixture
def door(tmp_path):
    return Door(fresh_url("sqlite", tmp_path))


@pytest.fixture
def draft(door):
    """The id of a draft that waits for its review."""
    return str(door.house.draft())
