"""Whole SQLite databases as files: a consistent copy while others write, and a copy put in a database's place.

Nothing ever stands half-written under the name that was asked for.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from store.connection import queue_url
from store.errors import StoreError

_ASIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; never to be left beside another one."""
_WAIT_SECONDS = 2.0


def database_file(url: str) -> Path | None:
    """Return the file of a SQLite database; None for a server or for memory."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return Path(str(parsed.database))


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Yield the name of an empty file beside the target, only for its owner to read; it is gone afterwards."""
    try:
        number, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        os.close(number)
    except OSError as error:
        raise StoreError(f"nothing can be written beside {target}: {error.strerror}") from error
    aside = Path(name)
    try:
        yield aside
    finally:
        for suffix in ("", *_ASIDE):
            with suppress(OSError):
                Path(f"{aside}{suffix}").unlink(missing_ok=True)


def copy_database(source: Path, aside: Path, *, foreign: bool = False) -> None:
    """Copy a database into an empty file as it stands at one instant; writers go on meanwhile.

    Nothing at all is written to a `foreign` source, not even what SQLite keeps beside a database.

    Raises: StoreError where the source is damaged or no database, or the copy cannot be written.
    """
    alone = "ro" if Path(f"{source}-wal").exists() else "ro&immutable=1"
    try:
        with closing(_open(source, alone if foreign else "rw")) as connection:
            damage = [row[0] for row in connection.execute("PRAGMA integrity_check(1)") if row[0] != "ok"]
            if damage:
                raise StoreError(f"{source} is damaged ({' '.join(str(damage[0]).split())}); nothing was changed")
            connection.execute("VACUUM INTO ?", (str(aside),))
    except sqlite3.Error as error:
        raise StoreError(f"{source} cannot be copied ({error}); nothing was changed") from error


def place(aside: Path, target: Path) -> None:
    """Give a finished file its name, all at once and for good."""
    try:
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(target)
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}") from error


def replace_database(aside: Path, target: Path) -> None:
    """Put a finished database in the place of another one that nobody has open; its queue is thrown away.

    Raises: StoreError where a process has it open; nothing was changed then.
    """
    try:
        if target.exists():
            _close_down(target)
            _take_after(aside, target)
        queue = queue_url(f"sqlite:///{target}").removeprefix("sqlite:///")
        for name in (*(f"{queue}{suffix}" for suffix in ("", *_ASIDE)), *(f"{target}{suffix}" for suffix in _ASIDE)):
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{target} cannot be replaced: {error.strerror}") from error
    place(aside, target)


def _open(path: Path, mode: str) -> sqlite3.Connection:
    """Open a database that is there: none is made."""
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=_WAIT_SECONDS, isolation_level=None
    )


def _close_down(target: Path) -> None:
    """Write what stands beside a database into it, so that nothing of it can meet the one that takes its place."""
    try:
        with closing(_open(target, "rw")) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise StoreError(f"{target} is open in another process; end it first. Nothing was changed") from error
    except sqlite3.DatabaseError:
        return  # no database, or one beyond reading: there is nothing to write into it


def _take_after(aside: Path, target: Path) -> None:
    """Let the new file belong to whom the old one belonged, and be read by whom it was."""
    known = target.stat()
    aside.chmod(known.st_mode & 0o777)
    with suppress(PermissionError):
        os.chown(aside, known.st_uid, known.st_gid)
