"""What a person (or, for LOW plans where a bundle allows it, policy) has approved, and exactly which bytes."""

from uuid import UUID

from pydantic import Field

from plan.scalars import ActorKind, Code, Digest, Frozen, Id, Instant


class PlanApproval(Frozen):
    """One approval of a plan, bound to revision, content and policy."""

    principal_id: Id
    actor_kind: ActorKind = ActorKind.HUMAN
    role: Code
    revision: int = Field(ge=1)
    content_digest: Digest
    policy_digest: Digest
    gate_digest: Digest
    """Digest of the decision that the person saw."""
    authenticated: str = Field(max_length=80)
    """How the person proved who they are."""
    at: Instant
    expires_at: Instant


class StepApproval(Frozen):
    """One approval of a step, bound to the text exactly as rendered (or as the approver edited it)."""

    step_id: UUID
    attempt: int = Field(ge=1)
    """The attempt that it is for."""
    principal_id: Id
    actor_kind: ActorKind = ActorKind.HUMAN
    role: Code
    revision: int = Field(ge=1)
    rendered_digest: Digest
    at: Instant
    expires_at: Instant
