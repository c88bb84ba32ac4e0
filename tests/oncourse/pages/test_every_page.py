"""Every page, found from the application's own routes: for every eye, on every screen, with and without a script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from oncourse.web import sign_in_page
from oncourse.web.pages import PAGES
from tests.oncourse.pages.browsing import DESK, NARROW, PHONE, at_a_desk

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
NO_PAGE = ("/assets/", "/v1/", "/mcp", "/livez", "/readyz", "/metrics", "/openapi.json", "/news", "/export")


def addresses(site):
    """Return every page of the application, each with the ids of something that is there."""
    house = site.door.house
    ids = {name: house.plan_of(name) for name in ("northwind", "vela", "dune", "lumen")}
    found = []
    for path in sorted({path for path, methods in routes() if "GET" in methods}):
        if any(part in path for part in NO_PAGE) or path.startswith("/sign-in/"):
            continue
        plans = (
            list(ids.values()) if path in {"/plans/{plan_id:uuid}", "/review/{plan_id:uuid}"} else [ids["northwind"]]
        )
        found += [filled(path, plan_id) for plan_id in (plans if "{plan_id" in path else [""])]
    texts = [step for step in house.plan(ids["vela"]).steps if step.status == "PENDING_APPROVAL"]
    return [*found, f"/review/{ids['vela']}?step={texts[0].step_id}", f"/review/{house.plan_of('kestrel')}"]


def addresses_of(plans, accounts):
    """Return every page, for each of some plans and accounts."""
    found = []
    for path in sorted({path for path, methods in routes() if "GET" in methods}):
        if not any(part in path for part in NO_PAGE) and not path.startswith("/sign-in/"):
            told = [path.replace("{plan_id:uuid}", plan) for plan in plans] if "{plan_id" in path else [path]
            found += (
                [re.sub(r"\{account_id[^}]*\}", one, each) for each in told for one in accounts]
                if "{account" in path
                else told
            )
    return found


def routes():
    for router in (*PAGES, sign_in_page.router):
        yield from ((route.path, route.methods) for route in router.routes)


def filled(path, plan_id):
    path = re.sub(r"\{plan_id[^}]*\}", plan_id, path)
    return re.sub(r"\{account_id[^}]*\}", "northwind", path)


def test_the_pages_of_the_design_are_there():
    paths = {re.sub(r"\{[^}]*\}", "*", path) for path, _ in routes()}
    wanted = {"/review", "/review/*", "/plans", "/plans/*", "/plans/*/edit", "/sign-in"}
    assert wanted <= paths


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_no_page_keeps_anybody_out(chromium, site, scheme, size):
    found = {}
    with at_a_desk(chromium, site, "root" if size is PHONE else "otto", size=size, scheme=scheme) as desk:
        for path in addresses(site):
            page = desk.open(path)
            for one in Axe().run(page, options=RULES).response["violations"]:
                found[f"{path}: {one['id']}"] = [node["html"][:200] for node in one["nodes"]][:3]
    assert found == {}


def test_no_page_scrolls_sideways_on_the_narrowest_screen(chromium, site):
    wide = {}
    with at_a_desk(chromium, site, size=NARROW) as desk:
        for path in addresses(site):
            page = desk.open(path)
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 0:
                wide[path] = over
    assert wide == {}


def test_each_page_works_without_a_script(chromium, site):
    with at_a_desk(chromium, site, java_script_enabled=False) as desk:
        for path in addresses(site):
            page = desk.open(path)
            assert page.locator("h1").count() == 1, path
            assert page.locator("main").count() == 1, path


def test_nothing_comes_from_anywhere_else(chromium, site):
    with at_a_desk(chromium, site) as desk:
        asked = []
        desk.page.on("request", lambda request: asked.append(request.url))
        for path in addresses(site):
            desk.open(path)
    assert asked
    assert {url for url in asked if not url.startswith(site.address)} == set()


def test_a_printed_plan_shows_its_content_and_no_buttons(chromium, site):
    with at_a_desk(chromium, site) as desk:
        page = desk.open(f"/plans/{site.door.house.plan_of('vela')}")
        page.emulate_media(media="print")
        assert page.locator("h1").is_visible()
        assert page.locator("[aria-labelledby=story] .story").is_visible()
        for hidden in (".rail", ".steer"):
            assert not page.locator(hidden).first.is_visible(), hidden


def test_nothing_moves_for_whoever_wants_no_motion(chromium, site):
    with at_a_desk(chromium, site, reduced_motion="reduce") as desk:
        page = desk.open("/review")
        moving = page.evaluate("document.getAnimations().length")
        assert moving == 0


def test_states_can_be_told_apart_without_colours(chromium, site):
    with at_a_desk(chromium, site, forced_colors="active") as desk:
        page = desk.open(f"/plans/{site.door.house.plan_of('vela')}")
        assert page.locator("ol li .label small").first.inner_text()
        assert page.locator(".call b").first.is_visible()
