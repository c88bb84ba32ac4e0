"""A database kept in a file, and put back: what is not whole never gets the name that was asked for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from oncourse.checkup import ledger_findings
from oncourse.clock import random_salt
from oncourse.config import Settings
from oncourse.keyfile import make_keys, read_keys
from orchestrator import BadInputError
from plan import Frozen, OncourseError
from store import (
    SIGNED_SINCE,
    Store,
    StoreError,
    copy_database,
    database_file,
    dump_database,
    opened,
    place,
    queue_url,
    replace_database,
    schema_state,
    upgrade,
    written_aside,
)


class Kept(Frozen):
    """A backup that was made."""

    file: str
    bytes: int
    schema_: str


class Restored(Frozen):
    """A database that was put back."""

    database: str
    was: str
    """The schema that the file had."""
    is_: str
    tenants: tuple[str, ...]


def back_up(settings: Settings, file: Path, *, force: bool) -> Kept:
    """Copy the database into a file while workers go on; raise where it cannot be done, and leave the file alone."""
    with opened(settings.database) as engine:
        have, _ = schema_state(engine)
    if have is None:
        raise StoreError("there is no oncourse database to back up; name it with --db")
    source = database_file(settings.database)
    if source is not None and file.resolve() in _own_files(source):
        raise BadInputError(f"{file} is the database itself; give another file")
    if file.is_dir():
        raise BadInputError(f"{file} is a folder; give a file in it")
    if file.exists() and not force:
        raise BadInputError(f"{file} exists already; give another name, or --force to replace it")
    with written_aside(file) as aside:
        if source is None:
            dump_database(settings.database, aside)
        else:
            copy_database(source, aside)
        size = aside.stat().st_size
        place(aside, file)
    return Kept(file=str(file), bytes=size, schema_=have)


def restore(
    settings: Settings, file: Path, *, force: bool, now: datetime, silence: timedelta, told: Callable[[str], None]
) -> Restored:
    """Check a backup aside, then put it in the database's place; where anything is wrong nothing is changed.

    `silence` is how long ago a worker was last heard of that is no longer alive.
    """
    target = database_file(settings.database)
    if target is None and settings.database.startswith("sqlite"):
        raise BadInputError("a database in memory cannot be restored; give sqlite:///FILE")
    if target is None:
        raise BadInputError(
            "PostgreSQL is restored by its own pg_restore, into a new database: "
            "pg_restore --single-transaction --no-owner --dbname=NEW FILE; then run oncourse db check on it"
        )
    if not file.is_file():
        raise BadInputError(f"there is no file {file} to restore")
    if file.resolve() in _own_files(target):
        raise BadInputError(f"{file} is the database itself; give a backup of it")
    _refuse_place(target, now, silence, force=force)
    with written_aside(target) as aside:
        told("copying")
        copy_database(file, aside, foreign=True)
        found = _make_sound(settings, aside, file, now, told)
        told("putting it in place")
        replace_database(aside, target)
    return found.model_copy(update={"database": settings.database})


def _make_sound(settings: Settings, aside: Path, file: Path, now: datetime, told: Callable[[str], None]) -> Restored:
    with opened(f"sqlite:///{aside}") as engine, _read(file):
        have, newest = schema_state(engine)
        if have is None:
            raise StoreError(f"{file} holds no oncourse database; nothing was changed")
        keys = make_keys(settings, random_salt) if have < SIGNED_SINCE else read_keys(settings)
        upgrade(engine, keys, random_salt)
        store = Store(engine, random_salt, keys)
        tenants = store.tenants()
        for tenant_id in tenants:
            told(f"replaying the ledger of {tenant_id}")
            findings = ledger_findings(store, tenant_id, now)
            if findings:
                more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
                raise StoreError(f"{file} is not what its ledger says: {tenant_id}: {findings[0]}{more}")
        with store.workers() as workers:
            workers.forget_all()
        with store.access() as access:
            access.forget_sign_ins()  # who signed out or was signed out meanwhile stays out
    return Restored(database="", was=have, is_=newest, tenants=tuple(tenants))


@contextmanager
def _read(file: Path) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise StoreError(f"{file} holds what this program cannot read: {' '.join(str(error).split())}") from error


def _refuse_place(target: Path, now: datetime, silence: timedelta, *, force: bool) -> None:
    if not target.parent.is_dir():
        raise BadInputError(f"there is no folder {target.parent}; make it first")
    if not target.exists() or target.stat().st_size == 0:
        return
    alive, empty = list[str](), False
    # What is foreign or beyond reading counts as not empty; what is older than workers has none.
    with opened(f"sqlite:///{target}") as engine, suppress(OncourseError):
        store = Store(engine, random_salt)
        empty = not store.tenants()
        with store.workers(reading=True) as workers:
            alive = workers.alive(now - silence)
    if alive:
        raise StoreError(
            f"the worker {alive[0]} works on {target}; stop it first "
            f"(one that was killed is taken for dead after {silence.total_seconds():.0f} seconds)"
        )
    if not empty and not force:
        raise BadInputError(f"{target} is not empty; back it up, then give --force to replace it")


def _own_files(database: Path) -> set[Path]:
    queue = queue_url(f"sqlite:///{database}").removeprefix("sqlite:///")
    return {Path(f"{name}{suffix}").resolve() for name in (database, queue) for suffix in ("", "-wal", "-shm")}
