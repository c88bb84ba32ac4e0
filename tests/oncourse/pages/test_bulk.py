"""Several drafts at once: each read with its digest, each decided by itself, and never what a customer would see."""

from html import unescape
from re import findall

import pytest

from orchestrator import PlanEdit, Removal
from plan import PlanStatus, find_spec


def internal(door, account_id):
    """Return a draft that reaches no customer."""
    plan_id = str(door.house.draft(account_id))
    outside = [step for step in door.house.plan(plan_id).steps if find_spec(step.action_type).external]
    gone = tuple(Removal(step_id=step.step_id, reason="inside work first") for step in outside)
    door.house.orchestrator.edit(plan_id, PlanEdit(removed=gone), door.house.who("mara"))
    return plan_id


@pytest.fixture
def two(door):
    return internal(door, "acme"), internal(door, "bolt")


def chosen(page):
    return [value for form in page.forms for value in form.fields.get("chosen", [])]


def boxes(text):
    return text.count('name="chosen"')


def test_drafts_that_stay_inside_are_approved_together(door, two, browser):
    otto = browser()
    otto.open("/review")
    assert boxes(otto.answer.text) == 2
    page = otto.press("Approve the chosen ones", chosen=values(otto.answer.text))
    assert "Approve 2 drafts" in page.text
    assert len(chosen(page)) == 2
    page = otto.press("Approve 2 drafts")
    assert page.text.count("Approved") == 2
    assert [door.house.plan(one).status for one in two] == [PlanStatus.APPROVED] * 2


def test_one_that_changed_in_between_does_not_stop_the_other(door, two, browser):
    otto = browser()
    otto.open("/review")
    otto.press("Approve the chosen ones", chosen=values(otto.answer.text))
    step = door.house.plan(two[0]).steps[-1]
    door.house.orchestrator.edit(
        two[0], PlanEdit(removed=(Removal(step_id=step.step_id, reason="not now"),)), door.house.who("mara")
    )
    page = otto.press("Approve 2 drafts")
    assert "Not approved" in page.text
    assert "changed while you were reading" in page.text
    assert [door.house.plan(one).status for one in two] == [PlanStatus.DRAFT, PlanStatus.APPROVED]


def test_what_reaches_the_customer_has_no_box_and_is_left_out_of_the_sheet(door, two, browser):
    outside = str(door.house.draft("cord"))
    otto = browser()
    otto.open("/review")
    assert boxes(otto.answer.text) == 2
    forged = f'{outside} abcdefabcdef.abcdefab "1-DRAFT-0000000000000000"'
    page = otto.press("Approve the chosen ones", chosen=[*values(otto.answer.text), forged])
    assert "1 draft changed or is decided by itself" in page.text
    answer = otto.client.post("/review/bulk/approve", data={"key": "a-key-of-ours", "chosen": [forged]})
    assert "Not approved" in answer.text
    assert door.house.plan(outside).status is PlanStatus.DRAFT


def test_what_no_sheet_showed_is_refused_in_one_line(two, browser):
    answer = browser().client.post("/review/bulk/approve", data={"key": "a-key-of-ours", "chosen": ["x y z"]})
    assert (answer.status_code, "choose again in the queue" in answer.text) == (422, True)


def values(text):
    """Return what the boxes of a page would send."""

    return [unescape(one) for one in findall(r'name="chosen" value="([^"]*)"', text)]
