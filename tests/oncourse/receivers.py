"""A receiver of letters on loopback: it keeps what arrives and answers as the test says."""

import json
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Receiver:
    """What arrived, and how the next ones are answered."""

    def __init__(self):
        self.letters = []
        """(headers, body) of everything that arrived."""
        self.statuses = []
        """Answers to the next letters, then `status` for all."""
        self.status = 204
        self.location = ""
        self.hook = lambda: None
        """Called while a letter is being taken."""
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/in?key=k"

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _ in self.letters]

    @property
    def events(self):
        return [json.loads(body) for _, body in self.letters]

    @property
    def types(self):
        return [event["type"] for event in self.events]


@contextmanager
def receiving(tls=None):
    """Run a receiver for a while."""
    here = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            here.letters.append(({k.lower(): v for k, v in self.headers.items()}, body))
            here.hook()
            self.send_response(here.statuses.pop(0) if here.statuses else here.status)
            if here.location:
                self.send_header("location", here.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def handle(self):
            with suppress(OSError):  # a client that does not trust us hangs up
                super().handle()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    here.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
