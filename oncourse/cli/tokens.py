"""`oncourse token`: how programs come in."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from oncourse.cli.session import current
from oncourse.clock import RandomIds, RealClock, random_salt
from oncourse.console import as_json, err, out, say, table

if TYPE_CHECKING:
    from oncourse.identity import Tokens
    from store import Token

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The program that it is for; it is added where there is none so named.")],
    scope: Annotated[list[str] | None, typer.Option(help="May be given several times: read, propose, events.")] = None,
    days: Annotated[int, typer.Option(help="For how many days, a year at most.")] = 90,
) -> None:
    """Make a token and print its secret, now and never again."""
    made = _tokens().issue(name, scope or (), days, current.who)
    if current.json:
        as_json({"secret": made.secret, **_told(made.token)})
        return
    out.print(made.secret, markup=False, soft_wrap=True, highlight=False)
    err.print(
        f"token {made.token.token_id} of {name} until {made.token.ends_at:%Y-%m-%d %H:%M} UTC; it is shown only now",
        markup=False,
        soft_wrap=True,
    )


@app.command("list")
def list_tokens() -> None:
    """List all tokens: of which program, for what, until when, and when each was last used."""
    known = _tokens().every(current.who)
    if current.json:
        as_json([_told(one) for one in known])
        return
    now = RealClock().now()
    rows = ((t.token_id, t.principal_id, ", ".join(sorted(t.scopes)), _until(t, now), _day(t.used_at)) for t in known)
    table(("token", "program", "scopes", "until", "last used"), rows)


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(help="As `token list` shows it.")]) -> None:
    """Let a token open nothing any more."""
    _tokens().revoke(token_id, current.who)
    if current.json:
        as_json({"token_id": token_id, "revoked": True})
    else:
        say(f"{token_id} opens nothing any more.")


def _tokens() -> "Tokens":
    from oncourse.identity import Tokens

    return Tokens(current.house, RealClock(), RandomIds(), random_salt)


def _told(token: "Token") -> dict[str, object]:
    return token.model_dump(mode="json", exclude={"token_hash", "tenant_id"})


def _until(token: "Token", now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "over" if token.ends_at <= now else _day(token.ends_at)


def _day(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M}"
