"""The house's look: its accent and its logo, for everyone."""

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


def test_everyone_gets_the_accent_as_a_style_sheet(client: Visitor, version: int) -> None:
    answer = client.get("/theme.css")
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert "--house-accent: light-dark(#17407a," in answer.text


def test_a_house_of_our_own_green_has_an_empty_style_sheet(client: Visitor) -> None:
    answer = client.get("/theme.css")
    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("path", ["/theme.css", "/logo"])
def test_what_names_its_version_is_kept_for_good_and_what_does_not_only_briefly(
    client: Visitor, version: int, path: str
) -> None:
    assert "immutable" in client.get(f"{path}?v={version}").headers["Cache-Control"]
    assert client.get(path).headers["Cache-Control"] == "public, max-age=60"
    assert client.get(f"{path}?v=1").headers["Cache-Control"] == "public, max-age=60"


def test_what_a_browser_has_is_not_sent_again(client: Visitor, version: int) -> None:
    first = client.get("/theme.css")
    again = client.get("/theme.css", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_everyone_gets_the_logo_and_it_can_do_nothing(client: Visitor, version: int) -> None:
    answer = client.get("/logo")
    assert (answer.mimetype, answer.data) == ("image/png", PIXEL)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_house_without_a_logo_has_none(client: Visitor) -> None:
    assert client.get("/logo").status_code == 404


def test_the_address_of_the_style_sheet_changes_with_the_house(
    client: Visitor, version: int
) -> None:
    assert f'href="/theme.css?v={version}"' in client.get("/privacy").text
