"""What a drafter is asked, and what it answers. Reading is all it can do."""

from typing import Annotated, Any, NamedTuple, Protocol

from pydantic import AfterValidator

from plan import ActionType, Frozen, Instant, NoPlan, PlanType, Proposal, Rejected, Situation


def _sorted(actions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(actions)))


class ProposalRequest(Frozen):
    """One account, one goal, the actions that are approved, and what was said before in this conversation."""

    situation: Situation
    plan_type: PlanType
    approved_actions: Annotated[tuple[ActionType, ...], AfterValidator(_sorted)]
    now: Instant
    rejected: tuple[Rejected, ...] = ()
    """Earlier answers with the gate's findings, oldest first."""
    sent_back: tuple[str, ...] = ()
    """A reviewer's reasons that the new draft must answer, in order; the first is number 1."""
    earlier: Proposal | None = None
    """The draft that was sent back; it means nothing without reasons."""


class ProposalResult(Frozen):
    """A proposal or a typed refusal, and the drafter's own words where it may be asked to mend them."""

    outcome: Proposal | NoPlan
    answer: dict[str, Any] | None = None


class Drafter(Protocol):
    """Anything that drafts."""

    @property
    def name(self) -> str:
        """Return what it is called in records."""
        ...

    def draft(self, request: ProposalRequest) -> ProposalResult:
        """Answer a request; a provider's failure is a NoPlan, never an exception."""
        ...


class Deps(NamedTuple):
    """What `propose` works with."""

    drafter: Drafter
