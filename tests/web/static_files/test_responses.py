"""Static files as they are sent, and compressed pages."""

import gzip
import re

import brotli
import pytest
from flask import Flask, Response, url_for

from lms.web.core.private_page_headers_and_mail_links import keep_nothing
from lms.web.core.request_context import if_changed
from lms.web.static_files.responses import compress_page
from tests.cast import Cast
from tests.visitor import Visitor

BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
PAGE_SHEET = "css/core/page.css"
ANOTHER_HASH = "/static/css/core/page.0123456789ab.css"


def address_of(app: Flask, name: str) -> str:
    """Return the address that pages use for a file."""
    with app.test_request_context():
        return url_for("static", filename=name)


def test_file_with_its_hash_is_cached_permanently(app: Flask, client: Visitor) -> None:
    address = address_of(app, PAGE_SHEET)
    answer = client.get(address)
    assert re.fullmatch(r"/static/css/core/page\.[0-9a-f]{12}\.css", address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "encoding", "decode"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("", None, bytes),
    ],
)
def test_file_is_sent_in_an_encoding_that_the_browser_accepts(
    app: Flask, client: Visitor, accepted: str, encoding: str | None, decode
) -> None:
    address = address_of(app, PAGE_SHEET)
    answer = client.get(address, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert decode(answer.data) == client.get(address).data


def test_request_for_another_version_gets_the_current_file_uncached(
    app: Flask, client: Visitor
) -> None:
    ours = client.get(address_of(app, PAGE_SHEET))
    for address in (ANOTHER_HASH, f"/static/{PAGE_SHEET}"):
        answer = client.get(address)
        assert (answer.status_code, answer.data) == (200, ours.data), address
        assert answer.headers["Cache-Control"] == "no-cache", address


def test_unknown_file_is_not_found(client: Visitor, cast: Cast) -> None:
    for name in ("css/none.css", "css/none.0123456789ab.css", "../app.py", "css"):
        assert client.get(f"/static/{name}").status_code == 404, name


def test_unchanged_file_is_not_sent_again(client: Visitor) -> None:
    there = client.get(ANOTHER_HASH, headers=BROWSER)
    again = client.get(ANOTHER_HASH, headers=BROWSER | {"If-None-Match": there.headers["ETag"]})
    plain = client.get(ANOTHER_HASH, headers={"If-None-Match": there.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert plain.status_code == 200


def test_range_request_returns_that_part_of_the_file(client: Visitor) -> None:
    whole = client.get(ANOTHER_HASH)
    part = client.get(ANOTHER_HASH, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole.data[10:20])


def test_pages_link_files_only_by_their_hash(client: Visitor, cast: Cast) -> None:
    names = re.findall(r'"/static/([^"]+)"', client.get("/webinars").text)
    assert len(names) > 5
    assert [name for name in names if not re.search(r"\.[0-9a-f]{12}\.\w+$", name)] == []


def test_page_is_compressed(client: Visitor, cast: Cast) -> None:
    plain, page = client.get("/webinars"), client.get("/webinars", headers=BROWSER)
    assert page.headers["Content-Encoding"] == "br"
    assert page.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding, Cookie"
    assert len(page.data) == int(page.headers["Content-Length"]) < len(plain.data) / 2
    assert b"</html>" in brotli.decompress(page.data)


def test_file_sets_no_cookie_and_does_not_vary_by_cookie(client: Visitor, cast: Cast) -> None:
    page = client.get("/sign-in")
    answer = client.get(ANOTHER_HASH)
    assert "Set-Cookie" in page.headers
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]


def test_page_that_must_not_be_stored_is_not_compressed(app: Flask) -> None:
    with app.test_request_context(headers=BROWSER):
        page, secret = (Response("The same sentence again. " * 200) for _ in range(2))
        compress_page(page)
        compress_page(keep_nothing(secret))
    assert page.headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in secret.headers


def test_unchanged_compressed_response_is_not_sent_again(app: Flask) -> None:
    def answered(headers: dict[str, str]) -> Response:
        with app.test_request_context(headers=BROWSER | headers):
            return compress_page(if_changed(Response("The same sentence again. " * 200)))

    there = answered({})
    again = answered({"If-None-Match": there.headers["ETag"]})
    assert there.headers["Content-Encoding"] == "br"
    assert again.status_code == 304
