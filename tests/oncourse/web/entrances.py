"""The door as people find it: nobody is known before they sign in."""

from urllib.parse import parse_qs, urlsplit

import pyotp
from fastapi.testclient import TestClient

from oncourse.clock import SeededSalt
from oncourse.identity import Doorkeeper, Links
from oncourse.web.callers import COOKIE
from store import Whose
from tests.oncourse.web.conftest import Door

GOOD = "correct horse battery"
SAME = {"sec-fetch-site": "same-origin"}


class Entrance(Door):
    """The application with the real doorkeeper, and what its people know."""

    def __init__(self, url):
        super().__init__(url)
        self.front.doorkeeper = Doorkeeper(self.house.store, self.house.clock)
        self.links = Links(self.house.store, self.house.clock, SeededSalt("links"))
        self.factors = {}

    def browser(self, **headers):
        """Return a browser of its own, on pages of ours."""
        return TestClient(self.app, base_url="https://testserver", headers=SAME | headers, follow_redirects=False)

    def pass_time(self, seconds=30):
        self.house.clock.set(self.house.clock.now() + self.house.clock.now().resolution * seconds * 1_000_000)

    def link(self, name):
        return self.links.make(Whose("t1", name))

    def code(self, name):
        return pyotp.TOTP(self.factors[name]).at(self.house.clock.now())

    def wrong_code(self, name):
        return f"{(int(self.code(name)) + 111_111) % 1_000_000:06}"

    def keep(self, name, otpauth):
        self.factors[name] = parse_qs(urlsplit(otpauth).query)["secret"][0]

    def settle(self, name, password=GOOD):
        """Let somebody choose a password and a second factor; return the browser in which they are signed in."""
        browser = self.browser()
        told = browser.post("/v1/session:enrol", json={"link": self.link(name), "password": password})
        assert told.status_code == 200, told.text
        if told.json()["otpauth"]:
            self.keep(name, told.json()["otpauth"])
            told = browser.post("/v1/session:enrol", json={"code": self.code(name)})
            assert told.status_code == 200, told.text
        self.pass_time()
        return browser

    def sign_in(self, name, browser=None, password=GOOD):
        browser = browser or self.browser()
        body = {"tenant": "t1", "principal": name, "password": password, "code": self.code(name)}
        told = browser.post("/v1/session", json=body)
        assert told.status_code == 201, told.text
        self.pass_time()
        return browser


def cookie_of(browser):
    return browser.cookies.get(COOKIE)
