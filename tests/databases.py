"""Databases for tests: SQLite always, a PostgreSQL cluster of our own where the server is installed."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import psycopg
import pytest


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
def _cluster() -> str | None:
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

    run(str(bin_dir / "initdb"), "-D", data, "-A", "trust", "-U", "tester", "-E", "UTF8", "--locale=C")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
    run(str(bin_dir / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(home / "log"), "start")

    def stop() -> None:
        run(str(bin_dir / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(stop)
    return f"postgresql://tester@127.0.0.1:{port}"


_count = 0


def kinds() -> list[str]:
    """Return the databases that can be had on this machine."""
    return ["sqlite"] + (["postgresql"] if _binaries() else [])


def fresh_url(kind: str, directory: Path, like: str | None = None) -> str:
    """Return the URL of a new database: an empty one, or a copy of another one that nobody has open."""
    global _count  # noqa: PLW0603 - names of databases count up
    if kind == "sqlite":
        file = directory / "test.db"
        if like is not None:
            shutil.copyfile(like.removeprefix("sqlite:///"), file)
        return f"sqlite:///{file}"
    cluster = _cluster()
    if cluster is None:
        missing("PostgreSQL")
    _count += 1
    name = f"t{_count}"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {like.rpartition('/')[2]}" if like else ""))
    return f"{cluster}/{name}"
