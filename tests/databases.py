"""Databases for tests: SQLite always, a PostgreSQL cluster of our own where the server is installed."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Engine

from store import opened, upgrade
from store.row_security import show_all

SUPERUSER = "tester"
PLAIN = "plain"
"""The role that owns every database: nothing lets it pass the fence between tenants."""


def missing(what: str) -> None:
    """Skip with one clear line; where everything must run, a skip is a failure."""
    if os.environ.get("ONCOURSE_TEST_ALL") == "1":
        pytest.fail(f"{what} is missing, and ONCOURSE_TEST_ALL=1 asks for all tests")
    pytest.skip(f"{what} is missing on this machine")


@cache
def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@cache
def _cluster(*, durable: bool = False) -> str | None:
    """Start a cluster of our own on loopback and return its URL; it ends with this process."""
    bin_dir = _binaries()
    if bin_dir is None:
        return None
    home = Path(tempfile.mkdtemp(prefix="oncourse-pg-"))
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(home, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(home / "data")

    def run(*words: str) -> None:
        subprocess.run([*as_user, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home)

    run(str(bin_dir / "initdb"), "-D", data, "-A", "trust", "-U", SUPERUSER, "-E", "UTF8", "--locale=C")
    fsync = "on" if durable else "off"
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync={fsync}"
        " -c max_connections=400"
    )
    run(str(bin_dir / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(home / "log"), "start")

    def stop() -> None:
        run(str(bin_dir / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(stop)
    cluster = f"postgresql://{SUPERUSER}@127.0.0.1:{port}"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {PLAIN} LOGIN")
    return cluster


_count = 0


def kinds() -> list[str]:
    """Return the databases that can be had on this machine."""
    return ["sqlite"] + (["postgresql"] if _binaries() else [])


def fresh_url(kind: str, directory: Path, like: str | None = None, *, durable: bool = False) -> str:
    """Return the URL of a new database: an empty one, or a copy of another one that nobody has open.

    A `durable` one waits for the disk as in earnest, for what measures; SQLite always does.
    """
    global _count  # noqa: PLW0603 - names of databases count up
    if kind == "sqlite":
        file = directory / "test.db"
        if like is not None:
            shutil.copyfile(like.removeprefix("sqlite:///"), file)
        return f"sqlite:///{file}"
    cluster = _cluster(durable=durable) if durable else _cluster()
    if cluster is None:
        missing("PostgreSQL")
    _count += 1
    name = f"t{_count}"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} OWNER {PLAIN}" + (f" TEMPLATE {like.rpartition('/')[2]}" if like else "")
        )
    return f"{cluster}/{name}".replace(SUPERUSER, PLAIN)


@cache
def _made() -> str:
    """Return the URL of a database that has the newest schema and nothing in it."""
    url = fresh_url("postgresql", Path())
    with opened(url) as engine:
        upgrade(engine)
    return url


def house_url() -> str:
    """Return where a house keeps its rows: in memory, or behind the fence on PostgreSQL where that is asked for."""
    if os.environ.get("ONCOURSE_TEST_POSTGRES") != "1":
        return "sqlite://"
    return fresh_url("postgresql", Path(), _made())


def by_superuser(url: str) -> str:
    """Return the URL of the same database for a role that passes every fence."""
    return url.replace(f"//{PLAIN}@", f"//{SUPERUSER}@")


@contextmanager
def over_all(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees the rows of all tenants."""
    with engine.begin() as connection:
        show_all(connection)
        yield connection
