"""The sales texts: written by staff, shown on the home page and below each buy box."""

import pytest

from lms.core.database import Database
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind
from lms.models.seller import SalesText
from lms.pricing.price_list import Price, set_prices
from lms.seller.sales_texts import LONGEST_TEXT, TOO_LONG
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.web.form_values import values_of

HERE = "/staff/sales-texts"
TEXTS = {
    "home": "We teach **calmly**.",
    "testimonials": "> The best hour of my week.",
    "faq": "# Does it expire?\n\nNo. <script>alert(1)</script>",
}


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_edit_sales_texts(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get(HERE).status_code == 404
    assert client.post(HERE, data=TEXTS).status_code == 404
    assert "calmly" not in client.get("/").text


def test_texts_are_shown_on_the_home_page_and_below_the_buy_box(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        single = Price(OfferKind.SINGLE, 1, 9900, "USD")
        set_prices(session, [single], actor=None, now=NOW)
    client.sign_in(cast.dan.id)
    before = client.get(f"/webinars/{cast.slug}").text
    assert "What customers say" not in before
    assert "Questions and answers" not in before
    client.sign_in(cast.ada.id)
    assert client.post(HERE, data=TEXTS).status_code == 303
    client.sign_in(cast.dan.id)
    home = client.get("/").text
    assert "We teach <strong>calmly</strong>." in home
    for page in (home, client.get(f"/webinars/{cast.slug}").text):
        assert "The best hour of my week." in page
        assert "<h3>Does it expire?</h3>" in page
        assert "<script>alert" not in page
    assert "We teach" not in client.get(f"/webinars/{cast.slug}").text


def test_person_with_access_sees_no_sales_texts(
    ada: Visitor, client: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        set_prices(session, [Price(OfferKind.SINGLE, 1, 9900, "USD")], actor=None, now=NOW)
    ada.post(HERE, data=TEXTS)
    client.sign_in(cast.alice.id)
    page = client.get(f"/webinars/{cast.slug}").text
    assert "What customers say" not in page
    assert "No account needed" not in page


def test_a_webinar_that_is_not_sold_has_no_sales_texts(
    ada: Visitor, client: Visitor, cast: Cast, database: Database
) -> None:
    ada.post(HERE, data=TEXTS)
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).free = True
    client.sign_in(cast.dan.id)
    assert "What customers say" not in client.get(f"/webinars/{cast.slug}").text


def test_reset_clears_a_text_when_saved(
    ada: Visitor, client: Visitor, cast: Cast, database: Database
) -> None:
    ada.post(HERE, data=TEXTS)
    page = ada.post(HERE, data={**TEXTS, "home": "Edited.", "reset": "faq"}).text
    assert "Save to remove it from the site." in page
    values = values_of(page)
    assert (values["home"], values["faq"]) == ("Edited.", "")
    with database.read_session() as session:
        assert session.query(SalesText).count() == 3
    ada.post(HERE, data={**TEXTS, "faq": ""})
    with database.read_session() as session:
        assert session.query(SalesText).count() == 2
    assert "Questions and answers" not in client.get("/").text


def test_text_that_is_too_long_is_refused_and_preserves_input(
    ada: Visitor, cast: Cast, database: Database
) -> None:
    answer = ada.post(HERE, data={**TEXTS, "faq": "x" * (LONGEST_TEXT + 1)})
    assert answer.status_code == 400
    assert shows(answer.text, TOO_LONG)
    assert values_of(answer.text)["home"] == TEXTS["home"]
    with database.read_session() as session:
        assert session.query(SalesText).count() == 0


def test_audit_log_records_only_changes_without_their_text(
    ada: Visitor, cast: Cast, database: Database
) -> None:
    ada.post(HERE, data=TEXTS)
    ada.post(HERE, data={**TEXTS, "home": "New."})
    with database.read_session() as session:
        rows = session.query(AuditEntry).filter_by(act="sales_text.saved").all()
        details = [str(row.detail) for row in rows]
    assert len(details) == 4
    assert not any("New" in each or "calmly" in each for each in details)
