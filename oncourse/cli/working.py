"""`oncourse worker` without an end of its own: one worker for all tenants, until somebody stops it."""

import logging
import os
import secrets
import signal
import socket
from threading import Event

from oncourse.bootstrap import open_worker
from oncourse.cli.session import Session
from oncourse.console import err


def work(session: Session, *, worker_id: str | None = None) -> None:
    """Run a worker until the process is told to end; what it had begun is finished first."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = Event()
    name = worker_id or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"[:80]
    engine = open_worker(session.settings, session.store, session.executor, name)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    err.print(f"worker {name} works on {len(session.store.tenants())} tenants; end it with Ctrl-C", markup=False)
    engine.run_worker(stop)
    err.print(f"worker {name} has ended", markup=False)
