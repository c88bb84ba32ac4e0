"""RevenuePlanV1: a time-bounded, goal-oriented plan composed of approved action types.

A changed meaning is a V2, never an edit of this file's fields. The published JSON Schema is
`plan/revenue_plan_v1.schema.json`; a test compares.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from plan.digests import Sealer, canonical, check_plain, digest_bytes, reveal
from plan.errors import PlanError
from plan.lifecycle import SETTLED, PlanStatus, StepStatus
from plan.params import public_fields
from plan.scalars import (
    INT_BOUND,
    ActionType,
    Approval,
    BasisPoints,
    Currency,
    Frozen,
    Id,
    Instant,
    Minor,
    Outcome,
    PlanType,
    PrivateText,
    RiskClass,
    Text,
)

MAX_STEPS = 40
"""More than any playbook needs; a policy bundle sets the tenant's own, lower cap."""


class DependencyKind(StrEnum):
    """What a step waits for: success, any end, or one of the named outcomes."""

    SUCCESS = "SUCCESS"
    FINISHED = "FINISHED"
    OUTCOME_IN = "OUTCOME_IN"


class Dependency(Frozen):
    """One step waits for another."""

    step_id: UUID
    kind: DependencyKind = DependencyKind.SUCCESS
    outcomes: tuple[Outcome, ...] = Field(default=(), max_length=10)

    @model_validator(mode="after")
    def _outcomes_where_asked(self) -> "Dependency":
        if (self.kind is DependencyKind.OUTCOME_IN) != bool(self.outcomes):
            raise ValueError("outcomes belong to OUTCOME_IN, and OUTCOME_IN needs them")
        return self


def _plain(value: dict[str, Any] | None) -> dict[str, Any] | None:
    try:
        check_plain(value, "params")
    except PlanError as error:
        raise ValueError(str(error)) from error
    return value


Params = Annotated[dict[str, Any], AfterValidator(_plain)]


class PlanStep(Frozen):
    """One step; its id is independent of the order."""

    step_id: UUID
    action_type: ActionType
    status: StepStatus = StepStatus.PENDING
    approval: Approval
    required: bool = True
    depends_on: tuple[Dependency, ...] = Field(default=(), max_length=MAX_STEPS)
    not_before: Instant
    due_by: Instant
    params: Params | None = None
    """None only in documents from elsewhere; the gate reports it as PG013."""
    evidence: tuple[Id, ...] = Field(default=(), max_length=40)
    rationale: PrivateText = ""
    attempts: int = Field(default=0, ge=0, le=100)
    """Attempts begun; the current one's number is part of its idempotency key."""
    outcome: Outcome | None = None
    wait_until: Instant | None = None
    """While AWAITING_OUTCOME: when silence counts as an answer. While RETRY_WAIT: when to try again.

    While READY: not before this instant, because the gate lets the step wait, or its approval can still be taken back.
    """

    @property
    def settled(self) -> bool:
        """Tell whether the step has ended."""
        return self.status in SETTLED


class Constraints(Frozen):
    """What this plan promises beyond policy."""

    no_external_contact_without_approval: bool = True
    max_discount_bp: BasisPoints = 4000
    """The deepest discount that any step may offer, in basis points; frozen from policy when it is proposed."""


class Cause(Frozen):
    """Where something came from: an entry (`plan/..#3`), or an event, a posture, a person's wish, a timer."""

    kind: Literal["entry", "event", "posture", "person", "timer", "import"]
    ref: Annotated[Text, Field(max_length=200)]


class RenewalDefenseTerms(Frozen):
    """What a defence must reach, frozen when it is proposed."""

    deadline: Instant
    """The last instant that counts: the end of day -30 before the earliest renewal, in the tenant's time zone."""
    baseline_arr_minor: dict[Id, Minor]
    """Yearly revenue of each contract in the subject when the plan was proposed, in minor units."""
    currency: Currency
    min_retained_bp: BasisPoints = 9000
    trusted_sources: tuple[Id, ...] = ("crm", "esign")
    """Systems whose word counts for this objective."""


class RevenuePlanV1(Frozen):
    """A plan as it stands: its content, its status, and how far each step has come."""

    schema_version: Literal[1] = 1
    plan_id: UUID
    tenant_id: Id
    account_id: Id
    plan_type: PlanType
    status: PlanStatus = PlanStatus.DRAFT
    owner: Id
    subject: tuple[Id, ...] = ()
    """The contracts that a renewal defence defends."""
    goal: Id | None = None
    objective: Annotated[Text, Field(max_length=300)]
    objective_params: RenewalDefenseTerms
    risk: RiskClass
    revision: int = Field(default=1, ge=1, lt=INT_BOUND)
    """Of the content: bumped by edits, bound by approvals."""
    created_at: Instant
    created_from: Cause
    expires_at: Instant
    constraints: Constraints = Constraints()
    steps: tuple[PlanStep, ...] = Field(max_length=MAX_STEPS)

    @property
    def amount_minor(self) -> int:
        """Return the yearly revenue that the plan is about, in minor units of its currency."""
        return sum(self.objective_params.baseline_arr_minor.values())

    def step(self, step_id: UUID) -> PlanStep:
        """Return the step with this id; raise PlanError for an unknown one."""
        for step in self.steps:
            if step.step_id == step_id:
                return step
        raise PlanError(f"plan {self.plan_id} has no step {step_id}; list them with: oncourse step list {self.plan_id}")

    def with_step(self, changed: PlanStep) -> "RevenuePlanV1":
        """Return the plan with one step replaced by id."""
        steps = tuple(changed if s.step_id == changed.step_id else s for s in self.steps)
        return self.model_copy(update={"steps": steps})


def content_of(plan: RevenuePlanV1) -> dict[str, Any]:
    """Return what an approval binds: the revision, and its objective, subject, goal, steps, dates, constraints, window.

    Owner, status, attempts, outcomes and values bound at a step are not in it.
    """
    step_fields = {
        "step_id", "action_type", "approval", "required", "depends_on", "not_before", "due_by", "params", "evidence",
        "rationale",
    }  # fmt: skip
    plain = plan.model_dump(mode="json")
    content = {
        name: plain[name]
        for name in (
            "schema_version", "plan_id", "revision", "tenant_id", "account_id", "plan_type", "subject", "goal",
            "objective", "objective_params", "risk", "expires_at", "constraints",
        )
    }  # fmt: skip
    content["steps"] = [{name: step[name] for name in sorted(step_fields)} for step in plain["steps"]]
    return content


def content_digest(committed: RevenuePlanV1) -> str:
    """Return the digest that approvals bind, over the committed form of the content."""
    return digest_bytes(canonical(content_of(committed)))


def seal(plan: RevenuePlanV1, sealer: Sealer) -> RevenuePlanV1:
    """Return the committed form: every private text and personal id replaced by its salted commitment."""
    return plan.model_copy(update={"steps": tuple(seal_step(step, sealer) for step in plan.steps)})


def seal_step(step: PlanStep, sealer: Sealer) -> PlanStep:
    """Return one step in committed form."""
    rationale = sealer.seal(step.rationale) if step.rationale else ""
    params = None if step.params is None else seal_params(step.action_type, step.params, sealer)
    return step.model_copy(update={"rationale": rationale, "params": params})


def seal_params(action_type: str, params: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    """Return parameters in committed form; a text is private unless the action's own parameters say otherwise."""
    public = public_fields(action_type)
    return {name: value if name in public else _seal_value(value, sealer) for name, value in params.items()}


def _seal_value(value: Any, sealer: Sealer) -> Any:
    if isinstance(value, str):
        return sealer.seal(value) if value else value
    if isinstance(value, dict):
        return {name: _seal_value(item, sealer) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_seal_value(item, sealer) for item in value]
    return value


def unseal(committed: RevenuePlanV1, contents: dict[str, str]) -> RevenuePlanV1:
    """Return the plan in clear text from its committed form and the blobs that still exist."""
    plain = committed.model_dump(mode="json")
    plain["steps"] = [
        step | {"rationale": reveal(step["rationale"], contents), "params": reveal(step["params"], contents)}
        for step in plain["steps"]
    ]
    return RevenuePlanV1.model_validate(plain)


def latest_end(step: PlanStep, typical: timedelta) -> Instant:
    """Return when a step that starts on time typically ends."""
    return step.not_before + typical
