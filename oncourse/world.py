"""The simulated world: it watches what was sent, answers at its own times, and people work through their queues.

Reviewers follow a stated script: every business day at 09:00 (tenant time) each draft and each rendered step is
approved by as many people as it needs, exactly as read; senior approvers override what is SOFT, with a sentence that
says so. Nothing else is decided for them.
"""

import heapq
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from oncourse.simulator import Customers
from orchestrator import Acting, NotAllowedError, Orchestrator, Override
from plan import (
    Calendar,
    Fact,
    FactKind,
    OncourseError,
    PlanStatus,
    PlanStep,
    Principal,
    RenewalStatus,
    RevenuePlanV1,
    Role,
    StepStatus,
)
from store import Event, EventType

Deed = Callable[[], None]
REVIEW_HOUR = 9
SCRIPTED = "The stated script of this run overrides every soft finding."


class World:
    """What other parties do, at their own times: an agenda that the engine runs."""

    def __init__(self, house: Orchestrator, calendar: Calendar, customers: Customers) -> None:
        self._house, self._calendar, self._customers = house, calendar, customers
        self._deeds: list[tuple[datetime, int, Deed]] = []
        self._count = 0
        self._answered: set[str] = set()
        self.refusals: list[str] = []
        """What people tried and were refused, one line each."""

    def at(self, when: datetime, deed: Deed) -> None:
        """Have something done at an instant."""
        self._count += 1
        heapq.heappush(self._deeds, (when, self._count, deed))

    def next_at(self) -> datetime | None:
        """Return when the next thing is to be done."""
        return self._deeds[0][0] if self._deeds else None

    def run(self, now: datetime) -> None:
        """Do all that is to be done at this instant; a refusal is noted and nothing else happens."""
        while self._deeds and self._deeds[0][0] <= now:
            _, _, deed = heapq.heappop(self._deeds)
            try:
                deed()
            except OncourseError as error:
                self.refusals.append(f"{now:%Y-%m-%d} {error}")

    def watch(self, now: datetime, target: str, _did: str) -> None:
        """Look at a plan after its tick, and let the world answer what is newly out."""
        kind, _, plan_id = target.partition("/")
        if kind != "plan":
            return
        with self._house.desk.unit() as unit:
            plan = unit.plans.state(plan_id).plan
        for step in plan.steps:
            key = f"{plan.plan_id}:{step.step_id}:{step.attempts}"
            if step.status is StepStatus.AWAITING_OUTCOME and key not in self._answered:
                self._answered.add(key)
                self._answer(plan, step, key, now)

    def tell(self, event: Event) -> None:
        """Let an event arrive."""
        self._house.receive(event)

    def _answer(self, plan: RevenuePlanV1, step: PlanStep, key: str, now: datetime) -> None:
        answer = self._customers.answer(plan.account_id, step, now, self._calendar)
        if answer is None:
            return
        at, outcome = answer
        if outcome in {"COMMITMENT_SIGNED", "CLOSED_WON"}:
            self._close(plan, at)
        self.at(at, lambda: self.tell(_outcome(plan, step, key, outcome, at)))

    def _close(self, plan: RevenuePlanV1, at: datetime) -> None:
        """Let the CRM close the renewal of each contract, just before the commitment is reported."""
        for contract_id, baseline in plan.objective_params.baseline_arr_minor.items():
            retained = self._customers.closing(plan.account_id, baseline)
            if retained is not None:
                fact = renewal_fact(plan.account_id, contract_id, RenewalStatus.CLOSED_WON, retained, at)
                self.at(at, lambda fact=fact: self.tell(fact))  # type: ignore[misc] # bound now, called later

    def lose(self, account_id: str, contract_id: str, at: datetime) -> None:
        """Let the CRM record a lost renewal at an instant."""
        fact = renewal_fact(account_id, contract_id, RenewalStatus.CLOSED_LOST, 0, at)
        self.at(at, lambda: self.tell(fact))


def renewal_fact(account_id: str, contract_id: str, status: RenewalStatus, retained: int, at: datetime) -> Event:
    """Return the event by which the CRM says how a renewal stands."""
    fact = Fact(
        fact_id=f"crm-{contract_id}-{at:%Y%m%d}",
        account_id=account_id,
        kind=FactKind.RENEWAL_STATUS,
        subject_id=contract_id,
        value=status.value,
        number=retained,
        effective_at=at,
        recorded_at=at,
        source="crm",
    )
    return Event(
        source="crm",
        event_id=f"fact-{contract_id}-{at:%Y%m%d}",
        type=EventType.FACT_RECORDED,
        account_id=account_id,
        body=fact.model_dump(mode="json"),
        received_at=at,
    )


def _outcome(plan: RevenuePlanV1, step: PlanStep, key: str, outcome: str, at: datetime) -> Event:
    return Event(
        source="simulator",
        event_id=f"o-{key[-38:]}",
        type=EventType.OUTCOME_RECORDED,
        account_id=plan.account_id,
        plan_id=str(plan.plan_id),
        body={"step_id": str(step.step_id), "outcome": outcome, "attempt": int(key.rpartition(":")[2])},
        received_at=at,
    )


class Reviewers:
    """People who work through their queues by the stated script."""

    def __init__(self, house: Orchestrator, calendar: Calendar, people: Iterable[Principal]) -> None:
        self._house, self._calendar = house, calendar
        self._people = [Acting(principal=p, authenticated="scripted") for p in people]
        self.leave_alone: set[str] = set()
        """Accounts whose plans someone else looks after."""

    def every_morning(self, world: World, first: datetime, last: datetime) -> None:
        """Put a round of reviews on the agenda of each business day between two instants."""
        day = self._calendar.local_date(first)
        while (at := self._calendar.at(day, REVIEW_HOUR)) <= last:
            if at >= first and self._calendar.is_business_day(day):
                world.at(at, partial(self.round, world, at))
            day += timedelta(days=1)

    def round(self, world: World, at: datetime) -> None:
        """Approve every draft and every rendered step that waits, each by those who may, plan by plan."""
        with self._house.desk.unit() as unit:
            waiting = unit.plans.find(statuses=(PlanStatus.DRAFT, PlanStatus.ACTIVE))
        for record in waiting:
            if record.plan.account_id in self.leave_alone:
                continue
            if record.plan.status is PlanStatus.DRAFT:
                world.at(at, partial(self.approve, str(record.plan.plan_id)))
            elif record.plan.status is PlanStatus.ACTIVE:
                world.at(at, partial(self.approve_steps, str(record.plan.plan_id)))

    def approve(self, plan_id: str) -> None:
        """Approve a draft with as many people as it needs; a senior approver overrides what is SOFT."""
        for person in self._people:
            with self._house.desk.unit() as unit:
                record = unit.plans.get(plan_id)
            if record.plan.status is not PlanStatus.DRAFT:
                return
            with suppress(NotAllowedError):
                codes = self._house.judged(plan_id).required_authority.overrides
                self._house.approve(plan_id, record.content_digest, person, override=_override(person, codes))

    def approve_steps(self, plan_id: str) -> None:
        """Approve each rendered step of a plan exactly as rendered, with as many people as it needs."""
        with self._house.desk.unit() as unit:
            steps = unit.plans.get(plan_id).plan.steps
        for step in (s for s in steps if s.status is StepStatus.PENDING_APPROVAL):
            for person in self._people:
                if not self._approved_step(plan_id, step, person):
                    break

    def _approved_step(self, plan_id: str, step: PlanStep, person: Acting) -> bool:
        """Let one person approve a step if they may; False where nothing waits there any more."""
        with self._house.desk.unit() as unit:
            now = unit.plans.get(plan_id).plan.step(step.step_id)
            text = unit.effects.artefact(plan_id, now.step_id, now.attempts + 1)
        if text is None or now.status is not StepStatus.PENDING_APPROVAL:
            return False
        with suppress(NotAllowedError):
            codes = self._house.judged_step(plan_id, str(step.step_id)).overrides
            self._house.approve_step(plan_id, str(step.step_id), text.digest, person, override=_override(person, codes))
        return True


def _override(person: Acting, codes: tuple[str, ...]) -> Override | None:
    senior = Role.SENIOR_APPROVER in person.principal.roles
    return Override(codes=codes, reason=SCRIPTED) if codes and senior else None
