"""The page that verifies a certificate, and the PDF that links to it."""

from io import BytesIO

import pypdfium2
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from lms.certificates import certificates
from lms.certificates.certificates import REASON_WITHHELD, Award, Correction
from lms.certificates.designs import BUILT_IN
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Presenter, WebinarPresenter
from lms.models.certificates import Certificate, CertificateKind
from lms.people import erasure
from tests.clock import NOW
from tests.page_texts import is_empty, shows

LINKS = Links("http://localhost")
LETTER, A4 = (792, 612), (842, 595)
POINT = 1.0


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


def give(database, cast, person=None):
    """Issue a certificate to a person, and return its public ID."""
    award = Award(
        webinar_id=cast.webinar_id,
        kind=CertificateKind.WATCHED,
        credit_minutes=90,
        earned_at=NOW,
        login_id=(person or cast.alice).id,
    )
    with database.transaction() as session:
        return certificates.issue(session, award, actor=None, links=LINKS, now=NOW)


@pytest.fixture
def given(database, cast):
    with database.transaction() as session:
        presenter = Presenter(slug="ines", name="Ines Carrow", created_at=NOW)
        session.add(presenter)
        session.flush()
        session.add(
            WebinarPresenter(webinar_id=cast.webinar_id, presenter_id=presenter.id, position=1)
        )
    return give(database, cast)


def paper(client, public_id, size="letter"):
    answer = client.get(f"/verify/{public_id}/certificate.pdf?paper={size}")
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/pdf"
    return answer.data


def text_of(pdf):
    return pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()


def test_valid_certificate_is_shown_to_everyone(client, given):
    page = client.get(f"/verify/{given}")
    assert page.status_code == 200
    for said in ("notice-done", "Alice", "Reading rooms", "1.5 hours", "Ines Carrow"):
        assert said in page.text


def test_number_has_26_characters_and_ignores_case(client, given):
    assert len(given) == 26
    assert client.get(f"/verify/{given.upper()}").status_code == 200


def test_certificate_pages_are_not_indexed(client, given):
    for path in (f"/verify/{given}", f"/verify/{given}/certificate.pdf", "/verify/unknown"):
        assert client.get(path).headers["X-Robots-Tag"] == "noindex"
    page = client.get(f"/verify/{given}")
    assert '<meta name="robots" content="noindex">' in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_shared_link_has_a_title_and_an_address(client, given):
    text = client.get(f"/verify/{given}").text
    assert 'property="og:title"' in text
    assert f'content="http://localhost/verify/{given}"' in text


def test_unknown_certificate_is_not_found(client):
    page = client.get("/verify/0123456789abcdefghjkmnpqrs")
    assert page.status_code == 404
    assert "<code>0123456789abcdefghjkmnpqrs</code>" in page.text
    assert client.get("/verify/x/certificate.pdf").status_code == 404


def test_revoked_certificate_page_shows_the_reason(client, database, given):
    with database.transaction() as session:
        certificates.revoke(
            session, given, "It is 100 % wrong, %(so)s.", actor=None, links=LINKS, now=NOW
        )
    page = client.get(f"/verify/{given}")
    assert page.status_code == 200
    assert "notice-danger" in page.text
    assert "It is 100 % wrong, %(so)s." in page.text
    assert "notice-done" not in page.text
    assert client.get(f"/verify/{given}/certificate.pdf").status_code == 410


def test_corrected_certificate_does_not_reveal_the_new_name(client, database, given):
    with database.transaction() as session:
        correction = Correction("Alicia Reed", "She writes it so.")
        made = certificates.correct(session, given, correction, actor=None, links=LINKS, now=NOW)
    page = client.get(f"/verify/{given}")
    assert "notice-attention" in page.text
    assert made not in page.text
    assert "Alicia" not in page.text
    new = client.get(f"/verify/{made}")
    assert "Alicia Reed" in new.text
    assert "notice-done" in new.text


def test_certificate_stays_valid_without_a_name_after_deletion(client, database, cast, given):
    with database.transaction() as session:
        erasure.erase(session, cast.alice.id, hooks=(), links=LINKS, actor=None, now=NOW)
    page = client.get(f"/verify/{given}")
    assert page.status_code == 200
    assert "notice-done" in page.text
    assert "name withheld" in page.text
    assert "Alice" not in page.text
    assert client.get(f"/verify/{given}/certificate.pdf").status_code == 410
    with database.read_session() as session:
        assert session.scalars(select(Certificate.holder)).one() == ""


@pytest.mark.parametrize(("size", "points"), [("letter", LETTER), ("a4", A4)])
def test_pdf_has_text_size_and_accessibility_tags(client, given, size, points):
    pdf = paper(client, given, size)
    shown = text_of(pdf)
    reader = PdfReader(BytesIO(pdf))
    read = reader.pages[0].extract_text()
    for said in ("Alice", "Reading rooms", "Ines Carrow", f"localhost/verify/{given}"):
        assert said in shown
        assert said in read
    assert len(reader.pages) == 1
    width, height = pypdfium2.PdfDocument(pdf)[0].get_size()
    assert (width, height) == (
        pytest.approx(points[0], abs=POINT),
        pytest.approx(points[1], abs=POINT),
    )
    catalog = reader.trailer["/Root"]
    assert bool(catalog["/MarkInfo"]["/Marked"])
    assert catalog["/StructTreeRoot"]["/K"]
    assert catalog["/Lang"].startswith("en")
    assert bool(catalog["/ViewerPreferences"]["/DisplayDocTitle"])
    assert b"pdfuaid" in reader.xmp_metadata.stream.get_data()


@pytest.mark.parametrize(
    "name",
    [
        "محمد عبد الله",
        "王小明",
        "山田 花子",
        "김민준",
        "अनिता शर्मा",
        "Людмила Йорданова",
        "אבי כהן",
        "สมชาย ใจดี",
        "Nguyễn Thị Ánh",
        "Τάκης",
        "ნინო",
        "தமிழ்ச்செல்வி",
    ],
)
def test_name_in_any_script_is_in_the_pdf(client, database, cast, name):
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).name = name
    pdf = paper(client, give(database, cast))
    first = name.split()[0][0]
    assert first in text_of(pdf)


@pytest.mark.parametrize("name", ["😀", "𒀭 Enlil", "\u202eevil", "A" * 200, "\u0301", "﷽ x"])
def test_pdf_is_made_for_names_that_no_font_can_show(client, database, cast, name):
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).name = name
    pdf = paper(client, give(database, cast))
    assert len(pypdfium2.PdfDocument(pdf)) == 1
    assert BUILT_IN.heading in text_of(pdf)


def test_my_certificates_lists_only_own_certificates_with_hours(client, database, cast, given):
    give(database, cast, cast.bob)
    client.sign_in(cast.alice.id)
    page = client.get("/certificates").text
    assert "1.5 hours" in page
    assert given in page
    assert page.count("<tr>") == 2
    sheet = client.get("/certificates/transcript.csv").get_data(as_text=True)
    assert f'"Reading rooms","Ines Carrow","Recording",1.5,"{given}"' in sheet
    pdf = client.get("/certificates/transcript.pdf")
    assert "1.5 hours in total" in text_of(pdf.data)
    assert given in PdfReader(BytesIO(pdf.data)).pages[0].extract_text().replace("\n", "")


def test_person_without_certificates_sees_an_empty_state(client, cast):
    client.sign_in(cast.dan.id)
    assert is_empty(client.get("/certificates").text)
    assert client.get("/certificates/transcript.pdf").status_code == 404
    assert client.get("/certificates/transcript.csv").status_code == 404


def test_reasons_are_withheld_after_the_person_is_deleted(client, database, cast, given):
    with database.transaction() as session:
        correction = Correction("Alicia Reed", "Alice married.")
        made = certificates.correct(session, given, correction, actor=None, links=LINKS, now=NOW)
        certificates.revoke(session, made, "Alice was not there.", actor=None, links=LINKS, now=NOW)
        erasure.erase(session, cast.alice.id, hooks=(), links=LINKS, actor=None, now=NOW)
    page = client.get(f"/verify/{made}")
    assert "notice-danger" in page.text
    assert shows(page.text, REASON_WITHHELD)
    assert "Alice" not in page.text
    with database.read_session() as session:
        kept = session.execute(select(Certificate.reason, Certificate.revoked_reason)).all()
    assert "Alice" not in str(kept)


def test_pdf_downloads_of_one_network_are_limited(client, given, monkeypatch):
    monkeypatch.setattr("lms.web.certificates.verify.certificate_pdf", lambda *_: b"%PDF")
    path, home = f"/verify/{given}/certificate.pdf", {"REMOTE_ADDR": "192.0.2.7"}
    answers = [client.get(path, environ_base=home).status_code for _ in range(241)]
    assert answers == [200] * 240 + [429]
    assert client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.8"}).status_code == 200
    assert client.get(f"/verify/{given}", environ_base=home).status_code == 200
