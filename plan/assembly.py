"""From a proposal to a plan: code sets ids, dates, deadlines, approvals, risk and constraints, never the model."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from pydantic import Field

from plan.actions import find_spec
from plan.calendars import Calendar, days_between, deadline
from plan.errors import PlanError
from plan.playbooks import PLAYBOOKS
from plan.proposals import Proposal, ProposedDependency, ProposedStep
from plan.revenue_plan import Cause, Constraints, Dependency, PlanStep, RenewalDefenseTerms, RevenuePlanV1
from plan.scalars import Approval, Frozen, Id, Instant, RiskClass, highest
from plan.situation import Contract, Situation


class Terms(Frozen):
    """What policy contributes to a new plan's objective."""

    min_retained_bp: int
    trusted_sources: tuple[Id, ...]
    risks: dict[str, RiskClass] = Field(default_factory=dict)
    """Risk of each action where policy names it; the catalogue's holds otherwise."""
    constraints: Constraints = Constraints()


def assemble(
    proposal: Proposal,
    situation: Situation,
    terms: Terms,
    *,
    new_id: Callable[[], UUID],
    now: Instant,
    cause: Cause,
) -> RevenuePlanV1:
    """Build the DRAFT plan that a proposal means for this situation.

    Raises PlanError where it names contracts that the account does not have, or a dependency that it does not hold.
    Everything else is left to the gate's judgement.
    """
    playbook = PLAYBOOKS.get(proposal.plan_type)
    if playbook is None:
        raise PlanError(f"there is no playbook for {proposal.plan_type}; known: {', '.join(PLAYBOOKS)}")
    objective = objective_terms(_subject(proposal.subject, situation), situation, terms)
    ids = {step.key: new_id() for step in proposal.steps}
    calendar = situation.tenant.calendar
    steps = tuple(_step(step, ids, calendar, now=now, last=objective.deadline) for step in proposal.steps)
    return RevenuePlanV1(
        plan_id=new_id(),
        tenant_id=situation.tenant.tenant_id,
        account_id=proposal.account_id,
        plan_type=proposal.plan_type,
        owner=situation.account.owner_id or "nobody",
        subject=tuple(sorted(proposal.subject)),
        goal=proposal.goal,
        objective=playbook.objective,
        objective_params=objective,
        risk=risk_of(steps, terms.risks),
        created_at=now,
        created_from=cause,
        expires_at=objective.deadline,
        constraints=terms.constraints,
        steps=steps,
    )


def objective_terms(contracts: tuple[Contract, ...], situation: Situation, terms: Terms) -> RenewalDefenseTerms:
    """Freeze what a defence of these contracts must reach."""
    first = min(contract.renews_on for contract in contracts)
    return RenewalDefenseTerms(
        deadline=deadline(first, situation.tenant.calendar),
        baseline_arr_minor={c.contract_id: c.arr_minor for c in sorted(contracts, key=lambda c: c.contract_id)},
        currency=contracts[0].currency,
        min_retained_bp=terms.min_retained_bp,
        trusted_sources=terms.trusted_sources,
    )


def risk_of(steps: Iterable[PlanStep], risks: Mapping[str, RiskClass] | None = None) -> RiskClass:
    """Return the plan's risk: the highest of its steps, by policy and else by the catalogue; an unknown one is HIGH."""
    named = risks or {}
    return highest(named.get(step.action_type) or _catalogued(step) for step in steps)


def _catalogued(step: PlanStep) -> RiskClass:
    spec = find_spec(step.action_type)
    return spec.risk if spec else RiskClass.HIGH


def _subject(contract_ids: tuple[Id, ...], situation: Situation) -> tuple[Contract, ...]:
    known = {c.contract_id: c for c in situation.contracts}
    missing = sorted(set(contract_ids) - set(known))
    if missing:
        raise PlanError(
            f"the account has no contract {', '.join(missing)}; it has: {', '.join(sorted(known)) or 'none'}"
        )
    found = tuple(known[contract_id] for contract_id in contract_ids)
    if len({contract.currency for contract in found}) > 1:
        raise PlanError("the contracts of one plan share one currency; propose them apart")
    return found


def _step(proposed: ProposedStep, ids: dict[str, UUID], calendar: Calendar, *, now: Instant, last: Instant) -> PlanStep:
    spec = find_spec(proposed.action_type)
    day_zero = calendar.local_date(now)
    day = calendar.working_day(day_zero + timedelta(days=proposed.start_day))
    not_before = max(now, calendar.at(day, 9))
    if proposed.due_day is not None:
        due_by = calendar.end_of(day_zero + timedelta(days=proposed.due_day))
    else:
        due_by = max(not_before + timedelta(days=10), min(last, not_before + _patience(proposed)))
    unknown = [d.key for d in proposed.depends_on if d.key not in ids]
    if unknown:
        raise PlanError(
            f"step {proposed.key} waits for unknown steps {', '.join(unknown)}; name steps of this proposal"
        )
    return PlanStep(
        step_id=ids[proposed.key],
        action_type=proposed.action_type,
        approval=spec.approval if spec else Approval.APPROVE,
        required=proposed.required,
        depends_on=tuple(Dependency(step_id=ids[d.key], kind=d.kind, outcomes=d.outcomes) for d in proposed.depends_on),
        not_before=not_before,
        due_by=min(due_by, last) if last > not_before else due_by,
        params=dict(proposed.params),
        evidence=proposed.evidence,
        rationale=proposed.rationale,
    )


def _patience(proposed: ProposedStep) -> timedelta:
    """How long a step may wait for its turn: what it waits for may itself be retried."""
    return timedelta(days=45 if proposed.depends_on else 14)


def proposal_of(plan: RevenuePlanV1, calendar: Calendar) -> Proposal:
    """Return what a drafter would have proposed to get this plan: days counted from its creation, keys for ids."""
    keys = {step.step_id: f"step_{number}" for number, step in enumerate(plan.steps, start=1)}
    day_zero = calendar.local_date(plan.created_at)
    steps = tuple(
        ProposedStep(
            key=keys[step.step_id],
            action_type=step.action_type,
            params=step.params or {},
            depends_on=tuple(
                ProposedDependency(key=keys[d.step_id], kind=d.kind, outcomes=d.outcomes)
                for d in step.depends_on
                if d.step_id in keys
            ),
            start_day=max(0, days_between(day_zero, calendar.local_date(step.not_before))),
            due_day=max(0, days_between(day_zero, calendar.local_date(step.due_by))),
            required=step.required,
            evidence=step.evidence,
            rationale=step.rationale,
        )
        for step in plan.steps
    )
    return Proposal(
        account_id=plan.account_id, plan_type=plan.plan_type, subject=plan.subject, goal=plan.goal, steps=steps
    )
