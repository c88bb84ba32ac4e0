"""`oncourse webhook`: who outside is told of what happens."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from oncourse.bootstrap import open_subscriptions
from oncourse.cli.session import current
from oncourse.clock import RealClock
from oncourse.console import as_json, count, say, table

if TYPE_CHECKING:
    from oncourse.courier import Secret, Subscription, Subscriptions

app = typer.Typer(no_args_is_help=True)
Hook = Annotated[str, typer.Argument(help="The webhook's id.")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="An https address of the public internet.")],
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="A type of entry, several times; all where none is given.")
    ] = None,
) -> None:
    """Tell an address of every entry from now on; its secret is shown this once."""
    _show_secret(_hooks().add(url, frozenset(kind or ()), current.who))


@app.command("list")
def list_webhooks() -> None:
    """List the webhooks, and how far each was told."""
    found = _hooks().every(current.who)
    if current.json:
        as_json(found)
    elif found:
        rows = [(hook.webhook_id, hook.url, ", ".join(sorted(hook.types)) or "all", _stands(hook)) for hook in found]
        table(("webhook", "address", "types", "stands"), rows)
    else:
        say("Nobody outside is told. Add one with: oncourse webhook add https://...")


@app.command()
def remove(webhook_id: Hook) -> None:
    """Tell an address nothing more, and forget what it could not be told."""
    _hooks().remove(webhook_id, current.who)
    if current.json:
        as_json({"webhook_id": webhook_id, "removed": True})
    else:
        say(f"{webhook_id} is told nothing more.")


@app.command()
def rotate(
    webhook_id: Hook,
    hours: Annotated[int, typer.Option(min=0, max=168, help="How long the old secret signs beside the new one.")] = 24,
) -> None:
    """Give a webhook a new secret, shown this once."""
    _show_secret(_hooks().rotate(webhook_id, timedelta(hours=hours), current.who))


@app.command()
def test(webhook_id: Hook) -> None:
    """Send a ping now and say what became of it; exits with 1 where it was not taken."""
    answer = _hooks().test(webhook_id, current.who)
    taken = answer.came == "taken"
    if current.json:
        as_json(answer)
    else:
        say(f"taken ({answer.status})" if taken else f"not taken: {answer.told}")
    if not taken:
        raise typer.Exit(1)


@app.command()
def undelivered(webhook_id: Hook) -> None:
    """List the entries that were given up."""
    found = _hooks().undelivered(webhook_id, current.who)
    if current.json:
        as_json(found)
    elif found:
        table(("position", "given up", "why"), [(one.pos, f"{one.at:%Y-%m-%d %H:%M}", one.trouble) for one in found])
    else:
        say("Nothing was given up.")


@app.command()
def redeliver(
    webhook_id: Hook,
    pos: Annotated[int | None, typer.Option("--position", min=1, help="Only this entry.")] = None,
) -> None:
    """Send what was given up again now, under the same ids; exits with 1 where one was not taken."""
    again = _hooks().redeliver(webhook_id, current.who, pos)
    if current.json:
        as_json(again)
    else:
        say(f"{count(len(again.delivered), 'letter')} taken" + (f"; then: {again.trouble}" if again.trouble else ""))
    if again.trouble:
        raise typer.Exit(1)


def _hooks() -> "Subscriptions":
    return open_subscriptions(current.settings, current.store, current.settings.tenant, RealClock())


def _show_secret(made: "Secret") -> None:
    hook, secret = made.webhook, made.secret.get_secret_value()
    if current.json:
        as_json({"webhook": hook.model_dump(mode="json"), "secret": secret})
        return
    say(f"webhook {hook.webhook_id}  {hook.url}")
    say(f"secret  {secret}")
    say("The secret is not shown again. Try it with: oncourse webhook test " + hook.webhook_id)


def _stands(hook: "Subscription") -> str:
    behind = f"{hook.behind:,} behind" if hook.behind else "all told"
    if not hook.active:
        return f"switched off: {hook.trouble}"
    tried = f"{hook.trouble}, tried {count(hook.attempts, 'time')}"
    return f"{behind}; {tried}" if hook.attempts else behind
