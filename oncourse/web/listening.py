"""An HTTP server in a thread of its own, beside a worker that keeps the main one."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from fastapi import FastAPI

from plan import OncourseError

CLOSING = 5
"""Seconds that open requests are given at the end."""


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
        http="h11",
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
        return socket.create_server(address, family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListenError(
                f"port {port} of {host} is in use; end what listens there, or choose another --port"
            ) from error
        what = (error.strerror or str(error)).lower()
        raise ListenError(f"port {port} of {host} cannot be listened on ({what}); choose --host and --port") from error
