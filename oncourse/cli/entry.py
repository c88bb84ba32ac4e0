"""The root command, and what becomes of errors: one line, the right exit code, never a traceback for a mistake."""

import sys
from collections.abc import Callable
from functools import cache

import typer
from pydantic import ValidationError
from typer._click.exceptions import ClickException, NoArgsIsHelpError  # typer keeps its own click
from typer.main import get_command

from gate import BadPolicyError, BadRecordingError, UnknownCodeError
from oncourse.archives import UnsignedError
from oncourse.cli import (
    databases,
    descriptions,
    events,
    gates,
    ledgers,
    people,
    plans,
    policies,
    steps,
    switches,
    tenants,
    tokens,
    webhooks,
)
from oncourse.cli.session import FINDINGS, current
from oncourse.cloud_events import BadEventError
from oncourse.config import ConfigError
from oncourse.console import as_json, err, say
from oncourse.imports import BadImportError
from orchestrator import BadInputError, ChangedError, DeniedError, NotAllowedError
from plan import OncourseError, explain_validation
from store import AddressError, NotFoundError, SlotTakenError, StaleError


class UsageError(BadInputError):
    """A command was not written as it is meant to be."""

    code = "usage"


EXIT_CODES: tuple[tuple[tuple[type[OncourseError], ...], int], ...] = (
    ((UnsignedError,), FINDINGS),
    ((NotFoundError, UnknownCodeError), 5),
    ((ChangedError, StaleError), 4),
    ((DeniedError, NotAllowedError, SlotTakenError), 3),
    ((AddressError, BadEventError, BadImportError, BadInputError, BadPolicyError, BadRecordingError, ConfigError), 2),
)
"""0 ok, 1 failure, 2 usage, 3 refused by policy, 4 changed since read, 5 not found, 6 findings."""
_HOISTED = {"--db": True, "--tenant": True, "--as": True, "--drafter": True, "--json": False}
"""Options of the root command, taken wherever they stand; True where a value follows."""

app = typer.Typer(
    name="oncourse",
    help="Plans for accounts: proposed by a model, judged by policy, approved by people, run over weeks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(plans.app, name="plan", help="Propose, read, review and steer plans.")
app.add_typer(steps.app, name="step", help="Read, approve and steer the steps of a plan.")
app.add_typer(events.app, name="event", help="What comes in from outside.")
app.add_typer(events.accounts, name="account", help="Accounts, and what holds their external steps.")
app.add_typer(people.app, name="principal", help="Who may act.")
app.add_typer(tokens.app, name="token", help="How programs come in.")
app.add_typer(ledgers.app, name="ledger", help="What happened, and why.")
app.add_typer(gates.app, name="gate", help="What the gate's codes mean, and its past decisions.")
app.add_typer(policies.app, name="policy", help="Read, compare, test, simulate and publish policies.")
app.add_typer(webhooks.app, name="webhook", help="Who outside is told of what happens.")
app.add_typer(databases.app, name="db", help="Upgrade, check, back up and restore the database.")
app.add_typer(switches.app, name="switch", help="Stop a part of the tenant at once.")
tenants.register(app)
switches.register(app)
descriptions.register(app)


@app.callback()
def root(
    database: str = typer.Option("", "--db", help="Database URL: sqlite:///FILE or postgresql://..."),
    tenant: str = typer.Option("", "--tenant", help="The tenant."),
    principal: str = typer.Option("", "--as", help="The principal who acts."),
    drafter: str = typer.Option("", "--drafter", help="auto, playbook, replay, claude or local."),
    *,
    as_json_: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Take what stands for every command."""
    current.__init__(database, tenant, principal, drafter, as_json_)  # type: ignore[misc] # one session a call
    for name in ("settings", "store", "executor", "tenancy"):
        current.__dict__.pop(name, None)


def main(arguments: list[str] | None = None) -> int:  # noqa: PLR0911 - one way out for each kind of end
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    current.json = "--json" in given
    try:
        _check_text(given)
        given = _hoist(given)
        code = _command()(args=given, standalone_mode=False)
    except typer.Exit as done:
        return int(done.exit_code)
    except (typer.Abort, BrokenPipeError):
        return 1
    except NoArgsIsHelpError as asked:
        say(asked.format_message())
        return 2
    except ClickException as error:
        message = error.format_message().replace("Value error, ", "")
        return _fail(UsageError(f"{message} (see: oncourse --help)"))
    except ValidationError as error:
        return _fail(UsageError(explain_validation(error)))
    except OncourseError as error:
        return _fail(error)
    finally:
        current.close()
    return code if isinstance(code, int) else 0


@cache
def _command() -> Callable[..., object]:
    """Return the whole tree of commands, drawn once a process."""
    return get_command(app)


def _fail(error: OncourseError) -> int:
    code = next((code for kinds, code in EXIT_CODES if isinstance(error, kinds)), 1)
    message = " ".join(str(error).split())
    if current.json:
        told: dict[str, object] = {"code": error.code, "message": message, "exit": code}
        if isinstance(error, BadImportError):
            told["problems"] = list(error.problems)
        if isinstance(error, NotAllowedError):
            told["grant"] = error.grant
        as_json({"error": told})
    else:
        others = error.problems[1:] if isinstance(error, BadImportError) else ()
        for line in (f"oncourse: {message}", *others):
            err.print(line, markup=False, soft_wrap=True)
    return code


def _check_text(arguments: list[str]) -> None:
    for word in arguments:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            raise UsageError("an argument holds bytes that are not UTF-8; write it again in UTF-8") from error


def _hoist(arguments: list[str]) -> list[str]:
    front: list[str] = []
    rest: list[str] = []
    index = 0
    while index < len(arguments):
        word = arguments[index]
        name = word.partition("=")[0]
        if word == "--":
            rest += arguments[index:]
            break
        if name in _HOISTED:
            front.append(word)
            if _HOISTED[name] and "=" not in word:
                index += 1
                if index == len(arguments) or arguments[index].startswith("--"):
                    raise UsageError(f"{name} needs a value (see: oncourse --help)")
                front.append(arguments[index])
        else:
            rest.append(word)
        index += 1
    return front + rest
