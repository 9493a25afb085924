"""A storage with one recording behind the handler, and the requests to it."""

import io
import time
from wsgiref.validate import validator

from media.delivery.authorization import Gate
from media.delivery.media_tokens import Signer, Ticket, fingerprint, network_of
from media.delivery.wsgi_app import Delivery
from media.storage.object_keys import new_key_id

SIGNER = Signer(b"k" * 32)
VERSION = "renditions/0123456789abcdefghjkmnpqrs"
COOKIE = "__Host-carrel"
DATA = bytes(range(256)) * 40


def page(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"the app"]


class Answer:
    """A response; its body was read to the end and closed, as a server does."""

    def __init__(self, app, path, method="GET", wrapper=None, connection=None, **headers):
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "203.0.113.77",
            "HTTP_USER_AGENT": "Firefox",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        } | {f"HTTP_{name.upper()}": value for name, value in headers.items() if value is not None}
        if connection:
            environ["gunicorn.socket"] = connection
        if wrapper:
            environ["wsgi.file_wrapper"] = wrapper
        body = validator(app)(environ, self._start)
        try:
            self.body = b"".join(body)
        finally:
            body.close()

    def _start(self, status, headers, exc_info=None):
        self.status = int(status[:3])
        self.headers = dict(headers)
        assert len(self.headers) == len(headers)
        return lambda data: None


class House:
    """A storage with one recording, and the handler in front of it."""

    def __init__(self, storage):
        self.ended = set()
        self.storage = storage
        for name, data in {
            f"{VERSION}/run/master.m3u8": b"#EXTM3U",
            f"{VERSION}/run/high.mp4": DATA,
            f"{VERSION}/run/empty.mp4": b"",
            f"{VERSION}/captions/en.vtt": b"WEBVTT",
            f"{VERSION}x/run/high.mp4": b"of another recording",
            "originals/a/talk.mp4": b"the original",
        }.items():
            storage.put_bytes(name, data, "application/octet-stream")
        self.ticket = Ticket(
            session=new_key_id(),
            prefix=VERSION,
            expires=int(time.time()) + 3600,
            cookie=fingerprint("alice"),
            agent=fingerprint("Firefox"),
            network=network_of("203.0.113.5"),
        )
        self.app = Delivery(
            page,
            storage=storage,
            gate=Gate(
                signer=SIGNER,
                live=lambda session: session not in self.ended,
                cookies=(COOKIE,),
            ),
        )

    def ask(self, name, *, ticket=None, token=None, app=None, **request):
        token = token or SIGNER.sign(ticket or self.ticket)
        return Answer(app or self.app, f"/media/{token}/{name}", **request)
