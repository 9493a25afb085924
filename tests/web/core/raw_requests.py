"""Raw WSGI requests, byte for byte, including ones that no client library sends."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from wsgiref.util import FileWrapper

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# What gunicorn refuses to send (gunicorn.http.wsgi, HEADER_VALUE_RE): it would answer a bare 500.
UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
# Latin-1 for the bytes of a cookie that is not UTF-8, as WSGI gives it.
FRENCH: Final = "lang=fran\xe7ais"


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a raw request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, with undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace")


def environ_of(method: str, path: str, *, body: bytes = b"", **more: object) -> dict[str, Any]:
    """Return the environ of a request; `path` can have a query, and `more` replaces anything.

    Keys that are None in `more` are left out.
    """
    place, _, query = path.partition("?")
    made: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": place,
        "QUERY_STRING": query,
        "RAW_URI": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    if body:
        made["CONTENT_LENGTH"] = str(len(body))
    return {name: value for name, value in {**made, **more}.items() if value is not None}


def ask(app: "WSGIApplication", environ: dict[str, Any]) -> Answer:
    """Call the application as gunicorn does; assert that gunicorn can send all response headers."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        assert not begun or exc_info, "started twice"
        begun[:] = [(status, headers)]

    answer = app(environ, start_response)
    try:
        body = b"".join(answer)
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
    (status, headers), *_ = begun
    unsendable = [one for one in headers if UNSENDABLE.search("".join(one))]
    assert unsendable == []
    return Answer(int(status[:3]), dict(headers), body)
