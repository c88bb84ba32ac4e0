"""People sign in and out over HTTP and on the page; machines get tokens."""

import re

import pytest

from plan import Principal, Role
from tests.databases import fresh_url
from tests.oncourse.web.entrances import GOOD, Entrance


@pytest.fixture
def door(tmp_path):
    return Entrance(fresh_url("sqlite", tmp_path))


def test_somebody_signs_in_is_told_who_they_are_and_signs_out(door):
    door.settle("sara")
    browser = door.browser()
    body = {"tenant": "t1", "principal": "sara", "password": GOOD, "code": door.code("sara")}
    told = browser.post("/v1/session", json=body)
    assert (told.status_code, told.json()["complete"], told.json()["roles"]) == (201, True, ["senior_approver"])
    me = browser.get("/v1/session").json()
    assert (me["tenant_id"], me["principal_id"], me["by"]) == ("t1", "sara", "session")
    assert me["strong_at"] is not None
    assert browser.delete("/v1/session").status_code == 204
    assert browser.get("/v1/session").status_code == 401


def test_the_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts(door):
    told = door.browser().post("/v1/session:enrol", json={"link": door.link("sara"), "password": GOOD})
    cookie = told.headers["set-cookie"]
    assert cookie.startswith("__Host-oncourse=")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {"httponly", "secure", "samesite=lax", "path=/"}


def test_a_second_factor_is_told_once_and_the_session_opens_nothing_before_it_is_confirmed(door):
    browser = door.browser()
    told = browser.post("/v1/session:enrol", json={"link": door.link("sara"), "password": GOOD}).json()
    assert (told["complete"], told["otpauth"][:10]) == (False, "otpauth://")
    for answer in (browser.get("/v1/session"), browser.get("/v1/plans"), browser.delete("/v1/session")):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    door.keep("sara", told["otpauth"])
    done = browser.post("/v1/session:enrol", json={"code": door.code("sara")}).json()
    assert (done["complete"], done["otpauth"]) == (True, "")
    assert browser.get("/v1/plans").status_code == 200


def test_the_tenant_of_the_settings_is_meant_where_none_is_named(door):
    door.settle("sara")
    told = door.browser().post("/v1/session", json={"principal": "sara", "password": GOOD, "code": door.code("sara")})
    assert told.json()["tenant_id"] == "t1"


def test_a_right_password_without_a_code_asks_for_the_code_and_any_wrong_part_is_one_answer(door):
    door.settle("sara")
    browser = door.browser()

    def answer(**change):
        body = {"principal": "sara", "password": GOOD, "code": door.code("sara")} | change
        told = browser.post("/v1/session", json=body)
        assert told.status_code == 401
        assert "www-authenticate" in told.headers
        return told.json()["code"], told.json()["detail"]

    assert answer(code="")[0] == "second_factor_needed"
    wrong = {answer(password="something else here"), answer(principal="nobody"), answer(code="000000")}
    assert [code for code, _ in wrong] == ["sign_in_refused"]


@pytest.mark.parametrize(
    "body",
    [{"link": "x"}, {"link": "x", "password": GOOD, "code": "1"}, {"password": GOOD, "code": "1"}],
)
def test_an_enrolment_that_mixes_things_is_refused(door, body):
    told = door.browser().post("/v1/session:enrol", json=body)
    assert (told.status_code, told.json()["code"]) == (422, "bad_input")


def test_a_secret_in_a_body_that_does_not_fit_is_not_repeated(door):
    told = door.browser().post("/v1/session", json={"principal": "sa ra", "password": "hunter2-hunter2"})
    assert told.status_code == 422
    assert "hunter2" not in told.text


def test_a_password_is_changed_after_a_fresh_second_factor(door):
    browser = door.settle("sara")
    other = door.sign_in("sara")
    door.pass_time(700)
    refused = browser.post("/v1/session:enrol", json={"password": "an entirely other phrase"})
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_needed")
    assert browser.post("/v1/session:step-up", json={"code": door.code("sara")}).status_code == 200
    assert browser.post("/v1/session:enrol", json={"password": "an entirely other phrase"}).status_code == 200
    door.pass_time()
    assert browser.get("/v1/session").status_code == 200
    assert other.get("/v1/session").status_code == 401
    door.sign_in("sara", password="an entirely other phrase")


def test_signing_out_everywhere_ends_every_session(door):
    one = door.settle("sara")
    two = door.sign_in("sara")
    assert two.delete("/v1/session", params={"everywhere": True}).status_code == 204
    assert one.get("/v1/session").status_code == 401


def test_a_token_is_made_listed_used_and_revoked(door):
    root = door.settle("root")
    made = root.post("/v1/tokens", json={"name": "crm-sync", "scopes": ["read", "propose"], "days": 7})
    assert made.status_code == 201, made.text
    secret, token_id = made.json()["secret"], made.json()["token_id"]
    program = door.browser(authorization=f"Bearer {secret}")
    assert program.get("/v1/session").json()["scopes"] == ["propose", "read"]
    listed = root.get("/v1/tokens")
    assert [one["token_id"] for one in listed.json()["tokens"]] == [token_id]
    assert secret not in listed.text
    assert listed.json()["tokens"][0]["used_at"] is not None
    assert root.delete(f"/v1/tokens/{token_id}").status_code == 204
    assert program.get("/v1/session").status_code == 401
    assert root.delete(f"/v1/tokens/{token_id}").status_code == 404


def test_only_revops_and_administrators_manage_tokens(door):
    sara = door.settle("sara")
    for answer in (
        sara.get("/v1/tokens"),
        sara.post("/v1/tokens", json={"name": "bot", "scopes": ["read"]}),
        sara.delete("/v1/tokens/k-1"),
    ):
        assert (answer.status_code, answer.json()["grant"]) == (403, "AUTH-TOKENS")


def test_the_page_leads_from_the_link_to_being_in_and_out_again_without_a_script(door):
    browser, link = door.browser(), door.link("sara")
    page = browser.get("/sign-in", params={"link": link})
    assert f'value="{link}"' in page.text
    assert browser.get("/sign-in", params={"link": link}).status_code == 200
    weak = browser.post("/sign-in/link", data={"link": link, "password": "short"})
    assert (weak.status_code, 'role="alert"' in weak.text) == (403, True)
    page = browser.post("/sign-in/link", data={"link": link, "password": GOOD})
    door.factors["sara"] = re.search(r"<code>([A-Z2-7]+)</code>", page.text)[1]
    key = door.factors["sara"]
    wrong = browser.post("/sign-in/code", data={"code": "000000", "key": key})
    assert (wrong.status_code, re.search(r"<code>([A-Z2-7]+)</code>", wrong.text)[1]) == (403, key)
    blind = browser.post(
        "/sign-in/code", data={"code": "000000", "key": "A" * len(key)}
    )  # who has not seen it gets another
    door.factors["sara"] = re.search(r"<code>([A-Z2-7]+)</code>", blind.text)[1]
    assert door.factors["sara"] not in {key, "A" * len(key)}
    done = browser.post("/sign-in/code", data={"code": door.code("sara")})
    assert (done.status_code, done.headers["location"]) == (303, "/plans")
    assert "<strong>sara</strong>" in browser.get("/sign-in").text
    door.pass_time()
    assert browser.post("/sign-in/step-up", data={"code": door.code("sara")}).status_code == 303
    assert browser.post("/sign-in/step-up", data={"code": door.code("sara")}).status_code == 403
    assert "signed out" in browser.post("/sign-in/out").text
    assert browser.get("/v1/session").status_code == 401
    door.pass_time()
    form = {"tenant": "t1", "principal": "sara", "password": GOOD}
    refused = browser.post("/sign-in", data=form)
    assert (refused.status_code, "authenticator shows" in refused.text) == (403, True)
    assert browser.post("/sign-in", data=form | {"code": door.code("sara")}).status_code == 303


def test_the_page_needs_no_script_no_style_of_its_own_and_says_what_each_field_is(door):
    page = door.browser().get("/sign-in").text
    assert "<script" not in page
    assert "style=" not in page
    assert page.count("<label") == page.count("<input")
    assert '<html lang="en">' in page


def test_what_is_typed_is_shown_as_text(door):
    form = {"tenant": "t1", "principal": '"><img src=x onerror=alert(1)>', "password": GOOD}
    page = door.browser().post("/sign-in", data=form).text
    assert "<img" not in page
    assert "&lt;img" in page


def test_an_auditor_is_in_without_a_second_factor(door):
    rita = Principal(principal_id="rita", tenant_id="t1", roles=frozenset({Role.AUDITOR}))
    door.house.orchestrator.add_principal(rita, door.house.who("root"))
    browser = door.settle("rita")
    assert browser.get("/v1/plans").status_code == 200
    assert browser.get("/v1/session").json()["strong_at"] is None


@pytest.mark.parametrize("to", ["/review", "/review/3f?step=4a", "/plans?show=all&after=x"])
def test_whoever_was_on_the_way_to_a_page_comes_there(door, to):
    browser = door.settle("sara")
    door.pass_time()
    page = browser.get("/sign-in", params={"next": to}).text
    assert f'href="{to.replace("&", "&amp;")}">Go on' in page
    answer = browser.post("/sign-in/step-up", data={"code": door.code("sara"), "next": to})
    assert (answer.status_code, answer.headers["location"]) == (303, to)


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "/..//x:y", ""]
)
def test_nobody_is_led_to_another_site(door, to):
    browser = door.settle("sara")
    door.pass_time()
    assert 'href="/plans">Go on' in browser.get("/sign-in", params={"next": to}).text
    answer = browser.post("/sign-in/step-up", data={"code": door.code("sara"), "next": to})
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans")
