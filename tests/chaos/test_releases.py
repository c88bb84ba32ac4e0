"""Plans that wait, wherever they wait, go on under a program released anew."""

import random
import time

import pytest

from oncourse.durable import VERSION
from plan import CLOSED, PlanStatus, StepStatus
from store import Event, EventType
from tests.chaos.approvals import Clickers, unseen
from tests.chaos.campaign import live, look_back
from tests.chaos.clocks import Tide
from tests.chaos.glance import glance
from tests.chaos.herd import Herd
from tests.chaos.releases import queued, stall, work_released, work_today
from tests.chaos.world import found, opened, who
from tests.databases import fresh_url
from tests.house import BERLIN, timedelta

ACCOUNTS = [f"a{number:04d}" for number in range(10)]
UNREAD, JUST_APPROVED, *RUNNING = ACCOUNTS
PAUSED = "a0006"
WAITS = {
    StepStatus.PENDING,
    StepStatus.PENDING_APPROVAL,
    StepStatus.AWAITING_OUTCOME,
    StepStatus.IN_DOUBT,
    StepStatus.RUNNING,
}
"""Every state in which a step can be found waiting."""


def plans(house):
    with house.desk.unit() as unit:
        return {r.plan.account_id: r.plan for r in unit.plans.find()}


def until(what, seconds=90):
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, what
        time.sleep(0.1)


def bring_to_rest(shared, house, people):
    """Let today's workers take plans to every state of waiting, and leave visits in the queue, begun and not begun."""
    today = Herd(shared, 1, 1, work=work_today)
    try:
        until(lambda: len(plans(house)) == len(ACCOUNTS))
        for account in RUNNING:
            while plans(house)[account].status is PlanStatus.DRAFT:
                people.review(plans(house)[account])
        tide = Tide(shared.clock(), timedelta(days=1), 8)

        def rests():
            tide.pass_by(0.1, glance(opened(shared.url), shared.clock().now()).due)
            return {step.status for plan in plans(house).values() for step in plan.steps} >= WAITS

        until(rests)
        house.pause(str(plans(house)[PAUSED].plan_id), "Wait for the quarter's end.", who(house, "sara"))
    finally:
        today.end()
    while plans(house)[JUST_APPROVED].status is PlanStatus.DRAFT:
        people.review(plans(house)[JUST_APPROVED])
    for plan in plans(house).values():
        house.receive(
            Event(
                source="noise",
                event_id=f"before-{plan.account_id}",
                type=EventType.OUTCOME_RECORDED,
                account_id=plan.account_id,
                plan_id=str(plan.plan_id),
                body={"step_id": "00000000", "outcome": "DONE"},
                received_at=shared.clock().now(),
            )
        )
    stalled = Herd(shared, 2, 1, work=stall)
    try:
        until(lambda: {status for status, _ in queued(shared.url)} >= {"PENDING", "ENQUEUED"})
    finally:
        stalled.end()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_plans_go_on_when_nodes_are_renamed_and_the_program_is_released_anew(kind, tmp_path):
    shared = found(fresh_url(kind, tmp_path), tmp_path, scale=0, accounts=len(ACCOUNTS))
    house = shared.house()
    people = Clickers(house, BERLIN, shared.connector(), random.Random(1))
    people.late = 0
    bring_to_rest(shared, house, people)
    assert {status for status, _ in queued(shared.url)} >= {"PENDING", "ENQUEUED"}
    assert {plan.status for plan in plans(house).values()} == {
        PlanStatus.DRAFT, PlanStatus.APPROVED, PlanStatus.ACTIVE, PlanStatus.PAUSED,
    }  # fmt: skip
    herd = Herd(shared, 3, 2, work=work_released)
    try:
        house.resume(str(plans(house)[PAUSED].plan_id), "It has ended.", who(house, "vera"))
        live(shared, herd, len(ACCOUNTS), people=people)
    finally:
        herd.end()
    assert look_back(shared, len(ACCOUNTS)) == []
    assert {plan.status for plan in plans(house).values()} <= CLOSED
    with house.desk.unit() as unit:
        landed, unwanted = unseen(unit, people.clicks)
    assert unwanted == []
    assert landed > len(ACCOUNTS)
    assert {version for _, version in queued(shared.url)} == {VERSION}
    opened(shared.url).dispose()
