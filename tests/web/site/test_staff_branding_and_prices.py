"""Staff pages for branding, presenters, series, and prices."""

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.catalog import Presenter, Series
from lms.models.grants import Offer, OfferKind
from lms.pricing.price_list import FIXED_CURRENCY, SAME_START
from lms.web.pricing.price_form_lines import KIND_WORDS
from tests.cast import Cast
from tests.clock import Clock
from tests.page_texts import shows
from tests.sales.order_fixtures import placed
from tests.visitor import Visitor

CURRENCY_HELP = r'id="currency-help">[^<]+'


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (900, 900), "teal").save(out, "PNG")
    out.seek(0)
    return out


@pytest.mark.parametrize("path", ["branding", "prices", "presenters", "series", "presenters/new"])
def test_only_staff_can_open_these_pages(
    client: Visitor, cast: Cast, clock: Clock, path: str
) -> None:
    client.sign_in(cast.mia.id)
    assert client.get(f"/staff/{path}").status_code == 404


def test_only_owners_can_change_branding_and_prices(staff: Visitor, cast: Cast) -> None:
    for path in ("branding", "branding/logo", "prices"):
        assert staff.post(f"/staff/{path}", data={"currency": "USD"}).status_code == 404
    assert staff.get("/staff/branding").status_code == 404
    page = staff.get("/staff/prices").text
    assert 'data-testid="owners-only"' in page
    assert "Save prices" not in page


def test_sellers_name_and_contact_appear_on_every_page(owner: Visitor) -> None:
    house = {
        "name": "Quince & Sons",
        "contact_email": "help@example.org",
        "sender_name": "Quince",
        "accent": "#17407a",
        "about": "We *teach*.",
    }
    assert owner.post("/staff/branding", data=house).status_code == 303
    page = owner.get("/").get_data(as_text=True)
    assert "Quince &amp; Sons" in page
    assert "mailto:" not in page  # "Contact us" in the footer links to the page with the address
    assert "mailto:help@example.org" in owner.get("/ask").get_data(as_text=True)
    assert "<em>teach</em>" in page
    wrong = owner.post(
        "/staff/branding", data={**house, "accent": "green", "contact_email": "nobody"}
    )
    assert wrong.status_code == 400
    assert "Quince &amp; Sons" in owner.get("/").get_data(as_text=True)


def test_logo_is_redrawn_shown_and_removed(owner: Visitor) -> None:
    owner.post(
        "/staff/branding",
        data={
            "name": "Quince",
            "contact_email": "help@example.org",
            "sender_name": "Quince",
            "accent": "#17407a",
        },
    )
    sent = owner.post("/staff/branding/logo", data={"logo": (picture(), "logo.png")})
    assert sent.status_code == 303
    with owner.get("/logo") as logo, Image.open(io.BytesIO(logo.data)) as shown:
        assert max(shown.size) <= 480
    assert owner.post("/staff/branding/logo", data={"act": "remove"}).status_code == 303
    assert owner.get("/logo").status_code == 404
    no_picture = {"logo": (io.BytesIO(b"words"), "logo.png")}
    assert owner.post("/staff/branding/logo", data=no_picture).status_code == 400


def test_price_versions_appear_on_pages(owner: Visitor, database: Database, cast: Cast) -> None:
    def save(single: str) -> int:
        lines = {
            "currency": "USD",
            "kind": ["single", "group_seats", "group_seats"],
            "minimum": ["1", "3", ""],
            "amount": [single, "75", ""],
        }
        return owner.post("/staff/prices", data=lines).status_code

    assert save("99.00") == 303
    assert save("$1,199.50") == 303
    assert save("a lot") == 400
    assert save("1.005") == 400
    with database.read_session() as session:
        standing = session.execute(
            select(Offer.kind, Offer.minimum, Offer.price_minor, Offer.version).where(
                Offer.retired_at.is_(None)
            )
        ).all()
    assert sorted(map(tuple, standing)) == [
        (OfferKind.GROUP_SEATS, 3, 7500, 1),
        (OfferKind.SINGLE, 1, 119950, 2),
    ]
    page = owner.get(f"/webinars/{cast.slug}").get_data(as_text=True)
    assert "$1,199.50" in page
    assert "$75.00" in page


def test_prices_with_the_same_minimum_are_refused_by_line(owner: Visitor) -> None:
    lines = {
        "currency": "USD",
        "kind": ["single", "group_seats", "single"],
        "minimum": ["1", "3", "1"],
        "amount": ["99", "75", "299"],
    }
    refused = owner.post("/staff/prices", data=lines)
    assert refused.status_code == 400
    assert shows(refused.text, f"Line 3: {SAME_START}")
    assert 'href="#amount-3"' in refused.text


def test_first_price_list_has_a_line_for_each_offer(owner: Visitor) -> None:
    assert owner.post("/staff/prices", data={"currency": "USD"}).status_code == 303
    page = " ".join(owner.get("/staff/prices").text.split())
    assert {kind for kind in KIND_WORDS if f'value="{kind.value}" selected' not in page} == set()


def test_currency_is_fixed_after_the_first_order(
    owner: Visitor, database: Database, cast: Cast
) -> None:
    lines = {"kind": "single", "minimum": "1", "amount": "99"}
    assert owner.post("/staff/prices", data={**lines, "currency": "EUR"}).status_code == 303
    advice = re.search(CURRENCY_HELP, owner.get("/staff/prices").text)
    assert advice is not None
    assert owner.post("/staff/prices", data={**lines, "currency": "USD"}).status_code == 303
    placed(database)
    page = owner.get("/staff/prices").text
    assert re.search(CURRENCY_HELP, page) is not None
    assert advice[0] not in page  # the advice no longer applies
    assert "readonly" in page
    refused = owner.post("/staff/prices", data={**lines, "currency": "EUR"})
    assert refused.status_code == 400
    assert shows(refused.text, FIXED_CURRENCY % {"currency": "USD"})
    assert 'value="EUR"' in refused.text


def test_presenter_has_a_page_with_a_picture(ada: Visitor, carrel: Carrel, cast: Cast) -> None:
    form = {"name": "Vera Plum", "biography": "She **reads**."}
    assert ada.post("/staff/presenters/new", data={"name": ""}).status_code == 400
    made = ada.post("/staff/presenters/new", data=form)
    assert made.status_code == 303
    with carrel.database.read_session() as session:
        vera = session.scalars(select(Presenter)).one()
    address = f"/staff/presenters/{vera.public_id}/picture"
    assert ada.post(address, data={"picture": (picture(), "vera.png")}).status_code == 303
    with ada.get("/presenters/vera-plum/picture") as shown:
        assert shown.status_code == 200
        assert shown.mimetype.startswith("image/")
    assert "<strong>reads</strong>" in ada.get("/presenters/vera-plum").get_data(as_text=True)
    assert ada.post(f"/staff/presenters/{vera.public_id}/remove").status_code == 303
    assert ada.get("/presenters/vera-plum").status_code == 404


def test_series_can_be_added_edited_and_removed(ada: Visitor, database: Database) -> None:
    assert ada.post("/staff/series/new", data={"title": "Quiet Rooms"}).status_code == 303
    with database.read_session() as session:
        made = session.scalars(select(Series)).one()
    edited = {"title": "Quieter Rooms", "slug": made.slug}
    assert ada.post(f"/staff/series/{made.public_id}", data=edited).status_code == 303
    assert "Quieter Rooms" in ada.get("/staff/series").get_data(as_text=True)
    assert ada.post(f"/staff/series/{made.public_id}/remove").status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Series)).all() == []
