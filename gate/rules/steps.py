"""What each step is: an approved action with valid parameters, its risk, and its human touch."""

from collections import Counter
from collections.abc import Iterator

from pydantic import ValidationError

from gate.decisions import Severity
from gate.rules.rule import ALL, DRAFTING, Found, Rule
from gate.view import View
from plan import PARAMS, Approval, RiskClass, StepStatus, explain_validation


def _count(view: View) -> Iterator[Found]:
    steps = view.plan.steps
    if not steps:
        yield Found("steps", "the plan is empty")
    if len(steps) > view.policy.max_steps:
        yield Found("steps", f"it has {len(steps)} steps; {view.policy.max_steps} are the most")
    for step_id, times in Counter(step.step_id for step in steps).items():
        if times > 1:
            yield Found("steps", f"step id {step_id} stands {times} times")


def _approved(view: View) -> Iterator[Found]:
    approved = view.policy.actions.get(view.plan.plan_type, {})
    for where, step, spec in view.judged:
        if spec is None or step.action_type not in approved:
            yield Found(where, f"{step.action_type} is not approved for {view.plan.plan_type}")
    counts = Counter(s.action_type for s in view.plan.steps if s.status is not StepStatus.CANCELLED)
    for action_type, times in sorted(counts.items()):
        if action_type in approved and times > approved[action_type].max_count:
            most = approved[action_type].max_count
            yield Found("steps", f"{action_type} stands {times} times; {most} is the most")


def _params(view: View) -> Iterator[Found]:
    for where, step, spec in view.known:
        if step.params is None:
            yield Found(f"{where}.params", f"{step.action_type} has no parameters")
            continue
        try:
            PARAMS[step.action_type].model_validate(step.params)
        except ValidationError as error:
            yield Found(f"{where}.params", f"{step.action_type}: {explain_validation(error)}")
            continue
        bound = [name for name in spec.bound_at_step if step.params.get(name) is not None]
        if bound:
            yield Found(f"{where}.params", f"{', '.join(bound)} cannot be known before the step; leave it out")


def _risk(view: View) -> Iterator[Found]:
    # Once approved, a policy that has lowered a risk since stops nothing.
    wrong = view.plan.risk is not view.risk if view.phase in DRAFTING else view.risk.rank > view.plan.risk.rank
    if wrong:
        yield Found("risk", f"the plan says {view.plan.risk}, its highest step is {view.risk}")
    if view.risk.rank > view.policy.risk_ceiling.rank:
        yield Found("risk", f"{view.risk} lies above the ceiling {view.policy.risk_ceiling}")


def _human_touch(view: View) -> Iterator[Found]:
    if not view.plan.constraints.no_external_contact_without_approval:
        yield Found("constraints.no_external_contact_without_approval", "it may not be off")
    for where, step, spec in view.known:
        high = view.policy.risk_of(view.plan.plan_type, step.action_type) is RiskClass.HIGH
        if step.approval is Approval.AUTO and (spec.external or not spec.reversible or high):
            yield Found(f"{where}.approval", f"{step.action_type} would run without a person")


STEPS = (
    Rule(
        "PG010",
        Severity.HARD,
        ALL,
        "A bounded list of steps",
        "A plan has at least one step, at most as many as policy allows, and no step id twice.",
        "Remove steps, or propose a smaller plan.",
        _count,
    ),
    Rule(
        "PG011",
        Severity.HARD,
        ALL,
        "Approved actions only",
        "A plan is composed of the actions that policy approves for its type, each at most as often as it says.",
        "Use an approved action, or publish a policy that approves this one.",
        _approved,
    ),
    Rule(
        "PG013",
        Severity.HARD,
        ALL,
        "Valid parameters",
        "Each action has its own closed schema; there is no free recipient, address or link.",
        "Correct the parameter that is named.",
        _params,
    ),
    Rule(
        "PG030",
        Severity.HARD,
        ALL,
        "Risk inherited",
        "A plan is as risky as its riskiest step, done ones included, and no riskier than the ceiling.",
        "Remove the step that lifts the risk, or have the plan assembled again.",
        _risk,
    ),
    Rule(
        "PG031",
        Severity.HARD,
        ALL,
        "Human touch",
        "What leaves the company, cannot be undone or is HIGH needs a person.",
        "Give the step the approval APPROVE, DRAFT or TASK.",
        _human_touch,
    ),
)
