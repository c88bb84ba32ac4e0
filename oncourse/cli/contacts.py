"""`oncourse ledger contacts`: everybody outside who was reached, and that nobody was who had opted out."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from ledger import BOM, csv_line
from oncourse.cli.archives import OfPlan, Since, Until, chosen_by, new_file
from oncourse.cli.proofs import show_progress
from oncourse.cli.session import FINDINGS, current
from oncourse.console import as_json, count, say, short, table, under
from oncourse.proving import Looked
from orchestrator import BY_HAND, BadInputError, ContactLook, ContactMade, OptedOut
from store import Sought

_COLUMNS = ("when (UTC)", "account, plan", "action", "to", "approved by", "left", "opted out")
_FILED = (
    "entry", "time (UTC)", "account", "plan", "step", "attempt", "action", "channel", "contact", "address",
    "approved by", "approvals", "receipt", "outcome", "left", "opted out",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Put the command beside the others of the ledger."""
    app.command()(contacts)


def contacts(
    plan: OfPlan = "",
    account: Annotated[str, typer.Option(help="Only contacts with people of this account.")] = "",
    since: Since = "",
    until: Until = "",
    out: Annotated[Path | None, typer.Option(help="Write a new CSV file instead of a table.")] = None,
    *,
    texts: Annotated[bool, typer.Option("--texts", help="With addresses as they were then, where not erased.")] = False,
) -> None:
    """List every contact made with people outside, who approved it, and whether they had opted out; exit 6 where so."""
    if out is not None and out.exists():
        raise BadInputError(f"{out} exists already; give another name")
    with current.house.desk.unit(reading=True) as unit:
        chosen = chosen_by(unit, plan, since, until)
        if account:
            unit.accounts.get(account)
        look = ContactLook(unit, addresses=texts)
        show_progress(_steps(look, unit.head()))
        sought = Sought(plan_id=chosen.plan_id, account_id=account, since=chosen.since, until=chosen.until)
        found = list(look.contacts(sought))
    if out is not None:
        with new_file(out) as aside:
            aside.write_text(_filed(found), encoding="utf-8", newline="")
    if current.json:
        as_json([one.model_dump(mode="json") | {"finding": one.finding} for one in found])
    else:
        _tell(found, out)
    if any(one.finding for one in found):
        raise typer.Exit(FINDINGS)


def _steps(look: ContactLook, size: int) -> Iterator[Looked]:
    for position in look:
        yield Looked("reading", position, size)


def _filed(found: Iterable[ContactMade]) -> str:
    rows = (
        (
            one.entry, f"{one.at:%Y-%m-%d %H:%M:%S}", one.account_id, one.plan_id, one.step_id, one.attempt,
            one.action, one.channel, one.contact_id, one.address, ", ".join(one.approved_by),
            ", ".join(one.approvals), one.receipt, one.outcome, one.left, one.opted_out,
        )
        for one in found
    )  # fmt: skip
    return BOM + csv_line(*_FILED) + "".join(csv_line(*row) for row in rows)


def _tell(found: list[ContactMade], out: Path | None) -> None:
    if out is not None:
        say(f"{out} holds {count(len(found), 'contact')}.")
    elif found:
        table(_COLUMNS, map(_row, found))
    for one in found:
        if one.finding:
            say(one.finding)
    wrong = sum(1 for one in found if one.finding)
    if wrong:
        say(f"{count(len(found), 'contact')}, {count(wrong, 'finding')}.")
        return
    gone = sum(1 for one in found if one.opted_out is OptedOut.UNKNOWN)
    if not found:
        say("Nobody outside was reached.")
        return
    known = "nobody who had opted out was reached" if not gone else f"of {gone} it is not known whether they had"
    say(f"{count(len(found), 'contact')}: each was approved by a person, and {known}.")


def _row(one: ContactMade) -> tuple[object, ...]:
    left = str(one.left) if one.channel in {"", BY_HAND} else under(str(one.left), one.channel)
    return (
        under(f"{one.at:%Y-%m-%d}", f"{one.at:%H:%M}"),
        under(one.account_id, short(one.plan_id)),
        one.action.replace("_", " ").capitalize(),
        under(one.contact_id or "-", one.address),
        ", ".join(one.approved_by),
        left,
        one.opted_out,
    )
