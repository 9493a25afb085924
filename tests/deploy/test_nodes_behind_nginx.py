"""nginx in front of several nodes: requests are answered as long as one node runs."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.servers.nginx import before_nodes
from tests.servers.process import free_ports


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def node(port: int) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", port), Answering) as server:
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield
        finally:
            server.shutdown()
            serving.join()


def statuses(port: int) -> set[int]:
    """Send more requests than there are nodes, so each of them gets one; return the statuses."""
    found = set()
    for _ in range(4):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/")
        found.add(connection.getresponse().status)
        connection.close()
    return found


def test_nodes_can_restart_right_after_each_other(tmp_path: Path) -> None:
    """The second node stops while nginx still avoids the first, which was down until just now."""
    first, second = free_ports(2)
    with before_nodes((first, second), tmp_path) as port:
        for away, running in ((first, second), (second, first)):
            with node(running):
                assert statuses(port) == {200}, f"without {away}"
