"""What people and customers do, read off the rows each time: whoever is killed in between loses nothing."""

from contextlib import suppress

from oncourse.world import Reviewers
from orchestrator import BadInputError, ChangedError, Orchestrator, ReceiptKind
from plan import Calendar, IllegalMoveError, PlanStatus, Provider, RevenuePlanV1, StepStatus, spec_of
from store import Event, EventType, StaleError
from tests.chaos.world import Ledgered, who

LOST_TO_OTHERS = (StaleError, ChangedError, IllegalMoveError, BadInputError)
"""What a person is told who was not the only one."""


class People:
    """They approve what waits, answer what is out, and look up what is in doubt."""

    def __init__(self, house: Orchestrator, calendar: Calendar, connector: Ledgered) -> None:
        self._house, self._connector = house, connector
        acting = [who(house, name).principal for name in ("otto", "sara", "vera")]
        self._reviewers = Reviewers(house, calendar, acting)

    def look(self) -> int:
        """Do once all that waits for somebody; return how many things were tried."""
        with self._house.desk.unit() as unit:
            plans = [r.plan for r in unit.plans.find(statuses=[PlanStatus.DRAFT, PlanStatus.ACTIVE, PlanStatus.PAUSED])]
        return sum(self._look_at(plan) for plan in plans)

    def _look_at(self, plan: RevenuePlanV1) -> int:
        tried = 0
        if plan.status is PlanStatus.DRAFT:
            with suppress(*LOST_TO_OTHERS):
                self._reviewers.approve(str(plan.plan_id))
            tried += 1
        for step in plan.steps:
            if step.status is StepStatus.PENDING_APPROVAL and plan.status is PlanStatus.ACTIVE:
                with suppress(*LOST_TO_OTHERS):
                    self._reviewers.approve_steps(str(plan.plan_id))
                tried += 1
            elif step.status is StepStatus.AWAITING_OUTCOME:
                tried += self._answer(plan, f"{plan.plan_id}:{step.step_id}:{step.attempts}", step)
            elif step.status is StepStatus.IN_DOUBT and spec_of(step.action_type).provider is Provider.AT_MOST_ONCE:
                tried += self._find_out(plan, step)
        return tried

    def _answer(self, plan: RevenuePlanV1, key: str, step) -> int:
        good = spec_of(step.action_type).outcomes_ok[0]
        event = Event(
            source="world",
            event_id=f"o-{key[-60:]}",
            type=EventType.OUTCOME_RECORDED,
            account_id=plan.account_id,
            plan_id=str(plan.plan_id),
            body={"step_id": str(step.step_id), "outcome": good},
            received_at=self._house.desk.clock.now(),
        )
        with suppress(*LOST_TO_OTHERS):
            return int(self._house.receive(event))
        return 0

    def _find_out(self, plan: RevenuePlanV1, step) -> int:
        key = f"{plan.plan_id}:{step.step_id}:{step.attempts}"
        kind = ReceiptKind.SUCCEEDED if key in self._connector.applied() else ReceiptKind.NOT_SENT
        with suppress(*LOST_TO_OTHERS):
            self._house.reconcile(str(plan.plan_id), str(step.step_id), kind, "Looked it up.", who(self._house, "otto"))
        return 1
