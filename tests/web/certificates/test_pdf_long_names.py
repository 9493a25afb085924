"""Names and titles that are hard to print: long ones, and letters that no font has side by side."""

import pypdfium2
import pytest

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from tests.cast import Cast
from tests.visitor import Visitor
from tests.web.certificates.test_verify import give

NAME = "Maximiliana Bartholomea Featherstonehaugh-Cholmondeley von und zu Hohenzollern-Sigmaringen"
TITLE = (
    "When the Building Is the Service: Heat, Storms, Power Outages, and the Long Afternoon After, "
    "with Notes for Trustees and Friends"
)
SMALL = 13.0


def sizes(pdf: bytes, words: str) -> set[float]:
    """The sizes in points at which words are set, wherever they stand on the page."""
    page = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    text = page.get_text_range()
    place = text.replace("\r\n", "  ").index(words)
    raw = pypdfium2.raw
    return {raw.FPDFText_GetFontSize(page, at) for at in range(place, place + len(words))}


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_they_take_two_lines_before_they_get_as_small_as_what_stands_around_them(
    client: Visitor, database: Database, cast: Cast, paper: str
) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).name = NAME
        session.get_one(Webinar, cast.webinar_id).title = TITLE
    given = give(database, cast)
    pdf = client.get(f"/verify/{given}/certificate.pdf?paper={paper}").data
    assert len(pypdfium2.PdfDocument(pdf)) == 1
    for words in ("Maximiliana Bartholomea", "Sigmaringen", "When the Building", "Friends"):
        assert min(sizes(pdf, words)) > SMALL, words


def test_a_title_of_letters_that_no_font_has_side_by_side_is_in_the_transcript(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).title = "@\u17cc home"
    give(database, cast)
    client.sign_in(cast.alice.id)
    pdf = client.get("/certificates/transcript.pdf")
    assert pdf.status_code == 200
    assert "@" in pypdfium2.PdfDocument(pdf.data)[0].get_textpage().get_text_range()
