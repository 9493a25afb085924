"""Requests that no browser sends, as raw bytes to `carrel serve`."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.cli.test_serve import House
from tests.cli.test_serve import house as house

pytestmark = pytest.mark.slow

FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nstate=abc"
COOKIE = b"Cookie: lang=fran\xe7ais\r\n"
ISSUER = (
    b"iss=https://elsewhere.example%1d&login_hint=x&target_link_uri=http://localhost/lti/launch"
)
# What is sent after the request line and the host, and the status of the answer.
REQUESTS: dict[str, tuple[bytes, bytes, int]] = {
    "a cookie that is not UTF-8, on a page": (b"GET /webinars", COOKIE, 200),
    "a cookie that is not UTF-8, at a login": (b"GET /lti/login?iss=x", COOKIE, 400),
    "a cookie that is not UTF-8, at a launch": (b"POST /lti/launch", COOKIE + FORM, 401),
    "a cookie that is not UTF-8, at a beat": (b"POST /playback/x/beat", COOKIE + FORM, 404),
    "a cookie that is not UTF-8, at media": (b"GET /media/x/y.mp4", COOKIE, 404),
    "a query in bytes": (b"GET /webinars?q=fran\xe7ais", b"", 400),
    "an issuer that no header takes": (b"GET /lti/login?" + ISSUER, b"", 401),
    "an agent in bytes": (b"GET /webinars", b"User-Agent: \xff\xfe\r\n", 200),
    "a language in bytes": (b"GET /webinars", b"Accept-Language: \xff;q=\xfe\r\n", 200),
    "a path in bytes": (b"GET /webinars/\xff\xfe", b"", 400),
    "a path in percent that is not UTF-8": (b"GET /webinars/%ff%fe", b"", 404),
    "a path out of the folder": (b"GET /static/../../etc/passwd", b"", 404),
    "a range that is none": (b"GET /static/css/core/base.css", b"Range: bytes=\xb2-\r\n", 416),
    "a host with an empty part": (b"GET /webinars", b"Host: a..b\r\n", 400),
    "a length of many figures": (
        b"POST /sign-in",
        b"Content-Length: " + b"9" * 5000 + b"\r\n",
        400,
    ),
    "a length below nothing": (b"POST /sign-in", b"Content-Length: -1\r\n", 400),
    "pieces that are none": (b"POST /sign-in", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "a NUL in a header": (b"GET /webinars", b"X-Name: a\x00b\r\n", 400),
    "a method of its own": (b"M-SEARCH /webinars", b"", 405),
}


def test_malformed_requests_get_the_expected_status(house: House) -> None:
    place = urlsplit(house.url)
    answers = {}
    for name, (line, rest, _) in REQUESTS.items():
        host = b"" if rest.startswith(b"Host:") else b"Host: localhost\r\n"
        sent = line + b" HTTP/1.1\r\nConnection: close\r\n" + host + rest + b"\r\n\r\n"
        with socket.create_connection((place.hostname or "", place.port or 0), 20) as line_to:
            line_to.sendall(sent)
            answers[name] = int(line_to.makefile("rb").readline().split()[1])
    assert answers == {name: status for name, (_, _, status) in REQUESTS.items()}
    assert house.events("request_failed") == []
    assert "Traceback" not in house.log.read_text()
