"""A real web server on a free local port, with or without TLS."""

import datetime as dt
import ipaddress
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.servers.buffered_responses import in_whole

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

NAMES: Final = ("localhost", "lms.localhost", "tool.localhost")


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  (werkzeug's name)
        """Log nothing: the platform records its calls itself."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a self-signed certificate for local names."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return the server's TLS context."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificate(place: Path) -> Certificate:
    """Write a certificate for localhost, lms.localhost, tool.localhost, and 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a learning platform for tests")])
    now = dt.datetime.now(dt.UTC)
    names = [
        *(x509.DNSName(one) for one in NAMES),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = Certificate(place / "certificate.pem", place / "key.pem")
    written.certificate.write_bytes(made.public_bytes(Encoding.PEM))
    written.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return written


def bound(bind: str, certificate: Certificate | None) -> BaseWSGIServer:
    """Return a server bound to HOST:PORT (port 0 takes a free one) with an empty app."""
    host, _, port = bind.rpartition(":")
    return make_server(
        host,
        int(port),
        Flask(__name__),
        threaded=True,
        request_handler=_Quiet,
        ssl_context=certificate.context() if certificate else None,
    )


@contextmanager
def answering(server: BaseWSGIServer, app: "WSGIApplication") -> Iterator[None]:
    """Serve an app in threads inside a with block."""
    server.app = in_whole(app)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def certificate_of_its_own() -> Iterator[Certificate]:
    """Create a certificate that is deleted after the with block."""
    with tempfile.TemporaryDirectory(prefix="platform-") as place:
        yield make_certificate(Path(place))
