"""`oncourse db`: bring a database on, look it over, keep it in a file, put it back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from oncourse.cli.session import FINDINGS, current
from oncourse.clock import RealClock, random_salt
from oncourse.console import as_json, count, err, say, table
from oncourse.keyfile import make_keys, read_keys
from oncourse.visits import Pace
from store import SIGNED_SINCE, check_schema, opened, queue_url, schema_state, upgrade

app = typer.Typer(no_args_is_help=True)
SHOWN = 5
"""Findings of one check that the table shows; `--json` has all."""
File = Annotated[Path, typer.Argument(help="The file of the backup.")]


@app.command("upgrade")
def upgrade_() -> None:
    """Bring the database and its queue to what this program needs; running it again changes nothing."""
    from oncourse.durable import prepare_queue

    settings = current.settings
    with opened(settings.database) as engine:
        before, newest = schema_state(engine)
        if before is None:
            check_schema(engine)
        keys = make_keys(settings, random_salt) if str(before) < SIGNED_SINCE else read_keys(settings)
        upgrade(engine, keys, random_salt)
    prepare_queue(queue_url(settings.database))
    if current.json:
        as_json({"from": before, "to": newest})
    elif before == newest:
        say(f"The database has schema {newest} already; the queue is ready.")
    else:
        say(f"The database went from schema {before} to {newest}; the queue is ready.")


@app.command()
def check() -> None:
    """Look the whole database over, and change nothing; exit 6 where something is found."""
    from oncourse.checkup import check_database

    settings = current.settings
    with _progress() as told:
        checks = list(check_database(settings, current.executor.name, RealClock(), told))
    found = sum(len(one.findings) for one in checks)
    if current.json:
        as_json({"findings": found, "checks": [one.model_dump(mode="json") for one in checks]})
    else:
        table(("of", "checked", "result"), ((one.of, one.what, _result(one.findings, one.note)) for one in checks))
        say(f"{count(found, 'finding')}." if found else "Nothing found.")
    if found:
        raise typer.Exit(FINDINGS)


@app.command()
def backup(file: File, *, force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False) -> None:
    """Keep the database in a file, as it stands at one instant; workers go on meanwhile."""
    from oncourse.backups import back_up

    with _progress() as told:
        told("copying")
        kept = back_up(current.settings, file, force=force)
    if current.json:
        as_json({"file": kept.file, "bytes": kept.bytes, "schema": kept.schema_})
    else:
        say(f"{kept.file} holds the database (schema {kept.schema_}, {kept.bytes:,} bytes).")
        say("Not in it: settings and secrets (oncourse.toml, ONCOURSE_*), the ledger's key, and the queue.")


@app.command()
def restore(
    file: File, *, force: Annotated[bool, typer.Option("--force", help="Replace a database that is not empty.")] = False
) -> None:
    """Put a backup in the database's place, after it was looked over aside; stop all workers first."""
    from oncourse.backups import restore as put_back

    with _progress() as told:
        done = put_back(current.settings, file, force=force, now=RealClock().now(), silence=Pace().silence, told=told)
    if current.json:
        as_json({"database": done.database, "from": done.was, "to": done.is_, "tenants": done.tenants})
        return
    brought = f", brought on from schema {done.was}" if done.was != done.is_ else ""
    say(f"{done.database} holds {file}: {count(len(done.tenants), 'tenant')} at schema {done.is_}{brought}.")
    say("The ledger of each was proven and agrees with its rows. The queue was thrown away; a worker makes it again.")
    say("Whether others have seen a later state, only a copy outside says: oncourse ledger verify --anchors FILE")


def _result(findings: tuple[str, ...], note: str) -> str:
    if not findings:
        return f"ok, {note}" if note else "ok"
    more = [f"and {len(findings) - SHOWN} more (--json has all)"] if len(findings) > SHOWN else []
    return "\n".join([*findings[:SHOWN], *more])


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("looking ...")
        yield lambda what: bar.update(task, description=f"{what} ...")
