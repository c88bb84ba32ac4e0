"""`oncourse ledger export`: the ledger as files that others read and check without this program."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from oncourse.archive_lines import Form
from oncourse.archives import Archive, Chosen, folder_aside
from oncourse.cli.days import day_of
from oncourse.cli.proofs import public_key, show_progress
from oncourse.cli.session import current
from oncourse.console import as_json, count, say
from orchestrator import BadInputError
from store import StoreError, Unit, place, written_aside

_NEXT_DAY = timedelta(days=1)
OfPlan = Annotated[str, typer.Option("--plan", help="Only entries of this plan: its id, or the beginning of it.")]
Since = Annotated[str, typer.Option(help="Only entries from this day on (YYYY-MM-DD, the tenant's).")]
Until = Annotated[str, typer.Option(help="Only entries up to this day, it included.")]


def register(app: typer.Typer) -> None:
    """Put the command beside the others of the ledger."""
    app.command()(export)


def export(
    into: Annotated[Path, typer.Argument(metavar="PATH", help="A new file, or for jsonl and tiles a new folder.")],
    form: Annotated[Form, typer.Option(help="How it is written.")] = Form.JSONL,
    plan: OfPlan = "",
    since: Since = "",
    until: Until = "",
    *,
    texts: Annotated[bool, typer.Option("--texts", help="In a csv, reveal private texts that are not erased.")] = False,
    proofs: Annotated[
        bool, typer.Option("--proofs", help="In jsonl and tiles, a proof for each entry; else for those chosen.")
    ] = False,
) -> None:
    """Write the ledger out, whole or in part; tiles hold all of it, and prove the part."""
    if texts and form is not Form.CSV:
        raise BadInputError("--texts goes with --form csv alone: the other forms carry the entries as they were signed")
    if proofs and not form.folder:
        raise BadInputError(f"--proofs goes with --form jsonl or tiles; {form} is one file")
    with _aside(into, form) as aside, current.house.desk.unit(reading=True) as unit:
        key = public_key(unit)
        archive = Archive(unit, aside, form, chosen_by(unit, plan, since, until), texts=texts, proofs=proofs)
        show_progress(archive)
    _tell(into, form, archive, key, texts=texts)


def chosen_by(unit: Unit, plan: str, since: str, until: str) -> Chosen:
    """Return which entries the options mean; days are the tenant's."""
    zone = ZoneInfo(unit.tenant().calendar.time_zone)

    def begin(text: str, later: timedelta = timedelta()) -> datetime | None:
        return datetime.combine(day_of(text) + later, time.min, zone).astimezone(UTC) if text else None

    first, end = begin(since), begin(until, _NEXT_DAY)
    if first is not None and end is not None and first >= end:
        raise BadInputError(f"--since {since} is after --until {until}; give them the other way round")
    return Chosen(plan_id=unit.plans.resolve(plan) if plan else "", since=first, until=end)


@contextmanager
def _aside(into: Path, form: Form) -> Iterator[Path]:
    """Yield where to write; it gets its name when all is written."""
    if form.folder:
        with folder_aside(into) as aside:
            yield aside
        return
    with new_file(into) as aside:
        yield aside


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Yield an empty file for its owner alone; with the end of the block it is the target, which is not there yet."""
    if target.exists():
        raise BadInputError(f"{target} exists already; give another name")
    try:
        with written_aside(target) as aside:
            yield aside
            place(aside, target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}") from error


def _tell(into: Path, form: Form, archive: Archive, key: str, *, texts: bool) -> None:
    size = archive.point.size
    if current.json:
        as_json({
            "path": str(into), "form": form, "entries": archive.written, "of": size, "proofs": archive.proven,
            "checkpoint": archive.note, "key": key,
        })  # fmt: skip
        return
    which = count(archive.written, "entry", "entries") + ("" if archive.written == size else f" of {size:,}")
    proven = f", {count(archive.proven, 'proof')}" if archive.proven else ""
    say(f"{into} holds {which}{proven}" + (f", and the checkpoint over {size:,}." if form.folder else "."))
    if form.folder:
        say("Whoever checks it needs this key, by another way than the files:")
        say(key)
    if texts:
        say("It holds names and texts as the database does: keep it as you keep that, and delete it when done.")
