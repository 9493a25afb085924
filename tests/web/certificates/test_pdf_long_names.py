"""Hard-to-print names and titles: long ones, and ones with characters of no single font."""

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
    """Return the font sizes of the words on the first page, in points."""
    page = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    text = page.get_text_range()
    place = text.replace("\r\n", "  ").index(words)
    raw = pypdfium2.raw
    return {raw.FPDFText_GetFontSize(page, at) for at in range(place, place + len(words))}


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_long_name_and_title_stay_larger_than_the_small_text(
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


def test_transcript_has_a_title_with_characters_of_no_single_font(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).title = "@\u17cc home"
    give(database, cast)
    client.sign_in(cast.alice.id)
    pdf = client.get("/certificates/transcript.pdf")
    assert pdf.status_code == 200
    assert "@" in pypdfium2.PdfDocument(pdf.data)[0].get_textpage().get_text_range()
