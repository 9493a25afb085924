"""Send to purchasing: a quote for the cart, emailed after the buyer confirms their address."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.payment_links import payment_links, replace_link
from lms.models.documents import Document
from lms.models.orders import Order, OrderLine, Quote
from lms.pricing.price_list import set_prices
from tests.buying.buying_fixtures import ROSA, open_for_business
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.mailbox import letters, link_in, newest
from tests.visitor import Visitor
from tests.web.buying.shopping import check_out, fill

pytestmark = pytest.mark.usefixtures("cast", "_open", "clock")
OFFICE = "buyers@pinecounty.example"
ASKED = {"payment": "purchasing", "purchasing_email": OFFICE}


@pytest.fixture
def _open(database: Database) -> None:
    open_for_business(database)


def ask(client: Visitor, **form: str) -> str:
    """Send a cart of five seats to purchasing; return the link in the buyer's email."""
    fill(client, choice="team", seats="5")
    answer = check_out(client, **{**ASKED, **form})
    assert (answer.status_code, answer.location) == (303, "/checkout/quote/sent")
    return link_in(newest(database_of(client), form.get("email", ROSA), "quote_requested"))


def database_of(client: Visitor) -> Database:
    found: Database = client.application.extensions["carrel"].database
    return found


def replace_links(carrel: Carrel) -> None:
    """Replace the payment link of the only quoted order, as its payer or our team can do."""
    where = payment_links(carrel.settings)
    with carrel.database.transaction() as session:
        order = session.scalars(select(Order).join(Quote, Quote.order_id == Order.id)).one()
        replace_link(session, order, where=where, actor=None, now=NOW)


def quotes(database: Database) -> list[Quote]:
    with database.read_session() as session:
        return list(session.scalars(select(Quote)))


def test_no_quote_is_issued_or_sent_before_the_address_is_confirmed(
    client: Visitor, database: Database
) -> None:
    link = ask(client)
    assert client.get("/checkout/quote/sent").status_code == 200
    page = client.get(link)
    assert OFFICE in page.text
    assert "Pine County Library" in page.text
    assert quotes(database) == []
    assert letters(database, OFFICE) == []


def test_forged_or_expired_link_is_refused(
    client: Visitor, database: Database, clock: Clock
) -> None:
    link = ask(client)
    for wrong in (link[:-9] + "AAAAAAAA=", "/checkout/quote/none"):
        assert client.get(wrong).status_code == client.post(wrong).status_code == 410
    clock.advance(timedelta(days=8))
    assert client.post(link).status_code == 410
    assert quotes(database) == []


def test_link_is_refused_by_another_form(client: Visitor, database: Database) -> None:
    token = ask(client).rpartition("/")[2]
    assert client.get(f"/purchasing/quote/{token}").status_code == 410


def test_purchasing_office_gets_one_email_with_the_payment_link(
    client: Visitor, app: Flask, database: Database
) -> None:
    link = ask(client)
    phone = app.test_client()
    place = phone.post(link).location
    assert place.startswith("/pay/")
    assert phone.post(link).location == place
    [mail] = letters(database, OFFICE)
    assert mail.kind == "quote_for_purchasing"
    assert link_in(mail) == place
    assert "$325.00" in mail.text
    [made] = quotes(database)
    with database.read_session() as session:
        document = session.get_one(Document, made.document_id)
        order = session.get_one(Order, made.order_id)
    assert document.total_minor == 32500
    assert (order.placed_at, order.organization_name) == (None, "Pine County Library")
    office = app.test_client().get(place)
    assert "Pine County Library" in office.text
    assert '/accept-quote"' in office.text


def test_emailed_link_ends_when_its_payment_link_is_replaced(
    client: Visitor, app: Flask, database: Database, carrel: Carrel
) -> None:
    link = ask(client)
    phone = app.test_client()
    place = phone.post(link).location
    replace_links(carrel)
    assert phone.get(place).status_code == 410
    assert phone.get(link).status_code == 410
    assert phone.post(link).status_code == 410


def test_quote_uses_the_details_entered_before_confirmation(
    client: Visitor, database: Database
) -> None:
    link = ask(client)
    check_out(client, payment="invoice", email="eve@example.org", organization_name="Eve")
    client.post(link)
    [made] = quotes(database)
    with database.read_session() as session:
        order = session.get_one(Order, made.order_id)
    assert (order.contact_email, order.organization_name) == (ROSA, "Pine County Library")


@pytest.mark.parametrize(("chosen", "last"), [("2026-06-30", "2026-06-30"), ("", "2026-05-01")])
def test_quote_is_valid_through_the_chosen_date(
    client: Visitor, database: Database, chosen: str, last: str
) -> None:
    client.post(ask(client, valid_until=chosen))
    [made] = quotes(database)
    with database.read_session() as session:
        document = session.get_one(Document, made.document_id)
    assert document.snapshot["expires_on"] == last


@pytest.mark.parametrize("day", ["2026-03-01", "2026-08-30", "June"])
def test_invalid_expiration_date_is_refused(client: Visitor, database: Database, day: str) -> None:
    fill(client)
    answer = check_out(client, **ASKED, valid_until=day)
    assert answer.status_code == 400
    assert 'id="valid_until-error"' in answer.text
    assert f'value="{day}"' in answer.text
    assert letters(database, ROSA) == []
    assert check_out(client, valid_until=day).location.startswith("/orders/")  # ignored here


def test_link_issues_no_quote_after_prices_were_removed(
    client: Visitor, database: Database
) -> None:
    link = ask(client)
    with database.transaction() as session:
        set_prices(session, (), actor=None, now=NOW)
    assert client.post(link).location == "/cart"
    assert quotes(database) == []


def test_cart_and_input_are_kept_after_the_request(client: Visitor) -> None:
    ask(client)
    page = client.get("/checkout").text
    assert 'value="Rosa Delgado"' in page
    assert "$325.00" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"purchasing_email": "buyers"}, "purchasing_email"),
        ({"purchasing_email": ""}, "purchasing_email"),
        ({"payer": "myself"}, "payer"),
    ],
)
def test_errors_are_shown_at_their_fields(
    client: Visitor, database: Database, wrong: dict[str, str], field: str
) -> None:
    fill(client)
    answer = check_out(client, **{**ASKED, **wrong})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert 'value="Rosa Delgado"' in answer.text
    assert letters(database, ROSA) == []


def test_billing_contact_is_emailed_at_their_own_address(
    client: Visitor, database: Database, cast: Cast, roles: Roles
) -> None:
    client.sign_in(roles.bill.id)
    fill(client, choice="team", seats="5")
    check_out(client, **ASKED, payer=str(cast.organization_id), email="eve@example.org")
    assert letters(database, "eve@example.org") == []
    client.post(link_in(newest(database, roles.bill.email, "quote_requested")))
    [made] = quotes(database)
    with database.read_session() as session:
        assert session.get_one(Order, made.order_id).organization_id == cast.organization_id
        assert (
            session.scalars(
                select(OrderLine.quantity).where(OrderLine.order_id == made.order_id)
            ).one()
            == 5
        )
