"""The seller's branding: accent color and logo, visible to everyone."""

import pytest

from lms.branding import BrandingTexts, Logo, change_logo, edit_branding
from lms.core.database import Database
from tests.clock import NOW
from tests.visitor import Visitor

WORDS = BrandingTexts("Lantern Street", "#17407a", "desk@lantern.example", "", "")
PIXEL = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def version(database: Database) -> int:
    with database.transaction() as session:
        edit_branding(session, WORDS, actor=None, now=NOW)
        change_logo(session, Logo(PIXEL, "image/png"), actor=None, now=NOW)
    return int(NOW.timestamp() * 1000)


def test_everyone_can_get_the_accent_as_a_style_sheet(client: Visitor, version: int) -> None:
    answer = client.get("/theme.css")
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert "--house-accent: light-dark(#17407a," in answer.text


def test_default_accent_has_an_empty_style_sheet(client: Visitor) -> None:
    answer = client.get("/theme.css")
    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("path", ["/theme.css", "/logo"])
def test_current_version_is_cached_permanently_and_others_briefly(
    client: Visitor, version: int, path: str
) -> None:
    assert "immutable" in client.get(f"{path}?v={version}").headers["Cache-Control"]
    assert client.get(path).headers["Cache-Control"] == "public, max-age=60"
    assert client.get(f"{path}?v=1").headers["Cache-Control"] == "public, max-age=60"


def test_unchanged_style_sheet_is_not_sent_again(client: Visitor, version: int) -> None:
    first = client.get("/theme.css")
    again = client.get("/theme.css", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_everyone_can_get_the_logo_and_it_cannot_run_scripts(client: Visitor, version: int) -> None:
    answer = client.get("/logo")
    assert (answer.mimetype, answer.data) == ("image/png", PIXEL)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_missing_logo_is_not_found(client: Visitor) -> None:
    assert client.get("/logo").status_code == 404


def test_style_sheet_url_includes_the_branding_version(client: Visitor, version: int) -> None:
    assert f'href="/theme.css?v={version}"' in client.get("/privacy").text
