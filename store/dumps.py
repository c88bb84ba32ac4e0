"""A copy of a PostgreSQL database, made by PostgreSQL's own `pg_dump`."""

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from store.errors import StoreError
from store.row_security import EVERY_TENANT, SETTING

_SHOW_ALL = f"-c {SETTING}={EVERY_TENANT}"
"""Lets a plain role see the rows of all tenants; without it the dump would hold none."""


def dump_database(url: str, aside: Path) -> None:
    """Write a PostgreSQL database into a file for `pg_restore`, without the queue; the password is in no argument.

    Raises: StoreError where `pg_dump` is not there or fails.
    """
    program = shutil.which("pg_dump")
    environment = dict(os.environ)  # noqa: TID251 - pg_dump reads PGSSLMODE and the like from where this process does
    parsed = make_url(url).set(drivername="postgresql")
    options = _options(parsed, environment.get("PGOPTIONS", ""))
    parsed = parsed.difference_update_query(["options"])
    shown = parsed.set(password=None).render_as_string(hide_password=False)
    words = ["--format=custom", "--no-owner", "--no-privileges", "--enable-row-security", "--exclude-schema=dbos"]
    if program is None:
        told = " ".join([f"PGOPTIONS='{_SHOW_ALL}'", "pg_dump", *words, "--file=FILE", "DATABASE"])
        raise StoreError(
            f"PostgreSQL is copied by its own pg_dump, which is not on the PATH; install it, or run: {told}"
        )
    _refuse_blindness(parsed, options)
    environment["PGOPTIONS"] = options
    if parsed.password:
        environment["PGPASSWORD"] = str(parsed.password)
    done = subprocess.run(  # noqa: S603 - the program was found on the PATH, and nothing passes a shell
        [program, *words, "--no-password", f"--file={aside}", f"--dbname={shown}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise StoreError(f"pg_dump failed, and nothing was written: {lines[0]}")


def _options(url: URL, known: str) -> str:
    """Return what a connection asks of the server: what a URL says hides what the environment does."""
    given = url.query.get("options", known)
    return " ".join([*([given] if isinstance(given, str) else given), _SHOW_ALL]).strip()


def _refuse_blindness(url: URL, options: str) -> None:
    """Raise StoreError where something on the way to the server drops the options: the dump would be empty."""
    driver = url.set(drivername="postgresql+psycopg")
    engine = create_engine(driver, poolclass=NullPool, connect_args={"options": options})
    try:
        with engine.connect() as connection:
            seen = connection.execute(text(f"SELECT current_setting('{SETTING}', true)")).scalar_one()
    except DatabaseError as error:
        raise StoreError(f"the database cannot be copied ({' '.join(str(error.orig).split())})") from error
    if seen != EVERY_TENANT:
        raise StoreError(
            f"a connection's options do not reach the server, so a copy would hold no rows; go to the server itself, "
            f"past a pooler that drops `options` ({_SHOW_ALL})"
        )
