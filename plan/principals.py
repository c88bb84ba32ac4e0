"""Who acts: people, the agent, the system and policy, each under a pseudonymous id."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, PlainSerializer

from plan.scalars import ActorKind, Frozen, Id, Instant, Minor, RiskClass


class Role(StrEnum):
    """What a principal may be trusted with; owning an account is a relation, not a role."""

    EDITOR = "editor"
    PLAN_APPROVER = "plan_approver"
    SENIOR_APPROVER = "senior_approver"
    OPERATOR = "operator"
    REVOPS = "revops"
    TENANT_ADMIN = "tenant_admin"
    AUDITOR = "auditor"
    PROPOSER = "proposer"


def _by_name(value: frozenset[Role]) -> list[str]:
    return sorted(value)


Roles = Annotated[frozenset[Role], PlainSerializer(_by_name, return_type=list[str])]


class Delegation(Frozen):
    """What one person lets another do in their stead; it cannot be handed on."""

    to: Id
    acts: tuple[Id, ...] = Field(min_length=1)
    """Names of acts, such as `approve`."""
    max_risk: RiskClass = RiskClass.MEDIUM
    max_amount_minor: Minor | None = None
    """The largest plan, by yearly revenue in minor units; None: as far as the one who delegates may go."""
    until: Instant
    """The last instant at which it holds."""


class Principal(Frozen):
    """One who acts, and with which roles."""

    principal_id: Id
    tenant_id: Id
    kind: ActorKind = ActorKind.HUMAN
    roles: Roles = frozenset()
    active: bool = True
    approval_limit_minor: Minor | None = None
    """The largest plan, by yearly revenue in minor units, that this person approves alone; None: no limit."""
    delegations: tuple[Delegation, ...] = ()
    """What others may do in this person's stead."""
