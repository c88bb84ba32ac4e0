"""What code sets, set wrong; and good plans on an account that has changed. No drafter can do either."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from evals.cases import Case
from evals.defects.bending import external, knowing, known, touched
from evals.defects.seeding import Defect, of_account, of_plan
from plan import (
    ActionSpec,
    Approval,
    Posture,
    Proposal,
    RevenuePlanV1,
    RiskClass,
    contacts_of,
    find_spec,
    spec_of,
)

_SOON = 7
"""Days after which no step of the same kind may follow yet, weekends included."""


def other_tenant(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Give the plan to another tenant."""
    return plan.model_copy(update={"tenant_id": "stranger"})


def risk_understated(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1 | None:
    """Say that the risk is lower than it is."""
    return plan.model_copy(update={"risk": RiskClass.LOW}) if plan.risk is not RiskClass.LOW else None


def external_automatic(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1 | None:
    """Let what reaches the customer run without a person."""
    return _automatic(plan, lambda spec: spec.external)


def grave_automatic(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1 | None:
    """Let what is grave or cannot be undone run without a person."""
    return _automatic(plan, lambda spec: spec.risk is RiskClass.HIGH or not spec.reversible)


def constraint_off(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Allow contact without approval."""
    off = plan.constraints.model_copy(update={"no_external_contact_without_approval": False})
    return plan.model_copy(update={"constraints": off})


def discount_limit_raised(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Allow a deeper discount than policy does."""
    deeper = plan.constraints.model_copy(update={"max_discount_bp": plan.constraints.max_discount_bp + 1})
    return plan.model_copy(update={"constraints": deeper})


def already_over(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Let the plan end before it begins."""
    return plan.model_copy(update={"expires_at": plan.created_at - timedelta(minutes=1)})


def without_end(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Let the plan reach further than policy looks."""
    return plan.model_copy(update={"expires_at": plan.created_at + timedelta(days=201)})


def objective_reworded(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Write the objective anew."""
    return plan.model_copy(update={"objective": "Secure renewal some day"})


def deadline_moved(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Count from another day."""
    return _terms(plan, deadline=plan.objective_params.deadline - timedelta(days=1))


def bar_lowered(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Be content with less revenue than policy asks for."""
    return _terms(plan, min_retained_bp=plan.objective_params.min_retained_bp - 1)


def word_of_anybody(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Believe a source that policy does not trust."""
    return _terms(plan, trusted_sources=(*plan.objective_params.trusted_sources, "chat"))


def baseline_of_others(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Measure against a contract that the plan does not defend."""
    return _terms(plan, baseline_arr_minor=plan.objective_params.baseline_arr_minor | {"stranger-1": 1})


def step_id_twice(plan: RevenuePlanV1, _case: Case) -> RevenuePlanV1:
    """Call two steps by one id."""
    return plan.model_copy(update={"steps": (*plan.steps, plan.steps[-1])})


def brief_just_made(proposal: Proposal, case: Case) -> Case | None:
    """Brief the house again within days."""
    soon = any(step.action_type == "PREP_RENEWAL_BRIEF" and step.start_day <= _SOON for step in proposal.steps)
    made = touched(case, 1, action_type="PREP_RENEWAL_BRIEF", outcome="BRIEF_READY", external=False)
    return made if soon else None


def person_just_reached(proposal: Proposal, case: Case) -> Case | None:
    """Write to somebody who was written to an hour ago."""
    for step in proposal.steps:
        spec, people = find_spec(step.action_type), contacts_of(step.params)
        rest = spec.cooldowns.contact if spec else None
        if people and rest is not None and timedelta(days=step.start_day + 3) < rest:
            return touched(case, 0, contact_id=people[0])
    return None


def on_legal_hold(proposal: Proposal, case: Case) -> Case | None:
    """Write to an account on which a legal hold lies."""
    return _account(case, legal_hold=True) if _reaches_out(proposal) else None


def asked_to_be_left_alone(proposal: Proposal, case: Case) -> Case | None:
    """Write to an account that asked not to be contacted."""
    return _account(case, do_not_contact=True) if _reaches_out(proposal) else None


def all_opted_out(proposal: Proposal, case: Case) -> Case | None:
    """Write to people who opted out."""
    return _contacts(proposal, case, opted_out=True)


def all_left(proposal: Proposal, case: Case) -> Case | None:
    """Write to people who left."""
    return _contacts(proposal, case, left_company=True)


def none_consented(proposal: Proposal, case: Case) -> Case | None:
    """Write to people who never agreed to it."""
    return _contacts(proposal, case, contactable=False)


def owners_gone(proposal: Proposal, case: Case) -> Case | None:
    """Write to the customer in the name of people who are no longer active."""
    owners = tuple(owner.model_copy(update={"active": False}) for owner in known(case).owners)
    listed = known(case).account.owner_id in {owner.owner_id for owner in owners}
    return knowing(case, owners=owners) if listed and _reaches_out(proposal) else None


def nothing_to_fear(_proposal: Proposal, case: Case) -> Case:
    """Defend an account that is secure."""
    return knowing(case, posture=known(case).posture.model_copy(update={"posture": Posture.SECURE}))


def _automatic(plan: RevenuePlanV1, chosen: Callable[[ActionSpec], bool]) -> RevenuePlanV1 | None:
    steps = tuple(
        step.model_copy(update={"approval": Approval.AUTO}) if chosen(spec_of(step.action_type)) else step
        for step in plan.steps
    )
    return plan.model_copy(update={"steps": steps}) if steps != plan.steps else None


def _terms(plan: RevenuePlanV1, **update: Any) -> RevenuePlanV1:
    return plan.model_copy(update={"objective_params": plan.objective_params.model_copy(update=update)})


def _reaches_out(proposal: Proposal) -> bool:
    return any(external(step) for step in proposal.steps)


def _account(case: Case, **update: Any) -> Case:
    return knowing(case, account=known(case).account.model_copy(update=update))


def _contacts(proposal: Proposal, case: Case, **update: Any) -> Case | None:
    named = any(external(step) and contacts_of(step.params) for step in proposal.steps)
    contacts = tuple(contact.model_copy(update=update) for contact in known(case).contacts)
    return knowing(case, contacts=contacts) if named else None


DEFECTS: tuple[Defect, ...] = (
    of_plan("policy", other_tenant, "PG002"),
    of_plan("policy", step_id_twice, "PG010"),
    of_account("policy", brief_just_made, "PG014"),
    of_account("policy", person_just_reached, "PG014"),
    of_plan("policy", risk_understated, "PG030"),
    of_plan("policy", external_automatic, "PG031"),
    of_plan("policy", grave_automatic, "PG031"),
    of_plan("policy", constraint_off, "PG032"),
    of_plan("policy", discount_limit_raised, "PG032"),
    of_plan("policy", already_over, "PG050"),
    of_plan("policy", without_end, "PG050"),
    of_account("policy", on_legal_hold, "PG061"),
    of_account("policy", asked_to_be_left_alone, "PG061"),
    of_account("policy", all_opted_out, "PG061"),
    of_account("policy", all_left, "PG061"),
    of_account("policy", none_consented, "PG061"),
    of_plan("policy", objective_reworded, "PG073"),
    of_plan("policy", deadline_moved, "PG073"),
    of_plan("policy", bar_lowered, "PG073"),
    of_plan("policy", word_of_anybody, "PG073"),
    of_plan("policy", baseline_of_others, "PG073"),
    of_account("policy", owners_gone, "PG090"),
    of_account("policy", nothing_to_fear, "PG092"),
    of_plan("human_touch", external_automatic),
    of_plan("human_touch", grave_automatic),
    of_plan("human_touch", constraint_off),
    of_account("human_touch", owners_gone),
)
