"""What a reviewer, an owner and a manager decide on the pages, without a script in the browser."""

from datetime import timedelta

import pytest

from oncourse.web.pages.deciding import PLAN_ACTS, STEP_ACTS, OfStep, PlanAct
from plan import PlanStatus, StepStatus
from tests.house import House


def status(door, plan_id):
    return door.house.plan(plan_id).status


def later(door, span):
    house = door.house
    house.clock.set(house.clock.now() + span)
    with house.unit() as unit:
        unit.set_virtual_now(house.clock.now())
    house.engine.run_due()


def until(door, wanted, days=40):
    """Let days pass until a step of the running plan stands as wanted; return both ids."""
    house: House = door.house
    plan_id = house.plan_of()
    for _ in range(days):
        found = next((s for s in house.plan(plan_id).steps if s.status is wanted), None)
        if found is not None:
            return plan_id, found
        house.run(1)
        with house.unit() as unit:
            unit.set_virtual_now(house.clock.now())
    raise AssertionError([s.status for s in house.plan(plan_id).steps])


def test_a_draft_is_approved_as_it_was_read_and_starts_after_ten_seconds(door, draft, browser):
    otto = browser()
    otto.open(f"/review/{draft}")
    page = otto.press("Approve plan")
    assert "Approved. It starts in ten seconds." in page.text
    assert status(door, draft) is PlanStatus.APPROVED
    later(door, timedelta(seconds=11))
    assert status(door, draft) is PlanStatus.ACTIVE


def test_an_approval_is_taken_back_at_once(door, draft, browser):
    otto = browser()
    otto.open(f"/review/{draft}")
    otto.press("Approve plan")
    page = otto.press("Undo")
    assert "Taken back" in page.text
    assert otto.at.path == f"/review/{draft}"
    assert (status(door, draft), door.house.plan(draft).revision) == (PlanStatus.DRAFT, 2)


def test_taken_back_too_late_it_says_what_to_do_instead(door, draft, browser):
    otto = browser()
    otto.open(f"/review/{draft}")
    otto.press("Approve plan")
    later(door, timedelta(seconds=11))
    page = otto.press("Undo", status=422)
    assert "pause or reopen the plan instead" in page.text
    assert status(door, draft) is PlanStatus.ACTIVE


def test_sent_twice_a_form_is_done_once(door, draft, browser):
    otto, again = browser(), browser()
    otto.open(f"/review/{draft}")
    again.page = otto.page
    otto.press("Approve plan")
    again.press("Approve plan")
    assert len(door.house.record(draft).state.approvals) == 1


def test_a_draft_that_changed_while_it_was_read_is_not_approved_and_the_page_says_what_changed(door, draft, browser):
    otto, mara = browser(), browser("mara")
    otto.open(f"/review/{draft}")
    mara.open(f"/plans/{draft}/edit")
    step = door.house.step(draft, "RUN_VALUE_REVIEW").step_id
    mara.press("Save", **{f"due-{step}": "2026-04-28"})
    page = otto.press("Approve plan", status=412)
    assert "This changed while you were reading" in page.text
    assert "Nothing was decided." in page.text
    assert "Run value review: due changed" in page.text
    assert status(door, draft) is PlanStatus.DRAFT
    assert door.house.record(draft).state.approvals == ()


def test_a_draft_is_sent_back_with_a_reason_and_answered_on_the_edit_page(door, draft, browser):
    otto, mara = browser(), browser("mara")
    otto.open(f"/review/{draft}")
    page = otto.press("Send back", where="send-back", reason="Too early for a value review.")
    assert "Sent back with your reason." in page.text
    mara.open(f"/plans/{draft}/edit")
    step = door.house.step(draft, "RUN_VALUE_REVIEW").step_id
    page = mara.press("Save", status=422, **{f"due-{step}": "2026-05-04"})
    assert "answer each reason" in page.text
    assert 'value="2026-05-04"' in mara.answer.text, "what was typed stays"
    mara.press("Save", **{"answer-1": "It is due a week later now."})
    page = otto.open(f"/review/{draft}")
    assert "Too early for a value review." in page.text
    assert "It is due a week later now." in page.text
    assert "compared with v1, which you last decided on" in page.text


def test_a_reason_that_is_too_short_stays_in_the_form(door, draft, browser):
    otto = browser()
    otto.open(f"/review/{draft}")
    page = otto.press("Send back", where="send-back", status=422, reason="no")
    assert "Nothing was decided" in page.text
    assert [form for form in page.forms if form.fields.get("reason") == ["no"]]


def test_whoever_may_not_approve_is_told_who_could(door, draft, browser):
    page = browser("mara").open(f"/review/{draft}")
    assert "This waits for somebody else." in page.text
    assert not any(told.startswith("Approve plan") for form in page.forms for told in form.buttons)
    answer = door.of("mara").post(
        f"/plans/{draft}/approve",
        data={"key": "k" * 12, "back": "review", "seen": door.of("mara").get(f"/v1/plans/{draft}").headers["etag"],
              "digest": door.house.record(draft).content_digest[7:30]},
    )  # fmt: skip
    assert answer.status_code == 403
    assert "otto" in answer.text
    assert status(door, draft) is PlanStatus.DRAFT


def test_a_text_is_edited_and_approved_and_leaves_word_for_word(door, draft, browser):
    door.house.approve(draft)
    door.house.engine.run_due()
    plan_id, step = until(door, StepStatus.PENDING_APPROVAL)
    otto = browser()
    otto.open(f"/review/{plan_id}?step={step.step_id}")
    page = otto.press("Approve text", text="Hello Ida,\r\n\r\nmay we talk on Thursday?")
    assert "Approved. It leaves in ten seconds." in page.text
    with door.house.unit() as unit:
        kept = unit.effects.artefact(plan_id, step.step_id, 1)
        assert unit.blobs.reveal(kept.ref) == "Hello Ida,\n\nmay we talk on Thursday?"
    assert door.house.plan(plan_id).step(step.step_id).status is StepStatus.READY


def test_a_text_that_was_not_edited_is_approved_as_rendered(door, draft, browser):
    door.house.approve(draft)
    door.house.engine.run_due()
    plan_id, step = until(door, StepStatus.PENDING_APPROVAL)
    otto = browser()
    otto.open(f"/review/{plan_id}?step={step.step_id}")
    otto.press("Approve text")
    with door.house.unit() as unit:
        told = [e for e in unit.entries(f"plan/{plan_id}") if e.type == "step.approved.v1"]
    assert told[-1].reason.code == "approved_as_rendered"


def test_a_text_is_refused_with_a_reason(door, draft, browser):
    door.house.approve(draft)
    door.house.engine.run_due()
    plan_id, step = until(door, StepStatus.PENDING_APPROVAL)
    otto = browser()
    otto.open(f"/review/{plan_id}?step={step.step_id}")
    otto.press("Refuse this text", reason="They asked us not to write this week.")
    assert door.house.plan(plan_id).step(step.step_id).status is StepStatus.SKIPPED


def test_a_manager_pauses_resumes_hands_over_and_ends_a_plan(door, draft, browser):
    door.house.approve(draft)
    door.house.engine.run_due()
    sara = browser("sara")
    sara.open(f"/plans/{draft}")
    page = sara.press("Pause", reason="The customer asked us to wait.")
    assert (status(door, draft), "Paused: nothing new starts." in page.text) == (PlanStatus.PAUSED, True)
    sara.press("Resume", reason="They are ready now.")
    assert status(door, draft) is PlanStatus.ACTIVE
    sara.press("Hand over", reason="Mara is on leave.", to="otto")
    assert door.house.record(draft).state.handover.to == "otto"
    browser().open(f"/review/{draft}")
    otto = browser()
    otto.open(f"/review/{draft}")
    otto.press("Take it over")
    assert door.house.plan(draft).owner == "otto"
    sara.open(f"/plans/{draft}")
    sara.press("End it", reason="They signed with us for another year by phone.")
    assert status(door, draft) is PlanStatus.ABORTED


def test_a_plan_as_it_stood_offers_no_decision(door, draft, browser):
    at = door.house.clock.now()
    later(door, timedelta(hours=3))
    door.house.approve(draft)
    door.house.engine.run_due()
    page = browser("sara").open(f"/plans/{draft}?as_of={at:%Y-%m-%dT%H:%M:%SZ}")
    assert "This is the past." in page.text
    assert [form.action for form in page.forms] == ["/sign-in/out"]


def test_an_edit_shows_what_the_policy_says_before_anything_is_written(door, draft, browser):
    mara = browser("mara")
    mara.open(f"/plans/{draft}/edit")
    step = door.house.step(draft, "PREP_RENEWAL_BRIEF").step_id
    page = mara.press("Check it", **{f"remove-{step}": "yes", f"why-{step}": "we have one"})
    assert "Denied" in page.text
    assert door.house.plan(draft).revision == 1
    page = mara.press("Save", status=422)
    assert "refused" in page.text
    assert door.house.plan(draft).revision == 1


def test_steps_are_put_in_another_order(door, draft, browser):
    mara = browser("mara")
    mara.open(f"/plans/{draft}/edit")
    steps = door.house.plan(draft).steps
    mara.press("Save", **{f"place-{steps[0].step_id}": "2.5"})
    assert [s.action_type for s in door.house.plan(draft).steps][:2] == [steps[1].action_type, steps[0].action_type]


@pytest.mark.parametrize("typed", ["31.12.2026", "2026-02-30", "<script>"])
def test_what_is_no_day_is_said_in_one_line(door, draft, browser, typed):
    mara = browser("mara")
    mara.open(f"/plans/{draft}/edit")
    page = mara.press("Save", status=422, ends=typed)
    assert "is no day; write it as 2026-12-31" in page.text
    assert door.house.plan(draft).revision == 1


def test_nobody_who_is_not_in_sees_a_page(door, draft):
    for path in ("/plans", "/review", f"/plans/{draft}", f"/review/{draft}", f"/plans/{draft}/edit"):
        answer = door.of().get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


def test_what_is_not_there_is_a_page_that_says_so(browser):
    page = browser().open("/plans/00000000-0000-4000-8000-000000000000", status=404)
    assert "00000000-0000-4000-8000-000000000000" in page.text


def test_each_form_of_a_decision_has_its_command():
    assert set(PlanAct.__args__) == set(PLAN_ACTS)
    assert set(OfStep.__args__) == set(STEP_ACTS)
