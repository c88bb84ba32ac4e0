"""Open a database: SQLite by default, PostgreSQL by its URL; bring it to the newest schema."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import StaticPool

from ledger import Keyring
from store.errors import AddressError, SchemaError, StoreError

BUSY_MS = 30_000
SIGNED_SINCE = "0007"
"""The schema from which on every ledger is signed."""
READING = "oncourse_reading"
"""Execution option of a connection that only reads."""


def open_engine(url: str) -> Engine:
    """Return an engine for a database URL; raise AddressError for a URL that names none."""
    memory = url in {"sqlite://", "sqlite:///:memory:"}
    if not url.startswith(("sqlite://", "postgresql://", "postgresql+psycopg://")):
        raise AddressError(
            f"the database URL {url.partition(':')[0]}:... cannot be used; give sqlite:///FILE or postgresql://..."
        )
    try:
        if url.startswith("postgresql://"):
            url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
        engine = create_engine(url, poolclass=StaticPool) if memory else create_engine(url)
    except (ArgumentError, ModuleNotFoundError, ValueError) as error:
        raise AddressError(
            f"the database URL cannot be used ({error}); give sqlite:///FILE or postgresql://..."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open an engine for a while; no connection of it is left afterwards."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def queue_url(url: str) -> str:
    """Return where an engine's queue lies: a file beside a SQLite database, or the same PostgreSQL database.

    A file of its own, so that the queue's writes never wait for the domain's; it may be deleted at any time.
    """
    if not url.startswith("sqlite"):
        return url.replace("postgresql+psycopg://", "postgresql://")
    path = url.removeprefix("sqlite:///")
    return f"sqlite:///{path.removesuffix('.db')}.queue.db"


def open_queue(url: str) -> Engine | None:
    """Return an engine for a queue in a SQLite file; None where the queue opens its own connections."""
    if not url.startswith("sqlite"):
        return None
    engine = create_engine(url)
    event.listen(engine, "connect", _set_queue_pragmas)
    return engine


def _set_queue_pragmas(connection: object, _record: object) -> None:
    """Trade the last moments before a power cut for speed: the queue is made again from the domain's rows."""
    connection.isolation_level = "IMMEDIATE"  # type: ignore[attr-defined] # the DBAPI's own attribute
    for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined] # a DBAPI connection


def _set_pragmas(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined] # the DBAPI's own attribute
    cursor = connection.cursor()  # type: ignore[attr-defined] # a DBAPI connection
    for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Take the one write lock at once, so that what is read stays true; who only reads waits for nobody."""
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(READING) else "BEGIN IMMEDIATE")


_MIGRATIONS = files("store").joinpath("migrations")


def _config(engine: Engine, keys: Keyring | None = None, chance: Callable[[], bytes] | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes |= {"engine": engine, "keys": keys, "chance": chance}
    return config


def upgrade(engine: Engine, keys: Keyring | None = None, chance: Callable[[], bytes] | None = None) -> None:
    """Bring the database to the newest schema; a second call changes nothing, and two at once wait for each other.

    Ledgers that were never signed are signed with the keys, under names that are drawn from 32 random bytes each.

    Raises: SchemaError for a schema that this program does not know; KeylessError where keys are needed.
    """
    have, _ = schema_state(engine)
    if have is not None:
        _refuse_unknown(have)
    try:
        command.upgrade(_config(engine, keys, chance), "head")
    except DatabaseError as error:
        what = " ".join(str(error.orig).split())
        raise StoreError(
            f"the schema cannot be made ({what}); check the path or the server, and your rights"
        ) from error


@cache
def _revisions() -> tuple[str, ...]:
    """Return the revisions that this program knows, newest first; the migrations are read once a process."""
    return tuple(script.revision for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions())


def schema_state(engine: Engine) -> tuple[str | None, str]:
    """Return the revision that the database has (None: it is empty or not there) and the newest one."""
    newest = _revisions()[0]
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and file != ":memory:" and not Path(file).exists():
        return None, newest
    try:
        with engine.connect().execution_options(**{READING: True}) as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except DatabaseError as error:
        raise _cannot_be_opened(error) from error
    return current, newest


def check_schema(engine: Engine) -> str:
    """Return the database's schema; raise SchemaError with what to do where it is not the one of this program."""
    have, newest = schema_state(engine)
    if have is None:
        where = engine.url.render_as_string(hide_password=True).replace("+psycopg", "")
        raise SchemaError(f"there is no oncourse database at {where}; make one with: oncourse init")
    _refuse_unknown(have)
    if have != newest:
        raise SchemaError(
            f"the database has schema {have} and this program needs {newest}; bring it on with: oncourse db upgrade"
        )
    return have


def _refuse_unknown(have: str) -> None:
    if have not in _revisions():
        raise SchemaError(
            f"the database has schema {have}, and this program knows none after {_revisions()[0]}: "
            "a newer oncourse wrote it; use that one"
        )


def _cannot_be_opened(error: DatabaseError) -> StoreError:
    what = " ".join(str(error.orig).split())
    return StoreError(f"the database cannot be opened ({what}); check the path or the server")
