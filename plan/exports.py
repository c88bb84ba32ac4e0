"""A plan's way through its reviews as one document: what was known, what was drafted, and what people made of it.

It holds names, addresses and free text as they are in the database; whoever keeps it keeps personal data.
"""

from typing import Literal

from pydantic import Field

from plan.differences import Difference
from plan.lifecycle import PlanStatus
from plan.revenue_plan import RevenuePlanV1
from plan.scalars import ActionType, ActorKind, Digest, Frozen, Instant, Percent
from plan.situation import Situation

_WAITING = frozenset({PlanStatus.DRAFT, PlanStatus.APPROVED})


class RevisionReview(Frozen):
    """What one person decided about a revision: by role, never by name."""

    decision: Literal["sent_back", "endorsed", "approved", "rejected"]
    role: str
    at: Instant
    reason: str = ""


class ExportedRevision(Frozen):
    """One revision as it last stood, and what became of it."""

    number: int = Field(ge=1)
    at: Instant
    """When it was written."""
    by: ActorKind
    """A person or a machine; who it was is not told."""
    plan: RevenuePlanV1
    summary: str = ""
    confidence_percent: Percent | None = None
    changes: tuple[Difference, ...] = ()
    """From the revision before, with the reasons that people gave."""
    answers: tuple[str, ...] = ()
    """What it does about each reason for which the one before was sent back; empty where nothing was written."""
    reviews: tuple[RevisionReview, ...] = ()

    @property
    def verdict(self) -> str:
        """Return what people decided last: `sent_back`, `approved`, `rejected`, or nothing."""
        decided = [review.decision for review in self.reviews if review.decision != "endorsed"]
        return decided[-1] if decided else ""


class PlanExport(Frozen):
    """One plan from its first draft to where it stands."""

    format: Literal["oncourse/plan-export"] = "oncourse/plan-export"
    version: Literal[1] = 1
    """A changed meaning is a new version."""
    now: Instant
    """When the first draft was judged."""
    situation: Situation
    """What was known then."""
    drafter: str
    """Who wrote the first draft: `claude`, `replay`, `playbook` or `person`."""
    approved_actions: tuple[ActionType, ...]
    """By the policy of that time."""
    policy: Digest
    revisions: tuple[ExportedRevision, ...] = Field(min_length=1)
    """In order."""
    status: PlanStatus
    """Where the last revision stands."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return what drafts were sent back for, in order."""
        reviews = (review for revision in self.revisions for review in revision.reviews)
        return tuple(review.reason for review in reviews if review.decision == "sent_back")

    @property
    def edited(self) -> bool:
        """Tell whether a person changed what was drafted."""
        return any(revision.by is ActorKind.HUMAN and bool(revision.changes) for revision in self.revisions[1:])

    @property
    def before_it_ran(self) -> tuple[ExportedRevision, ...]:
        """Return the revisions up to the first that ran: later ones answer what was not known at first."""
        ran = next((n for n, told in enumerate(self.revisions) if told.plan.status not in _WAITING), None)
        return self.revisions[: None if ran is None else ran + 1]

    @property
    def accepted(self) -> ExportedRevision:
        """Return the last revision that people approved before the plan ran; where they approved none, the last one."""
        approved = (revision for revision in reversed(self.before_it_ran) if revision.verdict == "approved")
        return next(approved, self.before_it_ran[-1])
