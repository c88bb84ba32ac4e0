"""`oncourse ledger`: what happened, why, and that the rows are what the ledger says."""

from typing import Annotated

import typer

import ledger
from oncourse.cli import keepers, proofs
from oncourse.cli.session import current
from oncourse.console import as_json, say

app = typer.Typer(no_args_is_help=True)
FINDINGS = 6
proofs.register(app)
keepers.register(app)


@app.command()
def explain(plan: Annotated[str, typer.Argument(help="A plan's id, or the beginning of it.")]) -> None:
    """Tell a plan's story, one sentence an entry."""
    record = current.plan(plan)
    with current.house.desk.unit() as unit:
        entries = unit.entries(f"plan/{record.plan.plan_id}")
        if current.json:
            as_json(entries)
            return
        for line in ledger.explain(entries, unit.blobs.reveal, current.names(record)):
            say(line)
        say(ledger.stopped(entries, unit.blobs.reveal) or f"The plan is {record.plan.status}.")


@app.command()
def why(
    plan: Annotated[str, typer.Argument(help="A plan's id, or the beginning of it.")],
    step: Annotated[str, typer.Argument(help="A step's id, or the beginning of it.")],
) -> None:
    """Tell what happened to one step, and what caused it."""
    record = current.plan(plan)
    step_id = current.step_id(record, step)
    with current.house.desk.unit() as unit:
        entries = unit.entries(f"plan/{record.plan.plan_id}")
        lines = ledger.why(entries, step_id, unit.blobs.reveal, current.names(record))
    if current.json:
        as_json(lines)
        return
    for line in lines:
        say(line)


@app.command()
def replay() -> None:
    """Fold the whole ledger again and compare every row with it; exit 6 where one differs."""
    with current.house.desk.unit() as unit:
        findings = unit.replay()
        count = sum(1 for _ in unit.every_entry())
    if current.json:
        as_json({"entries": count, "findings": findings})
    elif not findings:
        say(f"{count} entries replayed: every row is what the ledger says")
    else:
        for finding in findings:
            say(finding)
    if findings:
        raise typer.Exit(FINDINGS)
