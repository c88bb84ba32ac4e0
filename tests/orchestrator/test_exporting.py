"""A plan's way through its reviews, as one document: what was known, what was drafted, what people made of it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from gate import default_bundle
from orchestrator import ChangedError, PlanEdit, Removal, StepEdit, export_plan
from plan import Change, PlanExport, PlanStatus, Principal, Role
from store import NotFoundError
from tests.databases import over_all
from tests.house import House

REASON = "Ask Ben Roth, not Ida."


def exported(house, plan_id) -> PlanExport:
    with house.orchestrator.desk.unit(reading=True) as unit:
        return export_plan(unit, plan_id)


def edited(house, plan_id, *answers):
    """Let Mara ask Ben Roth instead, and leave the team out of it."""
    meeting, notice = (house.step(plan_id, a) for a in ("REQUEST_RENEWAL_MEETING", "NOTIFY_ACCOUNT_TEAM"))
    change = PlanEdit(
        removed=(Removal(step_id=notice.step_id, reason="They know already."),),
        changed=(StepEdit(step_id=meeting.step_id, params=meeting.params | {"contact_id": "acme-c2"}),),
        answers=answers,
    )
    house.orchestrator.edit(plan_id, change, house.who("mara"))


def reviewed() -> tuple[House, str]:
    """Return a draft that was sent back, edited and approved."""
    house = House()
    plan_id = house.draft()
    house.orchestrator.send_back(plan_id, REASON, house.who("otto"))
    edited(house, plan_id, "Ben is asked.")
    house.approve(plan_id)
    return house, plan_id


def test_it_tells_every_revision_in_order_with_what_people_made_of_it():
    house, plan_id = reviewed()
    told = exported(house, plan_id)
    first, second = told.revisions
    assert (told.drafter, first.by, second.by, told.status) == ("playbook", "agent", "human", PlanStatus.APPROVED)
    assert first.summary == "Secure renewal before day -30, by the playbook's own template."
    assert [(r.decision, r.role, r.reason) for r in first.reviews] == [("sent_back", "plan_approver", REASON)]
    assert [(r.decision, r.role, r.reason) for r in second.reviews] == [("approved", "plan_approver", "")]
    assert second.answers == ("Ben is asked.",)
    changes = {(d.change, d.action_type, d.before, d.after, d.reason) for d in second.changes}
    assert changes == {
        (Change.PARAMS, "REQUEST_RENEWAL_MEETING", "acme-c1", "acme-c2", ""),
        (Change.REMOVED, "NOTIFY_ACCOUNT_TEAM", "", "", "They know already."),
    }
    assert "acme-c1" in first.plan.model_dump_json()
    assert second.plan == house.plan(plan_id)
    assert (told.reasons, told.edited, told.accepted) == ((REASON,), True, second)


def test_it_holds_what_was_known_when_the_first_draft_was_judged():
    house = House()
    plan_id = house.draft()
    drafted_at = house.clock.now()
    house.run(1)
    house.know("acme", renews_on=date(2026, 7, 31), urgent_ticket=True)
    told = exported(house, plan_id)
    assert told.now == told.situation.as_of == drafted_at
    assert [c.renews_on for c in told.situation.contracts] == [date(2026, 6, 30)]
    assert told.situation.tickets == ()
    assert told.situation.open_plans == ()


def test_the_approved_actions_are_those_of_the_policy_of_that_time():
    house = House()
    plan_id = house.draft()
    before = exported(house, plan_id)
    ruth = Principal(principal_id="ruth", tenant_id="t1", roles=frozenset({Role.TENANT_ADMIN}))
    house.orchestrator.add_principal(ruth, house.who("root"))
    kind = house.plan(plan_id).plan_type
    fewer = {name: told for name, told in default_bundle().actions[kind].items() if name != "NOTIFY_ACCOUNT_TEAM"}
    govern = house.orchestrator.governance
    policy = default_bundle().model_copy(update={"name": "quiet", "actions": {kind: fewer}})
    govern.publish_policy(govern.propose_policy(policy, timedelta(days=1), house.who("root")).digest, house.who("ruth"))
    assert "NOTIFY_ACCOUNT_TEAM" in before.approved_actions
    assert exported(house, plan_id) == before


def test_who_reviewed_it_is_told_by_role_and_never_by_name():
    house, plan_id = reviewed()
    told = [r.model_dump_json(exclude={"plan"}) for r in exported(house, plan_id).revisions]
    assert not [name for name in ("otto", "mara") for line in told if name in line]


def test_a_plan_that_was_accepted_as_it_was_drafted_says_so():
    house = House()
    told = exported(house, house.active())
    assert (told.reasons, told.edited, len(told.revisions)) == ((), False, 1)
    assert (told.accepted.verdict, told.status) == ("approved", PlanStatus.ACTIVE)


def test_what_people_changed_after_it_ran_is_told_and_is_not_what_they_accepted_at_first():
    house = House()
    plan_id = house.active()
    house.run(1)
    house.orchestrator.reopen(plan_id, "They were bought meanwhile.", house.who("otto"))
    edited(house, plan_id)
    house.approve(plan_id)
    told = exported(house, plan_id)
    assert [(r.number, r.by, r.verdict) for r in told.revisions] == [
        (1, "agent", "approved"),
        (2, "human", ""),
        (3, "human", "approved"),
    ]
    assert told.accepted.number == 1


def test_a_draft_that_waits_for_an_answer_is_all_that_there_is():
    house = House()
    plan_id = house.draft()
    house.orchestrator.send_back(plan_id, REASON, house.who("otto"))
    told = exported(house, plan_id)
    assert (told.accepted.number, told.accepted.verdict) == (1, "sent_back")


def test_it_reads_back_from_its_own_json():
    told = exported(*reviewed())
    assert PlanExport.model_validate_json(told.model_dump_json()) == told


@pytest.mark.parametrize(
    ("content", "says"),
    [("{%", "what plan .* was first judged on was erased"), ("Ben is asked.", "texts of plan .* were erased")],
)
def test_what_was_erased_is_told_by_nobody(content, says):
    house, plan_id = reviewed()
    with over_all(house.sql) as connection:
        gone = connection.execute(text("DELETE FROM ledger_blob WHERE content LIKE :c"), {"c": content})
        assert gone.rowcount >= 1
    with pytest.raises(NotFoundError, match=says):
        exported(house, plan_id)


def test_a_text_that_was_swapped_is_not_exported():
    house, plan_id = reviewed()
    with over_all(house.sql) as connection:
        connection.execute(text("UPDATE ledger_blob SET content = 'Fine.' WHERE content = :r"), {"r": REASON})
    with pytest.raises(ChangedError, match="not what the ledger committed to"):
        exported(house, plan_id)
