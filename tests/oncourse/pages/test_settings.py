"""What people set up on the pages of settings: themselves, others, programs, and who is told."""

import re

import pytest

from tests.databases import fresh_url
from tests.oncourse.web.entrances import GOOD, Entrance


@pytest.fixture
def root(browser):
    return browser("root")


def known(door, name):
    with door.house.unit() as unit:
        return unit.principals.get(name)


def test_everybody_reads_who_they_are_and_where_assistants_come_in(browser):
    page = browser().open("/settings")
    assert "otto" in page.text
    assert "https://testserver/mcp" in page.text
    assert "LIVE: effects leave the house" in page.text


def test_single_keys_are_switched_off_and_on_in_this_browser_alone(browser):
    otto = browser()
    otto.open("/settings")
    otto.press("Switch them off")
    assert 'data-keys="off"' in otto.answer.text
    otto.press("Switch them on")
    assert 'data-keys="on"' in otto.answer.text


def test_an_administrator_adds_somebody_with_roles(door, root):
    root.open("/settings/people")
    page = root.press("Add", who="p-mara", roles=["operator", "editor"], limit="500000")
    assert "Taken." in page.text
    mara = known(door, "p-mara")
    assert (sorted(mara.roles), mara.approval_limit_minor) == (["editor", "operator"], 500_000)


def test_roles_that_are_saved_anew_replace_the_old_ones(door, root):
    root.open("/settings/people")
    root.press("Save what otto may do", roles=["auditor"])
    assert sorted(known(door, "otto").roles) == ["auditor"]


@pytest.mark.parametrize(
    ("who", "limit", "told"), [("not a name!", "", "nobody can"), ("p-mara", "much", "whole number")]
)
def test_what_does_not_fit_is_refused_on_the_page_with_what_was_typed(root, who, limit, told):
    root.open("/settings/people")
    page = root.press("Add", status=422, who=who, roles=["editor"], limit=limit)
    assert told.lower() in page.text.lower()
    assert f'value="{who}"' in root.answer.text


def test_whoever_is_suspended_may_act_no_more_until_restored(door, root):
    root.open("/settings/people")
    root.press("Suspend otto", reason="left the company")
    assert not known(door, "otto").active
    root.press("Let otto act again", reason="came back")
    assert known(door, "otto").active


def test_the_last_administrator_is_kept_and_the_page_says_why(door, root):
    with door.house.unit() as unit:
        admins = [one.principal_id for one in unit.principals.every() if "tenant_admin" in one.roles]
    root.open("/settings/people")
    for name in admins:
        if name != "root":
            root.press(f"Suspend {name}", reason="left the company")
    answer = door.of("root").post(
        "/settings/people/suspend", data={"key": "k" * 16, "who": "root", "reason": "left the company"}
    )
    assert 400 <= answer.status_code < 500
    assert "Nothing was changed" in answer.text
    assert known(door, "root").active


def test_a_one_time_link_is_shown_once(root):
    root.open("/settings/people")
    page = root.press("One-time link for otto")
    assert "https://testserver/sign-in?link=" in page.text
    assert "/sign-in?link=" not in root.open("/settings/people").text


def test_who_is_no_administrator_sees_people_and_no_way_to_change_them(browser):
    page = browser().open("/settings/people")
    assert "A tenant admin adds people" in page.text
    assert not [one for one in page.forms if one.action.startswith("/settings/people")]


def test_the_house_refuses_who_is_no_administrator_whatever_is_sent(door, browser):
    body = {"key": "k" * 16, "who": "p-mara", "roles": ["tenant_admin"]}
    answer = door.of("otto").post("/settings/people", data=body)
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.text


def test_a_token_is_shown_once_and_revoked(root):
    root.open("/settings/programs")
    page = root.press("Make it", name="crm-sync", scopes=["read"], days="30")
    assert "onc_" in page.text
    token = re.search(r"k-[0-9a-f]{12}", page.text).group()
    assert "onc_" not in root.open("/settings/programs").text
    assert "opens nothing any more" in root.press(f"Revoke {token}").text


@pytest.mark.parametrize(("typed", "told"), [({"days": "soon"}, "no number of days"), ({"scopes": []}, "at least one")])
def test_a_token_that_does_not_fit_is_refused_in_one_line(root, typed, told):
    root.open("/settings/programs")
    page = root.press("Make it", status=422, **({"name": "crm-sync", "scopes": ["read"], "days": "30"} | typed))
    assert told in page.text
    assert 'value="crm-sync"' in root.answer.text


def test_a_webhook_shows_its_secret_once_and_is_removed(door, root):
    door.front.settings = door.front.settings.model_copy(update={"webhooks_allow_loopback": True})
    root.open("/settings/programs")
    page = root.press("Add it", url="http://127.0.0.1:9/told", types="plan.activated.v1")
    assert "whsec_" in page.text
    assert "whsec_" not in root.open("/settings/programs").text
    assert "Nobody outside is told" in root.press("Remove http://127.0.0.1:9/told").text


def test_programs_are_closed_to_who_does_not_set_the_tenant_up(browser):
    assert "Not yours to see" in browser().open("/settings/programs").text


def test_a_password_is_changed_after_a_second_factor_and_the_new_session_goes_on(tmp_path):
    door = Entrance(fresh_url("sqlite", tmp_path))
    door.settle("sara")
    one = door.browser()
    one.post("/v1/session", json={"principal": "sara", "password": GOOD, "code": door.code("sara")})
    one.headers["sec-fetch-site"] = "same-origin"
    answer = one.post("/settings/password", data={"new": "another good battery"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?done=password")
    assert "The password is changed" in one.get(answer.headers["location"]).text
    short = one.post("/settings/password", data={"new": "short"})
    assert (short.status_code, "Nothing was changed" in short.text) == (422, True)
