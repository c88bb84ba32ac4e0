"""The steps of a plan: read with the text as rendered, approved exactly as read, steered."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import StringConstraints

from oncourse.web.callers import Housed, Reading
from oncourse.web.conditions import etag_of
from oncourse.web.decisions import Because, Quoted
from oncourse.web.pending import Decision
from oncourse.web.refusals import REFUSALS
from orchestrator import Override, ReceiptKind, Shown
from plan import Digest, Frozen, PlanStep, Text
from store import Artefact, NotFoundError, PlanRecord, Unit

router = APIRouter(prefix="/v1/plans/{plan_id:uuid}/steps/{step_id:uuid}", tags=["steps"], responses=REFUSALS)
StepId = Annotated[UUID, Path(description="The step's whole id.")]
FOUND: dict[str, ReceiptKind] = {
    "arrived": ReceiptKind.SUCCEEDED,
    "failed": ReceiptKind.FAILED,
    "not-sent": ReceiptKind.NOT_SENT,
}


class StepShown(Frozen):
    """A step with the text that is to leave, or left."""

    step: PlanStep
    rendered: Digest | None
    """What an approval quotes; None where nothing is rendered yet."""
    text: Text | None


class StepApproval(Frozen):
    """An approval of a step's text exactly as read, or as edited here."""

    digest: Quoted
    text: Text | None = None
    """The text as the approver edited it; None: as it was rendered."""
    override: Override | None = None


class Found(Because):
    """What a person found out about a step in doubt."""

    found: Literal["arrived", "failed", "not-sent"]


class Answer(Frozen):
    """What the world answered."""

    outcome: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,79}$")]


@router.get("")
def get_step(plan_id: UUID, step_id: StepId, _caller: Reading, house: Housed, response: Response) -> StepShown:
    """Return a step with its rendered text and the digest that an approval quotes. The ETag is the plan's."""
    with house.desk.unit(reading=True) as unit:
        record = unit.plans.get(plan_id)
        step = next((one for one in record.plan.steps if one.step_id == step_id), None)
        if step is None:
            raise NotFoundError(f"plan {plan_id} has no step {step_id}; GET the plan to see its steps")
        kept = _artefact(unit, record, step)
        response.headers["etag"] = etag_of(record)
        return StepShown(
            step=step, rendered=kept.digest if kept else None, text=unit.blobs.reveal(kept.ref) if kept else None
        )


def _artefact(unit: Unit, record: PlanRecord, step: PlanStep) -> Artefact | None:
    """Return the text of the coming attempt, else of the last one."""
    attempts = (step.attempts + 1, step.attempts)
    kept = (unit.effects.artefact(record.plan.plan_id, step.step_id, attempt) for attempt in attempts)
    return next((one for one in kept if one is not None), None)


@router.post(":approve", response_model=Shown)
def approve(step_id: StepId, decision: Decision, body: StepApproval) -> Response:
    """Approve a step's text exactly as read, or as edited here."""
    return decision.make(
        body,
        lambda house: house.approve_step(
            decision.plan_id, str(step_id), body.digest, decision.who, text=body.text, override=body.override
        ),
    )


@router.post(":reject", response_model=Shown)
def reject(step_id: StepId, decision: Decision, body: Because) -> Response:
    """Refuse a step's text: the step is skipped."""
    return decision.make(
        body, lambda house: house.reject_step(decision.plan_id, str(step_id), body.reason, decision.who)
    )


@router.post(":skip", response_model=Shown)
def skip(step_id: StepId, decision: Decision, body: Because) -> Response:
    """Set a step aside; what waits for its success goes with it."""
    return decision.make(body, lambda house: house.skip(decision.plan_id, str(step_id), body.reason, decision.who))


@router.post(":retry", response_model=Shown)
def retry(step_id: StepId, decision: Decision, body: Because) -> Response:
    """Try a failed step again."""
    return decision.make(body, lambda house: house.retry(decision.plan_id, str(step_id), body.reason, decision.who))


@router.post(":reconcile", response_model=Shown)
def reconcile(step_id: StepId, decision: Decision, body: Found) -> Response:
    """End a doubt: say what became of a step that nobody could follow."""
    kind = FOUND[body.found]
    return decision.make(
        body, lambda house: house.reconcile(decision.plan_id, str(step_id), kind, body.reason, decision.who)
    )


@router.post(":outcome", response_model=Shown)
def outcome(step_id: StepId, decision: Decision, body: Answer) -> Response:
    """Report what came of a step."""
    return decision.make(
        body, lambda house: house.report_outcome(decision.plan_id, str(step_id), body.outcome, decision.who)
    )
