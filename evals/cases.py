"""The cases: one request a file, exactly as the product asks it, and the conversation that it leads to."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from agent import ProposalRequest, ProposalResult
from agent.contract import Drafter
from gate import Decision, GateContext, Phase, check, default_bundle
from plan import Cause, NoPlan, Proposal, Rejected, Terms, assemble

CASES = Path(__file__).parent / "cases"
REPAIRS = 2


def case_names() -> list[str]:
    """Return the names of all cases."""
    return sorted(path.stem for path in CASES.glob("*.json"))


def request_of(name: str) -> ProposalRequest:
    """Return one case's request."""
    return ProposalRequest.model_validate_json((CASES / f"{name}.json").read_bytes())


def judged(proposal: Proposal, request: ProposalRequest, now: datetime | None = None) -> Decision:
    """Return what the default policy says of a proposal, as the product would ask it."""
    bundle = default_bundle()
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
    return check(plan, context, bundle, phase=Phase.PROPOSE, now=at)


def conversation(drafter: Drafter, request: ProposalRequest) -> Iterator[tuple[ProposalResult, Decision | None]]:
    """Yield each answer with its judgement, until one passes or the repairs are used up."""
    for _ in range(REPAIRS + 1):
        result = drafter.draft(request)
        if isinstance(result.outcome, NoPlan):
            yield result, None
            return
        decision = judged(result.outcome, request)
        yield result, decision
        if decision.verdict != "DENY" or result.answer is None:
            return
        lines = tuple(f"{v.code} {v.severity} {v.where}: {v.message}. {v.mend}" for v in decision.violations)
        request = request.model_copy(
            update={"rejected": (*request.rejected, Rejected(answer=result.answer, findings=lines))}
        )
