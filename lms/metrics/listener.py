"""The metrics listener: a small separate web server that answers /metrics."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from lms.core.errors import Unavailable
from lms.core.runtime import Carrel
from lms.metrics.house_gauges import HouseGauges

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class _Server(ThreadingMixIn, WSGIServer):
    """Answers a scrape while another one hangs."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    """Logs nothing: a line for each scrape has no use."""

    def log_message(self, *_said: object) -> None:
        """Log nothing."""


def listen_for_scrapes(
    carrel: Carrel, folder: Path, bind: str, ask_time: Callable[[], datetime]
) -> WSGIServer:
    """Return a server that answers GET /metrics; raises Unavailable if the address can't be bound."""
    host, _, port = bind.rpartition(":")
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]  # it has no types
    registry.register(HouseGauges(carrel, ask_time))

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        is_it = environ["PATH_INFO"] == "/metrics"
        status = "200 OK" if is_it else "404 Not Found"
        start_response(status, [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)])
        return (generate_latest(registry) if is_it else b"Not found\n",)

    try:
        return make_server(
            host.strip("[]"), int(port), answer, server_class=_Server, handler_class=_Silent
        )
    except OSError as error:
        raise Unavailable(
            f"Carrel can't listen on {bind}: {error.strerror}. If another program uses it, stop "
            "that one or choose another address."
        ) from error
