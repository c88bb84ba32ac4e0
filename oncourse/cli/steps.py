"""`oncourse step`: read, approve and steer the steps of a plan."""

from pathlib import Path
from typing import Annotated

import typer

from oncourse.cli.decisions import OverrideOption, PlanArgument, Reason, override_of, waits_for
from oncourse.cli.session import current
from oncourse.console import as_json, say, short, table, under
from orchestrator import BadInputError, ReceiptKind
from plan import PlanStep, StepStatus
from store import Artefact, NotFoundError, PlanRecord

app = typer.Typer(no_args_is_help=True)
StepArgument = Annotated[str, typer.Argument(help="A step's id, or the beginning of it.")]
FOUND = {"arrived": ReceiptKind.SUCCEEDED, "failed": ReceiptKind.FAILED, "not-sent": ReceiptKind.NOT_SENT}


@app.command("list")
def list_steps(plan: PlanArgument) -> None:
    """List a plan's steps: where each stands and what it waits for."""
    record = current.plan(plan)
    if current.json:
        as_json(record.plan.steps)
        return
    rows = (
        (
            short(s.step_id),
            under(s.action_type, f"{s.approval}, attempt {s.attempts}" if s.attempts else s.approval),
            under(s.status, s.outcome),
            under(f"from {s.not_before:%Y-%m-%d}", f"due  {s.due_by:%Y-%m-%d}"),
        )
        for s in record.plan.steps
    )
    table(("step", "action", "status", "when"), rows)


@app.command()
def show(plan: PlanArgument, step: StepArgument) -> None:
    """Show a step with the text as rendered, and the digest that an approval binds."""
    record = current.plan(plan)
    found = record.plan.step(current.step_id(record, step))
    kept, text = _text(record, found)
    if current.json:
        as_json(found.model_dump(mode="json") | {"rendered": kept.digest if kept else None, "text": text})
        return
    say(f"{found.action_type} {found.step_id}: {found.status}")
    say(f"params {found.params}")
    if found.rationale:
        say(f"the drafter's reason: {found.rationale}")
    if kept is None:
        say("nothing is rendered yet")
        return
    say(f"rendered {kept.digest}")
    say(text)


def _text(record: PlanRecord, step: PlanStep) -> tuple[Artefact | None, str]:
    with current.house.desk.unit() as unit:
        attempts = (step.attempts + 1, step.attempts)
        kept = [unit.effects.artefact(record.plan.plan_id, step.step_id, attempt) for attempt in attempts]
        found = next((k for k in kept if k is not None), None)
        return found, unit.blobs.reveal(found.ref) if found else ""


@app.command()
def approve(
    plan: PlanArgument,
    step: StepArgument,
    digest: Annotated[str, typer.Option(help="The digest of the text you read: `step show` prints it.")],
    text: Annotated[Path | None, typer.Option(help="A file with the text as you edited it.")] = None,
    override: OverrideOption = None,
    reason: Annotated[str, typer.Option(help="Why the override is right.")] = "",
) -> None:
    """Approve a step's text exactly as you read it, or as you edited it."""
    try:
        edited = text.read_text(encoding="utf-8") if text is not None else None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{text} cannot be read as UTF-8 text; check the path and the encoding") from error
    told = current.house.approve_step(
        current.plan_id(plan), step, digest, current.who, text=edited, override=override_of(override, reason)
    )
    people = f"{told.given} of {told.needed} approvals" + waits_for(told.to_override)
    _told(plan, step, f"approved {told.digest[:23]}, {people}")


@app.command()
def reject(plan: PlanArgument, step: StepArgument, reason: Reason) -> None:
    """Refuse a step's text: the step is skipped."""
    current.house.reject_step(current.plan_id(plan), step, reason, current.who)
    _told(plan, step, "rejected")


@app.command()
def outcome(
    plan: PlanArgument,
    step: StepArgument,
    result: Annotated[str, typer.Argument(help="One of the action's outcomes.")],
) -> None:
    """Report what came of a step."""
    current.house.report_outcome(current.plan_id(plan), step, result, current.who)
    _told(plan, step, result)


@app.command()
def skip(plan: PlanArgument, step: StepArgument, reason: Reason) -> None:
    """Set a step aside; what waits for its success goes with it."""
    current.house.skip(current.plan_id(plan), step, reason, current.who)
    _told(plan, step, "skipped")


@app.command()
def retry(plan: PlanArgument, step: StepArgument, reason: Reason = "") -> None:
    """Try a failed step again."""
    current.house.retry(current.plan_id(plan), step, reason, current.who)
    _told(plan, step, "will be tried again")


@app.command()
def reconcile(
    plan: PlanArgument,
    step: StepArgument,
    found: Annotated[str, typer.Option(help="What you found out: arrived, failed or not-sent.")],
    reason: Reason,
) -> None:
    """End a doubt: say what became of a step that nobody could follow."""
    if found not in FOUND:
        raise BadInputError(f"--found {found!r}: one of {', '.join(FOUND)}")
    current.house.reconcile(current.plan_id(plan), step, FOUND[found], reason, current.who)
    _told(plan, step, f"reconciled: {found}")


def _told(plan: str, step: str, what: str) -> None:
    record = current.plan(plan)
    found = next((s for s in record.plan.steps if str(s.step_id).startswith(step)), None)
    if found is None:
        raise NotFoundError(f"there is no step {step}")
    if current.json:
        as_json(found)
    else:
        ended = "" if found.status is StepStatus.PENDING else f" ({found.status})"
        say(f"{found.action_type} {short(found.step_id)}: {what}{ended}")
