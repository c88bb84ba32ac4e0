"""Decisions about a plan: approve, reject, pause, resume, abort, and who answers for it."""

from typing import Annotated, Any

import typer

from oncourse.cli.session import current
from oncourse.console import as_json, say, short
from orchestrator import BadInputError, Override

app = typer.Typer()
PlanArgument = Annotated[str, typer.Argument(help="A plan's id, or the beginning of it.")]
Reason = Annotated[str, typer.Option(help="One sentence for the next reader.")]
OverrideOption = Annotated[
    list[str] | None, typer.Option("--override", help="A SOFT code to override, with --reason; several times.")
]
BreakGlass = Annotated[
    bool, typer.Option("--break-glass", help="An emergency: whoever you are, you may stop it. Everybody sees that.")
]


def override_of(codes: list[str] | None, reason: str) -> Override | None:
    """Return the override that the options ask for."""
    if reason and not codes:
        raise BadInputError("--reason belongs to an --override CODE; an approval itself needs none")
    return Override(codes=tuple(code.upper() for code in codes), reason=reason) if codes else None


def waits_for(codes: tuple[str, ...]) -> str:
    """Return which overrides are still missing, in words."""
    return f"; waits for a senior approver's override of {', '.join(codes)}" if codes else ""


@app.command()
def approve(
    plan: PlanArgument,
    digest: Annotated[
        str, typer.Option(help="What you read, as `plan show` prints it: content and policy, DIGITS.DIGITS.")
    ],
    override: OverrideOption = None,
    reason: Annotated[str, typer.Option(help="Why the override is right (20 letters at least).")] = "",
) -> None:
    """Approve exactly what you read."""
    told = current.house.approve(current.plan_id(plan), digest, current.who, override=override_of(override, reason))
    if current.json:
        as_json(told)
    else:
        say(f"{told.status}: {told.given} of {told.needed} approvals{waits_for(told.to_override)}")


@app.command()
def reject(plan: PlanArgument, reason: Reason) -> None:
    """Close a draft for good."""
    _done(plan, current.house.reject, reason)


@app.command("send-back")
def send_back(plan: PlanArgument, reason: Reason) -> None:
    """Return a draft with a sentence that the next revision must answer."""
    _done(plan, current.house.send_back, reason)


@app.command()
def pause(plan: PlanArgument, reason: Reason, *, break_glass: BreakGlass = False) -> None:
    """Pause a running plan; its end stays where it is."""
    _done(plan, current.house.pause, reason, break_glass=break_glass)


@app.command()
def resume(plan: PlanArgument, reason: Reason = "") -> None:
    """Resume a paused plan; the gate judges it anew."""
    _done(plan, current.house.resume, reason)


@app.command()
def abort(plan: PlanArgument, reason: Reason, *, break_glass: BreakGlass = False) -> None:
    """End a plan at once."""
    _done(plan, current.house.abort, reason, break_glass=break_glass)


@app.command()
def reopen(plan: PlanArgument, reason: Reason) -> None:
    """Take a running plan back to draft: edit it, and have it approved again."""
    _done(plan, current.house.reopen, reason)


@app.command()
def transfer(
    plan: PlanArgument, to: Annotated[str, typer.Option(help="The principal who takes it over.")], reason: Reason
) -> None:
    """Hand a plan to another person; a running one waits until that person accepts."""
    plan_id = current.plan_id(plan)
    current.house.transfer(plan_id, to, reason, current.who)
    record = current.plan(plan_id)
    if current.json:
        as_json({"plan_id": plan_id, "status": record.plan.status, "owner": record.plan.owner})
        return
    waits = record.state.handover
    until = f", who accepts until {waits.accept_by:%Y-%m-%d %H:%M} UTC or the plan ends" if waits else ""
    say(f"Plan {short(plan_id)} is {record.plan.status} and belongs to {record.plan.owner}{until}.")


@app.command()
def accept(plan: PlanArgument) -> None:
    """Take over a plan that was handed to you; an approver then resumes it."""
    plan_id = current.plan_id(plan)
    current.house.accept(plan_id, current.who)
    status = current.house.status(plan_id)
    if current.json:
        as_json({"plan_id": plan_id, "status": status})
    else:
        say(f"Plan {short(plan_id)} is yours; it is {status}. An approver resumes it: oncourse plan resume.")


def _done(plan: str, command: Any, reason: str, **more: bool) -> None:
    plan_id = current.plan_id(plan)
    command(plan_id, reason, current.who, **more)
    status = current.house.status(plan_id)
    if current.json:
        as_json({"plan_id": plan_id, "status": status})
    else:
        say(f"Plan {short(plan_id)} is {status}.")
