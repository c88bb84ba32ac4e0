"""What a proposal comes to: the plan that code makes of it, and what policy says, as the product asks it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from agent import ProposalRequest
from gate import Decision, GateContext, Phase, PolicyBundle, check, default_bundle
from plan import Cause, ModelCall, NoPlan, PlanError, Proposal, RevenuePlanV1, Terms, assemble


class Answer(NamedTuple):
    """What somebody answered to a case, and what code and policy made of it."""

    outcome: Proposal | NoPlan
    plan: RevenuePlanV1 | None = None
    """The plan as assembled; None where there is none, or where it names what the account does not have."""
    decision: Decision | None = None
    mends: int = 0
    """How often the drafter was asked again, because an answer could not be read or the rules refused it."""
    calls: tuple[ModelCall, ...] = ()
    clean: "Answer | None" = None
    """What the same drafter answered to the clean twin; only of an attacked case."""


def answered(outcome: Proposal | NoPlan, request: ProposalRequest, policy: PolicyBundle | None = None) -> Answer:
    """Return an outcome as the product would judge it, first time."""
    if isinstance(outcome, NoPlan):
        return Answer(outcome)
    try:
        plan, decision = assembled(outcome, request, policy=policy)
    except PlanError:
        return Answer(outcome)
    return Answer(outcome, plan, decision)


def judged(proposal: Proposal, request: ProposalRequest, now: datetime | None = None) -> Decision:
    """Return what the default policy says of a proposal."""
    return assembled(proposal, request, now)[1]


def assembled(
    proposal: Proposal, request: ProposalRequest, now: datetime | None = None, policy: PolicyBundle | None = None
) -> tuple[RevenuePlanV1, Decision]:
    """Return the plan that a proposal means, and its judgement; raise PlanError where it means none."""
    bundle = policy or default_bundle()
    at = now or request.now
    ids = iter(range(1, 1000))
    terms = Terms(
        min_retained_bp=bundle.min_retained_bp,
        trusted_sources=tuple(bundle.trusted_sources),
        constraints=bundle.constraints,
    )
    plan = assemble(
        proposal,
        request.situation,
        terms,
        new_id=lambda: UUID(int=next(ids), version=4),
        now=at,
        cause=Cause(kind="posture", ref="case"),
    )
    context = GateContext(tenant_id=request.situation.tenant.tenant_id, situation=request.situation)
    return plan, check(plan, context, bundle, phase=Phase.PROPOSE, now=at)
