"""Calls to platforms: allowed addresses, limits, and outcomes."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lti.http import guarded_connections, platform_calls_and_outcomes
from lti.http.guarded_connections import may_be_reached
from lti.http.platform_calls_and_outcomes import Answered, Call, Denied, Later, make_call
from tests.lti.http.misbehaving_server import drips, says, strange_server
from tests.wait_until import PATIENCE_S


def _get(url: str, **values: object) -> Call:
    return Call("GET", url, allows_loopback=True, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "anywhere", "nearby"),
    [
        ("93.184.215.14", True, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("10.1.2.3", False, True),
        ("192.168.0.9", False, True),
        ("fd00::5", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("2002:a9fe:a9fe::1", False, False),
        ("169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("0.0.0.0", False, False),  # noqa: S104  (refused, not bound)
        ("::", False, False),
        ("224.0.0.1", False, False),
        ("192.0.0.192", False, False),  # a cloud provider's metadata service
        ("fec0::1", False, False),
        ("::10.0.0.1", False, False),
        ("::ffff:0:10.0.0.1", False, False),
        ("64:ff9b:1::a00:1", False, False),
    ],
)
def test_only_public_addresses_are_allowed(address: str, anywhere: bool, nearby: bool) -> None:
    found = ip_address(address)
    assert may_be_reached(found, allows_loopback=False) is anywhere
    assert may_be_reached(found, allows_loopback=True) is nearby


def test_loopback_is_refused_unless_the_registration_allows_it() -> None:
    with strange_server(says(200, "{}")) as server:
        for url in (server.url, server.url.replace("http", "https")):
            outcome = make_call(Call("GET", url))
            assert isinstance(outcome, Denied), url
        assert make_call(Call("GET", server.url.replace("http", "https"))) == Denied(
            platform_calls_and_outcomes.NOT_PERMITTED
        )
        assert server.asked == []
        assert isinstance(make_call(_get(server.url)), Answered)


def test_name_that_resolves_to_a_private_network_is_refused() -> None:
    assert make_call(Call("GET", "https://localhost/jwks")) == Denied(
        platform_calls_and_outcomes.NOT_PERMITTED
    )


@pytest.mark.parametrize(
    "url",
    ["", "ftp://lms.example.edu/x", "https://", "https://a:b@lms.example.edu/", "https://x:port/"],
)
def test_invalid_url_is_refused(url: str) -> None:
    assert make_call(_get(url)) == Denied(platform_calls_and_outcomes.NOT_AN_ADDRESS)


def test_redirect_to_a_private_network_is_refused() -> None:
    away = says(302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
    with strange_server(away) as server:
        assert make_call(_get(server.url + "/a")) == Denied(
            platform_calls_and_outcomes.NOT_PERMITTED
        )


def test_get_follows_a_redirect_with_case_preserved() -> None:
    with strange_server(says(302, headers={"Location": "/B?Page=xYz"}), says(200, "1")) as server:
        outcome = make_call(_get(server.url + "/A?Cursor=AbC"))
        assert isinstance(outcome, Answered)
        assert outcome.url == server.url + "/B?Page=xYz"
        assert [one.path for one in server.asked] == ["/A?Cursor=AbC", "/B?Page=xYz"]


def test_redirect_to_another_host_gets_no_token() -> None:
    with (
        strange_server(says(200, "1")) as other,
        strange_server(says(302, headers={"Location": other.url})) as server,
    ):
        make_call(_get(server.url, headers={"Authorization": "Bearer secret"}))
        assert server.asked[0].headers["Authorization"] == "Bearer secret"
        assert "Authorization" not in other.asked[0].headers


def test_endless_redirects_and_redirects_of_a_post_are_refused() -> None:
    with strange_server(says(302, headers={"Location": "/again"})) as server:
        assert make_call(_get(server.url)) == Denied(platform_calls_and_outcomes.MOVED)
        assert len(server.asked) == 4
        post = Call("POST", server.url, body=b"x", allows_loopback=True)
        assert make_call(post) == Denied(platform_calls_and_outcomes.MOVED)


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (
            429,
            {"Retry-After": "90"},
            Later(platform_calls_and_outcomes.WAIT, timedelta(seconds=90), 429),
        ),
        (503, {}, Later(platform_calls_and_outcomes.WAIT, None, 503)),
        (503, {"Retry-After": "soon"}, Later(platform_calls_and_outcomes.WAIT, None, 503)),
        (
            503,
            {"Retry-After": "99999999"},
            Later(platform_calls_and_outcomes.WAIT, timedelta(days=1), 503),
        ),
        (500, {}, Later(platform_calls_and_outcomes.FAILED, None, 500, is_away=False)),
        (502, {}, Later(platform_calls_and_outcomes.FAILED, None, 502, is_away=False)),
        (404, {}, Denied(platform_calls_and_outcomes.DENIED, 404, "no")),
    ],
)
def test_status_decides_whether_to_retry(
    status: int, headers: dict[str, str], outcome: platform_calls_and_outcomes.Outcome
) -> None:
    with strange_server(says(status, "no", headers=headers)) as server:
        assert make_call(_get(server.url)) == outcome


def test_retry_after_date_is_relative_to_the_response_date() -> None:
    headers = {
        "Date": "Mon, 02 Mar 2026 15:00:00 GMT",
        "Retry-After": "Mon, 02 Mar 2026 15:02:00 GMT",
    }
    assert platform_calls_and_outcomes._wait(
        {name.lower(): value for name, value in headers.items()}
    ) == timedelta(minutes=2)


def test_too_large_response_is_not_read_to_the_end() -> None:
    with strange_server(says(200, "x" * 5000)) as server:
        outcome = make_call(_get(server.url, largest=4999))
        assert outcome == Later(platform_calls_and_outcomes.TOO_LARGE, status=200, is_away=False)
        assert isinstance(make_call(_get(server.url, largest=5000)), Answered)


def test_call_without_a_response_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_connections, "SILENCE_S", 0.2)
    ends = threading.Event()
    with strange_server(lambda _handler: ends.wait(PATIENCE_S) and None) as server:
        assert make_call(_get(server.url)) == Later(platform_calls_and_outcomes.SILENT)
        ends.set()


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    ],
)
def test_slow_response_times_out(
    monkeypatch: pytest.MonkeyPatch, first: bytes, drop: bytes
) -> None:
    monkeypatch.setattr(guarded_connections, "LONGEST_S", 0.5)
    ends = threading.Event()
    with strange_server(drips(ends, first=first, drop=drop)) as server:
        assert make_call(_get(server.url)) == Later(platform_calls_and_outcomes.SILENT)
        ends.set()


def test_refused_connection_and_broken_response_are_retried_later() -> None:
    with strange_server(says()) as server:
        gone = server.url
    assert make_call(_get(gone)) == Later(platform_calls_and_outcomes.BROKEN_OFF)
    with strange_server(
        lambda handler: handler.wfile.write(b"nonsense\r\n\r\n") and None
    ) as server:
        assert make_call(_get(server.url)) == Later(platform_calls_and_outcomes.BROKEN_OFF)


def test_html_is_detected_by_the_body_not_the_media_type() -> None:
    html = {"Content-Type": "text/html"}
    with strange_server(says(200, "", headers=html), says(200, "\n<!DOCTYPE html>")) as server:
        empty, page = make_call(_get(server.url)), make_call(_get(server.url))
    assert isinstance(empty, Answered)
    assert isinstance(page, Answered)
    assert (empty.is_html, page.is_html) == (False, True)


def test_untrusted_certificate_is_retried_later(tmp_path: Path) -> None:
    with _tls_server(tmp_path) as url:
        assert make_call(_get(url)) == Later(platform_calls_and_outcomes.NOT_TRUSTED)


@contextmanager
def _tls_server(directory: Path) -> Iterator[str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lms.example.edu")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = directory / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with strange_server(says(200, "{}"), tls=context) as server:
        yield server.url
