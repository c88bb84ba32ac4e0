"""Approve exactly what was seen: one HIGH plan, one row for everything that is tried with it, in order."""

from datetime import timedelta
from functools import partial

import pytest

from agent import Deps, playbook_drafter
from oncourse.graph import build_graph
from orchestrator import Acting, BadInputError, ChangedError, NotAllowedError, PlanEdit, StepEdit
from orchestrator.approving import live_approvals
from plan import PlanStatus, Role
from store import Event, EventType
from tests.house import House
from tests.orchestrator.test_approvals import add, policy, publish

HIGH = {"actions__RENEWAL_DEFENSE__REQUEST_RENEWAL_MEETING__risk": "HIGH"}
PEOPLE = {
    "rex": (Role.EDITOR, Role.SENIOR_APPROVER),
    "max": (Role.PLAN_APPROVER,),
    "sue": (Role.SENIOR_APPROVER,),
    "otto": (Role.SENIOR_APPROVER,),
    "rob": (Role.TENANT_ADMIN,),
}


class Scenario:
    """One HIGH plan: `rex` edited it, so revision 1 is what the first row meets. Every act says what came of it."""

    def __init__(self):
        self.house = House(policy=policy(**HIGH))
        for name, roles in PEOPLE.items():
            add(self.house, name, *roles)
        self.house.orchestrator.governance.deactivate("sue", "She is on leave.", self.house.who("root"))
        self.plan_id = self.house.draft()
        self.slots("rex", 2)
        self.first = self.house.record(self.plan_id).content_digest

    def enter(self, **forged):
        """Enter the graph as an attacker would: with more in its state than an id."""
        graph = build_graph(self.house.orchestrator, Deps(drafter=playbook_drafter()))
        graph.invoke({"target": f"plan/{self.plan_id}", **forged})
        return self.stands()

    def event(self, kind, body):
        """Send an event that carries a decision."""
        received = Event(
            source="chat",
            event_id=f"e-{kind}",
            type=kind,
            account_id="acme",
            plan_id=self.plan_id,
            body=body,
            received_at=self.house.clock.now(),
        )
        self.house.orchestrator.receive(received)
        self.house.engine.run_due()
        return self.stands()

    def approve(self, name, *, seen=None, minutes_ago=0):
        """Approve over the web, with a second factor that was shown so long ago."""
        strong_at = self.house.clock.now() - timedelta(minutes=minutes_ago)
        who = Acting(principal=self.house.who(name).principal, authenticated="oidc", strong_at=strong_at)
        told = self.house.orchestrator.approve(self.plan_id, seen or self.digest, who)
        return f"{told.given} of {told.needed}, {told.status}"

    def slots(self, name, count):
        """Edit one number of the plan."""
        meeting = self.house.step(self.plan_id, "REQUEST_RENEWAL_MEETING")
        change = StepEdit(step_id=meeting.step_id, params=meeting.params | {"proposed_slots": count})
        self.house.orchestrator.edit(self.plan_id, PlanEdit(changed=(change,)), self.house.who(name))
        return self.stands()

    def publish(self):
        """Bring another bundle into force."""
        publish(self.house, policy(**HIGH, max_risky_steps=7))
        return self.stands()

    def tick(self):
        """Let the engine look at what is due."""
        self.house.engine.run_due()
        return self.stands()

    @property
    def digest(self):
        return self.house.record(self.plan_id).content_digest

    def stands(self):
        """Say where the plan stands and whose approvals count now."""
        record = self.house.record(self.plan_id)
        with self.house.unit() as unit:
            live = ", ".join(a.principal_id for a in live_approvals(unit, record.state))
        return f"r{record.plan.revision} {record.plan.status} [{live}]"

    def outcome(self, act):
        """Return what an act comes to: its answer, the policy that denied it, or the error and what it says."""
        try:
            return act(self)
        except NotAllowedError as error:
            return error.grant
        except (BadInputError, ChangedError) as error:
            return error.code


def entered(**forged):
    return partial(Scenario.enter, **forged)


def sent(kind, **body):
    return partial(Scenario.event, kind=kind, body=body)


def approved(name, **how):
    return partial(Scenario.approve, name=name, **how)


def approved_the_first_one(name):
    return lambda scenario: scenario.approve(name, seen=scenario.first)


ROWS = (
    ("the graph is entered with a decision", entered(decision="approve"), "r2 DRAFT []"),
    ("the graph is entered as accepted", entered(type="accept", args=None), "r2 DRAFT []"),
    ("the graph is entered as approved", entered(status=PlanStatus.APPROVED, did="approved"), "r2 DRAFT []"),
    ("an outcome brings a decision", sent(EventType.OUTCOME_RECORDED, decision="approve"), "bad_input"),
    ("a posture brings an approval", sent(EventType.POSTURE_CHANGED, approved_by="otto"), "bad_input"),
    ("the editor approves her own plan", approved("rex"), "AUTH-F03-own-content"),
    ("a plan approver, though it is HIGH", approved("max"), "AUTH-D00-no-permit"),
    ("a senior approver who is suspended", approved("sue"), "AUTH-F09-inactive"),
    ("an old second factor", approved("vera", minutes_ago=16), "AUTH-F07-second-factor"),
    ("vera", approved("vera"), "1 of 2, DRAFT"),
    ("vera again", approved("vera"), "AUTH-F04-twice"),
    ("mara edits", partial(Scenario.slots, name="mara", count=3), "r3 DRAFT []"),
    ("otto approves what he saw before", approved_the_first_one("otto"), "changed_since_read"),
    ("mara takes her edit back", partial(Scenario.slots, name="mara", count=2), "r4 DRAFT []"),
    ("otto approves what he saw before, which it is again", approved_the_first_one("otto"), "changed_since_read"),
    ("vera's approval does not come back", Scenario.stands, "r4 DRAFT []"),
    ("an editor two revisions ago stays one", approved("rex"), "AUTH-F03-own-content"),
    ("vera, anew", approved("vera"), "1 of 2, DRAFT"),
    ("otto", approved("otto"), "2 of 2, APPROVED"),
    ("a new policy comes into force", Scenario.publish, "r4 APPROVED []"),
    ("it does not start: its approval lapsed", Scenario.tick, "r5 DRAFT []"),
    ("vera, under the new policy", approved("vera"), "1 of 2, DRAFT"),
    ("otto, under the new policy", approved("otto"), "2 of 2, APPROVED"),
    ("now it starts", Scenario.tick, "r5 ACTIVE [vera, otto]"),
)


def test_the_scenario_comes_out_row_by_row():
    scenario = Scenario()
    told = [(what, scenario.outcome(act)) for what, act, _ in ROWS]
    assert told == [(what, expected) for what, _, expected in ROWS]
    assert scenario.house.broken() == []
    with scenario.house.unit() as unit:
        assert list(unit.replay()) == []


@pytest.mark.parametrize("name", ["rex", "max", "sue", "vera"])
def test_a_row_that_is_refused_writes_nothing(name):
    scenario = Scenario()
    before = scenario.house.types(scenario.plan_id)
    assert scenario.outcome(approved(name, minutes_ago=16)).startswith("AUTH-")
    assert scenario.house.types(scenario.plan_id) == before
