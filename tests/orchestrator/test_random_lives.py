"""Random lives: people click what they may and may not, providers lie, and every promise holds until every plan ends."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest

from oncourse.simulator import SimulatedExecutor
from orchestrator import PlanEdit, Receipt, ReceiptKind, Records, Removal
from plan import CLOSED, OncourseError, StepStatus, spec_of
from store import Event, EventType
from tests.house import House, records

SEEDS = 12
STEPS = 50
PEOPLE = ("mara", "otto", "sara", "vera", "root")
OWNERS = ("mara", "vera", "root")


class Wild(SimulatedExecutor):
    """A provider that drops, lies, turns away and refuses."""

    def __init__(self, chance):
        super().__init__()
        self._chance = chance

    def execute(self, order):
        drawn = self._chance.random()
        if drawn < 0.1:
            raise TimeoutError
        if drawn < 0.2:
            super().execute(order)
            raise ConnectionError
        if drawn < 0.3:
            return Receipt(kind=ReceiptKind.RETRYABLE, outcome="SOURCE_UNAVAILABLE")
        if drawn < 0.35:
            return Receipt(kind=ReceiptKind.FAILED, outcome="REFUSED")
        return super().execute(order)

    def reconcile(self, order):
        return Receipt(kind=ReceiptKind.UNKNOWN) if self._chance.random() < 0.3 else super().reconcile(order)


class Life:
    """One seeded life of two accounts."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.house = House(executor=Wild(self.chance), seed=str(seed))
        self.count = 0
        for account_id in ("acme", "beta"):
            self.house.know(account_id, urgent_ticket=self.chance.random() < 0.5)
            self.house.posture(account_id)

    def step_once(self):
        self.count += 1
        with self.house.unit() as unit:
            plans = [str(r.plan.plan_id) for r in unit.plans.find()]
        record = self.house.record(self.chance.choice(plans))
        who, step = self.house.who(self.chance.choice(PEOPLE)), self.chance.choice(record.plan.steps)
        with suppress(OncourseError):
            self.chance.choice(self.acts(record, step, who))()
        self.house.run(self.chance.choice((0, 0, 0, 1, 2, 5)))

    def acts(self, record, step, who):
        do, plan_id, step_id = self.house.orchestrator, str(record.plan.plan_id), str(step.step_id)
        if self.chance.random() < 0.05:
            status = self.chance.choice(("CLOSED_WON", "CLOSED_LOST", "VERBAL"))
            return [
                lambda: do.abort(plan_id, "Stop.", who),
                lambda: self.house.fact(record.plan.account_id, value=status),
                lambda: self.house.posture(record.plan.account_id, event_id=f"p{self.count}"),
            ]
        found = self.chance.choice((ReceiptKind.SUCCEEDED, ReceiptKind.FAILED, ReceiptKind.NOT_SENT))
        outcome = self.chance.choice((*spec_of(step.action_type).outcomes, "WEIRD"))
        answers = ("Done as asked.",) * len(record.state.sent_back)
        removal = PlanEdit(removed=(Removal(step_id=step.step_id, reason="At random."),), answers=answers)
        later = PlanEdit(
            expires_at=record.plan.expires_at + timedelta(days=self.chance.randint(-20, 20)), answers=answers
        )
        return [
            *[lambda: self.house.approve(plan_id, self.chance.choice(("otto", "sara", "vera")))] * 6,
            *[lambda: self.approve_steps(record)] * 8,
            *[lambda: do.report_outcome(plan_id, step_id, outcome, who)] * 5,
            *[lambda: do.receive(self.outcome_event(record, step_id, outcome))] * 3,
            *[lambda: do.edit(plan_id, removal, who)] * 2,
            *[lambda: do.resume(plan_id, "Go on.", who)] * 2,
            *[lambda: do.retry(plan_id, step_id, "Again.", who)] * 2,
            lambda: do.edit(plan_id, later, who),
            lambda: do.reopen(plan_id, "Otherwise.", who),
            lambda: do.transfer(plan_id, self.chance.choice(OWNERS), "A change.", who),
            lambda: self.own(record.plan.account_id),
            *[lambda: do.accept(plan_id, self.house.who(record.plan.owner))] * 3,
            lambda: do.pause(plan_id, "Why not.", who),
            lambda: do.send_back(plan_id, "Again.", who),
            lambda: do.skip(plan_id, step_id, "Not now.", who),
            lambda: do.reconcile(plan_id, step_id, found, "Asked.", who),
        ]

    def own(self, account_id):
        """Let the CRM say that the account has another owner, or that one has left."""
        known = records(account_id)
        owner = self.chance.choice((*OWNERS, None))
        account = known["accounts"][0].model_copy(update={"owner_id": owner})
        left = known["owners"][0].model_copy(update={"active": self.chance.random() < 0.7})
        families = {"accounts": (account,), "owners": (left,)}
        self.house.orchestrator.take_records(Records(families=families), self.house.who("root"))

    def approve_steps(self, record):
        for step in record.plan.steps:
            if step.status is StepStatus.PENDING_APPROVAL:
                with self.house.unit() as unit:
                    kept = unit.effects.artefact(record.plan.plan_id, step.step_id, step.attempts + 1)
                who = self.house.who(self.chance.choice(("otto", "sara", "vera")))
                text = self.chance.choice((None, "As edited."))
                self.house.orchestrator.approve_step(
                    str(record.plan.plan_id), str(step.step_id), kept.digest, who, text=text
                )

    def outcome_event(self, record, step_id, outcome):
        return Event(
            source="world",
            event_id=f"e{self.count}",
            type=EventType.OUTCOME_RECORDED,
            account_id=record.plan.account_id,
            plan_id=str(record.plan.plan_id),
            body={"step_id": step_id, "outcome": outcome},
            received_at=self.house.clock.now(),
        )


@pytest.mark.parametrize("seed", list(range(SEEDS)))
def test_whatever_people_and_providers_do_the_promises_hold_and_every_plan_ends(seed):
    life = Life(seed)
    for _ in range(STEPS):
        life.step_once()
    assert life.house.broken() == []
    life.house.run(150)
    assert life.house.broken() == []
    with life.house.unit() as unit:
        assert all(r.plan.status in CLOSED for r in unit.plans.find())
