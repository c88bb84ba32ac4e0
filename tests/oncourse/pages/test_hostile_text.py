"""What a model, a CRM or a person wrote is shown as text on every page, and never runs."""

from contextlib import suppress
from datetime import timedelta

import pytest

from oncourse.web import listening
from orchestrator import PlanEdit, Records, StepEdit
from plan import OncourseError, PlanError
from tests.databases import fresh_url
from tests.house import records
from tests.oncourse.pages.browsing import Served, at_a_desk
from tests.oncourse.pages.test_every_page import addresses_of
from tests.oncourse.web.conftest import Door

CORPUS = (
    "<script>window.ran=1</script>",
    "<img src=x onerror=window.ran=1>",
    '"><svg onload=window.ran=1>',
    "' onmouseover=window.ran=1 autofocus onfocus=window.ran=1 x='",
    "</textarea><script>window.ran=1</script>",
    "</title></style><iframe srcdoc='<script>parent.ran=1</script>'>",
    "javascript:window.ran=1",
    "{{ 7*7 }}{% raw %}${7*7}",
    "<a href=javascript:window.ran=1 hx-get=/sign-in/out hx-trigger=load>x</a>",
    "<div hx-on:load=window.ran=1 hx-post=/plans data-hx-trigger=load>",
    "<form action=/sign-in/out method=post><button>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example/>",
    "]]><!--<math><mtext></form><mglyph><style></math><img src onerror=window.ran=1>",
)


@pytest.fixture
def hostile(tmp_path):
    """A served tenant every text of which wants to run."""
    door = Door(fresh_url("sqlite", tmp_path))
    house = door.house
    for number, text in enumerate(CORPUS):
        name, clean = f"a{number:02}", text.replace("\n", " ")
        known = records(name, renews_on=(house.clock.now() + timedelta(days=80 + number)).date(), segment=clean)
        known["accounts"] = tuple(one.model_copy(update={"name": clean}) for one in known["accounts"])
        known["contacts"] = tuple(one.model_copy(update={"name": clean}) for one in known["contacts"])
        known["signals"] = tuple(one.model_copy(update={"note": clean}) for one in known["signals"])
        house.orchestrator.take_records(Records(families=known), house.who("root"))
        with suppress(OncourseError, PlanError, IndexError):
            house.posture(name)
            plan_id = house.plan_of(name)
            step = house.plan(plan_id).steps[0]
            edit = PlanEdit(changed=(StepEdit(step_id=step.step_id, rationale=clean),))
            house.orchestrator.edit(plan_id, edit, house.who("mara"))
        with suppress(OncourseError, IndexError):
            house.orchestrator.send_back(house.plan_of(name), clean, house.who("otto"))
    with listening(door.app, "127.0.0.1", 0) as address:
        yield Served(door, address)


def test_nothing_that_anybody_wrote_runs_on_any_page(chromium, hostile):
    with hostile.door.house.unit() as unit:
        plans = [str(record.plan.plan_id) for record in unit.plans.page(100)]
    assert len(plans) > len(CORPUS) // 2
    with at_a_desk(chromium, hostile) as desk:
        asked = []
        desk.page.on("request", lambda request: asked.append(request.url))
        for path in addresses_of(plans, [f"a{number:02}" for number in range(len(CORPUS))]):
            page = desk.open(path)
            assert page.evaluate("window.ran") is None, path
            assert page.locator("iframe, base, [onerror], [onload], main script").count() == 0, path
    assert {url for url in asked if not url.startswith(hostile.address)} == set()
    assert not [url for url in asked if "sign-in/out" in url]
