"""`oncourse gate`: what the gate's codes mean, and whether it still answers as it did."""

from pathlib import Path
from typing import Annotated

import typer

from gate import explain_code, recording_text, rules
from oncourse.cli.session import FINDINGS, current
from oncourse.console import as_json, say, table
from orchestrator import Answer, BadInputError
from store import NotFoundError

app = typer.Typer(no_args_is_help=True)


@app.command()
def explain(code: Annotated[str, typer.Argument(help="A code such as PG021; `all` lists every code.")]) -> None:
    """Say what a code means and what to do about it."""
    if code == "all":
        known = rules()
        if current.json:
            as_json(known)
        else:
            table(("code", "floor", "title"), ((doc.code, doc.floor, doc.title) for doc in known))
        return
    doc = explain_code(code)
    if current.json:
        as_json(doc)
        return
    say(f"{doc.code} {doc.title} ({doc.floor}; judged at {', '.join(doc.phases)})")
    say(doc.text)
    say(f"What to do: {doc.mend}")


@app.command()
def replay(
    decision: Annotated[str, typer.Argument(help="An address such as plan/ID#7, or a decision's digest (8 digits).")],
    save: Annotated[Path | None, typer.Option(help="Write the inputs to a file: a base for policy tests.")] = None,
) -> None:
    """Judge again what was judged, on the recorded inputs; exit 6 where the answer differs."""
    told = current.house.governance.replay(decision)
    if told.answer is Answer.ERASED:
        raise NotFoundError(f"{told.address}: {told.sentence}")
    if save is not None and told.recording is not None:
        try:
            save.write_text(recording_text(told.recording), encoding="utf-8")
        except OSError as error:
            raise BadInputError(f"{save} cannot be written: {error.strerror}") from error
    if current.json:
        as_json(told.model_dump(mode="json", exclude={"recording"}))
    else:
        say(f"{told.address} ({told.phase}, {told.at:%Y-%m-%d %H:%M} UTC)")
        say(told.sentence)
        say(f"decision  {told.recorded[:23]} then, {told.now[:23] or 'none'} now")
        say(f"rules     {told.recorded_ruleset[:23]} then, {told.ruleset[:23]} now")
    if told.answer is not Answer.SAME:
        raise typer.Exit(FINDINGS)
