"""What a person (or, for LOW plans where a bundle allows it, policy) has approved, and exactly which bytes."""

from collections.abc import Iterable
from uuid import UUID

from pydantic import Field

from plan.scalars import ActorKind, Code, Digest, Frozen, Id, Instant

COMMITMENT = r"^(ref:sha256:[0-9a-f]{64})?$"
"""A salted commitment of a sentence, or nothing."""


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
    on_behalf_of: Id | None = None
    """Who delegated the authority; separation of duties counts both."""
    overrides: tuple[Id, ...] = ()
    """SOFT codes that this approval overrides, sorted; they end with the revision."""
    override_reason: str = Field(default="", pattern=COMMITMENT)
    """Why, as a commitment; not empty where something is overridden."""


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
    on_behalf_of: Id | None = None
    overrides: tuple[Id, ...] = ()
    """SOFT codes found when the step wanted to start; they end with the attempt."""
    override_reason: str = Field(default="", pattern=COMMITMENT)


def people_of(approvals: Iterable[PlanApproval | StepApproval]) -> frozenset[str]:
    """Return everyone who stands behind these approvals: who gave them, and on whose behalf."""
    return frozenset(name for a in approvals for name in (a.principal_id, a.on_behalf_of) if name is not None)


def count_persons(approvals: Iterable[PlanApproval | StepApproval]) -> int:
    """Return how many people approved: approvals that share a person, as giver or as delegator, are one."""
    groups: list[frozenset[str]] = []
    for approval in approvals:
        people = people_of((approval,))
        apart = [group for group in groups if not group & people]
        groups = [*apart, people.union(*(group for group in groups if group & people))]
    return len(groups)
