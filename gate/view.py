"""What all rules look at: the plan's graph and the steps in question, worked out once."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple
from uuid import UUID

from gate.context import GateContext
from gate.decisions import Phase
from gate.policy import PolicyBundle
from plan import (
    PLAYBOOKS,
    UNSENT,
    ActionSpec,
    ActorKind,
    Contract,
    DependencyKind,
    PlanStep,
    Playbook,
    RevenuePlanV1,
    RiskClass,
    Situation,
    StepApproval,
    StepStatus,
    canonical,
    find_spec,
    highest,
)


class Judged(NamedTuple):
    """One step in question, with its place in the plan and its spec."""

    where: str
    step: PlanStep
    spec: ActionSpec | None


_OF_ANY_POLICY = ("playbook", "by_id", "judged", "known", "cycle", "plan_bytes", "inputs_bytes", "contracts")
"""What a view works out from the question alone."""


def told_bytes(plan_bytes: bytes, context: GateContext, now: datetime) -> bytes:
    """Return the canonical bytes of a question, the plan's own bytes given."""
    told = canonical({"now": now.isoformat()})
    return b'{"context":' + canonical(context) + b"," + told[1:-1] + b',"plan":' + plan_bytes + b"}"


class View:
    """One question to the gate."""

    def __init__(
        self, plan: RevenuePlanV1, context: GateContext, policy: PolicyBundle, *, phase: Phase, now: datetime
    ) -> None:
        self.plan, self.context, self.phase, self.now = plan, context, phase, now
        self._policy = policy
        self.asked_policy = False
        """Whether anything looked at the policy since somebody set this to False."""
        self.found: dict[str, tuple[tuple[str, str, datetime | None], ...]] = {}
        """What the rules found that never looked at the policy, by code."""

    @property
    def policy(self) -> PolicyBundle:
        """Return the policy, and remember that somebody looked at it."""
        self.asked_policy = True
        return self._policy

    def under(self, policy: PolicyBundle) -> "View":
        """Return the same question under another policy, with what was worked out already."""
        other = View(self.plan, self.context, policy, phase=self.phase, now=self.now)
        other.__dict__.update({name: self.__dict__[name] for name in _OF_ANY_POLICY if name in self.__dict__})
        other.found = dict(self.found)
        return other

    @property
    def situation(self) -> Situation:
        """Return what is known of the account."""
        return self.context.situation

    @cached_property
    def playbook(self) -> Playbook | None:
        """Return the plan type's playbook."""
        return PLAYBOOKS.get(self.plan.plan_type)

    @cached_property
    def by_id(self) -> dict[UUID, PlanStep]:
        """Return the steps by id; the last one of a doubled id."""
        return {step.step_id: step for step in self.plan.steps}

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """Return the steps in question: at STEP the starting one, else those that neither were sent nor have ended.

        What is frozen was judged in its time; today's situation no longer speaks about it.
        """
        return tuple(
            Judged(f"steps[{index}]", step, find_spec(step.action_type))
            for index, step in enumerate(self.plan.steps)
            if self._asked(step)
        )

    def _asked(self, step: PlanStep) -> bool:
        if self.phase is Phase.STEP:
            return step.step_id == self.context.step_id
        return step.status in UNSENT

    @cached_property
    def known(self) -> tuple[tuple[str, PlanStep, ActionSpec], ...]:
        """Return the steps in question whose action is in the catalogue."""
        return tuple((where, step, spec) for where, step, spec in self.judged if spec is not None)

    @property
    def risk(self) -> RiskClass:
        """Return the highest risk of the steps that are not CANCELLED, by the policy's own table."""
        self.asked_policy = True
        return self._risk

    @cached_property
    def _risk(self) -> RiskClass:
        alive = {step.action_type for step in self.plan.steps if step.status is not StepStatus.CANCELLED}
        return highest(self._policy.risk_of(self.plan.plan_type, name) for name in alive)

    @cached_property
    def cycle(self) -> tuple[UUID, ...]:
        """Return the steps of a cycle; empty where there is none."""
        if self._in_order:
            return ()
        graph = {s.step_id: {d.step_id for d in s.depends_on} for s in self.plan.steps}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            return tuple(error.args[1])
        return ()

    @property
    def _in_order(self) -> bool:
        """Tell whether every step waits only for earlier ones, as nearly every plan does: then there is no cycle."""
        seen: set[UUID] = set()
        for step in self.plan.steps:
            if not all(need.step_id in seen for need in step.depends_on) or step.step_id in seen:
                return False
            seen.add(step.step_id)
        return True

    def ancestors(self, step: PlanStep) -> Iterator[tuple[PlanStep, tuple[str, ...] | None]]:
        """Yield every step that must succeed before this one, with the outcomes demanded of it (None: any good one).

        Only SUCCESS and OUTCOME_IN bind; a parent that is waited for as FINISHED may have failed. One that is waited
        for along several ways comes once for each.
        """
        seen: set[UUID] = set()
        todo = [step]
        while todo:
            for need in todo.pop().depends_on:
                parent = self.by_id.get(need.step_id)
                if parent is None or need.kind is DependencyKind.FINISHED:
                    continue
                yield parent, need.outcomes if need.kind is DependencyKind.OUTCOME_IN else None
                if parent.step_id not in seen:
                    seen.add(parent.step_id)
                    todo.append(parent)

    def standing(self, step: PlanStep) -> tuple[StepApproval, ...]:
        """Return the approvals by people, in time, of a step as it would start: revision, attempt and rendered text."""
        wanted = (step.step_id, step.attempts + 1, self.plan.revision)
        return tuple(
            a
            for a in self.context.step_approvals
            if (a.step_id, a.attempt, a.revision) == wanted
            and a.rendered_digest == self.context.rendered_digest
            and a.actor_kind is ActorKind.HUMAN
            and self.now <= a.expires_at
        )

    @cached_property
    def plan_bytes(self) -> bytes:
        """Return the canonical bytes of the plan."""
        return canonical(self.plan)

    @cached_property
    def inputs_bytes(self) -> bytes:
        """Return the canonical bytes of all that the gate is told: context, now and plan, by the alphabet."""
        return told_bytes(self.plan_bytes, self.context, self.now)

    @cached_property
    def contracts(self) -> tuple[Contract, ...]:
        """Return the contracts that the plan defends, as the situation knows them."""
        return tuple(c for c in self.situation.contracts if c.contract_id in self.plan.subject)
