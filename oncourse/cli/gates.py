"""`oncourse gate`: what the gate's codes mean."""

from typing import Annotated

import typer

from gate import explain_code, rules
from oncourse.cli.session import current
from oncourse.console import as_json, say, table

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
