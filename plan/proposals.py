"""What a drafter hands over: a proposal, or a typed refusal. Nothing in it can act."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from plan.revenue_plan import DependencyKind, Params
from plan.scalars import INT_BOUND, ActionType, Digest, Frozen, Id, Outcome, Percent, PlanType, PrivateText, Text

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,19}$")]
"""A short name of a step inside one proposal; code makes the step's id."""


class ProposedDependency(Frozen):
    """One step waits for another, by key."""

    key: Key
    kind: DependencyKind = DependencyKind.SUCCESS
    outcomes: tuple[Outcome, ...] = Field(default=(), max_length=10)


class ProposedStep(Frozen):
    """One step as proposed: dates are day offsets from the proposal, in the tenant's calendar."""

    key: Key
    action_type: ActionType
    params: Params
    depends_on: tuple[ProposedDependency, ...] = Field(default=(), max_length=20)
    start_day: int = Field(ge=0, le=400)
    due_day: int | None = Field(default=None, ge=0, le=500)
    """None: the action's typical duration and time-out decide."""
    required: bool = True
    evidence: tuple[Id, ...] = Field(default=(), max_length=40)
    rationale: PrivateText = ""
    status: Literal["PENDING"] = "PENDING"
    """A proposal whose step is anything else is refused."""


class ModelCall(Frozen):
    """One call of a model, as evidence: no text, only names, digests and counts."""

    provider: Id
    model_asked: str = Field(max_length=120)
    model_answered: str = Field(max_length=120)
    prompt: str = Field(max_length=120)
    """Name and version of the prompt file."""
    prompt_digest: Digest
    request_digest: Digest
    response_digest: Digest
    request_id: str = Field(default="", max_length=120)
    cassette: str = Field(default="", max_length=200)
    """Source label of the recording that answered (`authored:...`); empty for a live call."""
    input_tokens: int = Field(default=0, ge=0, lt=INT_BOUND)
    """Cached ones included."""
    output_tokens: int = Field(default=0, ge=0, lt=INT_BOUND)
    cost_micro_usd: int | None = Field(default=None, ge=0, lt=INT_BOUND)
    """Millionths of a US dollar; None where the price is not known."""


class Provenance(Frozen):
    """Who drafted it."""

    drafter: Literal["claude", "replay", "playbook", "local", "person", "program"]
    """`program`: whatever holds a token and proposes by itself."""
    calls: tuple[ModelCall, ...] = ()


class Answer(Frozen):
    """What a new draft does about one reason that the earlier one was sent back with."""

    reason_number: int = Field(ge=1, le=40)
    """Counted from 1, in the order of the reasons."""
    answer: Annotated[PrivateText, Field(min_length=3, max_length=400)]


class Proposal(Frozen):
    """A proposed plan for one account; ids, dates, status, constraints, approvals and risk are set by code."""

    account_id: Id
    plan_type: PlanType
    subject: tuple[Id, ...] = Field(min_length=1, max_length=50)
    goal: Id | None = None
    summary: PrivateText = ""
    confidence_percent: Percent | None = None
    """How sure the drafter says it is that the plan is accepted as it stands; nothing is decided by it."""
    steps: tuple[ProposedStep, ...] = Field(max_length=40)
    answers: tuple[Answer, ...] = Field(default=(), max_length=40)
    provenance: Provenance = Provenance(drafter="person")

    @model_validator(mode="after")
    def _keys_once(self) -> "Proposal":
        keys = [step.key for step in self.steps]
        if len(set(keys)) != len(keys):
            raise ValueError("a step key stands twice")
        return self


class NoPlanReason(StrEnum):
    """Why there is no plan."""

    DEADLINE_PASSED = "deadline_passed"
    PLAN_OPEN = "plan_open"
    POSTURE_UNFIT = "posture_unfit"
    NOTHING_TO_DEFEND = "nothing_to_defend"
    NOTHING_CONTACTABLE = "nothing_contactable"
    NOT_ENOUGH_KNOWN = "not_enough_known"
    BUDGET_CALLS = "budget_calls"
    BUDGET_TOKENS = "budget_tokens"
    BUDGET_COST = "budget_cost"
    BUDGET_TIME = "budget_time"
    REFUSED = "refused"
    CUT_OFF = "cut_off"
    UNREADABLE = "unreadable"
    NO_RECORDING = "no_recording"
    PROVIDER_DOWN = "provider_down"
    PROVIDER_REFUSES = "provider_refuses"
    CANNOT_ANSWER = "cannot_answer"


class NoPlan(Frozen):
    """A typed refusal: why no plan is right, and what a person might do."""

    reason: NoPlanReason
    suggestion: Text
    provenance: Provenance = Provenance(drafter="playbook")


class Rejected(Frozen):
    """An earlier answer of the same conversation and what the gate said to it."""

    answer: dict[str, Any]
    """The model's own draft, as it wrote it."""
    findings: tuple[str, ...]
    """Codes, places and mends, one line each."""
