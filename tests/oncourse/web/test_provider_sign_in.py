"""Signing in through a provider of its own process, from the first click to the last."""

import os
import re
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from oncourse.config import OidcSettings
from oncourse.web.callers import COOKIE
from oncourse.web.provider_sign_in import BEGUN
from plan import Role
from tests.databases import fresh_url
from tests.oncourse.web.entrances import Entrance, cookie_of

SOON = 60


@pytest.fixture(scope="module")
def issuer():
    """A provider in a process of its own; it signs in whoever says who they are."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(words, env=os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"}, **quiet)
    address, ends = f"http://127.0.0.1:{port}", time.monotonic() + SOON
    try:
        while True:
            try:
                httpx2.get(f"{address}/.well-known/openid-configuration", timeout=5).raise_for_status()
                break
            except httpx2.HTTPError:
                assert time.monotonic() < ends
                time.sleep(0.1)
        yield address
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def door(issuer, tmp_path):
    made = Entrance(fresh_url("sqlite", tmp_path))
    made.house.clock.set(datetime.now(UTC) + timedelta(seconds=1))
    told = OidcSettings(
        issuer=issuer, client_id="plans", client_secret=SecretStr("x"), roles={"bosses": Role.SENIOR_APPROVER}
    )
    made.front.settings = made.front.settings.model_copy(update={"oidc": told})
    return made


def is_known(issuer, subject, **claims):
    httpx2.put(f"{issuer}/users/{subject}", json=claims, timeout=5).raise_for_status()


def sent(browser, *, step_up=False):
    answer = browser.get("/v1/sign-in/oidc", params={"step_up": True} if step_up else {})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def says_who(location, subject):
    """Do at the provider what a person does there, and return the way back."""
    answer = httpx2.post(location, data={"sub": subject}, timeout=5)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def comes_back(browser, location):
    return browser.get(location, headers={"sec-fetch-site": "cross-site"})


def test_somebody_signs_in_is_known_by_their_groups_and_signs_out_there_too(door, issuer):
    is_known(issuer, "ada", groups=["bosses", "others"])
    browser = door.browser()
    page = browser.get("/sign-in").text
    assert 'href="/v1/sign-in/oidc"' in page
    back = says_who(sent(browser), "ada")
    assert back.startswith("https://testserver/v1/sign-in/oidc/callback?code=")
    answer = comes_back(browser, back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans")
    assert browser.cookies.get(BEGUN) is None
    me = browser.get("/v1/session").json()
    assert me["principal_id"].startswith("u-")
    assert me["roles"] == ["senior_approver"]
    assert me["strong_at"] is None
    assert door.house.broken() == []
    out = browser.post("/sign-in/out")
    assert f"{issuer}/oauth2/end_session" in out.text
    assert browser.get("/v1/session").status_code == 401


def test_a_second_factor_at_the_provider_counts_here(door, issuer):
    now = int(datetime.now(UTC).timestamp())
    is_known(issuer, "eve", groups=["bosses"], amr=["pwd", "mfa"], auth_time=now)
    browser = door.browser()
    comes_back(browser, says_who(sent(browser), "eve"))
    old = cookie_of(browser)
    assert browser.get("/v1/session").json()["strong_at"] is not None
    location = sent(browser, step_up=True)
    assert parse_qs(urlsplit(location).query)["max_age"] == ["0"]
    assert comes_back(browser, says_who(location, "eve")).status_code == 303
    assert cookie_of(browser) != old
    assert door.browser(cookie=f"{COOKIE}={old}").get("/v1/session").status_code == 401
    is_known(issuer, "mallory", groups=["bosses"], amr=["mfa"], auth_time=now)
    refused = comes_back(browser, says_who(sent(browser, step_up=True), "mallory"))
    assert refused.status_code == 403
    is_known(issuer, "eve", groups=["bosses"], amr=["pwd"], auth_time=now)
    assert comes_back(browser, says_who(sent(browser, step_up=True), "eve")).status_code == 403


def test_somebody_of_no_group_that_is_known_is_told_so_on_the_page(door, issuer):
    is_known(issuer, "zoe", groups=["others"])
    browser = door.browser()
    answer = comes_back(browser, says_who(sent(browser), "zoe"))
    assert (answer.status_code, "none of your groups" in answer.text) == (403, True)
    assert cookie_of(browser) is None


def test_an_answer_that_another_browser_asked_for_signs_nobody_in(door, issuer):
    is_known(issuer, "ada", groups=["bosses"])
    attacker, victim = door.browser(), door.browser()
    stolen = says_who(sent(attacker), "ada")
    answer = comes_back(victim, stolen)
    assert (answer.status_code, cookie_of(victim)) == (403, None)
    sent(victim)
    assert comes_back(victim, stolen).status_code == 403
    assert cookie_of(victim) is None


def test_an_answer_counts_once(door, issuer):
    is_known(issuer, "ada", groups=["bosses"])
    browser = door.browser()
    location = sent(browser)
    kept = browser.cookies.get(BEGUN)
    back = says_who(location, "ada")
    assert comes_back(browser, back).status_code == 303
    again = door.browser(cookie=f"{BEGUN}={kept}")
    assert comes_back(again, back).status_code == 403


def test_what_the_provider_refused_is_told_without_its_words(door, issuer):
    browser = door.browser()
    state = re.search(r"state=([\w-]+)", sent(browser))[1]
    answer = browser.get(
        "/v1/sign-in/oidc/callback",
        params={"state": state, "error": "access_denied", "error_description": "<b>evil</b>"},
    )
    assert answer.status_code == 403
    assert "evil" not in answer.text


def test_without_a_provider_there_is_no_such_way_in(door):
    door.front.settings = door.front.settings.model_copy(update={"oidc": None})
    for path in ("/v1/sign-in/oidc", "/v1/sign-in/oidc/callback"):
        answer = door.browser().get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_provider")
    assert "organisation" not in door.browser().get("/sign-in").text


def test_a_provider_that_is_away_is_one_clear_answer(door):
    told = door.front.settings.oidc.model_copy(update={"issuer": "http://127.0.0.1:9"})
    door.front.settings = door.front.settings.model_copy(update={"oidc": told})
    answer = door.browser().get("/v1/sign-in/oidc")
    assert (answer.status_code, answer.json()["code"]) == (503, "identity_provider")


def test_browsers_come_back_to_the_public_address(door):
    door.front.settings = door.front.settings.model_copy(update={"public_url": "https://plans.example"})
    asked = parse_qs(urlsplit(sent(door.browser())).query)
    assert asked["redirect_uri"] == ["https://plans.example/v1/sign-in/oidc/callback"]
