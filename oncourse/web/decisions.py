"""What people decide about a plan: approve, reject, send back, pause, resume, abort, reopen, hand over, accept."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import StringConstraints

from oncourse.web.pending import Decision
from oncourse.web.refusals import REFUSALS
from orchestrator import Override, Shown
from plan import Frozen, Id

router = APIRouter(prefix="/v1/plans", tags=["decisions"], responses=REFUSALS)
Sentence = Annotated[str, StringConstraints(min_length=3, max_length=400)]
Quoted = Annotated[str, StringConstraints(pattern=r"^(sha256:)?[0-9a-f]{12,64}(\.[0-9a-f]{8,64})?$")]
"""What was read: `approve_with` of a plan, or the digest of a step's text."""


class Approval(Frozen):
    """An approval of exactly what was read."""

    digest: Quoted
    override: Override | None = None
    """SOFT findings that the approver lets pass, and why."""


class Because(Frozen):
    """A decision with its sentence for the next reader."""

    reason: Sentence


class Stopping(Because):
    """A reason to stop; in an emergency anybody may."""

    break_glass: bool = False
    """An emergency: whoever asks may stop it, and everybody sees that."""


class HandOver(Because):
    """To whom a plan goes, and why."""

    to: Id


class Nothing(Frozen):
    """No more is to be said."""


@router.post("/{plan_id:uuid}:approve", response_model=Shown)
def approve(decision: Decision, body: Approval) -> Response:
    """Approve exactly what was read; the last of the people it takes makes the plan APPROVED."""
    return decision.make(
        body, lambda house: house.approve(decision.plan_id, body.digest, decision.who, override=body.override)
    )


@router.post("/{plan_id:uuid}:reject", response_model=Shown)
def reject(decision: Decision, body: Because) -> Response:
    """Close a draft for good."""
    return decision.make(body, lambda house: house.reject(decision.plan_id, body.reason, decision.who))


@router.post("/{plan_id:uuid}:send-back", response_model=Shown)
def send_back(decision: Decision, body: Because) -> Response:
    """Return a draft with a sentence that the next revision must answer."""
    return decision.make(body, lambda house: house.send_back(decision.plan_id, body.reason, decision.who))


@router.post("/{plan_id:uuid}:pause", response_model=Shown)
def pause(decision: Decision, body: Stopping) -> Response:
    """Pause a running plan: nothing new starts; its end stays where it is."""
    return decision.make(
        body, lambda house: house.pause(decision.plan_id, body.reason, decision.who, break_glass=body.break_glass)
    )


@router.post("/{plan_id:uuid}:resume", response_model=Shown)
def resume(decision: Decision, body: Because) -> Response:
    """Resume a paused plan; the gate judges it anew."""
    return decision.make(body, lambda house: house.resume(decision.plan_id, body.reason, decision.who))


@router.post("/{plan_id:uuid}:abort", response_model=Shown)
def abort(decision: Decision, body: Stopping) -> Response:
    """End a plan at once."""
    return decision.make(
        body, lambda house: house.abort(decision.plan_id, body.reason, decision.who, break_glass=body.break_glass)
    )


@router.post("/{plan_id:uuid}:reopen", response_model=Shown)
def reopen(decision: Decision, body: Because) -> Response:
    """Take a running plan back to draft: edit it, and have it approved again."""
    return decision.make(body, lambda house: house.reopen(decision.plan_id, body.reason, decision.who))


@router.post("/{plan_id:uuid}:transfer", response_model=Shown)
def transfer(decision: Decision, body: HandOver) -> Response:
    """Hand a plan to another person; a running one waits until that person accepts."""
    return decision.make(body, lambda house: house.transfer(decision.plan_id, body.to, body.reason, decision.who))


@router.post("/{plan_id:uuid}:accept", response_model=Shown)
def accept(decision: Decision, body: Nothing) -> Response:
    """Take over a plan that was handed to the caller."""
    return decision.make(body, lambda house: house.accept(decision.plan_id, decision.who))
