"""The commands of a whole tenant: init, import, review, worker, serve, demo, doctor, version."""

from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from gate import default_bundle, load_bundle
from oncourse.bootstrap import Tenancy, first_admin, open_store
from oncourse.cli.connections import connection_findings
from oncourse.cli.days import FIRST_YEAR, LAST_YEAR, day_of
from oncourse.cli.reading import read_text
from oncourse.cli.reviews import review
from oncourse.cli.session import FINDINGS, current
from oncourse.cli.working import refuse_virtual, serve, work
from oncourse.config import unknown_variables
from oncourse.console import as_json, err, indented, say, without_password
from orchestrator import BadInputError, Executor, bundle
from plan import Calendar, Mode, Tenant
from store import SchemaError, Store, check_schema, fence, opened, schema_state


def register(app: typer.Typer) -> None:
    """Put the commands on the root."""
    for command in (init, review, worker, serve, demo, rehearse, doctor, version):
        app.command()(command)
    app.command("import")(import_)


def init(
    admin: Annotated[str, typer.Option(help="The first principal: sets up, imports, adds others.")] = "admin",
    name: Annotated[str, typer.Option(help="The company's name.")] = "",
    zone: Annotated[str, typer.Option(help="IANA time zone of the company's days.")] = "UTC",
    policy: Annotated[Path | None, typer.Option(help="A policy bundle (YAML); the default one otherwise.")] = None,
    clock: Annotated[str, typer.Option(help="real, or the instant at which a virtual clock starts.")] = "real",
) -> None:
    """Make a database and a tenant with its first administrator and policy. New tenants run in SHADOW mode."""
    from pydantic import ValidationError

    from oncourse.simulator import SimulatedExecutor
    from plan import explain_validation

    settings = current.settings
    try:
        tenant = Tenant(tenant_id=settings.tenant, name=name or settings.tenant, calendar=Calendar(time_zone=zone))
    except ValidationError as error:
        raise BadInputError(f"the tenant does not fit: {explain_validation(error)}") from error
    bundle = default_bundle() if policy is None else load_bundle(read_text(policy))
    started, first = None if clock == "real" else _instant(clock), first_admin(settings.tenant, admin)
    store = current.store = open_store(settings, create=True)
    tenancy = _fresh(store, SimulatedExecutor(), started)
    tenancy.house.open_tenant(tenant, bundle, first)
    if started is not None:
        with tenancy.house.desk.unit() as unit:
            unit.set_virtual_now(started)
    where = without_password(settings.database)
    if current.json:
        as_json({"tenant": settings.tenant, "database": where, "admin": admin})
    else:
        say(f"Tenant {settings.tenant} is ready in {where} ({Mode.SHADOW} mode). Act as --as {admin}.")


def _fresh(store: Store, executor: Executor, started: datetime | None) -> Tenancy:
    from oncourse.clock import RandomIds, RealClock, VirtualClock

    settings = current.settings
    clock = RealClock() if started is None else VirtualClock(started)
    return Tenancy(store, settings.tenant, clock, ids=RandomIds(), executor=executor, settings=settings)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{text!r} is no instant; write it as 2026-03-02T09:00:00+01:00") from error
    if found.tzinfo is None:
        raise BadInputError(f"{text!r} has no time zone; write it as 2026-03-02T09:00:00+01:00")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadInputError(f"{text!r} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return found.astimezone(UTC)


def import_(
    directory: Annotated[Path, typer.Argument(help="A folder of CSV files (docs/import.md).")],
    source: Annotated[str, typer.Option("--mapping", help="flat, or ravenstack.")] = "flat",
    as_of: Annotated[str, typer.Option(help="The day that the data speaks of (YYYY-MM-DD), for ravenstack.")] = "",
) -> None:
    """Import a folder of CSVs: all of it or nothing. Says what it could not map."""
    from oncourse.imports import load, read_flat, read_ravenstack

    if as_of and source != "ravenstack":
        raise BadInputError("--as-of belongs to --mapping ravenstack; other files say their days themselves")
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("reading ...")

        def told(file: str, rows: int) -> None:
            bar.update(task, description=f"reading {file}: {rows} rows")

        if source == "ravenstack":
            batch = (
                read_ravenstack(directory, day_of(as_of), told) if as_of else read_ravenstack(directory, progress=told)
            )
        elif source == "flat":
            batch = read_flat(directory, told)
        else:
            raise BadInputError(f"--mapping {source!r}: one of flat, ravenstack")
        bar.update(task, description="writing ...")
        load(current.tenancy.house, batch, current.who)
    if current.json:
        as_json({"rows": batch.rows, "accounts": len(batch.accounts), "unmapped": list(batch.unmapped)})
        return
    say(f"rows read: {batch.rows}, accounts: {len(batch.accounts)}")
    for line in batch.unmapped:
        say(f"not mapped: {line}")


def worker(
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    until: Annotated[str, typer.Option(help="Under a virtual clock: let time pass up to this instant.")] = "",
) -> None:
    """Work for all tenants until you stop it; or, for one tenant, do what is due now, or let virtual time pass."""
    from oncourse.clock import VirtualClock

    if once and until:
        raise BadInputError("give --once or --until INSTANT, not both")
    tenancy = current.tenancy
    if not once and not until:
        refuse_virtual(current)
        work(current)
        return
    if until:
        if not isinstance(tenancy.clock, VirtualClock):
            raise BadInputError("--until is for a tenant with a virtual clock (oncourse init --clock INSTANT)")
        end = _instant(until)
        if end < tenancy.clock.now():
            raise BadInputError(
                f"the tenant's clock stands at {tenancy.clock.now():%Y-%m-%dT%H:%MZ} and never goes back"
            )
        count = tenancy.engine().run_until(end, tenancy.clock)
    else:
        count = tenancy.engine().run_due()
    if current.json:
        as_json({"ticks": count})
    else:
        say(f"{count} ticks: plans looked at, each at most one step further")


def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where to keep the demo's database.")] = Path("demo"),
    *,
    plain: Annotated[bool, typer.Option("--plain", help="No live view.")] = False,
) -> None:
    """Run ninety days of a made-up company in seconds: no key, no server."""
    from oncourse.bootstrap import pick_drafter
    from oncourse.demo import run_demo

    run_demo(directory, pick_drafter(current.settings), live=not plain and err.is_terminal)


def rehearse(
    directory: Annotated[Path, typer.Argument(help="The folder of a RavenStack export (docs/ravenstack.md).")],
    as_of: Annotated[str, typer.Option(help="The day that the data speaks of (YYYY-MM-DD).")] = "",
    target: Annotated[Path, typer.Option("--dir", help="Where to keep the rehearsal's database.")] = Path("out"),
) -> None:
    """Propose for every account that needs it, review by the stated script, and run each plan to its end."""
    from oncourse.bootstrap import pick_drafter
    from oncourse.imports import candidates, read_ravenstack
    from oncourse.imports.ravenstack import AS_OF
    from oncourse.rehearsal import rehearse as run

    on = day_of(as_of) if as_of else AS_OF
    batch = read_ravenstack(directory, on)
    run(batch, candidates(batch, on), on, target, pick_drafter(current.settings), json=current.json)


def doctor() -> None:
    """Check the installation and every promise; exit 6 where something is wrong."""
    from oncourse.promises import PROMISES, broken

    settings = current.settings
    findings = [f"unknown variable {name}: no setting reads it" for name in unknown_variables()]
    held: list[str] = []
    with opened(settings.database) as engine:
        have, newest = schema_state(engine)
        try:
            check_schema(engine)
            findings += fence(engine)
            held = list(PROMISES)
        except SchemaError as error:
            findings.append(str(error))
    if held:
        with current.house.desk.unit() as unit:
            findings += [f"{f.promise} is broken: {f.what}" for f in broken(unit)]
            policy, _ = bundle(unit)
        findings += connection_findings(settings, policy)
    if current.json:
        as_json({"schema": have, "newest": newest, "findings": findings})
    else:
        say(f"database {without_password(settings.database)}, schema {have}")
        for finding in findings:
            say(finding)
        if held and not findings:
            say(f"{len(held)} promises hold:")
            for name, holds in PROMISES.items():
                indented(f"  {name:4}", " ".join((holds.__doc__ or "").split()))
    if findings:
        raise typer.Exit(FINDINGS)


def version() -> None:
    """Print the version."""
    if current.json:
        as_json({"version": installed("oncourse")})
    else:
        say(f"oncourse {installed('oncourse')}")
