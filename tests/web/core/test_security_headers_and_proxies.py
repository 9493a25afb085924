"""Security headers, and which proxies are trusted with the client's address."""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

import pytest
from werkzeug.test import create_environ

from lms.web.core.security_headers_and_proxies import TrustedProxies
from tests.visitor import Visitor

NETWORKS = (ip_network("10.0.0.0/8"), ip_network("::1"))


def seen(remote: str, forwarded: str = "", proto: str = "") -> tuple[str, str]:
    found: dict[str, str] = {}

    def app(environ: dict[str, Any], _start: object) -> Iterable[bytes]:
        found.update(address=environ["REMOTE_ADDR"], scheme=environ["wsgi.url_scheme"])
        return []

    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    if proto:
        headers["X-Forwarded-Proto"] = proto
    environ = create_environ(headers=headers, environ_overrides={"REMOTE_ADDR": remote})
    TrustedProxies(app, NETWORKS)(environ, lambda *_: lambda _: None)
    return found["address"], found["scheme"]


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # an untrusted proxy is ignored
        ("10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "198.51.100.7, 198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.1.1.1", "nonsense", "10.1.1.1"),
        ("10.1.1.1", "198.51.100.1, nonsense", "10.1.1.1"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_forwarded_address_is_accepted_only_from_trusted_proxies(
    remote: str, forwarded: str, expected: str
) -> None:
    assert seen(remote, forwarded)[0] == expected


def test_forwarded_scheme_is_accepted_only_from_trusted_proxies() -> None:
    assert seen("10.1.1.1", proto="https")[1] == "https"
    assert seen("10.1.1.1", proto="gopher")[1] == "http"
    assert seen("203.0.113.9", proto="https")[1] == "http"


def test_every_response_has_security_headers(client: Visitor) -> None:
    for path in ("/healthz", "/no/such/page", "/static/img/favicon.svg"):
        with client.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_styles_and_scripts_have_only_the_headers_that_browsers_use(
    client: Visitor,
) -> None:
    for path in ("css/core/tokens.css", "js/core/theme.js"):
        with client.get(f"/static/{path}") as answer:
            headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert not set(headers.keys()) & {"Content-Security-Policy", "Permissions-Policy"}


def test_pages_are_never_stored_by_shared_caches(client: Visitor) -> None:
    assert "private" in client.get("/no/such/page").headers["Cache-Control"]
