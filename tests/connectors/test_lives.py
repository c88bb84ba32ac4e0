"""A whole plan over a real server that dies twice: every promise holds, and every key is applied at most once."""

import random

import pytest

from oncourse.connectors import Line, McpExecutor
from plan import CLOSED, PlanStatus, StepStatus
from store import EffectStatus
from tests.connectors.process import Server
from tests.house import House

BRIEF, MEETING = "PREP_RENEWAL_BRIEF", "REQUEST_RENEWAL_MEETING"


def run_until(house, plan_id, done, days=60):
    for _ in range(days):
        if done():
            return
        house.run(1)
    raise AssertionError(house.sentences(plan_id))


def test_a_plan_outlives_a_server_that_dies_in_the_middle_of_two_calls(mortal):
    house = House(executor=mortal.executor())
    house.reviewers(house.clock.now().replace(month=8))
    mortal.fault("prep_renewal_brief", "die_after")
    plan_id = house.active()
    run_until(house, plan_id, lambda: house.step(plan_id, BRIEF).status is StepStatus.IN_DOUBT)
    assert mortal.died()
    assert len(mortal.applied()) == 1
    house.run(1)
    assert house.step(plan_id, BRIEF).status is StepStatus.IN_DOUBT
    assert house.broken() == []

    mortal.start()
    run_until(house, plan_id, lambda: house.step(plan_id, BRIEF).status is StepStatus.AUTO_EXECUTED)
    mortal.fault("request_renewal_meeting", "die_after")
    run_until(house, plan_id, lambda: house.step(plan_id, MEETING).status is StepStatus.IN_DOUBT)
    assert mortal.died()
    mortal.start()
    run_until(house, plan_id, lambda: house.step(plan_id, MEETING).status is not StepStatus.IN_DOUBT)
    meeting = house.step(plan_id, MEETING)
    assert meeting.attempts == 1
    run_until(house, plan_id, lambda: house.plan(plan_id).status in CLOSED, days=150)

    assert house.plan(plan_id).status is PlanStatus.COMPLETED, house.sentences(plan_id)
    assert house.broken() == []
    keys = [line["key"] for line in mortal.applied()]
    assert len(keys) == len(set(keys))
    with house.unit() as unit:
        done = {e.key for e in unit.effects.of_plan(plan_id) if e.status is EffectStatus.DONE}
    assert done == set(keys)


def test_in_shadow_mode_a_server_sees_nothing(server):
    before = (len(server.calls()), len(server.applied()))
    house = House(executor=server.executor())
    house.orchestrator.governance.go_shadow("Only a rehearsal.", house.who("root"))
    plan_id = house.active()
    house.reviewers(house.clock.now().replace(month=8))
    house.run(20)
    assert house.step(plan_id, BRIEF).status is StepStatus.AUTO_EXECUTED
    assert (len(server.calls()), len(server.applied())) == before
    assert house.broken() == []


def test_a_look_up_that_finds_nothing_sends_again_under_a_new_key(tmp_path):
    server = Server(tmp_path).start()
    house = House(executor=server.executor())
    house.reviewers(house.clock.now().replace(month=5))
    plan_id = house.active()
    server.fault("request_renewal_meeting", "die_before")
    run_until(house, plan_id, lambda: house.step(plan_id, MEETING).status is StepStatus.IN_DOUBT)
    assert server.died()
    server.start()
    run_until(house, plan_id, lambda: house.step(plan_id, MEETING).attempts == 2)
    house.run(1)
    step = house.step(plan_id, MEETING)
    sent = [line["key"] for line in server.applied() if line["tool"] == "request_renewal_meeting"]
    assert sent == [f"{plan_id}:{step.step_id}:2"]
    assert house.broken() == []
    server.kill()


FAULTS = ("", "die_after", "die_before", "raise_after", "refuse", '!{"status": "retryable"}')


class Tossed(McpExecutor):
    """Draws a fault for each call, and starts the server again after a death."""

    def __init__(self, server, seed):
        super().__init__(Line(url=server.url, token="t-1"))
        self.server, self.draw = server, random.Random(seed)

    def execute(self, order):
        fault = self.draw.choice(FAULTS)
        if fault:
            self.server.fault(order.action_type.lower(), fault)
        receipt = super().execute(order)
        if fault.startswith("die"):
            assert self.server.died()
            self.server.start()
        return receipt


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_the_server_does_what_was_applied_is_never_recorded_as_not_sent(mortal, seed):
    house = House(executor=Tossed(mortal, seed), seed=f"tossed-{seed}")
    house.reviewers(house.clock.now().replace(month=8))
    plan_id = house.active()
    house.run(90)
    assert house.broken() == []
    applied = {line["key"] for line in mortal.applied()}
    with house.unit() as unit:
        status = {effect.key: effect.status for effect in unit.effects.of_plan(plan_id)}
    assert len(status) >= 3
    assert applied <= set(status)
    assert {status[key] for key in applied} <= {EffectStatus.DONE, EffectStatus.UNKNOWN}
    assert applied >= {key for key, found in status.items() if found is EffectStatus.DONE}
    calls = [
        line["meta"] for line in mortal.calls() if line["tool"] in {"request_renewal_meeting", "engage_exec_sponsor"}
    ]
    assert len(calls) == len(set(calls))
