"""What we did stands in the account's history at once: for every plan, and only where it left."""

from datetime import timedelta

from orchestrator import Receipt, ReceiptKind
from plan import StepStatus
from tests.house import MONDAY, House, scripts


def history(house, account_id="acme"):
    with house.unit() as unit:
        known = unit.accounts.situation(account_id, unit.tenant(), house.clock.now(), ())
    return {(t.action_type, t.outcome, t.external) for t in known.history}


def test_a_step_that_left_stands_in_the_history_and_its_outcome_follows():
    house = House()
    plan_id = house.active()
    house.run(1)
    assert ("PREP_RENEWAL_BRIEF", "BRIEF_READY", False) in history(house)
    house.reviewers(MONDAY + timedelta(days=40))
    house.run(30)
    meeting = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    assert meeting.attempts >= 1
    assert [t for t in history(house) if t[0] == "REQUEST_RENEWAL_MEETING" and t[2]]


def test_a_contact_that_was_never_reached_is_taken_back():
    class Refusing:
        name = "refusing"

        def execute(self, order):
            if order.external:
                return Receipt(kind=ReceiptKind.FAILED, outcome="BOUNCED")
            return Receipt(kind=ReceiptKind.SUCCEEDED, outcome="BRIEF_READY")

        def reconcile(self, order):
            return Receipt(kind=ReceiptKind.UNKNOWN)

    house = House(executor=Refusing())
    plan_id = house.active()
    house.reviewers(MONDAY + timedelta(days=40))
    house.run(30)
    assert house.step(plan_id, "REQUEST_RENEWAL_MEETING").status is StepStatus.FAILED
    assert not [t for t in history(house) if t[2]]


def test_nothing_that_shadow_mode_records_counts_as_contact():
    house = House()
    house.orchestrator.governance.go_shadow("A rehearsal first.", house.who("root"))
    house.active()
    house.reviewers(MONDAY + timedelta(days=40))
    house.run(20)
    assert history(house) == set()


def test_a_cooldown_makes_a_step_wait_instead_of_stopping_its_plan():
    house = House(scripts=scripts(acme={"closes_at_bp": None}))
    plan_id = house.active()
    house.reviewers(MONDAY + timedelta(days=60))
    meeting = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    with house.unit() as unit:
        from plan import Touch

        spoke = meeting.not_before - timedelta(days=2)
        contact = meeting.params["contact_id"]
        unit.accounts.put("history", [Touch(touch_id="by-phone", account_id="acme", at=spoke, contact_id=contact)])
    house.run(20)
    waits = [line for line in house.sentences(plan_id) if "step" in line and "wait until" in line]
    assert waits
    assert "alone until" in waits[0]
    with house.unit() as unit:
        started = next(
            e.at
            for e in unit.entries(f"plan/{plan_id}")
            if e.type == "step.started.v1" and e.data["step_id"] == str(meeting.step_id)
        )
    assert started >= spoke + timedelta(days=7)
    assert house.broken() == []
