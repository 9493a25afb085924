"""A web server for tests that sends any response, byte by byte if necessary."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from urllib.parse import parse_qs


@dataclass(slots=True)
class Asked:
    """One received request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Return the body as a form."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


Answer = Callable[["Handler"], None]


@dataclass(slots=True)
class StrangeServer:
    """Answers each request with the next of `answers`; the last one repeats."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def next_answer(self) -> Answer:
        """Return the answer to the next request."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Handler(BaseHTTPRequestHandler):
    """Handles one request for `strange`."""

    protocol_version = "HTTP/1.1"
    strange: StrangeServer

    def handle_one_request(self) -> None:
        """Handle one request and close the connection, so the end of each response is clear."""
        super().handle_one_request()
        self.close_connection = True

    def do_GET(self) -> None:
        """Record the request and answer it."""
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        asked = Asked(self.command, self.path, dict(self.headers.items()), body)
        self.strange.asked.append(asked)
        self.strange.next_answer()(self)

    do_POST = do_GET  # noqa: N815  (the standard library's name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


def says(status: int = 200, body: str = "", *, headers: dict[str, str] | None = None) -> Answer:
    """Return an answer with a status and a body."""

    def answer(handler: Handler) -> None:
        content = body.encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def drips(waits: threading.Event, *, first: bytes, drop: bytes) -> Answer:
    """Return an answer that sends `first`, then a `drop` every 0.1 s until `waits` is set."""

    def answer(handler: Handler) -> None:
        try:
            handler.wfile.write(first)
            while not waits.wait(0.1):
                handler.wfile.write(drop)
        except OSError:
            return  # the caller has gone

    return answer


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_: object) -> None:
        """Log nothing: tests hang up on purpose."""


@contextmanager
def strange_server(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[StrangeServer]:
    """Run a server on a free local port; with `tls` it serves HTTPS."""
    strange = StrangeServer(answers=list(answers))
    bound = type("Bound", (Handler,), {"strange": strange})
    with _Server(("127.0.0.1", 0), bound) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        strange.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield strange
        finally:
            server.shutdown()
            thread.join()
