"""Effects leave at most once, are never lost, and a step in doubt is never resent blindly."""

from datetime import timedelta

import pytest

from orchestrator import BadInputError, Receipt, ReceiptKind
from plan import PlanStatus, StepStatus, spec_of
from store import EffectStatus
from tests.house import House


class Connector:
    """An executor that answers as the test says and remembers what left."""

    name = "connector"

    def __init__(self, *, answer=None, found=None):
        self.answer, self.found = answer, found
        self.orders, self.asked = [], []

    def execute(self, order):
        self.orders.append(order)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or Receipt(kind=ReceiptKind.SUCCEEDED, outcome="BRIEF_READY")

    def reconcile(self, order):
        self.asked.append(order)
        return self.found or Receipt(kind=ReceiptKind.UNKNOWN)


def brief_of(house, plan_id):
    return house.step(plan_id, "PREP_RENEWAL_BRIEF")


def test_the_intent_is_in_the_database_before_the_call():
    seen = []

    class Looking(Connector):
        def execute(self, order):
            with house.unit() as unit:
                seen.append(unit.effects.get(order.key).status)
            return super().execute(order)

    house = House(executor=Looking())
    house.active()
    house.run(1)
    assert seen
    assert set(seen) == {EffectStatus.STARTED}


def test_an_exception_of_the_provider_leaves_the_step_in_doubt_and_is_never_resent():
    connector = Connector(answer=TimeoutError("no answer"))
    house = House(executor=connector)
    plan_id = house.active()
    house.run(1)
    assert brief_of(house, plan_id).status is StepStatus.IN_DOUBT
    keys = [order.key for order in connector.orders if order.action_type == "PREP_RENEWAL_BRIEF"]
    assert len(keys) == 1
    assert len(connector.asked) >= 20
    assert house.broken() == []


def test_a_doubt_ends_when_the_provider_says_that_it_had_arrived():
    connector = Connector(answer=TimeoutError(), found=Receipt(kind=ReceiptKind.SUCCEEDED, outcome="BRIEF_READY"))
    house = House(executor=connector)
    plan_id = house.active()
    house.run(1)
    assert brief_of(house, plan_id).status is StepStatus.AUTO_EXECUTED
    assert house.broken() == []


def test_what_was_never_sent_is_tried_again_under_a_new_key():
    connector = Connector(answer=TimeoutError(), found=Receipt(kind=ReceiptKind.NOT_SENT))
    house = House(executor=connector)
    plan_id = house.active()
    house.engine.run_until(house.plan(plan_id).steps[0].not_before, house.clock)
    connector.answer = None
    house.run(1)
    keys = [o.key for o in connector.orders if o.action_type == "PREP_RENEWAL_BRIEF"]
    assert len(keys) == len(set(keys))
    assert brief_of(house, plan_id).status in {StepStatus.AUTO_EXECUTED, StepStatus.FAILED}
    assert house.broken() == []


def test_a_worker_that_died_in_the_call_leaves_a_doubt_after_its_claim_has_lapsed():
    class Dying(Connector):
        def execute(self, order):
            self.orders.append(order)
            raise KeyboardInterrupt

    house = House(executor=Dying(found=Receipt(kind=ReceiptKind.SUCCEEDED, outcome="BRIEF_READY")))
    plan_id = house.active()
    with pytest.raises(KeyboardInterrupt):
        house.run(1)
    assert brief_of(house, plan_id).status is StepStatus.RUNNING
    house.executor.__class__ = Connector
    house.run(1)
    assert brief_of(house, plan_id).status is StepStatus.AUTO_EXECUTED
    assert [o.key for o in house.executor.orders].count(house.executor.orders[0].key) == 1
    assert house.broken() == []


def test_a_worker_that_died_leaves_a_doubt_also_when_the_plan_was_aborted_meanwhile():
    class Dying(Connector):
        def execute(self, order):
            self.orders.append(order)
            raise KeyboardInterrupt

    house = House(executor=Dying())
    plan_id = house.active()
    with pytest.raises(KeyboardInterrupt):
        house.run(1)
    house.orchestrator.abort(plan_id, "Stop everything.", house.who("otto"))
    house.run(2)
    assert house.plan(plan_id).status is PlanStatus.ABORTED
    assert brief_of(house, plan_id).status is not StepStatus.RUNNING
    assert house.broken() == []


def test_a_late_outcome_after_the_end_is_recorded_and_changes_nothing():
    house = House()
    plan_id = house.active()
    house.run(1)
    task = house.step(plan_id, "CONFIRM_RENEWAL_OWNER")
    assert task.status is StepStatus.AWAITING_OUTCOME
    house.orchestrator.abort(plan_id, "Sold to a competitor.", house.who("otto"))
    house.orchestrator.report_outcome(plan_id, str(task.step_id), "OWNER_CONFIRMED", house.who("otto"))
    assert house.plan(plan_id).status is PlanStatus.ABORTED
    assert house.types(plan_id)[-2:] == ["step.outcome_ok.v1", "plan.late_result.v1"]
    assert house.broken() == []


def test_in_shadow_mode_nothing_reaches_the_executor():
    connector = Connector()
    house = House(executor=connector)
    house.orchestrator.governance.go_shadow("Only a rehearsal.", house.who("root"))
    plan_id = house.active()
    house.run(2)
    assert connector.orders == []
    assert brief_of(house, plan_id).status is StepStatus.AUTO_EXECUTED
    with house.unit() as unit:
        assert all(effect.shadow for effect in unit.effects.of_plan(plan_id))


def test_a_failed_required_step_pauses_the_plan_and_resumes_only_after_it_was_retried():
    refused = Receipt(kind=ReceiptKind.FAILED, outcome="INSUFFICIENT_DATA")
    connector = Connector(answer=refused)
    house = House(executor=connector)
    plan_id = house.active()
    house.run(1)
    assert (house.plan(plan_id).status, house.record(plan_id).state.pause_reason) == (PlanStatus.PAUSED, "failure")
    with pytest.raises(BadInputError, match="retry or skip it first"):
        house.orchestrator.resume(plan_id, "Try again.", house.who("otto"))
    connector.answer = None
    brief = brief_of(house, plan_id)
    house.orchestrator.retry(plan_id, str(brief.step_id), "The source is back.", house.who("otto"))
    house.orchestrator.resume(plan_id, "The source is back.", house.who("otto"))
    house.run(1)
    assert brief_of(house, plan_id).status is StepStatus.AUTO_EXECUTED
    assert house.broken() == []


def test_an_external_text_edited_by_its_approver_leaves_exactly_as_edited():
    house = House()
    plan_id = house.active()
    house.run(4)
    step = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    with house.unit() as unit:
        kept = unit.effects.artefact(plan_id, step.step_id, 1)
    text = "Hello Ida, may I call you on Tuesday?\n"
    house.orchestrator.approve_step(plan_id, str(step.step_id), kept.digest, house.who("otto"), text=text)
    house.run(4)
    sent = [o for o in house.executor.applied.values() if o.action_type == "REQUEST_RENEWAL_MEETING"]
    assert [o.text for o in sent] == [text]
    assert house.broken() == []


def test_an_approval_of_a_step_lapses_and_is_asked_for_again():
    house = House()
    plan_id = house.active()
    house.run(4)
    step = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
    with house.unit() as unit:
        kept = unit.effects.artefact(plan_id, step.step_id, 1)
    house.orchestrator.approve_step(plan_id, str(step.step_id), kept.digest, house.who("otto"))
    house.orchestrator.pause(plan_id, "Wait.", house.who("otto"))
    house.clock.set(step.not_before + timedelta(days=4))
    house.orchestrator.resume(plan_id, "Go on.", house.who("otto"))
    house.run(0)
    assert house.step(plan_id, "REQUEST_RENEWAL_MEETING").status is StepStatus.PENDING_APPROVAL
    assert house.broken() == []


class Frozen(Connector):
    """An executor that is frozen in its call for longer than its claim, while another worker looks into it."""

    house = None

    def execute(self, order):
        self.orders.append(order)
        if len(self.orders) == 1:
            self.house.clock.set(order.valid_until + timedelta(seconds=1))
            self.house.engine.tick(f"plan/{order.plan_id}")
            assert self.house.plan(order.plan_id).step(order.step_id).status is StepStatus.IN_DOUBT
        return Receipt(kind=self.answer or ReceiptKind.SUCCEEDED, outcome="BRIEF_READY")


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        (ReceiptKind.SUCCEEDED, StepStatus.AUTO_EXECUTED),
        (ReceiptKind.RETRYABLE, StepStatus.PENDING),
        (ReceiptKind.FAILED, StepStatus.FAILED),
        (ReceiptKind.UNKNOWN, StepStatus.IN_DOUBT),
    ],
)
def test_an_answer_that_comes_when_its_worker_was_taken_for_dead_ends_the_doubt(answer, ends):
    house = House(executor=Frozen(answer=answer))
    house.executor.house = house
    plan_id = house.active()
    house.clock.set(brief_of(house, plan_id).not_before)
    while not house.executor.orders:
        house.engine.tick(f"plan/{plan_id}")
    assert brief_of(house, plan_id).status is ends
    assert house.broken() == []


def test_a_worker_that_thaws_after_its_claim_sends_nothing():
    from orchestrator import sending

    house = House(executor=Connector(answer=TimeoutError()))
    plan_id = house.active()
    house.run(1)
    [order] = [o for o in house.executor.orders if o.action_type == "PREP_RENEWAL_BRIEF"]
    assert house.clock.now() > order.valid_until
    before, entries = len(house.executor.orders), house.types(plan_id)
    sending.deliver(house.orchestrator.desk, sending.Call(order, house.record(plan_id).fence))
    assert len(house.executor.orders) == before
    assert house.types(plan_id) == entries


def test_an_outcome_that_ends_a_doubt_settles_its_effect_too():
    house = House(executor=Connector(answer=TimeoutError()))
    plan_id = house.active()
    house.run(1)
    brief = brief_of(house, plan_id)
    outcome = spec_of(brief.action_type).outcomes_ok[0]
    house.orchestrator.report_outcome(plan_id, str(brief.step_id), outcome, house.who("mara"))
    assert brief_of(house, plan_id).outcome == outcome
    with house.unit() as unit:
        effect = unit.effects.get(f"{plan_id}:{brief.step_id}:1")
    assert (effect.status, effect.receipt) == (EffectStatus.DONE, "its outcome arrived")
    assert house.broken() == []


def test_not_even_the_same_call_is_made_again_while_a_switch_is_on():
    house = House(executor=Connector(answer=TimeoutError()))
    plan_id = house.active()
    house.run(1)
    house.orchestrator.governance.throw_switch("action:PREP_RENEWAL_BRIEF", "Stop that.", house.who("root"))
    asked = len(house.executor.asked)
    house.run(1)
    mine = [o for o in house.executor.asked[asked:] if o.action_type == "PREP_RENEWAL_BRIEF"]
    assert (mine, brief_of(house, plan_id).status) == ([], StepStatus.IN_DOUBT)
    assert house.broken() == []


@pytest.mark.parametrize("stop", ["pause", "abort", "not at all"])
def test_a_stop_that_comes_before_the_start_comes_first(stop):
    """Another process may stop a plan after a worker was told to start its step and before it does."""
    from orchestrator import sending
    from plan import Cause

    house = House(executor=Connector())
    plan_id = house.active()
    house.clock.set(brief_of(house, plan_id).not_before)
    while brief_of(house, plan_id).status is not StepStatus.READY:
        house.engine.tick(f"plan/{plan_id}")
    if stop != "not at all":
        getattr(house.orchestrator, stop)(plan_id, "Wait for me.", house.who("otto"))
    brief = brief_of(house, plan_id)
    desk = house.orchestrator.desk
    with desk.unit() as unit:
        call = sending.start(unit, desk.system, plan_id, brief.step_id, Cause(kind="timer", ref="now"))
    if call is not None:
        sending.deliver(desk, call)
    assert (call is not None, len(house.executor.orders)) == ((True, 1) if stop == "not at all" else (False, 0))
    assert house.broken() == []


def test_who_comes_too_late_to_start_or_to_close_a_plan_changes_nothing():
    house = House()
    plan_id = house.active()
    cause = house.plan(plan_id).created_from
    entries = house.types(plan_id)
    assert house.orchestrator.activate(plan_id, cause) is PlanStatus.ACTIVE
    assert house.types(plan_id) == entries
    house.orchestrator.abort(plan_id, "No longer needed.", house.who("otto"))
    entries = house.types(plan_id)
    house.orchestrator.evaluate(plan_id, cause)
    assert house.types(plan_id) == entries


def test_a_look_tells_whether_the_evaluator_has_anything_to_log():
    house = House()
    plan_id = house.active()
    assert not house.orchestrator.look(plan_id).news
    house.clock.set(house.plan(plan_id).expires_at + timedelta(days=1))
    assert house.orchestrator.look(plan_id).news
    house.orchestrator.evaluate(plan_id, house.plan(plan_id).created_from)
    assert house.plan(plan_id).status is PlanStatus.EXPIRED
    assert not house.orchestrator.look(plan_id).news
