"""One worker for all tenants without an end of its own: `oncourse worker`, and `oncourse serve` with its health."""

import logging
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from oncourse.bootstrap import open_worker
from oncourse.cli.session import Session, current
from oncourse.clock import RealClock, VirtualClock
from oncourse.console import as_json, count, err
from orchestrator import BadInputError
from store import check_schema, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from oncourse.durable import DurableEngine

PORT = 8642


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; only this machine by default.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = PORT,
) -> None:
    """Work for all tenants, and tell over HTTP how that goes: GET /livez and /readyz."""
    refuse_virtual(current)

    @contextmanager
    def health(engine: "DurableEngine", stop: Event) -> Iterator[None]:
        from oncourse.web import Health, build_app, listening

        database = open_engine(current.settings.database)
        app = build_app(Health(engine, lambda: check_schema(database), RealClock(), stop))
        with listening(app, host, port) as address:
            if current.json:
                as_json({"address": address})
            err.print(f"health is told at {address}/livez and {address}/readyz", markup=False, soft_wrap=True)
            yield

    work(current, health)


def refuse_virtual(session: Session) -> None:
    """Raise BadInputError for a tenant whose time is made up: no worker lets it pass."""
    if isinstance(session.tenancy.clock, VirtualClock):
        raise BadInputError(
            "this tenant's clock is virtual: give oncourse worker --once, or let time pass with --until INSTANT"
        )


@contextmanager
def _alone(_engine: "DurableEngine", _stop: Event) -> Iterator[None]:
    yield


def work(session: Session, beside: "Callable[[DurableEngine, Event], AbstractContextManager[None]]" = _alone) -> None:
    """Run a worker until the process is told to end; what it had begun is finished first. Told twice, it is cut off."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = Event()
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"[:80]
    engine = open_worker(session.settings, session.store, session.executor, name)

    def end(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    with beside(engine, stop):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        err.print(
            f"worker {name} works on {count(len(session.store.tenants()), 'tenant')}; end it with Ctrl-C", markup=False
        )
        engine.run_worker(stop)
    err.print(f"worker {name} has ended", markup=False)
