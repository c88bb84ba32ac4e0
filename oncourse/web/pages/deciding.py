"""What people decide on the pages about a plan or one of its steps: on what they read, once, and back to the page."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Response

from oncourse.web.callers import Fronted
from oncourse.web.conditions import check_unchanged, expected_of
from oncourse.web.front import Caller, Front
from oncourse.web.pages.forms import Field, Posted, Posting, led_to
from oncourse.web.pages.plan_page import draw_plan
from oncourse.web.pages.queue import queue
from oncourse.web.pages.review_page import draw_review
from oncourse.web.pages.shell import PageRoute
from oncourse.web.pages.words import Typed
from oncourse.web.problems import ProblemError
from oncourse.web.steps import FOUND
from orchestrator import UNDO, Acting, Orchestrator, Override
from plan import Frozen, PlanStatus, StepStatus

router = APIRouter(include_in_schema=False, route_class=PageRoute)


class Said(Frozen):
    """What a form said."""

    seen: str = ""
    """The plan's ETag as it was read."""
    back: str = "plan"
    digest: str = ""
    reason: str = ""
    override: tuple[str, ...] = ()
    to: str = ""
    found: str = ""
    outcome: str = ""
    text: str = ""
    rendered: str = ""
    """The text as it stood in the form, so that only what was edited counts as edited."""
    break_glass: bool = False

    @property
    def overriding(self) -> Override | None:
        """Return what is overridden, with the reason."""
        return Override(codes=self.override, reason=self.reason) if self.override else None

    @property
    def edited(self) -> str | None:
        """Return the text where it was edited; line ends are a browser's business."""
        text = self.text.replace("\r\n", "\n")
        return None if text.strip() == self.rendered.replace("\r\n", "\n").strip() else text


def what_was_said(
    seen: Field = "",
    back: Field = "plan",
    digest: Field = "",
    reason: Field = "",
    override: Annotated[list[str] | None, Form()] = None,
    to: Field = "",
    found: Field = "",
    outcome: Field = "",
    text: Field = "",
    rendered: Field = "",
    *,
    break_glass: Annotated[bool, Form()] = False,
) -> Said:
    """Return the fields of a form."""
    return Said(
        seen=seen, back=back, digest=digest, reason=reason.strip(), override=tuple(override or ()), to=to,
        found=found, outcome=outcome, text=text, rendered=rendered, break_glass=break_glass,
    )  # fmt: skip


Words = Annotated[Said, Depends(what_was_said)]
Act = Callable[[Orchestrator, str, Said, Acting], object]
PLAN_ACTS: dict[str, Act] = {
    "approve": lambda house, plan, said, who: house.approve(
        plan, said.digest, who, override=said.overriding, hold=UNDO
    ),
    "send-back": lambda house, plan, said, who: house.send_back(plan, said.reason, who),
    "reject": lambda house, plan, said, who: house.reject(plan, said.reason, who),
    "withdraw": lambda house, plan, _, who: house.withdraw(plan, who),
    "pause": lambda house, plan, said, who: house.pause(plan, said.reason, who, break_glass=said.break_glass),
    "resume": lambda house, plan, said, who: house.resume(plan, said.reason, who),
    "abort": lambda house, plan, said, who: house.abort(plan, said.reason, who, break_glass=said.break_glass),
    "reopen": lambda house, plan, said, who: house.reopen(plan, said.reason, who),
    "transfer": lambda house, plan, said, who: house.transfer(plan, said.to, said.reason, who),
    "accept": lambda house, plan, _, who: house.accept(plan, who),
}
StepAct = Callable[[Orchestrator, str, str, Said, Acting], object]
STEP_ACTS: dict[str, StepAct] = {
    "approve": lambda house, plan, step, said, who: house.approve_step(
        plan, step, said.digest, who, text=said.edited, override=said.overriding, hold=UNDO
    ),
    "reject": lambda house, plan, step, said, who: house.reject_step(plan, step, said.reason, who),
    "withdraw": lambda house, plan, step, _, who: house.withdraw_step(plan, step, who),
    "skip": lambda house, plan, step, said, who: house.skip(plan, step, said.reason, who),
    "retry": lambda house, plan, step, said, who: house.retry(plan, step, said.reason, who),
    "reconcile": lambda house, plan, step, said, who: house.reconcile(plan, step, FOUND[said.found], said.reason, who),
    "outcome": lambda house, plan, step, said, who: house.report_outcome(plan, step, said.outcome, who),
}
PlanAct = Literal[
    "approve", "send-back", "reject", "withdraw", "pause", "resume", "abort", "reopen", "transfer", "accept"
]
OfStep = Literal["approve", "reject", "withdraw", "skip", "retry", "reconcile", "outcome"]
_UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
_UNSEEN = frozenset({"withdraw"})
"""What is done to what one did oneself, a moment ago."""


@router.post("/plans/{plan_id:uuid}/{act}")
def decide(plan_id: UUID, act: PlanAct, posted: Posted, front: Fronted, said: Words) -> Response:
    """Take a decision about a plan."""
    try:
        _make(posted, plan_id, act, said, lambda house: PLAN_ACTS[act](house, str(plan_id), said, posted.who))
    except ProblemError as error:
        return _again(posted.reader, front, plan_id, None, act, said, error)
    return _onward(posted.reader, front, plan_id, None, act, said)


@router.post("/plans/{plan_id:uuid}/steps/{step_id:uuid}/{act}")
def decide_step(
    plan_id: UUID, step_id: Annotated[UUID, Path()], act: OfStep, posted: Posted, front: Fronted, said: Words
) -> Response:
    """Take a decision about a step."""
    try:
        _needed(act, said)
        _make(
            posted, plan_id, act, said,
            lambda house: STEP_ACTS[act](house, str(plan_id), str(step_id), said, posted.who),
        )  # fmt: skip
    except ProblemError as error:
        return _again(posted.reader, front, plan_id, step_id, act, said, error)
    return _onward(posted.reader, front, plan_id, step_id, act, said)


def _needed(act: str, said: Said) -> None:
    if act == "reconcile" and said.found not in FOUND:
        raise ProblemError(
            _UNPROCESSABLE, "bad_input", "say what became of it: it arrived, it failed, or it never left"
        )
    if act == "outcome" and not said.outcome:
        raise ProblemError(_UNPROCESSABLE, "bad_input", "choose what came of it")


def _make(posted: Posting, plan_id: UUID, act: str, said: Said, do: Callable[[Orchestrator], object]) -> None:
    """Make the change on the plan as it was read; what one takes back oneself needs no reading."""
    if act in _UNSEEN:
        posted.make(said, do)
        return
    expected = expected_of(plan_id, said.seen or None)
    posted.make(said, do, expected=expected, check=lambda house: check_unchanged(house, expected))


def _again(
    reader: Caller, front: Front, plan_id: UUID, step_id: UUID | None, act: str, said: Said, error: ProblemError
) -> Response:
    """Draw the page where it was decided, with the refusal and what was typed."""
    typed = Typed(act=act, reason=said.reason, text=said.text, to=said.to, found=said.found, step=str(step_id or ""))
    if said.back == "review":
        return draw_review(reader, front, plan_id, step_id, refused=error, typed=typed)
    return draw_plan(reader, front, plan_id, refused=error, typed=typed)


def _onward(reader: Caller, front: Front, plan_id: UUID, step_id: UUID | None, act: str, said: Said) -> Response:
    """Lead on: from the queue to what waits next, from a plan back to it."""
    done = _done(reader, front, plan_id, step_id, act)
    told = {"done": done, "of": str(plan_id), "of_step": str(step_id) if step_id else ""}
    if said.back != "review":
        return led_to(f"/plans/{plan_id}", **told)
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        lines = queue(unit, reader.who.principal.principal_id)
    if act == "withdraw":
        step = f"?step={step_id}" if step_id else ""
        return led_to(f"/review/{plan_id}{step}", **told)
    if not lines.items:
        return led_to("/review", **told)
    return led_to(lines.items[0].href, **told)


def _done(reader: Caller, front: Front, plan_id: UUID, step_id: UUID | None, act: str) -> str:
    """Return what is to be said: the first of two approvals starts nothing, and is not taken back here."""
    if step_id is not None and act not in {"approve", "reject"}:
        return act
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        plan = unit.plans.get(plan_id).plan
    if step_id is not None:
        more = plan.step(step_id).status is StepStatus.PENDING_APPROVAL
        return "endorse" if act == "approve" and more else f"{act}-step"
    return "endorse" if act == "approve" and plan.status is PlanStatus.DRAFT else act
