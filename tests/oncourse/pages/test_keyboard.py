"""A reviewer works without a mouse."""

from datetime import timedelta

import pytest

from oncourse.web import listening
from plan import PlanStatus
from tests.databases import fresh_url
from tests.oncourse.pages.browsing import Served, at_a_desk
from tests.oncourse.web.conftest import Door

MANY = 40


@pytest.fixture
def forty(tmp_path):
    """A served tenant with forty drafts."""
    door = Door(fresh_url("sqlite", tmp_path))
    for number in range(MANY):
        renews_on = (door.house.clock.now() + timedelta(days=70 + number)).date()
        door.house.draft(f"account{number:02}", renews_on=renews_on)
    with listening(door.app, "127.0.0.1", 0) as address:
        yield Served(door, address)


def test_forty_drafts_are_decided_by_keys_alone(chromium, forty):
    house = forty.door.house
    with at_a_desk(chromium, forty) as desk:
        page = desk.open("/review")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/review/*")
        for number in range(MANY):
            was = page.url
            if number % 10 == 3:
                page.keyboard.press("r")
                page.keyboard.type("Please name the person who decides on their side.")
                page.keyboard.press("Tab")
                page.keyboard.press("Tab")
                page.keyboard.press("Enter")
            else:
                page.keyboard.press("a")
            page.wait_for_url(lambda url, was=was: url.split("?")[0] != was.split("?")[0])
            assert page.locator(".toast").inner_text().startswith("Sent back" if number % 10 == 3 else "Approved")
        assert page.locator("h2").first.inner_text() == "Nothing waits for you"
    with house.unit() as unit:
        plans = [record.plan.status for record in unit.plans.page(100)]
        back = [record for record in unit.plans.page(100) if record.state.sent_back]
    assert (plans.count(PlanStatus.APPROVED), len(back)) == (36, 4)


def test_an_approval_is_undone_by_a_key_and_later_leads_on(chromium, own_site):
    house = own_site.door.house
    fjord, harbor = house.plan_of("fjord"), house.plan_of("harbor")
    with at_a_desk(chromium, own_site) as desk:
        page = desk.open(f"/review/{fjord}")
        page.keyboard.press("s")
        page.wait_for_url(f"**/review/{harbor}")
        page.keyboard.press("k")
        page.wait_for_url(f"**/review/{fjord}")
        page.keyboard.press("a")
        page.wait_for_selector(".toast")
        assert house.plan(fjord).status is PlanStatus.APPROVED
        page.keyboard.press("z")
        page.wait_for_url(f"**/review/{fjord}*")
        assert "Taken back" in page.locator(".toast").inner_text()
    assert house.plan(fjord).status is PlanStatus.DRAFT


def test_keys_are_explained_and_can_be_switched_off(chromium, own_site):
    fjord = own_site.door.house.plan_of("fjord")
    with at_a_desk(chromium, own_site) as desk:
        page = desk.open(f"/review/{fjord}")
        page.keyboard.press("?")
        assert "approve" in page.locator("dialog.keys").inner_text()
        page.get_by_role("button", name="Switch these keys off").click()
        page.keyboard.press("a")
        page = desk.open(f"/review/{fjord}")
        page.keyboard.press("a")
        page.wait_for_timeout(300)
    assert own_site.door.house.plan(fjord).status is PlanStatus.DRAFT


def test_no_key_decides_while_somebody_types(chromium, own_site):
    fjord = own_site.door.house.plan_of("fjord")
    with at_a_desk(chromium, own_site) as desk:
        page = desk.open(f"/review/{fjord}")
        page.keyboard.press("r")
        page.keyboard.type("a rare reason, as it were")
        assert page.locator("#why-back").input_value() == "a rare reason, as it were"
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.keyboard.press("Control+a")
        page.wait_for_timeout(200)
    assert own_site.door.house.plan(fjord).status is PlanStatus.DRAFT


def test_the_decision_bar_hides_no_focus(chromium, own_site):
    fjord = own_site.door.house.plan_of("fjord")
    with at_a_desk(chromium, own_site) as desk:
        page = desk.open(f"/review/{fjord}")
        hidden = []
        for _ in range(60):
            page.keyboard.press("Tab")
            over = page.evaluate(
                """() => { const e = document.activeElement, b = document.querySelector('.decide');
                if (!e || e === document.body || b.contains(e)) return null;
                const r = e.getBoundingClientRect(), d = b.getBoundingClientRect();
                return r.height && r.top >= d.top && r.bottom <= d.bottom && r.left >= d.left && r.right <= d.right
                  ? e.outerHTML.slice(0, 120) : null; }"""
            )
            hidden += [over] if over else []
    assert hidden == []
