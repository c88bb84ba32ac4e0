"""`oncourse ledger`: what happened, why, and that the rows are what the ledger says."""

from typing import Annotated
from uuid import UUID

import typer

import ledger
from oncourse.cli import archives, contacts, keepers, proofs
from oncourse.cli.days import AsOf, instant_of
from oncourse.cli.session import FINDINGS, current
from oncourse.console import as_json, say, short
from orchestrator import Line, Shown, show_told, story, tell, tell_step, tell_turns
from store import NotFoundError

app = typer.Typer(no_args_is_help=True)
Plan = Annotated[str, typer.Argument(help="A plan's id, or the beginning of it.")]
proofs.register(app)
keepers.register(app)
archives.register(app)
contacts.register(app)


@app.command()
def explain(plan: Plan, as_of: AsOf = "") -> None:
    """Tell a plan's story, one sentence an entry, and why it stopped."""
    found = current.plan(plan).plan
    with current.house.desk.unit(reading=True) as unit:
        at = instant_of(unit, as_of)
        entries = story(unit, found.plan_id, at)
        if current.json:
            as_json(entries)
            return
        shown = show_told(unit, entries)
        _head(shown, as_of)
        for line in tell(unit, entries):
            say(line.sentence)
        say(ledger.stopped(entries, unit.blobs.reveal) or f"The plan {'was' if as_of else 'is'} {shown.plan.status}.")


@app.command()
def why(
    plan: Plan,
    step: Annotated[str, typer.Argument(help="A step's id, or the beginning of it; one that was removed, too.")],
    as_of: AsOf = "",
) -> None:
    """Tell what happened to one step, and what caused it."""
    found = current.plan(plan).plan
    with current.house.desk.unit(reading=True) as unit:
        entries = story(unit, found.plan_id, instant_of(unit, as_of))
        lines = tell_step(unit, entries, _step_of(entries, step))
    _tell(lines)


@app.command("course-changes")
def course_changes(plan: Plan, as_of: AsOf = "") -> None:
    """Tell what turned a plan from the way it was approved to go, and what caused each turn."""
    found = current.plan(plan).plan
    with current.house.desk.unit(reading=True) as unit:
        entries = story(unit, found.plan_id, instant_of(unit, as_of))
        lines = tell_turns(unit, entries)
        if not current.json:
            _head(show_told(unit, entries), as_of)
    _tell(lines)
    if not lines and not current.json:
        say(f"It {'went' if as_of else 'goes'} the way it was approved to go; nothing changed its course.")


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


def _head(shown: Shown, as_of: str) -> None:
    """Say what plan it is that is told of."""
    plan, how = shown.plan, f" as of {as_of}" if as_of else ""
    kind = str(plan.plan_type).replace("_", " ").capitalize()
    say(f"{kind} of {plan.account_id}, plan {short(plan.plan_id)}{how}: {plan.status}. Owner {plan.owner}. Times: UTC.")


def _tell(lines: list[Line]) -> None:
    if current.json:
        as_json([line.entry.model_dump(mode="json") | {"sentence": line.sentence} for line in lines])
        return
    for line in lines:
        say(line.sentence)


def _step_of(entries: list[ledger.Entry], prefix: str) -> UUID:
    """Return the step that a name means, one that the plan holds no more included; raise NotFoundError for no one."""
    names = ledger.step_names(entries)
    found = [step_id for step_id in names if prefix and step_id.startswith(prefix)]
    if len(found) != 1:
        known = "; ".join(names.values())
        raise NotFoundError(f"there is {'more than one' if found else 'no'} step {prefix!r}; there are: {known}")
    return UUID(found[0])
