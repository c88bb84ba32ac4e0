"""`oncourse event` and `oncourse account`: what comes in from outside, and what it holds."""

from pathlib import Path
from typing import Annotated

import typer

from oncourse.cli.reading import read_text
from oncourse.cli.session import current
from oncourse.cloud_events import read_events
from oncourse.console import as_json, count, say, table
from orchestrator import held

app = typer.Typer(no_args_is_help=True)
accounts = typer.Typer(no_args_is_help=True)


@app.command()
def send(file: Annotated[Path, typer.Argument(help="CloudEvents 1.0 as JSON: one, an array, or one a line.")]) -> None:
    """Take events in: each once, however often it is sent. A worker then does what follows from them."""
    house = current.house
    events = read_events(read_text(file), house.desk.clock.now())
    told = list(zip(events, house.receive_all(events), strict=True))
    if current.json:
        as_json([{"source": e.source, "id": e.event_id, "type": e.type, "new": new} for e, new in told])
        return
    fresh = sum(new for _, new in told)
    again = f", {len(told) - fresh} had arrived before" if fresh < len(told) else ""
    say(f"{count(fresh, 'event')} taken in{again}. `oncourse worker` takes them up.")


@accounts.command("list")
def list_accounts(
    *, only_held: Annotated[bool, typer.Option("--held", help="Only those whose external steps wait.")] = False
) -> None:
    """List accounts: who owns each, and what holds its external steps."""
    with current.house.desk.unit() as unit:
        rows = [(a.account_id, a.name, a.owner_id, held(unit, a.account_id)) for a in unit.accounts.every()]
    rows = [row for row in rows if row[3] or not only_held]
    if current.json:
        as_json([{"account_id": i, "name": n, "owner": o, "holds": [h.model_dump(mode="json") for h in held_by]}
                 for i, n, o, held_by in rows])  # fmt: skip
    elif rows:
        told = [
            (i, n, o, "; ".join(f"{h.kind} since {h.at:%Y-%m-%d %H:%M}" for h in held_by)) for i, n, o, held_by in rows
        ]
        table(("account", "name", "owner", "external steps held by"), told)
    else:
        say("No account is held." if only_held else "There is no account; import some: oncourse import DIR")


@accounts.command()
def release(
    account: Annotated[str, typer.Argument(help="The account.")],
    reason: Annotated[str, typer.Option(help="One sentence for the next reader.")] = "",
) -> None:
    """Let an account's external steps go on, after you looked at what came in."""
    known = current.house.release(account, reason, current.who)
    if current.json:
        as_json({"account_id": account, "released": [hold.model_dump(mode="json") for hold in known]})
    else:
        what = ", ".join(hold.kind for hold in known)
        say(f"The external steps of {account} go on ({what}).")
