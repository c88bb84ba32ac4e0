"""Threats at the door, each with the test that shows it does not work."""

import pytest

from oncourse.identity.passwords import Passwords
from oncourse.web.callers import COOKIE
from oncourse.web.fences import CSP
from plan import PlanStatus, Principal, Role
from tests.databases import fresh_url
from tests.oncourse.web.entrances import GOOD, Entrance, cookie_of
from tests.oncourse.web.test_plans import decide, read
from tests.orchestrator.test_approvals import add, policy, publish


@pytest.fixture
def door(tmp_path):
    return Entrance(fresh_url("sqlite", tmp_path))


@pytest.fixture
def draft(door):
    return str(door.house.draft())


def a_token(door, *scopes):
    root = door.settle("root")
    told = root.post("/v1/tokens", json={"name": "bot", "scopes": list(scopes or ("read", "propose", "events"))})
    return told.json()["secret"]


def test_t8_a_token_with_every_scope_approves_nothing(door, draft):
    program = door.browser(authorization=f"Bearer {a_token(door)}")
    body, etag = read(program, draft)
    for verb, said in (("approve", {"digest": body["approve_with"]}), ("reject", {"reason": "no longer wanted"})):
        answer = decide(program, draft, verb, said, etag)
        assert answer.status_code == 403, answer.text
        assert "F02" in answer.json()["detail"]
    assert door.house.plan(draft).status is PlanStatus.DRAFT


def test_t8_a_token_makes_no_tokens_and_signs_nobody_out(door):
    program = door.browser(authorization=f"Bearer {a_token(door)}")
    assert program.post("/v1/tokens", json={"name": "bot", "scopes": ["read"]}).status_code == 403
    assert program.get("/v1/tokens").status_code == 403
    assert program.delete("/v1/session").status_code == 403


def test_t8_a_session_as_a_bearer_and_a_token_as_a_cookie_are_nobody(door):
    browser = door.settle("otto")
    as_bearer = door.browser(authorization=f"Bearer {cookie_of(browser)}")
    assert as_bearer.get("/v1/session").status_code == 401
    as_cookie = door.browser()
    as_cookie.cookies.set(COOKIE, a_token(door), domain="testserver.local")
    as_cookie.headers["cookie"] = f"{COOKIE}={a_token_again(door)}"
    assert as_cookie.get("/v1/session").status_code == 401


def a_token_again(door):
    root = door.sign_in("root")
    return root.post("/v1/tokens", json={"name": "bot", "scopes": ["read"]}).json()["secret"]


def test_t8_a_session_beside_a_bad_token_does_not_count(door):
    browser = door.settle("otto")
    answer = browser.get("/v1/session", headers={"authorization": "Bearer onc_unknown"})
    assert answer.status_code == 401
    answer = browser.get("/v1/session", headers={"authorization": "Basic b3R0bzp4"})
    assert answer.status_code == 401


def test_t8_naming_another_person_or_tenant_in_a_header_or_a_body_changes_nobody(door, draft):
    browser = door.settle("mara")
    body, etag = read(browser, draft)
    extra = {"x-principal": "sara", "x-tenant": "t2", "x-forwarded-user": "sara"}
    for name, value in extra.items():
        browser.headers[name] = value
    assert browser.get("/v1/session").json()["principal_id"] == "mara"
    answer = decide(browser, draft, "approve", {"digest": body["approve_with"], "principal": "sara"}, etag)
    assert answer.status_code == 422
    assert decide(browser, draft, "approve", {"digest": body["approve_with"]}, etag).status_code == 403


def test_t10_whoever_edited_a_plan_does_not_approve_it_in_another_session_either(door, draft):
    both = Principal(principal_id="mara", tenant_id="t1", roles=frozenset({Role.EDITOR, Role.SENIOR_APPROVER}))
    door.house.orchestrator.add_principal(both, door.house.who("root"))
    browser = door.settle("mara")
    body, etag = read(browser, draft)
    gone = body["plan"]["steps"][-1]["step_id"]
    change = {"removed": [{"step_id": gone, "reason": "not this quarter"}]}
    edited = browser.patch(
        f"/v1/plans/{draft}", json=change, headers={"if-match": etag, "idempotency-key": "edit-0001"}
    )
    assert edited.status_code == 200, edited.text
    other = door.sign_in("mara")
    body, etag = read(other, draft)
    answer = decide(other, draft, "approve", {"digest": body["approve_with"]}, etag)
    assert (answer.status_code, answer.json()["grant"]) == (403, "AUTH-F03-own-content")


UNSAFE = [
    ("POST", "/v1/plans/x:approve"), ("POST", "/v1/session"), ("DELETE", "/v1/session"), ("POST", "/v1/session:enrol"),
    ("POST", "/v1/tokens"), ("PATCH", "/v1/plans/x"), ("POST", "/sign-in"), ("POST", "/sign-in/out"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), UNSAFE)
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "https://testserver"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver"},
        {"origin": "https://testserver:444"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "authorization": "Basic b3R0bzp4"},
        {},
    ],
)
def test_t11_a_cross_site_request_with_a_cookie_is_refused(door, method, path, headers):
    browser = door.browser()
    browser.headers.pop("sec-fetch-site")
    browser.headers["cookie"] = f"{COOKIE}=whatever"
    answer = browser.request(method, path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "https://testserver"}])
def test_t11_a_request_of_our_own_pages_passes(door, headers):
    browser = door.settle("otto")
    browser.headers.pop("sec-fetch-site")
    assert browser.delete("/v1/session", headers=headers).status_code == 204


def test_t11_a_program_with_a_token_passes_wherever_it_says_it_comes_from(door):
    program = door.browser(authorization=f"Bearer {a_token(door)}", origin="https://elsewhere.example")
    program.headers.pop("sec-fetch-site")
    assert program.post("/v1/plans", json={}).status_code == 422


def test_t11_a_page_of_another_site_signs_nobody_in_as_somebody_else(door):
    answer = door.browser(**{"sec-fetch-site": "cross-site"}).post(
        "/sign-in", data={"tenant": "t1", "principal": "evil", "password": GOOD}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_session_that_was_planted_before_the_sign_in_opens_nothing_after_it(door):
    attacker = door.settle("otto")
    victim = door.browser()
    victim.cookies.set(COOKIE, cookie_of(attacker), domain="testserver.local", path="/")
    planted = cookie_of(attacker)
    door.settle("sara")
    door.sign_in("sara", victim)
    assert victim.get("/v1/session", headers={"cookie": f"{COOKIE}={planted}"}).status_code == 401
    made_up = door.browser()
    made_up.headers["cookie"] = f"{COOKIE}=chosen-by-somebody-else"
    told = door.sign_in("sara", made_up)
    assert told.cookies.get(COOKIE) != "chosen-by-somebody-else"


def test_a_session_is_another_one_after_the_second_factor(door):
    browser = door.settle("sara")
    old = cookie_of(browser)
    assert browser.post("/v1/session:step-up", json={"code": door.code("sara")}).status_code == 200
    assert cookie_of(browser) != old
    thief = door.browser(cookie=f"{COOKIE}={old}")
    assert thief.get("/v1/session").status_code == 401


def test_a_cookie_that_was_stolen_opens_nothing_after_the_sign_out(door):
    browser = door.settle("sara")
    thief = door.browser(cookie=f"{COOKIE}={cookie_of(browser)}")
    assert thief.get("/v1/session").status_code == 200
    browser.delete("/v1/session")
    assert thief.get("/v1/session").status_code == 401
    assert thief.get("/v1/plans").status_code == 401


def test_a_stranger_is_answered_as_a_known_person_with_a_wrong_password_after_the_same_work(door, monkeypatch):
    door.settle("sara")
    compared, fits = [], Passwords.fits
    monkeypatch.setattr(Passwords, "fits", lambda self, kept, p: (compared.append(p), fits(self, kept, p))[1])
    answers = [
        door.browser().post("/v1/session", json={"principal": name, "password": "something else here"})
        for name in ("sara", "nobody")
    ]
    assert len(compared) == 2
    one, two = (dict(a.headers) for a in answers)
    assert (answers[0].status_code, answers[0].content, one) == (answers[1].status_code, answers[1].content, two)


def test_a_token_that_is_revoked_or_over_opens_nothing(door):
    root = door.settle("root")
    made = [root.post("/v1/tokens", json={"name": "bot", "scopes": ["read"], "days": days}).json() for days in (1, 365)]
    one, two = (door.browser(authorization=f"Bearer {told['secret']}") for told in made)
    assert root.delete(f"/v1/tokens/{made[1]['token_id']}").status_code == 204
    assert (one.get("/v1/plans").status_code, two.get("/v1/plans").status_code) == (200, 401)
    door.pass_time(24 * 3600)
    assert one.get("/v1/plans").status_code == 401


def test_a_token_opens_no_more_than_its_scopes(door):
    program = door.browser(authorization=f"Bearer {a_token(door, 'events')}")
    answer = program.get("/v1/plans")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")


def test_what_is_high_takes_a_second_factor_of_the_last_minutes(door):
    add(door.house, "rob", Role.TENANT_ADMIN)
    publish(door.house, policy(actions__RENEWAL_DEFENSE__REQUEST_RENEWAL_MEETING__risk="HIGH"))
    draft = str(door.house.draft())
    sara = door.settle("sara")
    body, etag = read(sara, draft)
    assert body["plan"]["risk"] == "HIGH"
    door.pass_time(16 * 60)
    answer = decide(sara, draft, "approve", {"digest": body["approve_with"]}, etag, key="too-late-1")
    assert (answer.status_code, answer.json()["grant"]) == (403, "AUTH-F07-second-factor")
    assert sara.post("/v1/session:step-up", json={"code": door.wrong_code("sara")}).status_code == 401
    assert sara.post("/v1/session:step-up", json={"code": door.code("sara")}).status_code == 200
    answer = decide(sara, draft, "approve", {"digest": body["approve_with"]}, etag, key="in-time-1")
    assert answer.status_code == 200, answer.text
    assert len(door.house.record(draft).state.approvals) == 1


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "", "127.0.0.1.evil.example", "[::1", "a b"]
)
def test_another_name_for_this_address_leads_nowhere(door, host):
    answer = door.browser().get("/sign-in", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "other_host")


@pytest.mark.parametrize("host", ["testserver", "TestServer:8642", "localhost:8642", "127.0.0.1:1", "[::1]:8642"])
def test_its_own_names_lead_here(door, host):
    assert door.browser().get("/sign-in", headers={"host": host}).status_code == 200


def test_a_supervisor_asks_under_any_name(door):
    assert door.browser().get("/livez", headers={"host": "10.1.2.3:8642"}).status_code == 200


@pytest.mark.parametrize("path", ["/sign-in", "/v1/session", "/nowhere", "/livez", "/openapi.json"])
def test_t12_every_answer_says_what_a_page_may_do(door, path):
    headers = door.browser().get(path).headers
    assert headers["content-security-policy"] == CSP
    assert "unsafe-inline" not in CSP.replace("style-src-attr 'unsafe-inline'", "")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("sent", [{"json": {"link": "x" * 70_000}}, {"data": {"password": "x" * 70_000}}])
def test_a_body_of_more_than_64_kib_is_refused(door, sent):
    for path in ("/v1/session:enrol", "/sign-in"):
        assert door.browser().post(path, **sent).status_code == 413


def test_a_body_that_says_no_length_is_refused_once_it_grows_too_large(door):
    def parts():
        for _ in range(70):
            yield b"x" * 1000

    assert door.browser().post("/v1/session:enrol", content=parts()).status_code == 413
    small = door.browser().post("/sign-in", content=iter([b"tenant=t1&principal=x&", b"password=y"]),
                                headers={"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert small.status_code == 403
