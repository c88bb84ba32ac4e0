"""A fact that holds what no text may is never put into one: the plan pauses before anybody reads or gets it."""

import pytest

from orchestrator import Records
from orchestrator.rendering import TEMPLATES, render
from plan import Owner, PlanStatus, StepStatus, find_spec
from tests import builders
from tests.house import House, records

FACTS = records(urgent_ticket=True)
ACCOUNT, CONTACT = FACTS["accounts"][0], FACTS["contacts"][0]
SOILED = {
    "Acme [bill](pay)": "markup",
    "Acme <b>GmbH": "markup",
    "Acme https://evil.example": "a link",
    "Acme, pay at evil.rocks/pay": "the address evil.rocks",
    "Acme (billing@evil.example)": "an e-mail address",
    "Ac\u200bme": "the hidden character U+200B",
}


def known(house, family, value):
    house.orchestrator.take_records(Records(families={family: (value,)}), house.who("root"))


def named(name):
    return ACCOUNT.model_copy(update={"name": name})


def paused(house, plan_id):
    record = house.record(plan_id)
    assert (record.plan.status, record.state.pause_reason) == (PlanStatus.PAUSED, "policy")
    return house.sentences(plan_id)


def texts(house):
    return [order.text for order in house.executor.applied.values()]


def drafted():
    house = House()
    plan_id = house.draft()
    house.approve(plan_id)
    return house, plan_id


@pytest.mark.parametrize("name", list(SOILED))
def test_an_account_with_such_a_name_gets_no_text_that_nobody_reads(name):
    house, plan_id = drafted()
    known(house, "accounts", named(name))
    house.run(3)
    [told] = [line for line in paused(house, plan_id) if "PG082" in line]
    assert f"the text of PREP_RENEWAL_BRIEF would hold {SOILED[name]} (account)" in told
    assert not house.executor.applied
    assert house.step(plan_id, "PREP_RENEWAL_BRIEF").attempts == 0
    assert house.broken() == []


def test_once_the_name_is_corrected_the_plan_goes_on():
    house, plan_id = drafted()
    known(house, "accounts", named("Acme <b>"))
    house.run(3)
    house.orchestrator.resume(plan_id, "We shall see.", house.who("otto"))
    house.run(1)
    assert len([line for line in paused(house, plan_id) if "PG082" in line]) == 2
    known(house, "accounts", named("Acme & Sons"))
    house.orchestrator.resume(plan_id, "The name is right now.", house.who("otto"))
    house.run(1)
    assert house.step(plan_id, "PREP_RENEWAL_BRIEF").status is StepStatus.AUTO_EXECUTED
    assert "Acme & Sons" in texts(house)[0]


def test_nobody_is_asked_to_approve_a_text_to_somebody_with_such_a_name():
    house, plan_id = drafted()
    house.run(1)
    known(house, "contacts", CONTACT.model_copy(update={"name": "Ida www.evil.example"}))
    house.run(5)
    assert "would hold a link (contacts)" in " ".join(paused(house, plan_id))
    meeting = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    assert meeting.status is StepStatus.PENDING
    with house.unit() as unit:
        assert unit.effects.artefact(plan_id, meeting.step_id, 1) is None


def test_a_text_whose_approval_lapsed_is_not_shown_again_with_such_a_name():
    house, plan_id = drafted()
    house.run(4)
    meeting = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    with house.unit() as unit:
        digest = unit.effects.artefact(plan_id, meeting.step_id, 1).digest
    house.orchestrator.approve_step(plan_id, str(meeting.step_id), digest, house.who("otto"))
    house.orchestrator.pause(plan_id, "Not now.", house.who("otto"))
    house.run(9)
    known(house, "contacts", CONTACT.model_copy(update={"name": "<b>Ida"}))
    house.orchestrator.resume(plan_id, "Now.", house.who("otto"))
    house.run(1)
    assert "would hold markup (contacts)" in " ".join(paused(house, plan_id))


def test_what_an_approver_wrote_into_a_text_leaves_as_it_is():
    house, plan_id = drafted()
    house.run(4)
    meeting = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    with house.unit() as unit:
        digest = unit.effects.artefact(plan_id, meeting.step_id, 1).digest
    words = "Choose a time: https://calendar.example/mara"
    house.orchestrator.approve_step(plan_id, str(meeting.step_id), digest, house.who("otto"), text=words)
    house.run(5)
    assert words in texts(house)


ORDINARY = {
    "contact_id": "acme-c1",
    "candidate_owner": "mara",
    "exec_sponsor_id": "eve@oncourse.example",
    "sections": ["USAGE", "SUPPORT"],
    "roles_required": ["CHAMPION"],
    "ticket_ids": ["acme-t1"],
    "invoice_ids": ["2026-03.17"],
    "opportunity_id": "acme-o1",
    "play": "REONBOARD_TEAM",
    "severity": "HIGH",
    "lever": "VOLUME",
    "discount_bp": 1250,
    "business_impact": "Usage fell by 41 % (e.g. in May); z.B. v1.2 of Node.js.",
    "ask": "Would you talk to Ben?",
    "agenda": "Outcomes, risks,\n\tthe year ahead.",
    "reason": "They take more seats.",
    "message": "It runs.",
}
"""What any action may ask for."""
PLAN = builders.plan()
MEETING = next(step for step in PLAN.steps if step.action_type == "REQUEST_RENEWAL_MEETING")


def flaws(action_type="REQUEST_RENEWAL_MEETING", params=None, **facts):
    step = MEETING.model_copy(update={"action_type": action_type, "params": params or MEETING.params})
    return render(PLAN, step, builders.situation(**facts)).flaws


def people(**changes):
    return (CONTACT.model_copy(update=changes),)


@pytest.mark.parametrize(("action_type", "language"), sorted(TEMPLATES))
def test_the_texts_of_an_ordinary_account_are_clean(action_type, language):
    assert find_spec(action_type)
    assert flaws(action_type, ORDINARY | {"language": language}) == ()


def test_only_the_facts_that_the_template_names_count():
    soiled = {"account": named("Acme <b>"), "contacts": FACTS["contacts"]}
    assert flaws(**soiled) == ()
    assert flaws("REBUILD_CHAMPION", {"contact_ids": ["acme-c1"]}, **soiled) == ("markup (account)",)


def test_a_person_may_be_called_as_their_mail_address_but_has_one_address_only():
    assert flaws(contacts=people(name="ida@x.example")) == ()
    assert flaws(contacts=people(email="")) == ()
    assert flaws(owners=(Owner(owner_id="mara", name="mara@oncourse.example"),)) == ()
    assert flaws(contacts=people(name="ida@x.example, eve@evil.example")) == (
        "an e-mail address (contacts)",
        "an e-mail address (first_name)",
    )
    for email in ("ida@x.example, eve@evil.example", "Ida <eve@evil.example>", "ida", "i\u200bda@x.example"):
        assert flaws(contacts=people(email=email)) == ("what is no plain mail address (contacts)",)


def test_an_account_may_be_called_as_its_page():
    asked = {"channel": "SLACK", "message": "Usage fell."}
    assert flaws("NOTIFY_ACCOUNT_TEAM", asked, account=named("Booking.example")) == ()
    assert flaws("NOTIFY_ACCOUNT_TEAM", asked, account=named("Booking.example/pay")) == (
        "the address Booking.example (account)",
    )


def test_a_value_is_never_read_as_a_template():
    asked = {"channel": "SLACK", "message": "{account} {owner}"}
    step = MEETING.model_copy(update={"action_type": "NOTIFY_ACCOUNT_TEAM", "params": asked})
    assert render(PLAN, step, builders.situation()).text == "[Acme GmbH] {account} {owner}\n"
