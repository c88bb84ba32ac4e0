"""One worker for all tenants without an end of its own: `oncourse worker`, and `oncourse serve` with its door."""

import gc
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import typer

from oncourse.bootstrap import observe, open_courier, open_worker
from oncourse.cli.session import Session, current
from oncourse.clock import RealClock, VirtualClock, random_salt
from oncourse.config import KEY_FILE
from oncourse.console import as_json, count, err
from oncourse.keyfile import key_file
from orchestrator import BadInputError
from store import KeylessError, check_schema, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from oncourse.durable import DurableEngine

PORT = 8642
LEAVING = 15
"""Seconds that the courier is given at the end for the letter that it has in its hands."""


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; only this machine by default.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = PORT,
) -> None:
    """Work for all tenants, and open the door: the HTTP API, the sign-in, and how it all goes."""
    from oncourse.identity import check_bind

    settings = current.settings
    current.tenancy.tenant()
    check_bind(host, current.store, oidc=settings.oidc is not None)

    @contextmanager
    def door(engine: "DurableEngine", stop: Event) -> Iterator[None]:
        from oncourse.identity import Doorkeeper
        from oncourse.web import Front, Health, build_app, listening

        clock = RealClock()
        health = Health(engine, lambda: check_schema(database), clock, stop)
        front = Front(settings, current.store, current.executor, clock, Doorkeeper(current.store, clock))
        with opened(settings.database) as database, listening(build_app(front, health), host, port) as address:
            _tell_address(address)
            yield

    work(current, door)


def _tell_address(address: str) -> None:
    """Say where the door is, and how the first person comes in."""
    from oncourse.identity import first_start

    settings = current.settings
    if current.json:
        as_json({"address": address})
    _tell(f"the API is at {address}/v1, described at {address}/openapi.json")
    _tell(f"health is told at {address}/livez and {address}/readyz")
    path = first_start(current.store, settings.tenant, RealClock(), random_salt, oidc=settings.oidc is not None)
    if path is not None:
        _tell(
            f"nobody can sign in yet: {settings.public_url or address}{path} lets the first administrator in "
            "(once, within 15 minutes)"
        )


def refuse_virtual(session: Session) -> None:
    """Raise BadInputError for a tenant whose time is made up: no worker lets it pass."""
    if isinstance(session.tenancy.clock, VirtualClock):
        raise BadInputError(
            "this tenant's clock is virtual: give oncourse worker --once, or let time pass with --until INSTANT"
        )


def _tell(line: str) -> None:
    """Say something to whoever started this, or to what reads its log."""
    if current.settings.log.format == "json":
        from oncourse.logs import tell

        tell(line)
    else:
        err.print(line, markup=False, soft_wrap=True)


@contextmanager
def _telling(session: Session, stop: Event) -> Iterator[None]:
    """Tell webhooks and people in a thread beside the worker; whatever fails there, the worker goes on."""
    courier = open_courier(session.settings, session.store, session.executor)
    thread = Thread(target=courier.run, args=(stop,), name="courier", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LEAVING)


@contextmanager
def _alone(_engine: "DurableEngine", _stop: Event) -> Iterator[None]:
    yield


def settle() -> None:
    """Take what a process began with out of the garbage collector's rounds: one walk through it holds all up 200 ms."""
    gc.collect()
    gc.freeze()


def work(session: Session, beside: "Callable[[DurableEngine, Event], AbstractContextManager[None]]" = _alone) -> None:
    """Run a worker until the process is told to end; what it had begun is finished first. Told twice, it is cut off.

    Raises: KeylessError where nothing that it does could be signed.
    """
    if session.store.keys is None:
        raise KeylessError(
            f"there is no key at {key_file(session.settings)} to sign the ledger with, so a worker could do nothing; "
            f"put it back, or name it with {KEY_FILE} (docs/ledger.md)"
        )
    observe(session.settings)
    stop = Event()
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"[:80]
    engine = open_worker(session.settings, session.store, session.executor, name)

    def end(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    with beside(engine, stop), _telling(session, stop):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        settle()
        _tell(f"worker {name} works on {count(len(session.store.tenants()), 'tenant')}; end it with Ctrl-C")
        for tenant_id in session.store.tenants(virtual=True):
            _tell(f"the clock of {tenant_id} is virtual: it passes by `oncourse worker --until INSTANT`, and not here")
        engine.run_worker(stop)
    _tell(f"worker {name} has ended")
