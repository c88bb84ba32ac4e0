"""The first hour of the five kinds of people who use this, each in a real browser."""

import json

import yaml

from gate import default_bundle
from plan import PlanStatus, StepStatus
from tests.oncourse.pages.browsing import at_a_desk


def test_a_revops_engineer_tries_a_stricter_policy_and_stops_everything(chromium, own_site):
    raw = default_bundle().model_dump(mode="json") | {"name": "stricter", "max_steps": 5}
    with at_a_desk(chromium, own_site, "root") as desk:
        page = desk.open("/policy")
        assert "in force" in page.locator("main").inner_text()
        page.get_by_label("The bundle as YAML").fill(yaml.safe_dump(raw))
        page.get_by_role("button", name="What would it change?").click()
        page.get_by_text("What it would have changed").wait_for()
        assert "answered otherwise" in page.locator("main").inner_text()
        page = desk.open("/ops")
        page.get_by_label("What", exact=True).select_option(index=0)
        page.get_by_label("Why?", exact=True).fill("We look at the texts first.")
        page.get_by_role("button", name="Stop it").click()
        page.get_by_text("is stopped").wait_for()
        page = desk.open("/settings")
        assert page.locator("h1").inner_text()
    assert own_site.door.house.orchestrator.governance.switches()


def test_an_owner_reads_an_account_edits_a_draft_and_reports_what_came_of_a_task(chromium, own_site):
    house = own_site.door.house
    with at_a_desk(chromium, own_site, "mara") as desk:
        page = desk.open("/accounts")
        page.get_by_label("Find").fill("fjord")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("link", name="Fjord GmbH").click()
        assert "At risk" in page.locator("main").inner_text()
        page.get_by_role("link", name="Renewal defense").click()
        page.get_by_role("link", name="Edit").click()
        step = house.step(house.plan_of("fjord"), "LAUNCH_ADOPTION_PLAY").step_id
        page.locator(f"#why-{step}").fill("They asked for quiet.")
        page.locator(f"[name='remove-{step}']").check()
        page.locator("#judged .tag").wait_for()
        page.get_by_role("button", name="Save as v2").click()
        page.get_by_text("Edited: a new revision").wait_for()
        page.get_by_role("link", name="Versions").click()
        assert "They asked for quiet." in page.locator("main").inner_text()
    assert house.plan(house.plan_of("fjord")).revision == 2


def test_a_reviewer_changes_a_text_and_approves_it_word_for_word(chromium, own_site):
    house = own_site.door.house
    vela = house.plan_of("vela")
    with at_a_desk(chromium, own_site, "otto") as desk:
        page = desk.open(f"/plans/{vela}")
        page.get_by_role("link", name="Review").last.click()
        page.get_by_label("The text, word for word as it leaves").fill("Dear Ida, may we talk on Thursday?")
        page.get_by_role("button", name="Approve text").click()
        page.get_by_text("It leaves in ten seconds").wait_for()
    ready = [step for step in house.plan(vela).steps if step.status is StepStatus.READY]
    with house.unit() as unit:
        kept = unit.effects.artefact(vela, ready[0].step_id, 1)
        assert unit.blobs.reveal(kept.ref) == "Dear Ida, may we talk on Thursday?"


def test_a_manager_approves_what_is_high_with_a_second_person_and_steers_a_plan(chromium, own_site):
    house = own_site.door.house
    own_site.door.keeper.strong |= {"sara", "vera"}
    north, vela = house.plan_of("northwind"), house.plan_of("vela")
    for name in ("sara", "vera"):
        with at_a_desk(chromium, own_site, name) as desk:
            page = desk.open(f"/review/{north}")
            page.get_by_role("button", name="Approve plan").click()
            page.locator(".toast").wait_for()
    assert house.plan(north).status is PlanStatus.APPROVED
    with at_a_desk(chromium, own_site, "sara") as desk:
        for summary, act, status in (
            ("Pause", "pause", PlanStatus.PAUSED),
            ("Resume", "resume", PlanStatus.ACTIVE),
            ("Hand over", "transfer", PlanStatus.PAUSED),
            ("End it", "abort", PlanStatus.ABORTED),
        ):
            page = desk.open(f"/plans/{vela}")
            page.locator("summary", has_text=summary).click()
            if act == "transfer":
                page.locator("#to").select_option("otto")
            page.locator(f"#why-{act}").fill("The customer asked for it.")
            page.locator(f"form[action$='/{act}'] button").click()
            page.locator(".toast").wait_for()
            assert house.plan(vela).status is status
        assert "ended: cancelled" in desk.open("/ledger?show=ends").locator("main").inner_text()


def test_what_is_high_asks_for_a_second_factor_and_says_where(chromium, own_site):
    north = own_site.door.house.plan_of("northwind")
    with at_a_desk(chromium, own_site, "sara") as desk:
        page = desk.open(f"/review/{north}")
        page.get_by_role("button", name="Approve plan").click()
        page.locator(".panel").wait_for()
        assert (
            page.get_by_role("link", name="Show a second factor").get_attribute("href")
            == f"/sign-in?next=/review/{north}"
        )
        desk.complaints.clear()  # the browser notes a 403 that was answered with a page
    assert own_site.door.house.record(north).state.approvals == ()


def test_an_auditor_sees_why_who_and_when_verifies_and_takes_it_away(chromium, own_site):
    house = own_site.door.house
    dune = house.plan_of("dune")
    with at_a_desk(chromium, own_site, "root") as desk:
        page = desk.open(f"/plans/{dune}")
        told = page.locator("main").inner_text()
        assert "They renewed by phone for another year." in told
        assert "otto" in told
        page.locator(".story a").last.click()
        page.get_by_text("This is the past.").wait_for()
        page = desk.open("/ledger")
        page.get_by_role("button", name="Verify the ledger").click()
        page.get_by_text("entries holds").wait_for()
        answer = page.request.get(f"/v1/plans/{dune}/ledger", headers={"cookie": "__Host-oncourse=root"})
        assert json.loads(answer.text())["entries"][0]["entry"]["type"] == "plan.proposed.v1"


def test_an_eval_engineer_finds_the_exam_and_where_its_numbers_come_from(chromium, own_site):
    with at_a_desk(chromium, own_site, "root") as desk:
        told = desk.open("/evals").locator("main").inner_text()
        assert "No answer here comes from a real Claude model" in told
