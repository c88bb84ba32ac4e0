"""What people and customers do, read off the rows each time: whoever is killed in between loses nothing."""

from contextlib import suppress
from datetime import timedelta

from oncourse.world import Reviewers
from orchestrator import BadInputError, ChangedError, Orchestrator, ReceiptKind
from plan import Calendar, IllegalMoveError, PlanStatus, Provider, RevenuePlanV1, StepStatus, spec_of
from store import Event, EventType, StaleError
from tests.chaos.glance import Glance, Waiting, glance
from tests.chaos.world import Ledgered, who

LOST_TO_OTHERS = (StaleError, ChangedError, IllegalMoveError, BadInputError)
"""What a person is told who was not the only one."""
AGAIN = timedelta(hours=1)
"""After this a person looks again at what is as it was."""


class People:
    """They approve what waits, answer what is out, and look up what is in doubt."""

    def __init__(self, house: Orchestrator, calendar: Calendar, connector: Ledgered) -> None:
        self.house, self._connector = house, connector
        acting = [who(house, name).principal for name in ("otto", "sara", "vera")]
        self._reviewers = Reviewers(house, calendar, acting)
        self._seen = {}
        """Plan -> its row's version when it was looked at last, and when."""

    def look(self, seen: Glance | None = None) -> int:
        """Do once all that waits for somebody; return how many things were tried."""
        now = self.house.desk.clock.now()
        here = seen or glance(self.house.desk.store._engine, now)
        wanted = {}
        for one in here.waiting:
            wanted.setdefault(one.plan_id, one)
        return sum(self._look_at(one) for one in wanted.values() if self._is_news(one))

    def _is_news(self, one: Waiting) -> bool:
        version, at = self._seen.get(one.plan_id, (0, None))
        return version != one.row_version or at + AGAIN <= self.house.desk.clock.now()

    def _look_at(self, one: Waiting) -> int:
        """Look at a plan with a fresh eye; what was lost to others is looked at again at once."""
        with self.house.desk.unit() as unit:
            record = unit.plans.get(one.plan_id)
        try:
            tried = self._do(record.plan)
        except LOST_TO_OTHERS:
            return 1
        self._seen[one.plan_id] = (record.row_version, self.house.desk.clock.now())
        return tried

    def _do(self, plan: RevenuePlanV1) -> int:
        tried = 0
        if plan.status is PlanStatus.DRAFT:
            self.review(plan)
            return 1
        if plan.status is PlanStatus.ACTIVE and any(s.status is StepStatus.PENDING_APPROVAL for s in plan.steps):
            self.review_steps(plan)
            tried += 1
        for step in plan.steps:
            if step.status is StepStatus.AWAITING_OUTCOME:
                tried += self._answer(plan, step)
            elif step.status is StepStatus.IN_DOUBT and spec_of(step.action_type).provider is Provider.AT_MOST_ONCE:
                tried += self._find_out(plan, step)
        return tried

    def review(self, plan: RevenuePlanV1) -> None:
        """Approve a draft."""
        self._reviewers.approve(str(plan.plan_id))

    def review_steps(self, plan: RevenuePlanV1) -> None:
        """Approve what was rendered."""
        self._reviewers.approve_steps(str(plan.plan_id))

    def _answer(self, plan: RevenuePlanV1, step) -> int:
        good = spec_of(step.action_type).outcomes_ok[0]
        event = Event(
            source="world",
            event_id=f"o-{f'{plan.plan_id}:{step.step_id}:{step.attempts}'[-60:]}",
            type=EventType.OUTCOME_RECORDED,
            account_id=plan.account_id,
            plan_id=str(plan.plan_id),
            body={"step_id": str(step.step_id), "outcome": good},
            received_at=self.house.desk.clock.now(),
        )
        return int(self.house.receive(event))

    def _find_out(self, plan: RevenuePlanV1, step) -> int:
        key = f"{plan.plan_id}:{step.step_id}:{step.attempts}"
        kind = ReceiptKind.SUCCEEDED if key in self._connector.applied() else ReceiptKind.NOT_SENT
        with suppress(*LOST_TO_OTHERS):
            self.house.reconcile(str(plan.plan_id), str(step.step_id), kind, "Looked it up.", who(self.house, "otto"))
        return 1
