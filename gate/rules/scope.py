"""Whose plan it is, of which type, when, and under which objective."""

from collections.abc import Iterator
from datetime import timedelta

from gate.decisions import Phase, Severity
from gate.rules.rule import ALL, Found, Rule
from gate.view import View
from plan import deadline


def _plan_type(view: View) -> Iterator[Found]:
    if view.plan.plan_type not in view.policy.enabled_plan_types or view.playbook is None:
        yield Found("plan_type", f"{view.plan.plan_type} is not enabled")


def _tenant(view: View) -> Iterator[Found]:
    if {view.plan.tenant_id, view.situation.tenant.tenant_id} != {view.context.tenant_id}:
        yield Found("tenant_id", "the plan or the situation belongs to another tenant")
    if view.plan.account_id != view.situation.account.account_id:
        yield Found("account_id", f"the plan is for {view.plan.account_id}, the situation is another account's")


def _slot(view: View) -> Iterator[Found]:
    holder = view.context.slot_holder
    if holder is not None and holder != str(view.plan.plan_id):
        yield Found("account_id", f"plan {holder} is ACTIVE for {view.plan.account_id} and {view.plan.plan_type}")


def _window(view: View) -> Iterator[Found]:
    plan = view.plan
    if view.now > plan.expires_at:
        yield Found("expires_at", f"the plan ended at {plan.expires_at:%Y-%m-%d %H:%M} UTC")
    if plan.expires_at - plan.created_at > timedelta(days=view.policy.horizon_days):
        yield Found("expires_at", f"it reaches further than {view.policy.horizon_days} days")
    if plan.objective_params.deadline > plan.expires_at:
        yield Found("objective_params.deadline", "the deadline lies after the plan's end")
    if view.now > plan.objective_params.deadline:
        yield Found("objective_params.deadline", f"the deadline passed at {plan.objective_params.deadline:%Y-%m-%d}")


def _objective(view: View) -> Iterator[Found]:
    plan, terms = view.plan, view.plan.objective_params
    if view.playbook is not None and plan.objective != view.playbook.objective:
        yield Found("objective", "the sentence is not the playbook's own")
    if not plan.subject or len(set(plan.subject)) != len(plan.subject):
        yield Found("subject", "it names no contract, or one twice")
        return
    missing = sorted(set(plan.subject) - {c.contract_id for c in view.contracts})
    if missing:
        yield Found("subject", f"the account has no contract {', '.join(missing)}")
        return
    if set(terms.baseline_arr_minor) != set(plan.subject):
        yield Found("objective_params.baseline_arr_minor", "it does not name exactly the contracts of the subject")
    first = min(contract.renews_on for contract in view.contracts)
    if terms.deadline != deadline(first, view.situation.tenant.calendar):
        yield Found("objective_params.deadline", f"it is not the end of day -30 before {first}")
    if view.phase in {Phase.PROPOSE, Phase.APPROVE}:
        if terms.min_retained_bp != view.policy.min_retained_bp:
            yield Found("objective_params.min_retained_bp", f"policy asks for {view.policy.min_retained_bp}")
        if tuple(terms.trusted_sources) != tuple(view.policy.trusted_sources):
            yield Found("objective_params.trusted_sources", "they are not policy's own")


def _already_true(view: View) -> Iterator[Found]:
    if view.context.objective_met:
        yield Found("objective", "it is already true")


def _posture(view: View) -> Iterator[Found]:
    posture = view.situation.posture.posture
    if view.playbook is None or posture not in view.playbook.postures:
        yield Found("account_id", f"the account is {posture}; {view.plan.plan_type} does not fit")


SCOPE = (
    Rule(
        "PG001",
        Severity.HARD,
        ALL,
        "Plan type enabled",
        "A tenant switches plan types on one by one; a plan of any other type is not judged further.",
        "Use an enabled plan type, or publish a policy that enables this one.",
        _plan_type,
    ),
    Rule(
        "PG002",
        Severity.HARD,
        ALL,
        "Own tenant and account",
        "A plan touches only the tenant and the account that it was asked for.",
        "Propose it again for the right account.",
        _tenant,
    ),
    Rule(
        "PG040",
        Severity.HARD,
        ALL,
        "One ACTIVE plan per account and type",
        "Two plans of one type would pull the same customer in two directions. Nothing is queued.",
        "Wait for the other plan's end, or pause or abort it.",
        _slot,
    ),
    Rule(
        "PG050",
        Severity.HARD,
        ALL,
        "Inside its window",
        "A plan has an end, its deadline lies before it, and neither has passed.",
        "Hand the account to a person, or propose again for a later renewal.",
        _window,
    ),
    Rule(
        "PG073",
        Severity.HARD,
        ALL,
        "Objective that can be judged",
        "The objective's sentence, deadline, baseline and sources are those that code and policy set.",
        "Propose again: code sets the objective, nobody writes it.",
        _objective,
    ),
    Rule(
        "PG074",
        Severity.HARD,
        (Phase.APPROVE, Phase.ACTIVATE),
        "Objective not already true",
        "A plan whose goal is reached has nothing left to do.",
        "Let it go: the next tick closes it as moot.",
        _already_true,
    ),
    Rule(
        "PG092",
        Severity.HARD,
        ALL,
        "Posture fits the plan type",
        "A defence is for accounts that need one, and nobody sells more to an account at risk.",
        "Wait until the posture fits, or choose another plan type.",
        _posture,
    ),
)
