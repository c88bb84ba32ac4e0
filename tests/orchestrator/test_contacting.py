"""Who outside was reached is told from the ledger, with who approved it, and whether that person had opted out."""

from datetime import timedelta

import pytest

from oncourse.simulator import SimulatedExecutor
from orchestrator import ContactLook, Left, OptedOut, Receipt, ReceiptKind
from orchestrator.doubt import settle_doubt
from plan import ALTERED, ERASED, Cause, Fact, FactKind, StepStatus
from store import EffectStatus, Event, EventType, Sought
from tests.house import MONDAY, House

LATER = MONDAY + timedelta(days=40)


def contacts(house, sought=None, *, addresses=False):
    with house.unit() as unit:
        look = ContactLook(unit, addresses=addresses)
        for _ in look:
            pass
        return list(look.contacts(sought) if sought else look.contacts())


def lived(**more):
    house = House(**more)
    plan_id = house.active()
    house.reviewers(LATER)
    house.run(30)
    return house, plan_id


@pytest.fixture(scope="module")
def life():
    return lived()


def of(found, action):
    return next(one for one in found if one.action == action)


def opt_out(house, contact_id, *, effective_at, recorded_at=None, kind=FactKind.OPT_OUT):
    """Let the world say that a contact wants no letters; the entry is written as it is for an event."""
    from orchestrator.moves import Hand
    from orchestrator.noting import record_fact
    from plan import Cause

    fact = Fact(
        fact_id=f"out-{contact_id}-{effective_at:%s}", account_id="acme", kind=kind, subject_id=contact_id,
        value="opted_out", effective_at=effective_at, recorded_at=recorded_at or house.clock.now(), source="crm",
    )  # fmt: skip
    with house.unit() as unit:
        record_fact(Hand(unit, house.orchestrator.desk.system, cause=Cause(kind="event", ref="crm/1")), fact)


def test_every_effect_that_left_is_told_and_nothing_else(life):
    house, plan_id = life
    found = [one for one in contacts(house) if one.channel != "by hand"]
    with house.unit() as unit:
        left = {e.key for e in unit.effects.every() if e.external and e.status is EffectStatus.DONE}
    assert left
    assert {f"{one.plan_id}:{one.step_id}:{one.attempt}" for one in found} == left
    assert {one.plan_id for one in found} == {plan_id}


def test_a_contact_says_when_whom_and_by_whose_approval(life):
    house, plan_id = life
    one = of(contacts(house, addresses=True), "REQUEST_RENEWAL_MEETING")
    step = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    assert one.contact_id == step.params["contact_id"]
    assert "@" in one.address
    assert (one.account_id, one.channel, one.left, one.opted_out) == ("acme", "simulator", Left.SENT, OptedOut.NO)
    assert one.receipt
    with house.unit() as unit:
        [approved] = unit.entries_at(one.approvals)
        [started] = unit.entries_at([one.entry])
    assert approved.type == "step.approved.v1"
    assert approved.data["step_id"] == str(one.step_id)
    assert one.approved_by == (approved.actor.id,)
    assert (started.type, started.at) == ("step.started.v1", one.at)
    assert one.finding == ""


def test_an_address_is_told_only_where_it_was_asked_for(life):
    assert {one.address for one in contacts(life[0])} == {""}


def test_what_people_do_by_hand_is_told_with_the_approval_of_the_plan(life):
    house, _ = life
    found = [one for one in contacts(house) if one.channel == "by hand"]
    assert found
    with house.unit() as unit:
        for one in found:
            assert {e.type for e in unit.entries_at(one.approvals)} <= {"plan.approved.v1", "plan.endorsed.v1"}
            assert one.approved_by
            assert one.left in {Left.HANDED_OVER, Left.REPORTED}


def test_contacts_are_sought_by_plan_account_and_time(life):
    house, plan_id = life
    everything = contacts(house)
    first = everything[0].at
    assert contacts(house, Sought(plan_id=plan_id)) == everything
    assert contacts(house, Sought(account_id="other")) == []
    assert contacts(house, Sought(plan_id="other")) == []
    later = contacts(house, Sought(since=first + timedelta(seconds=1)))
    sooner = contacts(house, Sought(until=first + timedelta(seconds=1)))
    assert sorted([*sooner, *later], key=lambda one: one.position) == everything
    assert sooner
    assert later


def test_a_step_that_was_stopped_by_an_opt_out_is_no_contact():
    house = House()
    plan_id = house.active()
    step = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    with house.unit() as unit:
        known = unit.accounts.contact("acme", step.params["contact_id"])
        unit.accounts.put("contacts", [known.model_copy(update={"opted_out": True})])
    house.reviewers(LATER)
    house.run(30)
    assert all(one.contact_id != known.contact_id for one in contacts(house))


def test_an_opt_out_that_came_in_before_is_found_whatever_the_record_says():
    house = House()
    plan_id = house.active()
    contact = house.step(plan_id, "REQUEST_RENEWAL_MEETING").params["contact_id"]
    with house.unit() as unit:
        known = unit.accounts.contact("acme", contact)
    opt_out(house, contact, effective_at=MONDAY)
    with house.unit() as unit:
        assert unit.accounts.contact("acme", contact).opted_out
        unit.accounts.put("contacts", [known])  # as a restored table would
    house.reviewers(LATER)
    house.run(30)
    bad = [one for one in contacts(house) if one.contact_id == contact]
    assert bad
    assert {one.opted_out for one in bad} == {OptedOut.YES}
    assert bad[0].finding == (
        f"{bad[0].entry}: {bad[0].action} to {contact} on {bad[0].at:%Y-%m-%d %H:%M}: "
        "whoever it went to had asked to be left alone"
    )


def test_an_opt_out_that_was_taken_back_before_is_no_finding():
    house = House()
    plan_id = house.active()
    contact = house.step(plan_id, "REQUEST_RENEWAL_MEETING").params["contact_id"]
    opt_out(house, contact, effective_at=MONDAY)
    opt_out(house, contact, effective_at=MONDAY + timedelta(minutes=1), kind=FactKind.OPT_IN)
    house.reviewers(LATER)
    house.run(30)
    mine = [one for one in contacts(house) if one.contact_id == contact]
    assert mine
    assert {one.opted_out for one in mine} == {OptedOut.NO}


def test_an_opt_out_that_was_heard_of_too_late_is_found_as_such():
    house, plan_id = lived()
    contact = house.step(plan_id, "REQUEST_RENEWAL_MEETING").params["contact_id"]
    opt_out(house, contact, effective_at=MONDAY)
    mine = [one for one in contacts(house) if one.contact_id == contact]
    assert {one.opted_out for one in mine} == {OptedOut.UNHEARD}
    assert all(one.finding.endswith("which came in later") for one in mine)


def test_an_opt_out_after_the_contact_is_no_finding():
    house, plan_id = lived()
    contact = house.step(plan_id, "REQUEST_RENEWAL_MEETING").params["contact_id"]
    opt_out(house, contact, effective_at=house.clock.now())
    assert {one.opted_out for one in contacts(house)} == {OptedOut.NO}


def test_what_is_erased_stays_erased_and_the_gates_word_stays():
    house, _ = lived()
    with house.unit() as unit:
        every = [ref for e in unit.every_entry() for ref in _refs(e[1])]
        assert unit.blobs.erase(every)
    found = contacts(house, addresses=True)
    assert found
    assert {one.opted_out for one in found} == {OptedOut.GATE_SAYS_NO}
    assert {one.contact_id for one in found} <= {ERASED, ""}
    assert {one.address for one in found} <= {ERASED, ""}
    assert not any(one.finding for one in found)


def _refs(entry):
    from plan import references

    return references(entry.data)


def test_what_was_altered_is_believed_in_nothing():
    house, _ = lived()
    with house.unit() as unit:
        from sqlalchemy import text

        unit._connection.execute(text("UPDATE ledger_blob SET content = replace(content, 'opted_out', 'opted_0ut')"))
    one = of(contacts(house, addresses=True), "REQUEST_RENEWAL_MEETING")
    assert one.opted_out is OptedOut.GATE_SAYS_NO
    assert one.address in {ERASED, ALTERED}


def test_what_never_left_is_no_contact():
    class Refusing:
        name = "refusing"

        def execute(self, order):
            if order.external:
                return Receipt(kind=ReceiptKind.FAILED, outcome="BOUNCED")
            return Receipt(kind=ReceiptKind.SUCCEEDED, outcome="BRIEF_READY")

        def reconcile(self, order):
            return Receipt(kind=ReceiptKind.UNKNOWN)

    house, _ = lived(executor=Refusing())
    assert [one for one in contacts(house) if one.channel != "by hand"] == []


def test_what_may_have_left_is_told_as_such():
    class Silent:
        name = "silent"

        def execute(self, order):
            if order.external:
                raise OSError("gone")
            return Receipt(kind=ReceiptKind.SUCCEEDED, outcome="BRIEF_READY")

        def reconcile(self, order):
            return Receipt(kind=ReceiptKind.UNKNOWN)

    house, _ = lived(executor=Silent())
    found = [one for one in contacts(house) if one.channel != "by hand"]
    assert found
    assert {(one.left, one.channel) for one in found} == {(Left.IN_DOUBT, "silent")}


def test_nothing_that_shadow_mode_records_is_a_contact():
    house = House()
    house.orchestrator.governance.go_shadow("A rehearsal first.", house.who("root"))
    house.active()
    house.reviewers(LATER)
    house.run(20)
    assert contacts(house) == []


def test_an_outcome_proves_that_what_was_called_unsent_had_left():
    class Doubtful(SimulatedExecutor):
        """Never says what became of a step that goes outside, and then that it never arrived."""

        def execute(self, order):
            return Receipt(kind=ReceiptKind.UNKNOWN) if order.external else super().execute(order)

        def reconcile(self, _order):
            return Receipt(kind=ReceiptKind.UNKNOWN)

    house = House(executor=Doubtful())
    plan_id = house.active()
    house.reviewers(LATER)
    house.run(20)
    step = next(one for one in house.plan(plan_id).steps if one.status is StepStatus.IN_DOUBT)
    settle_doubt(
        house.orchestrator.desk, plan_id, step.step_id, Receipt(kind=ReceiptKind.NOT_SENT),
        Cause(kind="person", ref="otto"),
    )  # fmt: skip
    assert not [one for one in contacts(house) if one.step_id == step.step_id]
    said = {"step_id": str(step.step_id), "outcome": "MEETING_BOOKED"}
    heard(house, plan_id, said | {"attempt": step.attempts + 1})
    assert not [one for one in contacts(house) if one.step_id == step.step_id]
    heard(house, plan_id, said | {"attempt": step.attempts})
    [one] = [one for one in contacts(house) if one.step_id == step.step_id]
    assert (one.attempt, one.left, one.outcome) == (1, Left.SENT, "MEETING_BOOKED")


def heard(house, plan_id, body):
    event = Event(
        source="calendar", event_id=f"e-{body['attempt']}", type=EventType.OUTCOME_RECORDED, account_id="acme",
        plan_id=plan_id, body=body, received_at=house.clock.now(),
    )  # fmt: skip
    house.orchestrator.receive(event)
    house.engine.run_due()
