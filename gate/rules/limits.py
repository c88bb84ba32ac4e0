"""How much one plan may hold and promise: switches, sizes, must-haves, constraints, counts, money."""

from collections.abc import Iterator
from typing import Any

from gate.decisions import Phase, Severity
from gate.rules.rule import ALL, DRAFTING, Found, Rule
from gate.view import View
from plan import Approval, PlanStep, RiskClass, StepStatus, canonical

_GONE = frozenset({StepStatus.SKIPPED, StepStatus.CANCELLED})
SCHEMA_VERSION = 1


def _switched_off(view: View) -> Iterator[Found]:
    on = view.context.switches
    if "tenant" in on:
        yield Found("plan", "everything of this tenant is switched off")
    if f"plan_type:{view.plan.plan_type}" in on:
        yield Found("plan_type", f"{view.plan.plan_type} is switched off")
    connector = f"connector:{view.context.connector}" in on
    for where, step, _spec in view.judged if on else ():
        if f"action:{step.action_type}" in on:
            yield Found(where, f"{step.action_type} is switched off")
        if connector and step.approval is not Approval.TASK:
            yield Found(where, f"the connector {view.context.connector} is switched off")


def _sizes(view: View) -> Iterator[Found]:
    if view.plan.schema_version != SCHEMA_VERSION:
        yield Found("schema_version", f"{view.plan.schema_version} is no version that this gate reads")
    size, most = len(canonical(view.plan)), view.policy.max_plan_bytes
    if size > most:
        yield Found("plan", f"it has {size} bytes; {most} are the most")
    for where, step, _spec in view.judged:
        for name, text in texts_of(step):
            if len(text) > view.policy.max_text_chars:
                yield Found(f"{where}.{name}", f"it has {len(text)} letters; {view.policy.max_text_chars} are the most")


def texts_of(step: PlanStep) -> Iterator[tuple[str, str]]:
    """Yield every text of a step with its place: the rationale, and each string in its parameters."""
    yield "rationale", step.rationale
    for name, value in (step.params or {}).items():
        for text in _strings(value):
            yield f"params.{name}", text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _must_have(view: View) -> Iterator[Found]:
    alive = [s for s in view.plan.steps if s.status not in _GONE]
    for name in view.policy.must_have.get(view.plan.plan_type, ()):
        there = [s for s in alive if s.action_type == name]
        if there and not any(s.required for s in there):
            yield Found("steps", f"{name} must be a required step")
        elif not there and not view.fresh(name):
            yield Found("steps", f"every {view.plan.plan_type} has a {name}")


def _as_strict(view: View) -> Iterator[Found]:
    own, tenant = view.plan.constraints, view.policy.constraints
    if tenant.no_external_contact_without_approval and not own.no_external_contact_without_approval:
        yield Found("constraints.no_external_contact_without_approval", "the tenant promises it")
    if own.max_discount_bp > tenant.max_discount_bp:
        told = f"the plan allows {own.max_discount_bp}, the tenant {tenant.max_discount_bp} basis points"
        yield Found("constraints.max_discount_bp", told)


def _risky(view: View) -> Iterator[Found]:
    alive = (s for s in view.plan.steps if s.status is not StepStatus.CANCELLED)
    count = sum(view.policy.risk_of(view.plan.plan_type, s.action_type) is not RiskClass.LOW for s in alive)
    if count > view.policy.max_risky_steps:
        yield Found("steps", f"{count} steps are MEDIUM or HIGH; more than {view.policy.max_risky_steps} add up")


def _automatic(view: View) -> Iterator[Found]:
    in_a_row = 0
    alive = (s for s in view.plan.steps if s.status not in _GONE)
    for step in sorted(alive, key=lambda s: s.not_before):
        in_a_row = in_a_row + 1 if step.approval is Approval.AUTO else 0
        if in_a_row == view.policy.max_automatic_in_a_row + 1:
            most = view.policy.max_automatic_in_a_row
            yield Found("steps", f"more than {most} steps in a row run without a person")


def _money(view: View) -> Iterator[Found]:
    most = min(view.plan.constraints.max_discount_bp, view.policy.constraints.max_discount_bp)
    for where, step, _spec in view.judged:
        discount = discount_of(step)
        if discount > most:
            yield Found(f"{where}.params", f"a discount of {discount} basis points; {most} is the deepest")
    limit = view.context.approver_limit_minor
    if limit is not None and view.plan.amount_minor > limit:
        told = f"it is about {view.plan.amount_minor} minor units a year; no active approver may approve over {limit}"
        yield Found("objective_params.baseline_arr_minor", told)


def discount_of(step: PlanStep) -> int:
    """Return the discount that a step offers, in basis points; 0 where it offers none."""
    value = (step.params or {}).get("discount_bp")
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


LIMITS = (
    Rule(
        "PG003",
        Severity.HARD,
        ALL,
        "Not switched off",
        "A kill switch stops a tenant, a plan type, an action or a connector at once.",
        "Wait until two administrators release the switch.",
        _switched_off,
    ),
    Rule(
        "PG004",
        Severity.HARD,
        DRAFTING,
        "Known form, bounded size",
        "A plan has a schema version that this gate reads, and neither it nor any of its texts is too long.",
        "Shorten the text that is named, or propose a smaller plan.",
        _sizes,
    ),
    Rule(
        "PG012",
        Severity.SOFT,
        DRAFTING,
        "Must-haves",
        "Policy names the actions without which a plan of this type is not sound; a fresh outcome of one counts too.",
        "Add the step that is named, as a required one.",
        _must_have,
    ),
    Rule(
        "PG032",
        Severity.HARD,
        ALL,
        "Constraints as strict as the tenant's",
        "A plan may promise more than the tenant does, never less.",
        "Propose it again: code takes the constraints from policy.",
        _as_strict,
    ),
    Rule(
        "PG033",
        Severity.ADVISORY,
        (Phase.APPROVE,),
        "Risk that adds up",
        "A plan is as risky as its riskiest step; many steps of MEDIUM or HIGH risk are worth a second look.",
        "Look whether each of them is needed.",
        _risky,
    ),
    Rule(
        "PG034",
        Severity.SOFT,
        (Phase.APPROVE,),
        "A human touch now and then",
        "Only so many automatic steps in a row run before a person takes part.",
        "Put a step with a person between them.",
        _automatic,
    ),
    Rule(
        "PG080",
        Severity.HARD,
        ALL,
        "Money within somebody's authority",
        "No step offers more than plan and tenant allow, and somebody may approve a plan of this amount.",
        "Offer less, or give an approver a higher limit.",
        _money,
    ),
)
