"""People: they review, answer, stop, hand over and govern, at their own times and not always as they should.

Each looks at a plan as the ledger had it when it last changed, so what they see may be old by the time they act.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from gate import Act
from ledger import PlanState
from orchestrator import Acting, Orchestrator, Override, PlanEdit, ReceiptKind, Removal, StepEdit
from plan import (
    CLOSED,
    Approval,
    PlanStatus,
    PlanStep,
    Provider,
    StepStatus,
    spec_of,
)
from store import Unit
from tests.simulation.customers import ADMINS, APPROVERS, OWNERS, SENIORS
from tests.simulation.provider import Book

REASON = "A sentence that everybody understands."
EMERGENCY = "The customer called and wants everything to stop at once."
STALE = "sha256:" + "0" * 64
EVERYBODY = (*ADMINS, *OWNERS, *APPROVERS, *SENIORS)
Deed = Callable[[], object]


class Person:
    """Acts for whoever is drawn, over the process that runs now."""

    def __init__(self, house: Orchestrator, drawn: random.Random, book: Book, saw: Callable[[str], None]) -> None:
        self.house, self.drawn, self._book, self._saw = house, drawn, book, saw

    def who(self, name: str) -> Acting:
        """Return somebody as they stand in the tenant now."""
        with self.house.desk.unit() as unit:
            return Acting(principal=unit.principals.get(name), authenticated="scripted")

    def any_of(self, *names: str) -> Acting:
        """Return one of these, or now and then somebody who may not."""
        return self.who(self.drawn.choice(EVERYBODY if self.drawn.random() < 0.06 else names))

    def unit(self) -> Unit:
        """Open a transaction to read."""
        return self.house.desk.unit()  # type: ignore[return-value] # a context manager of it

    # what waits for somebody

    def attend(self, state: PlanState) -> None:
        """Do one thing about a plan."""
        plan = state.plan
        if plan.status in CLOSED:
            return
        if state.handover is not None and self.drawn.random() < 0.9:
            self._hand_over(state)
        elif plan.status is PlanStatus.DRAFT:
            self._review(state)
        elif plan.status is PlanStatus.PAUSED and self.drawn.random() < 0.8:
            self._unblock(state)
        else:
            self._steps(state)

    def _review(self, state: PlanState) -> None:
        plan_id, chance = str(state.plan.plan_id), self.drawn.random()
        if state.sent_back:
            self._edit(state)
        elif chance < 0.07:
            self._saw("sent back")
            self.house.send_back(plan_id, REASON, self.any_of(*APPROVERS, *SENIORS))
        elif chance < 0.15:
            self._edit(state)
        elif chance < 0.158:
            self._saw("rejected")
            self.house.reject(plan_id, REASON, self.any_of(*APPROVERS, *SENIORS))
        elif chance < 0.22:
            self._saw("approval of what was seen long ago")
            self.house.approve(plan_id, STALE, self.any_of(*APPROVERS, *SENIORS))
        elif any(step.status is StepStatus.FAILED for step in state.plan.steps) and chance < 0.7:
            self._mend(state)
        else:
            self.approve(plan_id)

    def approve(self, plan_id: str) -> None:
        """Approve a draft as it reads now, with an override of what is SOFT by whoever may."""
        person = self.any_of(*APPROVERS, *SENIORS, *SENIORS)
        with self.unit() as unit:
            seen = unit.plans.get(plan_id).content_digest
        codes = self.house.judged(plan_id).required_authority.overrides
        self.house.approve(plan_id, seen, person, override=self._override(person, codes))

    def _override(self, person: Acting, codes: tuple[str, ...]) -> Override | None:
        senior = person.principal.principal_id in SENIORS
        return Override(codes=codes, reason=EMERGENCY) if codes and senior else None

    def _edit(self, state: PlanState) -> None:
        self._saw("edited")
        free = [s for s in state.plan.steps if s.attempts == 0 and s.status is StepStatus.PENDING]
        answers = ("As asked.",) * len(state.sent_back)
        who = self.any_of(*OWNERS, *OWNERS, *APPROVERS)
        chance = self.drawn.random()
        optional = [s for s in free if not s.required]
        if optional and chance < 0.4:
            gone = Removal(step_id=self.drawn.choice(optional).step_id, reason=REASON)
            change = PlanEdit(removed=(gone,), answers=answers)
        elif free and chance < 0.9:
            step = self.drawn.choice(free)
            later = min(step.due_by + timedelta(days=self.drawn.randint(1, 20)), state.plan.expires_at)
            change = PlanEdit(changed=(StepEdit(step_id=step.step_id, due_by=later),), answers=answers)
        else:
            ends = state.plan.expires_at - timedelta(days=self.drawn.randint(1, 4))
            change = PlanEdit(expires_at=ends, answers=answers)
        self.house.edit(str(state.plan.plan_id), change, who)

    def _hand_over(self, state: PlanState) -> None:
        plan_id, to = str(state.plan.plan_id), state.handover.to if state.handover else ""
        if to in EVERYBODY and self.drawn.random() < 0.8:
            self._saw("accepted")
            self.house.accept(plan_id, self.who(to))
        else:
            self._saw("transferred")
            self.house.transfer(plan_id, self.drawn.choice(OWNERS), REASON, self.any_of(*ADMINS, *APPROVERS))

    def _unblock(self, state: PlanState) -> None:
        plan_id, chance = str(state.plan.plan_id), self.drawn.random()
        failed = [s for s in state.plan.steps if s.status is StepStatus.FAILED]
        if failed and chance < 0.7:
            self._mend(state)
        elif chance < 0.9:
            self._saw("resumed")
            self.house.resume(plan_id, REASON, self.any_of(*APPROVERS, *SENIORS))
        elif chance < 0.95:
            self._saw("reopened")
            self.house.reopen(plan_id, REASON, self.any_of(*APPROVERS, *SENIORS))
        else:
            self._steps(state)

    def _mend(self, state: PlanState) -> None:
        failed = [s for s in state.plan.steps if s.status is StepStatus.FAILED]
        plan_id, step = str(state.plan.plan_id), self.drawn.choice(failed)
        who = self.any_of(*APPROVERS, *SENIORS)
        if self.drawn.random() < 0.5:
            self._saw("step tried again by hand")
            self.house.retry(plan_id, str(step.step_id), REASON, who)
        else:
            self._saw("step skipped")
            self.house.skip(plan_id, str(step.step_id), REASON, who)

    def _steps(self, state: PlanState) -> None:
        """See to one step that waits for somebody."""
        waiting = [s for s in state.plan.steps if needs_somebody(s)]
        if not waiting:
            return
        step = self.drawn.choice(waiting)
        if step.status is StepStatus.IN_DOUBT:
            self._find_out(state, step)
        else:
            self._approve_step(state, step)

    def _approve_step(self, state: PlanState, step: PlanStep) -> None:
        plan_id, step_id, chance = str(state.plan.plan_id), str(step.step_id), self.drawn.random()
        person = self.any_of(*APPROVERS, *SENIORS, *SENIORS)
        if chance < 0.03:
            self._saw("step rejected")
            self.house.reject_step(plan_id, step_id, REASON, person)
            return
        if chance < 0.07:
            self._saw("approval of a text that was seen long ago")
            self.house.approve_step(plan_id, step_id, STALE, person)
            return
        with self.unit() as unit:
            now = unit.plans.get(plan_id).plan.step(step.step_id)
            kept = unit.effects.artefact(plan_id, now.step_id, now.attempts + 1)
        if kept is None or now.status is not StepStatus.PENDING_APPROVAL:
            return
        text = None
        if chance < 0.2:
            self._saw("text edited")
            text = f"As edited, in other words: {self.drawn.randint(1, 10**6)}."
        codes = self.house.judged_step(plan_id, step_id).overrides
        self.house.approve_step(
            plan_id, step_id, kept.digest, person, text=text, override=self._override(person, codes)
        )

    def _find_out(self, state: PlanState, step: PlanStep) -> None:
        """Look it up at the provider, and say what is so."""
        self._saw("doubt ended by a person")
        key = f"{state.plan.plan_id}:{step.step_id}:{step.attempts}"
        kind = ReceiptKind.SUCCEEDED if key in self._book.applied else ReceiptKind.NOT_SENT
        who = self.any_of(*APPROVERS, *SENIORS)
        self.house.reconcile(str(state.plan.plan_id), str(step.step_id), kind, REASON, who)

    def report(self, plan_id: str, step_id: UUID, outcome: str) -> None:
        """Say by hand what came of a task."""
        self.house.report_outcome(plan_id, str(step_id), outcome, self.any_of(*OWNERS, *APPROVERS))

    # what nobody asked for

    def interfere(self, state: PlanState) -> None:
        """Do something to a plan that somebody else is busy with."""
        plan_id, plan = str(state.plan.plan_id), state.plan
        who = self.any_of(*APPROVERS, *SENIORS)
        type_off = f"plan_type:{plan.plan_type}"
        calm: list[tuple[str, Deed]] = [
            ("edited", lambda: self._edit(state)),
            ("approved by two at once", lambda: self.approve(plan_id)),
            ("sent back", lambda: self.house.send_back(plan_id, REASON, who)),
        ]
        if plan.status is not PlanStatus.DRAFT:
            calm = [("step approved by two at once", lambda: self._steps(state))]
        harsh: list[tuple[str, Deed]] = [
            ("paused", lambda: self.house.pause(plan_id, REASON, who)),
            ("kill switch", lambda: self.house.governance.throw_switch(type_off, REASON, self.any_of(*ADMINS))),
            ("transferred", lambda: self.house.transfer(plan_id, self.drawn.choice(OWNERS), REASON, who)),
            ("reopened", lambda: self.house.reopen(plan_id, REASON, who)),
            ("aborted", lambda: self.house.abort(plan_id, REASON, who)),
        ]
        name, deed = self.drawn.choice(harsh if self.drawn.random() < 0.4 else calm)
        self._saw(name)
        deed()

    def meddle(self, state: PlanState) -> None:
        """Stop, hand over or reopen a plan out of the blue."""
        plan_id = str(state.plan.plan_id)
        who = self.any_of(*APPROVERS, *SENIORS)
        deeds: list[tuple[str, Deed]] = [
            ("paused", lambda: self.house.pause(plan_id, REASON, who)),
            (
                "paused",
                lambda: self.house.pause(plan_id, EMERGENCY, self.who(self.drawn.choice(OWNERS)), break_glass=True),
            ),
            ("reopened", lambda: self.house.reopen(plan_id, REASON, who)),
            ("transferred", lambda: self.house.transfer(plan_id, self.drawn.choice(OWNERS), REASON, who)),
            ("step skipped", lambda: self._skip_any(state)),
        ]
        if self.drawn.random() < 0.12:
            deeds = [("aborted", lambda: self.house.abort(plan_id, REASON, who))]
        name, deed = self.drawn.choice(deeds)
        self._saw(name)
        deed()

    def _skip_any(self, state: PlanState) -> None:
        step = self.drawn.choice(state.plan.steps)
        self.house.skip(str(state.plan.plan_id), str(step.step_id), REASON, self.any_of(*APPROVERS, *SENIORS))

    def delegate(self) -> None:
        """Let a colleague approve in one's stead for a while, or take that back."""
        giver, taker = self.drawn.choice(APPROVERS), self.drawn.choice(EVERYBODY)
        if self.drawn.random() < 0.7:
            self._saw("delegated")
            self.house.governance.delegate(taker, (Act.APPROVE, Act.APPROVE_STEP), self.who(giver), days=7)
        else:
            self.house.governance.undelegate(taker, self.who(giver))


def needs_somebody(step: PlanStep) -> bool:
    """Tell whether a step waits for a person."""
    asks = step.status is StepStatus.IN_DOUBT and spec_of(step.action_type).provider is Provider.AT_MOST_ONCE
    return asks or step.status is StepStatus.PENDING_APPROVAL


def by_hand(step: PlanStep) -> bool:
    """Tell whether a step is a task of one of our own people."""
    return step.approval is Approval.TASK


def open_at(states: dict[str, PlanState]) -> list[PlanState]:
    """Return the plans that are not closed, by id."""
    return [states[name] for name in sorted(states) if states[name].plan.status not in CLOSED]
