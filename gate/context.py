"""What the gate is told beside the plan and the policy; it looks up nothing itself."""

from uuid import UUID

from plan import Digest, Frozen, Id, Minor, PlanApproval, PlannedTouch, Situation, SortedStrings, StepApproval


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
    inactive_principals: SortedStrings = frozenset()
    """Who was known once and may act no more."""
    accepted_owner: Id | None = None
    """Who accepted the plan when it was handed over."""
    approver_limit_minor: Minor | None = None
    """The largest plan that any active approver may approve; None: one of them has no limit."""
    switches: SortedStrings = frozenset()
    """Kill switches that are on: `tenant`, `plan_type:NAME`, `action:NAME`, `connector:NAME`."""
    connector: str = ""
    """What would carry out the steps that are sent."""
    planned: tuple[PlannedTouch, ...] = ()
    """What other open plans still mean to do with the account's people."""
    slot_holder: str | None = None
    """The other plan that is ACTIVE for this account and type."""
    step_id: UUID | None = None
    """At STEP: the step that wants to start."""
    rendered_digest: Digest | None = None
    """At STEP: the text that would leave."""
