"""How far a plan may go: its size, its constraints, its discount and amount, and what a concession needs first."""

from collections.abc import Iterator

from gate.decisions import Phase, Severity
from gate.rules.rule import ALL, DRAFTING, Found, Rule
from gate.rules.sequence import held, lately
from gate.rules.text import strings
from gate.view import View
from plan import Approval, Constraints, PlanStep, Requirement, RevenuePlanV1, RiskClass, StepStatus, find_spec

KNOWN_VERSIONS = (RevenuePlanV1.model_fields["schema_version"].default,)
DISCOUNT = "discount_bp"
"""The parameter that grants a discount, in basis points."""
CONCESSIONS = frozenset({"REQUEST_DISCOUNT_APPROVAL"})
"""Actions that give something away whatever their parameters say; so does every step with a discount."""
REVIEWS = ("RUN_VALUE_REVIEW",)
"""Actions that establish value before anything is given away."""
_GONE = frozenset({StepStatus.SKIPPED, StepStatus.CANCELLED})


def _size(view: View) -> Iterator[Found]:
    if view.plan.schema_version not in KNOWN_VERSIONS:
        yield Found("schema_version", f"version {view.plan.schema_version} is not known")
    size = len(view.plan_bytes)
    if size > view.policy.max_plan_bytes:
        yield Found("steps", f"the plan has {size} bytes; {view.policy.max_plan_bytes} are the most")
    most = view.policy.max_text_chars
    for where, step, _spec in view.judged:
        for name, text in (("rationale", step.rationale), *(("params", text) for text in strings(step.params))):
            if len(text) > most:
                yield Found(f"{where}.{name}", f"a text has {len(text)} characters; {most} are the most")


def _must_have(view: View) -> Iterator[Found]:
    there = {s.action_type for s in view.plan.steps if s.required and s.status not in _GONE}
    for name in view.policy.must_have.get(view.plan.plan_type, ()):
        if name not in there and not _taken(view, name):
            yield Found("steps", f"{name} is missing, or not required")


def _taken(view: View, action_type: str) -> bool:
    """Tell whether an action ended well so lately that its outcome still counts, as for what needs it first."""
    spec = find_spec(action_type)
    return spec is not None and lately(view, Requirement(actions=(action_type,), outcomes=spec.outcomes_ok))


def _constraints(view: View) -> Iterator[Found]:
    for name in Constraints.model_fields:
        asked, promised = getattr(view.policy.constraints, name), getattr(view.plan.constraints, name)
        looser = asked and not promised if isinstance(asked, bool) else promised > asked
        if looser:
            yield Found(f"constraints.{name}", f"the plan says {promised}, policy {asked}")


def _risky(view: View) -> Iterator[Found]:
    count = sum(
        view.policy.risk_of(view.plan.plan_type, step.action_type) is not RiskClass.LOW
        for step in view.plan.steps
        if step.status is not StepStatus.CANCELLED
    )
    if count > view.policy.max_risky_steps:
        yield Found("steps", f"{count} steps are MEDIUM or HIGH; {view.policy.max_risky_steps} are the most")


def _in_a_row(view: View) -> Iterator[Found]:
    alive = [(step.not_before, index) for index, step in enumerate(view.plan.steps) if step.status not in _GONE]
    row, most = 0, view.policy.max_automatic_in_a_row
    for _at, index in sorted(alive):
        row = row + 1 if view.plan.steps[index].approval is Approval.AUTO else 0
        if row == most + 1:
            yield Found(f"steps[{index}]", f"more than {most} automatic steps run in a row before a person acts")


def discount_of(step: PlanStep) -> int:
    """Return the discount that a step grants, in basis points; 0 where it names none."""
    value = (step.params or {}).get(DISCOUNT)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _authority(view: View) -> Iterator[Found]:
    most = min(view.plan.constraints.max_discount_bp, view.policy.constraints.max_discount_bp)
    for where, step, _spec in view.judged:
        if discount_of(step) > most:
            yield Found(f"{where}.params", f"a discount of {discount_of(step)} basis points; {most} is the most")
    limit, amount = view.context.approver_limit_minor, view.plan.amount_minor
    if limit is not None and amount > limit:
        yield Found("objective_params.baseline_arr_minor", f"no active approver may approve {amount}; {limit} at most")


def _concession(view: View) -> Iterator[Found]:
    good = tuple(outcome for name in REVIEWS if (spec := find_spec(name)) for outcome in spec.outcomes_ok)
    reviewed = Requirement(actions=REVIEWS, outcomes=good)
    for where, step, _spec in view.judged:
        gives = step.action_type in CONCESSIONS or discount_of(step) > 0
        if gives and not held(view, step, reviewed):
            yield Found(where, f"{step.action_type} gives something away before {' or '.join(REVIEWS)}")


LIMITS = (
    Rule(
        "PG004",
        Severity.HARD,
        DRAFTING,
        "A document of known form and size",
        "A plan is of a schema version that is known, and neither it nor any of its texts is longer than policy says.",
        "Shorten the text that is named, or propose a smaller plan.",
        _size,
    ),
    Rule(
        "PG012",
        Severity.SOFT,
        DRAFTING,
        "Must-haves present",
        "Policy names actions that every plan of a type holds as required steps; one whose good outcome is fresh in "
        "the account's history need not stand in the plan again.",
        "Add the step that is named, or make it required.",
        _must_have,
    ),
    Rule(
        "PG032",
        Severity.HARD,
        ALL,
        "Constraints as strict as policy's",
        "A plan may promise more than its tenant's policy, never less.",
        "Propose the plan again, so that it takes over today's constraints.",
        _constraints,
    ),
    Rule(
        "PG033",
        Severity.ADVISORY,
        (Phase.APPROVE,),
        "Few risky steps",
        "Many MEDIUM and HIGH steps in one plan are hard to keep an eye on.",
        "Consider whether each risky step is needed.",
        _risky,
    ),
    Rule(
        "PG034",
        Severity.SOFT,
        (Phase.APPROVE,),
        "A person now and then",
        "Between two steps that a person touches, only so many steps run on their own, in the order of their dates.",
        "Give one of the steps a human touch, or move it behind one that has it.",
        _in_a_row,
    ),
    Rule(
        "PG080",
        Severity.HARD,
        ALL,
        "Within someone's authority",
        "No discount goes deeper than the plan and policy allow, and some active approver may approve the amount.",
        "Lower the discount, or name an approver whose limit reaches that far.",
        _authority,
    ),
    Rule(
        "PG091",
        Severity.SOFT,
        (Phase.APPROVE,),
        "Value before concession",
        "A concession comes after a value review that went well, in this plan or fresh in the account's history.",
        "Let the concession wait for the success of a value review, or leave it out.",
        _concession,
    ),
)
