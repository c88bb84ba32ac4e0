"""A real browser in front of a tenant that is served on loopback."""

import shutil
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from playwright.sync_api import sync_playwright

from oncourse.web import listening
from oncourse.web.callers import COOKIE
from tests.databases import missing
from tests.oncourse.pages.tenant import populated

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESK, PHONE, NARROW = (1440, 900), (390, 844), (320, 640)


class Served(NamedTuple):
    """A tenant, and where it is served."""

    door: object
    address: str


@contextmanager
def served(directory):
    """Serve a tenant with something in every state."""
    door = populated(directory)
    with listening(door.app, "127.0.0.1", 0) as address:
        yield Served(door, address)


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium, without a window.

    It ends with its module: while it runs, its driver's event loop is the thread's, and no other test can have one.
    """
    if CHROMIUM is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Desk:
    """A person at a screen; whatever the browser complains about is kept."""

    def __init__(self, browser, site, name, size=DESK, scheme="light", **more):
        self.site = site
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, base_url=site.address, **more
        )
        if name:
            self.context.add_cookies(
                [{"name": COOKIE, "value": name, "domain": "127.0.0.1", "path": "/", "secure": True, "httpOnly": True}]
            )
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.complaints = []
        self.page.on("console", lambda said: said.type in {"error", "warning"} and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def open(self, path):
        answer = self.page.goto(path)
        assert answer.ok, (path, answer.status, answer.text()[:500])
        return self.page

    def close(self):
        self.context.close()


@contextmanager
def at_a_desk(browser, site, name="otto", **more):
    """Seat a person; nothing may have been complained about when they leave."""
    desk = Desk(browser, site, name, **more)
    try:
        yield desk
        assert not desk.complaints, desk.complaints
    finally:
        desk.close()
