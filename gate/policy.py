"""The policy bundle: numbers, lists, severities and authorities as frozen data, addressed by digest."""

from datetime import date
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from gate.decisions import Severity
from plan import (
    INT_BOUND,
    PRECONDITIONS,
    ActionType,
    BasisPoints,
    Constraints,
    Frozen,
    Id,
    Minor,
    PlanType,
    RiskClass,
    Text,
    digest,
    find_spec,
)


class ActionPolicy(Frozen):
    """How a tenant uses one action in one plan type."""

    risk: RiskClass
    """At least the catalogue's."""
    max_count: int = Field(default=2, ge=1, le=10)


class Ordering(Frozen):
    """While a named precondition holds in the situation, one action must succeed before another starts."""

    when: str
    before: ActionType
    after: ActionType


class Approver(StrEnum):
    """Who approves, from the widest circle to the narrowest."""

    OWNER_OR_PLAN_APPROVER = "owner_or_plan_approver"
    PLAN_APPROVER = "plan_approver"
    SENIOR_APPROVER = "senior_approver"

    @property
    def rank(self) -> int:
        """Return 0 for the widest circle, 2 for the narrowest."""
        return list(Approver).index(self)


LEAST: dict[RiskClass, Approver] = dict(zip(RiskClass, Approver, strict=True))
"""Who approves a class at least; a policy may narrow the circle, never widen it."""


class ApprovalPolicy(Frozen):
    """Who approves a plan of one risk class."""

    role: Approver
    persons: int = Field(ge=1, le=5)
    two_persons_above_minor: Minor | None = None
    """Above this yearly revenue, in minor units of the plan's currency, it takes two persons at least."""

    def persons_for(self, amount_minor: int) -> int:
        """Return how many persons it takes for a plan about this yearly revenue."""
        above = self.two_persons_above_minor is not None and amount_minor > self.two_persons_above_minor
        return max(self.persons, 2) if above else self.persons


class QuietHours(Frozen):
    """The hours in which nobody is contacted, in the recipient's time zone: from `starts` over midnight to `ends`."""

    starts: int = Field(ge=12, le=23)
    ends: int = Field(ge=1, le=12)


class Blackout(Frozen):
    """Days, both inclusive in the tenant's time zone, on which nothing is sent."""

    first: date
    last: date
    why: Annotated[Text, Field(min_length=3, max_length=120)]

    @model_validator(mode="after")
    def _ordered(self) -> "Blackout":
        if self.last < self.first:
            raise ValueError(f"a blackout ends on {self.last}, before it starts on {self.first}")
        return self


class ContactCap(Frozen):
    """How many external touches in any window of so many days."""

    per: Literal["contact", "account"]
    days: int = Field(ge=1, le=90)
    most: int = Field(ge=1, le=50)


class Freshness(Frozen):
    """How old, in days, what a plan rests on may be."""

    posture: int = Field(ge=1, le=400)
    evidence: int = Field(ge=1, le=1000)


class PolicyBundle(Frozen):
    """One tenant's policy. Immutable: a change is another bundle with another digest."""

    name: Annotated[Text, Field(min_length=1, max_length=120)]
    version: int = Field(default=1, ge=1, lt=INT_BOUND)
    enabled_plan_types: tuple[PlanType, ...]
    actions: dict[PlanType, dict[ActionType, ActionPolicy]]
    max_steps: int = Field(ge=1, le=40)
    horizon_days: int = Field(ge=1, le=400)
    must_have: dict[PlanType, tuple[ActionType, ...]] = Field(default_factory=dict)
    ordering: tuple[Ordering, ...] = ()
    min_retained_bp: BasisPoints
    trusted_sources: tuple[Id, ...] = Field(min_length=1)
    authority: dict[RiskClass, ApprovalPolicy]
    approval_ttl_hours: dict[RiskClass, Annotated[int, Field(ge=1, le=8760)]]
    step_approval_ttl_hours: int = Field(ge=1, le=720)
    approval_lead_business_days: int = Field(ge=0, le=20)
    risk_ceiling: RiskClass = RiskClass.HIGH
    auto_approve_max_risk: int = Field(default=0, ge=0, le=0)
    """0: people approve every plan. Automatic approval is not part of this version, so nothing else is accepted."""
    outcome_freshness_days: int = Field(ge=1, le=400)
    constraints: Constraints
    """What every plan of the tenant promises at least."""
    max_plan_bytes: int = Field(ge=1024, le=49_152)
    max_text_chars: int = Field(ge=100, le=4000)
    max_risky_steps: int = Field(ge=1, le=40)
    max_automatic_in_a_row: int = Field(ge=1, le=40)
    quiet_hours: QuietHours
    blackouts: tuple[Blackout, ...] = ()
    contact_caps: tuple[ContactCap, ...] = Field(min_length=1)
    freshness_days: Freshness
    handover_business_days: int = Field(ge=1, le=20)
    strong_authentication_minutes: int = Field(ge=1, le=480)
    """How recent a person's second factor is for what is HIGH."""
    delegation_max_days: int = Field(ge=1, le=14)
    severities: dict[str, Severity] = Field(default_factory=dict)

    @field_validator("authority", "approval_ttl_hours")
    @classmethod
    def _complete(cls, value: dict[RiskClass, object]) -> dict[RiskClass, object]:
        missing = sorted(set(RiskClass) - set(value))
        if missing:
            raise ValueError(f"says nothing of {', '.join(missing)}")
        return value

    @model_validator(mode="after")
    def _coherent(self) -> "PolicyBundle":
        for plan_type in self.enabled_plan_types:
            if not self.actions.get(plan_type):
                raise ValueError(f"{plan_type} is enabled but has no approved action")
        for plan_type, approved in self.actions.items():
            for name, policy in approved.items():
                spec = find_spec(name)
                if spec is None or plan_type not in spec.plan_types:
                    raise ValueError(f"{name} is no action of {plan_type}")
                if policy.risk.rank < spec.risk.rank:
                    raise ValueError(f"{name} is {spec.risk} in the catalogue; a policy may raise that, never lower it")
        return self

    @model_validator(mode="after")
    def _sound(self) -> "PolicyBundle":
        if not self.constraints.no_external_contact_without_approval:
            raise ValueError("constraints: no_external_contact_without_approval may not be off")
        for risk, asked in self.authority.items():
            if asked.role.rank < LEAST[risk].rank:
                raise ValueError(f"a {risk} plan takes {LEAST[risk]} at least; a policy may ask for more, never less")
        for rule in self.ordering:
            if rule.when not in PRECONDITIONS:
                raise ValueError(f"ordering: {rule.when!r} is no precondition; known: {', '.join(PRECONDITIONS)}")
        named = {name for rule in self.ordering for name in (rule.before, rule.after)}
        named |= {name for names in self.must_have.values() for name in names}
        unknown = sorted(name for name in named if find_spec(name) is None)
        if unknown:
            raise ValueError(f"ordering and must_have name unknown actions: {', '.join(unknown)}")
        return self

    def approved_actions(self, plan_type: PlanType) -> tuple[str, ...]:
        """Return the actions approved for a plan type, sorted."""
        return tuple(sorted(self.actions.get(plan_type, {})))

    def risk_of(self, plan_type: PlanType, action_type: str) -> RiskClass:
        """Return an action's risk for this tenant; HIGH where it is not approved."""
        policy = self.actions.get(plan_type, {}).get(action_type)
        return policy.risk if policy else RiskClass.HIGH


def bundle_digest(bundle: PolicyBundle) -> str:
    """Return the digest that addresses a bundle."""
    return _digest(bundle.model_dump_json())


@cache
def _digest(text: str) -> str:
    return digest(PolicyBundle.model_validate_json(text))
