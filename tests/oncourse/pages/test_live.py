"""Open pages hear of what happens: lists are drawn anew, and a plan that is being read is never changed unseen."""

import time

from tests.oncourse.pages.browsing import Desk, at_a_desk


def test_a_list_shows_what_another_person_just_decided(chromium, own_site):
    house = own_site.door.house
    with at_a_desk(chromium, own_site) as desk:
        page = desk.open("/review")
        before = page.locator(".list .row").count()
        house.orchestrator.reject(house.plan_of("harbor"), "They are being sold.", house.who("sara"))
        page.locator(".list .row").nth(before - 1).wait_for(state="detached")
        assert "Harbor" not in page.locator(".list").inner_text()


def test_a_page_hears_of_what_happens_however_late_a_script_of_it_came(chromium, own_site):
    house = own_site.door.house

    def late(route):
        if "/htmx.js" not in route.request.url:
            time.sleep(0.5)
        route.continue_()

    desk = Desk(chromium, own_site, "otto")
    desk.page.route("**/*.js", late)
    page = desk.open("/review")
    before = page.locator(".list .row").count()
    house.orchestrator.reject(house.plan_of("harbor"), "They are being sold.", house.who("sara"))
    page.locator(".list .row").nth(before - 1).wait_for(state="detached")
    desk.close()


def test_what_is_being_read_says_that_it_moved_on_and_stays_as_it_was(chromium, own_site):
    house = own_site.door.house
    fjord = house.plan_of("fjord")
    with at_a_desk(chromium, own_site) as desk:
        page = desk.open(f"/review/{fjord}")
        page.keyboard.press("r")
        page.keyboard.type("half a reason")
        seen = page.locator("input[name=seen]").first.input_value()
        house.orchestrator.approve(fjord, house.record(fjord).content_digest, house.who("sara"))
        page.wait_for_selector("#news .call")
        assert "moved on while you read" in page.locator("#news").inner_text()
        assert page.locator("#why-back").input_value() == "half a reason"
        assert page.locator("input[name=seen]").first.input_value() == seen


def test_news_of_another_plan_changes_nothing(chromium, own_site):
    house = own_site.door.house
    with at_a_desk(chromium, own_site) as desk:
        page = desk.open(f"/review/{house.plan_of('fjord')}")
        with page.expect_response("**/news?*") as heard:
            house.orchestrator.reject(house.plan_of("harbor"), "They are being sold.", house.who("sara"))
        assert heard.value.status == 204
        assert page.locator("#news").inner_text() == ""


def test_an_edit_is_judged_while_it_is_typed_and_nothing_is_written(chromium, own_site):
    house = own_site.door.house
    fjord = house.plan_of("fjord")
    with at_a_desk(chromium, own_site, "mara") as desk:
        page = desk.open(f"/plans/{fjord}/edit")
        step = house.step(fjord, "PREP_RENEWAL_BRIEF").step_id
        page.locator(f"#why-{step}").fill("we have one")
        page.locator(f"[name='remove-{step}']").check()
        page.wait_for_selector("#judged .tag.bad")
        assert "Denied" in page.locator("#judged").inner_text()
    assert house.plan(fjord).revision == 1
