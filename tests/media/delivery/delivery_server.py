"""Delivery behind a real gunicorn in each delivery mode, with sessions ended by a file."""

import http.client
import json
import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lms.web.core.security_headers_and_proxies import TrustedProxies
from media.delivery.authorization import Gate
from media.delivery.delivery_modes import Way
from media.delivery.media_tokens import Signer
from media.delivery.wsgi_app import Delivery
from media.storage.storage_protocol import Storage, open_storage
from tests.servers.nginx import CERTIFICATE, deployed
from tests.servers.process import free_port, listening, running
from tests.servers.s3 import S3Server
from tests.wait_until import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SIGNER = Signer(b"served " * 8)
HOUSE = "SERVED_HOUSE"
ADMITTED_S = 2


def application() -> "WSGIApplication":
    """Return the app that gunicorn serves: the library's files, and a page for other paths."""
    house = Path(os.environ[HOUSE])
    way, place = json.loads((house / "way").read_text())
    delivery = Delivery(
        _page,
        storage=open_storage(**place),
        gate=Gate(
            signer=SIGNER,
            live=lambda session: not (house / f"{session}.ended").exists(),
            cookies=("carrel",),
        ),
        way=Way(way),
        admitted_s=ADMITTED_S,
    )
    return TrustedProxies(delivery, ())


def _page(_environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"page"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The final response and its host, after following a redirect."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    was_redirected: bool


@dataclass(frozen=True, slots=True)
class Served:
    """A library that is served in one delivery mode."""

    way: Way
    folder: Path
    storage: Storage
    port: int

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection as a browser makes one."""
        if self.way is not Way.NGINX:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
        trusting.check_hostname = False
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_S, context=trusting
        )

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Send a request, and follow a redirect with the same headers, as players do."""
        connection = self.connect()
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status == 302:
            return self.follow(answer.headers["Location"], **headers)
        return Answer(answer.status, answer.headers, body, was_redirected=False)

    @staticmethod
    def follow(address: str, **headers: str) -> Answer:
        """Send a request to the bucket."""
        place = urlsplit(address)
        connection = http.client.HTTPConnection(place.netloc, timeout=60)
        try:
            connection.request("GET", f"{place.path}?{place.query}", headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read(), was_redirected=True)
        finally:
            connection.close()

    def end(self, session: str) -> None:
        """End a playback session."""
        (self.folder / f"{session}.ended").touch()

    def logs(self) -> str:
        """Return what all programs logged."""
        return "".join(file.read_text() for file in self.folder.glob("*log*"))


@contextmanager
def served(
    house: Path, way: Way = Way.EMBEDDED, server: S3Server | None = None
) -> Iterator[Served]:
    """Serve a library within the block, from an S3 server or from its directory `files`."""
    place: dict[str, Any] = {"url": (house / "files").as_uri()}
    if server is not None:
        place = {
            "url": server.url(house.name),
            "endpoint": server.endpoint,
            "access_key": server.access_key,
            "secret_key": server.secret_key,
        }
    (house / "way").write_text(json.dumps([way, place]))
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--threads", "32", "--no-control-socket"),
        *("--access-logfile", "-", "--logger-class", "lms.web.core.gunicorn_log.ServerLog"),
        "tests.media.delivery.delivery_server:application()",
    ]
    environ = os.environ | {HOUSE: str(house)}
    log = house / "log"
    with ExitStack() as opened:
        ready = running(command, ready=lambda: listening(port), log=log, environ=environ)
        opened.enter_context(ready)
        if way is Way.NGINX:
            port = opened.enter_context(deployed(house / "files", port, house))
        yield Served(way, house, open_storage(**place), port)
