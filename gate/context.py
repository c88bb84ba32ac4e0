"""What the gate is told beside the plan and the policy; it looks up nothing itself."""

from uuid import UUID

from plan import Digest, Frozen, Id, PlanApproval, Situation, SortedStrings, StepApproval


class GateContext(Frozen):
    """The circumstances of one question."""

    tenant_id: Id
    """The caller's tenant."""
    situation: Situation
    objective_met: bool = False
    """What the evaluator says."""
    content_digest: Digest | None = None
    approvals: tuple[PlanApproval, ...] = ()
    step_approvals: tuple[StepApproval, ...] = ()
    editors: SortedStrings = frozenset()
    active_principals: SortedStrings = frozenset()
    slot_holder: str | None = None
    """The other plan that is ACTIVE for this account and type."""
    step_id: UUID | None = None
    """At STEP: the step that wants to start."""
    rendered_digest: Digest | None = None
    """At STEP: the text that would leave."""
