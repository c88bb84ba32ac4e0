"""`oncourse plan export`: a plan's way through its reviews as one JSON document."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from oncourse.cli.decisions import PlanArgument
from oncourse.cli.session import current
from oncourse.console import as_json, count, err, say, short
from orchestrator import BadInputError, export_plan
from plan import PlanExport
from store import place, written_aside

app = typer.Typer()


@app.command()
def export(
    plan: PlanArgument,
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output otherwise.")] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Export what a plan was drafted on, every revision, and what people made of it. It holds personal data."""
    with current.house.desk.unit(reading=True) as unit:
        told = export_plan(unit, unit.plans.resolve(plan))
    text = orjson.dumps(told.model_dump(mode="json"), option=orjson.OPT_INDENT_2).decode() + "\n"
    if out is None:
        sys.stdout.write(text)
        err.print(_lesson(told), soft_wrap=True, markup=False)
        return
    _write(out, text, force=force)
    if current.json:
        learned = {"sent_back": len(told.reasons), "edited": told.edited}
        as_json({"file": str(out), "revisions": len(told.revisions), "status": told.status, **learned})
        return
    say(f"Plan {short(told.revisions[0].plan.plan_id)} is in {out}, which only you may read. {_lesson(told)}")
    say("It holds names, addresses and notes as the database does: keep it as you keep that, and delete it when done.")


def _lesson(told: PlanExport) -> str:
    """Say in one line what there is to learn from it."""
    what = [f"sent back {count(len(told.reasons), 'time')}"] if told.reasons else []
    what += ["edited by a person"] if told.edited else []
    lesson = " and ".join(what) or "never sent back or edited"
    return f"{count(len(told.revisions), 'revision')}, {lesson}; it is {told.status}."


def _write(file: Path, text: str, *, force: bool) -> None:
    """Write the file whole or not at all."""
    if file.is_dir():
        raise BadInputError(f"{file} is a folder; give a file in it")
    if file.exists() and not force:
        raise BadInputError(f"{file} exists already; give another name, or --force to replace it")
    with written_aside(file) as aside:
        aside.write_text(text, encoding="utf-8")
        place(aside, file)
