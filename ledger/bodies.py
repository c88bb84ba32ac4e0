"""What each type of entry says: one closed model for each, in committed form."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from plan import (
    Code,
    Digest,
    Frozen,
    Id,
    Instant,
    Mode,
    Percent,
    PlanApproval,
    PlanStatus,
    PlanStep,
    Principal,
    RevenuePlanV1,
    RiskClass,
    StepApproval,
    StepStatus,
)


class PlanEdge(Frozen):
    """A move of a plan."""

    source: PlanStatus | None = None
    target: PlanStatus
    revision: int = Field(ge=1)
    content: Digest | None = None
    """The content digest after the move, where the move binds or changes content."""


class Proposed(PlanEdge):
    """The first state of a plan, whole, in committed form."""

    plan: RevenuePlanV1
    drafter: str = Field(max_length=40)
    confidence_percent: Percent | None = None


class Edited(PlanEdge):
    """New content: the step entries that follow say what changed."""

    risk: RiskClass
    editor: Id
    expires_at: Instant | None = None
    """The plan's new end, where it moves."""
    answers: tuple[str, ...] = ()
    """For each reason that the draft was sent back with: a commitment of what the edit does about it, or nothing."""
    confidence_percent: Percent | None = None


class Endorsed(PlanEdge):
    """One approval recorded: the last of n approves, the others endorse."""

    approval: PlanApproval
    checkpoint: str | None = Field(default=None, max_length=300, exclude_if=lambda value: value is None)
    """The ledger as it stood when it was given, as `ORIGIN@SIZE:ROOT`."""


class Activated(PlanEdge):
    """The plan runs, under the bundle that its approval names."""

    policy: Digest


class Transferred(PlanEdge):
    """The plan changes hands."""

    new_owner: Id
    accept_by: Instant | None = None
    """By when the new owner must accept; None for a draft, which follows its account."""


class LateResult(PlanEdge):
    """A result that came after the plan was closed; the step's own entry stands beside it."""

    step_id: UUID
    outcome: str = Field(default="", max_length=80)


class StepEdge(Frozen):
    """A move of a step."""

    step_id: UUID
    source: StepStatus
    target: StepStatus
    attempt: int | None = Field(default=None, ge=0)
    outcome: str | None = Field(default=None, max_length=80)
    wait_until: Instant | None = None
    key: str | None = Field(default=None, max_length=160)
    """The idempotency key of the effect."""
    rendered: Digest | None = None
    receipt: str | None = Field(default=None, max_length=200)
    approval: StepApproval | None = None
    checkpoint: str | None = Field(default=None, max_length=300, exclude_if=lambda value: value is None)
    """The ledger as it stood when the approval was given, as `ORIGIN@SIZE:ROOT`."""
    codes: tuple[Id, ...] = ()
    """The gate's codes that made the step wait or ask."""


class StepAdded(Frozen):
    """A step joins the content, in committed form, at a position counted from 0."""

    step: PlanStep
    position: int = Field(ge=0)


class StepRemoved(Frozen):
    """A step leaves the content."""

    step_id: UUID


class StepChanged(Frozen):
    """A step's content changed, in committed form."""

    step: PlanStep
    fields: tuple[str, ...]


class StepsReordered(Frozen):
    """The steps stand in another order."""

    order: tuple[UUID, ...]


class GateEvaluated(Frozen):
    """What the gate said."""

    phase: str = Field(max_length=20)
    verdict: str = Field(max_length=20)
    risk: RiskClass
    codes: tuple[str, ...]
    role: str = Field(max_length=60)
    persons: int
    decision: Digest
    ruleset: Digest
    inputs: str = Field(max_length=80)
    """A commitment of all that the gate was told (plan, context, now), as canonical JSON: it holds personal data."""
    step_id: UUID | None = None
    pinned: Digest | None = None
    """The bundle that the plan runs under, where it was judged under that one too and the stricter answer counts."""


class ObjectiveEvaluated(Frozen):
    """What the evaluator said, and the facts it used."""

    ending: str = Field(max_length=20)
    reason: Code
    met: bool
    facts: tuple[Id, ...]
    reading: Digest
    """Digest of what was read, without the instant of reading."""


class ProposalRefused(Frozen):
    """A proposal that the gate denied: no plan was born."""

    plan_type: str = Field(max_length=40)
    codes: tuple[str, ...] = Field(min_length=1)
    findings: tuple[str, ...]
    """One commitment for each finding's sentence."""
    repair: int = Field(ge=0)
    """Which answer of the same conversation this was, from 0."""
    holder: str | None = None
    """The plan that holds the slot, where PG040 refused."""
    drafter: str = Field(max_length=40)
    phase: str = Field(default="PROPOSE", max_length=20)
    decision: Digest | None = None
    ruleset: Digest | None = None
    inputs: str | None = Field(default=None, max_length=80)
    """A commitment of all that the gate was told, as canonical JSON; None where the gate was not asked."""


class ProposalNone(Frozen):
    """The drafter found that no plan is right."""

    plan_type: str = Field(max_length=40)
    reason: Code
    suggestion: str = Field(max_length=80)
    drafter: str = Field(max_length=40)


class ConflictRefused(Frozen):
    """The slot was taken when the plan wanted to start."""

    holder: Id
    code: str = "PG040"


class FactRecorded(Frozen):
    """A fact came in; its subject and source are business ids."""

    fact_id: Id
    kind: str = Field(max_length=60)
    subject_id: Id
    value: str = Field(max_length=80)
    number: int | None = None
    effective_at: Instant
    source: Id


class AccountHeld(Frozen):
    """Something came in after which somebody looks first: the account's queued external steps wait."""

    fact_id: Id
    kind: str = Field(max_length=60)


class AccountReleased(Frozen):
    """The account's external steps go on."""

    facts: tuple[Id, ...]
    """What had held them."""


class EventReceived(Frozen):
    """Something came from outside."""

    source: Id
    event_id: Id
    type: str = Field(max_length=80)
    body: Digest | str = Field(max_length=80)
    plan_type: str | None = Field(default=None, max_length=40)
    """Where a drafter was asked because of it: for a plan of which type."""
    reading: Digest | None = None
    """Where a drafter was asked because of it: what the posture said, without its time."""


class Simulated(Frozen):
    """What a bundle would have changed in past decisions, in numbers."""

    judged: int = Field(ge=0)
    since: Instant
    moved: dict[str, int] = Field(default_factory=dict)
    """Verdict before and after, such as `ASK -> DENY`: how often."""
    appeared: dict[str, int] = Field(default_factory=dict)
    vanished: dict[str, int] = Field(default_factory=dict)
    authority: dict[str, int] = Field(default_factory=dict)
    """Required authority before and after: how often."""


class PolicyProposed(Frozen):
    """One admin wants a bundle in force, after a simulation; it takes another one."""

    digest: Digest
    name: str = Field(max_length=120)
    base: Digest
    """The bundle in force when it was simulated."""
    simulated: Simulated


class PolicyPublished(Frozen):
    """A bundle came into force."""

    digest: Digest
    name: str = Field(max_length=120)
    previous: Digest | None = None


class PrincipalChanged(Frozen):
    """A principal was added or changed."""

    principal: Principal


class ModeAsked(Frozen):
    """One admin wants effects to leave the house; it takes another one."""

    mode: Mode


class ModeChanged(Frozen):
    """Effects are recorded only, or leave the house."""

    mode: Mode
    asked_by: Id | None = None
    """Who asked first, where it took two."""


class SwitchNamed(Frozen):
    """A kill switch: thrown, or asked to be released."""

    switch: Id


class SwitchReleased(Frozen):
    """A kill switch is off again."""

    switch: Id
    asked_by: Id
    """Who asked first: it takes two."""


class Erased(Frozen):
    """What named a person, or all people of an account, is gone; every proof is as it was."""

    scope: Literal["contact", "account"]
    account_id: Id
    request: Code
    """The number of the request in the tenant's own books."""
    texts: int = Field(ge=0)
    records: int = Field(ge=0)
    events: int = Field(ge=0)
    plans: tuple[UUID, ...]
    """Those that were open, and ended by it."""


class LogOpened(Frozen):
    """The tenant's ledger begins."""

    tenant_id: Id
