"""An HTTP server in a thread of its own, beside a worker that keeps the main one."""

import asyncio
import errno
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from plan import OncourseError

HEAD = 10.0
"""Seconds in which a connection must send a whole request head."""
MOST = 400
"""Connections at once, and never more than half of the files that the process may open: the worker needs some too."""
CLOSING = 5
"""Seconds that open requests are given at the end."""


class _Patient(H11Protocol):
    """Bears with a silent connection for a while, and with so many at once: the others, and the worker, go on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its base does
        """Take a connection in, or let it go at once."""
        super().connection_made(transport)
        self._due: asyncio.TimerHandle | None = None
        if len(self.connections) > _room():
            transport.abort()
            return
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; a request that is under way may take its time."""
        super().data_received(data)
        self._expect()

    def on_response_complete(self) -> None:
        """Expect the next request after an answer."""
        super().on_response_complete()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        super().connection_lost(exc)
        self._forget()

    def _expect(self) -> None:
        """Begin to wait for a request head, unless that is begun or a request is under way."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._forget()
        elif self._due is None:
            self._due = self.loop.call_later(HEAD, self.transport.abort)

    def _forget(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None


def _room() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, soft // 2)


class ListenError(OncourseError):
    """The address cannot be listened on."""

    code = "listen"


@contextmanager
def listening(app: FastAPI, host: str, port: int) -> Iterator[str]:
    """Serve until the end of the block; yield the address. Port 0 takes a free one.

    Raises: ListenError where the address is taken or is none of this machine's.
    """
    door = _open(host, port)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=_Patient,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSING,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [door]}, name="http", daemon=True)
    thread.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(2 * CLOSING)
        door.close()


def _open(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        door = socket.create_server(address, family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListenError(
                f"port {port} of {host} is in use; end what listens there, or choose another --port"
            ) from error
        what = (error.strerror or str(error)).lower()
        raise ListenError(f"port {port} of {host} cannot be listened on ({what}); choose --host and --port") from error
    # Each connection inherits it. asyncio sets it only where a socket names its protocol, and this one cannot: without
    # it the last part of an answer waits until the first is acknowledged, 40 ms on Linux over a kept connection.
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return door
