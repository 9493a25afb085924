"""Certificate design: texts with placeholders, a signature, and a preview before saving."""

from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image

from lms.certificates import certificates
from lms.certificates.certificates import Award
from lms.certificates.designs import BUILT_IN
from lms.mail.links import Links
from lms.models.certificates import CertificateKind
from lms.people import erasure
from tests.clock import NOW

LINE_PT = 62 / 25.4 * 72
PAGE = "/staff/branding/certificate"
WORDS = {
    "heading": "Certificate of learning",
    "before": "{house} confirms that",
    "note": "{hours} on {date}, provider 1234.",
    "signer": "Ines Carrow",
    "signer_role": "Head of training",
}


@pytest.fixture
def owner(client, roles, clock):
    client.sign_in(roles.owen.id)
    return client


def give(database, person, webinar_id, at):
    award = Award(webinar_id, CertificateKind.WATCHED, 60, at, login_id=person.id)
    with database.transaction() as session:
        links = Links("http://localhost")
        return certificates.issue(session, award, actor=None, links=links, now=at)


def text_of(pdf):
    return pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()


def pictures_of(pdf):
    return len(list(pypdfium2.PdfDocument(pdf)[0].get_objects(filter=[3])))


def signature(size=(300, 90)):
    file = BytesIO()
    Image.new("RGBA", size, (20, 30, 80, 120)).save(file, "PNG")
    return BytesIO(file.getvalue()), "signature.png"


def test_preview_shows_the_texts_and_signature_and_saves_nothing(owner):
    answer = owner.post(f"{PAGE}/preview", data={**WORDS, "signature": signature()})
    assert answer.content_type == "application/pdf"
    text = text_of(answer.data)
    for said in ("Certificate of learning", "confirms that", "1 hour on", "Ines Carrow"):
        assert said in text
    assert pictures_of(answer.data) == 1
    assert BUILT_IN.heading in owner.get(PAGE).text


def test_saved_design_applies_only_to_later_certificates(owner, cast, database, clock):
    former = give(database, cast.alice, cast.webinar_id, NOW)
    clock.advance(timedelta(minutes=5))
    assert owner.post(PAGE, data={**WORDS, "signature": signature()}).status_code == 303
    clock.advance(timedelta(minutes=5))
    later = give(database, cast.bob, cast.webinar_id, NOW + timedelta(minutes=10))
    old = owner.get(f"/verify/{former}/certificate.pdf").data
    new = owner.get(f"/verify/{later}/certificate.pdf").data
    assert BUILT_IN.heading in text_of(old)
    assert pictures_of(old) == 0
    assert "Certificate of learning" in text_of(new)
    assert "1 hour on" in text_of(new)
    assert pictures_of(new) == 1


def test_verify_page_uses_the_texts_of_the_certificate(owner, cast, database, clock):
    former = give(database, cast.alice, cast.webinar_id, NOW)
    clock.advance(timedelta(minutes=5))
    owner.post(PAGE, data={**WORDS, "before": "{name} is hereby known to have read, says"})
    clock.advance(timedelta(minutes=5))
    later = give(database, cast.bob, cast.webinar_id, NOW + timedelta(minutes=10))
    new = owner.get(f"/verify/{later}").text
    for said in (
        "Certificate of learning",
        "Bob is hereby known",
        "1 hour on",
        "provider 1234.",
        "Ines Carrow, Head of training",
    ):
        assert said in new
    assert BUILT_IN.heading not in new
    assert BUILT_IN.before not in new
    old = owner.get(f"/verify/{former}").text
    assert BUILT_IN.heading in old
    assert "Ines Carrow" not in old


def test_deleted_name_is_withheld_in_custom_texts(owner, cast, database, clock):
    owner.post(PAGE, data={**WORDS, "before": "We confirm to {name} that"})
    clock.advance(timedelta(minutes=5))
    given = give(database, cast.bob, cast.webinar_id, NOW + timedelta(minutes=5))
    with database.transaction() as session:
        links = Links("http://localhost")
        erasure.erase(session, cast.bob.id, hooks=(), links=links, actor=None, now=clock.moment)
    page = owner.get(f"/verify/{given}").text
    assert "We confirm to name withheld that" in page
    assert "Bob" not in page


def test_sellers_name_is_shown_with_the_logo(owner, cast, database):
    house = {
        "name": "Lamplight",
        "accent": "#1f6b4f",
        "contact_email": "ask@example.org",
        "sender_name": "Lamplight",
        "about": "We teach.",
    }
    assert owner.post("/staff/branding", data=house).status_code == 303
    picture, name = signature((200, 200))
    assert owner.post("/staff/branding/logo", data={"logo": (picture, name)}).status_code == 303
    given = give(database, cast.alice, cast.webinar_id, NOW)
    pdf = owner.get(f"/verify/{given}/certificate.pdf").data
    assert pictures_of(pdf) == 1
    assert "Lamplight" in text_of(pdf)


def test_wide_signature_is_no_wider_than_its_line(owner):
    wide = {**WORDS, "signature": signature((900, 40))}
    page = pypdfium2.PdfDocument(owner.post(f"{PAGE}/preview", data=wide).data)[0]
    (drawn,) = page.get_objects(filter=[3])
    left, _bottom, right, _top = drawn.get_bounds()
    assert right - left <= LINE_PT + 0.5


def test_signature_is_kept_until_it_is_removed(owner):
    owner.post(PAGE, data={**WORDS, "signature": signature()})
    assert pictures_of(owner.post(f"{PAGE}/preview", data=WORDS).data) == 1
    off = {**WORDS, "no_signature": "y"}
    assert pictures_of(owner.post(f"{PAGE}/preview", data=off).data) == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"heading": " "}, "heading"),
        ({"note": "By {nobody}."}, "note"),
        ({"before": "x" * 201}, "before"),
        ({"signature": (BytesIO(b"no picture"), "x.png")}, "signature"),
    ],
)
def test_errors_are_shown_at_their_fields_and_input_is_kept(owner, wrong, field):
    for path in (PAGE, f"{PAGE}/preview"):
        fresh = {name: value for name, value in wrong.items() if name != "signature"}
        if "signature" in wrong:
            fresh["signature"] = (BytesIO(b"no picture"), "x.png")
        answer = owner.post(path, data={**WORDS, **fresh})
        assert answer.status_code == 400
        assert f'id="{field}-error"' in answer.text
        assert WORDS["signer_role"] in answer.text
        assert f'href="#{field}"' in answer.text


def test_design_page_is_not_found_for_customers(client, cast):
    client.sign_in(cast.alice.id)
    assert client.get(PAGE).status_code == 404
