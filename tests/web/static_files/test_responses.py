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
    """Return the address by which pages name a file."""
    with app.test_request_context():
        return url_for("static", filename=name)


def test_everyone_gets_a_file_by_its_hash_for_good(app: Flask, client: Visitor) -> None:
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
def test_file_comes_in_an_encoding_that_the_browser_accepts(
    app: Flask, client: Visitor, accepted: str, encoding: str | None, decode
) -> None:
    address = address_of(app, PAGE_SHEET)
    answer = client.get(address, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert decode(answer.data) == client.get(address).data


def test_file_of_another_version_is_answered_with_ours_and_not_kept(
    app: Flask, client: Visitor
) -> None:
    ours = client.get(address_of(app, PAGE_SHEET))
    for address in (ANOTHER_HASH, f"/static/{PAGE_SHEET}"):
        answer = client.get(address)
        assert (answer.status_code, answer.data) == (200, ours.data), address
        assert answer.headers["Cache-Control"] == "no-cache", address


def test_file_that_is_not_there_is_not_found(client: Visitor, cast: Cast) -> None:
    for name in ("css/none.css", "css/none.0123456789ab.css", "../app.py", "css"):
        assert client.get(f"/static/{name}").status_code == 404, name


def test_file_that_the_browser_has_is_not_sent_again(client: Visitor) -> None:
    there = client.get(ANOTHER_HASH, headers=BROWSER)
    again = client.get(ANOTHER_HASH, headers=BROWSER | {"If-None-Match": there.headers["ETag"]})
    plain = client.get(ANOTHER_HASH, headers={"If-None-Match": there.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert plain.status_code == 200


def test_part_of_a_file_is_that_part(client: Visitor) -> None:
    whole = client.get(ANOTHER_HASH)
    part = client.get(ANOTHER_HASH, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole.data[10:20])


def test_pages_name_files_by_their_hash_alone(client: Visitor, cast: Cast) -> None:
    names = re.findall(r'"/static/([^"]+)"', client.get("/webinars").text)
    assert len(names) > 5
    assert [name for name in names if not re.search(r"\.[0-9a-f]{12}\.\w+$", name)] == []


def test_page_is_compressed(client: Visitor, cast: Cast) -> None:
    plain, page = client.get("/webinars"), client.get("/webinars", headers=BROWSER)
    assert page.headers["Content-Encoding"] == "br"
    assert page.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding, Cookie"
    assert len(page.data) == int(page.headers["Content-Length"]) < len(plain.data) / 2
    assert b"</html>" in brotli.decompress(page.data)


def test_file_brings_no_cookie_and_depends_on_none(client: Visitor, cast: Cast) -> None:
    page = client.get("/sign-in")
    answer = client.get(ANOTHER_HASH)
    assert "Set-Cookie" in page.headers
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]


def test_page_that_nothing_may_keep_is_not_compressed(app: Flask) -> None:
    with app.test_request_context(headers=BROWSER):
        page, secret = (Response("The same sentence again. " * 200) for _ in range(2))
        compress_page(page)
        compress_page(keep_nothing(secret))
    assert page.headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in secret.headers


def test_compressed_answer_that_the_browser_has_is_not_sent_again(app: Flask) -> None:
    def answered(headers: dict[str, str]) -> Response:
        with app.test_request_context(headers=BROWSER | headers):
            return compress_page(if_changed(Response("The same sentence again. " * 200)))

    there = answered({})
    again = answered({"If-None-Match": there.headers["ETag"]})
    assert there.headers["Content-Encoding"] == "br"
    assert again.status_code == 304
