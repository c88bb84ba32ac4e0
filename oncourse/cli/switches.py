"""`oncourse switch` and `oncourse mode`: stop a part of the tenant at once, and let it run again with two people."""

from typing import Annotated

import typer

from ledger import Switch
from oncourse.cli.session import current
from oncourse.console import as_json, say, table
from orchestrator import Asked, BadInputError
from plan import Mode

app = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="tenant, plan_type:X, action:X or connector:X; `switch list --all` has all.")]
Reason = Annotated[str, typer.Option(help="One sentence for the next reader.")]
BreakGlass = Annotated[bool, typer.Option("--break-glass", help="An emergency: anybody active here may stop things.")]


def register(root: typer.Typer) -> None:
    """Put `mode` on the root."""
    root.command()(mode)


@app.command()
def on(name: Name, reason: Reason = "", *, break_glass: BreakGlass = False) -> None:
    """Throw a kill switch: what it names stops before its next effect."""
    current.house.governance.throw_switch(name, reason, current.who, break_glass=break_glass)
    if current.json:
        as_json({"switch": name, "on": True})
    else:
        say(f"{name} is stopped. Two tenant admins release it: oncourse switch off {name} --reason ...")


@app.command()
def off(name: Name, reason: Reason = "") -> None:
    """Release a kill switch: the first tenant admin asks, a second one does it."""
    told = current.house.governance.release_switch(name, reason, current.who)
    if current.json:
        as_json({"switch": name, "on": not told.done} | told.model_dump(mode="json"))
    elif told.done:
        say(f"{name} runs again (asked for by {told.asked_by}).")
    else:
        _waits(told, f"oncourse switch off {name} --reason ...")


@app.command("list")
def list_switches(*, every: Annotated[bool, typer.Option("--all", help="Also those that are off.")] = False) -> None:
    """List the kill switches that are on: who threw each, when, why."""
    known = {switch.name: switch for switch in current.house.governance.switches()}
    names = current.house.governance.switch_names() if every else tuple(known)
    if current.json:
        as_json([_plain(name, known.get(name)) for name in names])
        return
    if not names:
        say("No kill switch is on.")
        return
    rows = []
    for name in names:
        one = known.get(name)
        asked = f" (release asked for by {one.release_asked_by})" if one and one.release_asked_by else ""
        rows.append(
            (name, "on", one.thrown_by, f"{one.thrown_at:%Y-%m-%d %H:%M}", one.reason + asked)
            if one
            else (name, "off", "", "", "")
        )
    table(("switch", "is", "by", "since", "why"), rows)


def _plain(name: str, one: Switch | None) -> dict[str, object]:
    return {"name": name, "on": one is not None} | (one.model_dump(mode="json") if one else {})


def mode(
    wanted: Annotated[str, typer.Argument(help="shadow: record effects. live: send them.")] = "",
    reason: Reason = "",
    *,
    break_glass: BreakGlass = False,
) -> None:
    """Say how the tenant runs, or change it; LIVE takes two tenant admins, SHADOW one person."""
    govern = current.house.governance
    told = None
    if wanted.upper() == Mode.SHADOW:
        govern.go_shadow(reason, current.who, break_glass=break_glass)
    elif wanted.upper() == Mode.LIVE:
        told = govern.go_live(reason, current.who)
    elif wanted:
        raise BadInputError(f"there is no mode {wanted!r}; one of: shadow, live")
    now = current.tenancy.tenant().mode
    if current.json:
        as_json({"mode": now} | ({"asked": told.model_dump(mode="json")} if told else {}))
    elif told is not None and not told.done:
        _waits(told, "oncourse mode live --reason ...")
    else:
        leaves = "effects leave the house" if now is Mode.LIVE else "effects are recorded, nothing leaves"
        say(f"The tenant runs in {now} mode: {leaves}.")


def _waits(told: Asked, command: str) -> None:
    who = " or ".join(told.could) or "nobody yet (add another tenant_admin)"
    say(f"{told.asked_by} asked; it takes two. Who could do it: {who}. They type: {command}")
