"""A copy of a PostgreSQL database, made by PostgreSQL's own `pg_dump`."""

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import make_url

from store.errors import StoreError


def dump_database(url: str, aside: Path) -> None:
    """Write a PostgreSQL database into a file for `pg_restore`, without the queue; the password is in no argument.

    Raises: StoreError where `pg_dump` is not there or fails.
    """
    program = shutil.which("pg_dump")
    parsed = make_url(url).set(drivername="postgresql")
    shown = parsed.set(password=None).render_as_string(hide_password=False)
    words = ["--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=dbos"]
    if program is None:
        told = " ".join(["pg_dump", *words, "--file=FILE", "DATABASE"])
        raise StoreError(
            f"PostgreSQL is copied by its own pg_dump, which is not on the PATH; install it, or run: {told}"
        )
    environment = dict(os.environ)  # noqa: TID251 - pg_dump reads PGSSLMODE and the like from where this process does
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
