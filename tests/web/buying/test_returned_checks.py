"""The payment page after a reported check was recorded, and after the bank returned it."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.stored_pdfs import finish
from lms.models.documents import Document
from lms.models.organizations import Organization
from lms.models.payments import Reversal
from lms.sales.read_models import OrderFacts
from lms.web.sales.order_texts import CHECK_RETURNED
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import newest
from tests.sales.order_fixtures import GROUP, paid, placed
from tests.sales.test_receiving import reverse
from tests.visitor import Visitor
from tests.web.buying.test_payment_page import TODAY, link, pauses

SENT = {"check_number": "004512", "sent_on": TODAY.isoformat(), "amount": "300.00"}
RETURNED = CHECK_RETURNED % {"number": "4512", "day": "Mar 2, 2026"}


@pytest.fixture
def order(database: Database, cast: Cast, clock: Clock) -> OrderFacts:
    """Return an unpaid order of Elm County."""
    return placed(database, GROUP)


@pytest.fixture
def page(client: Visitor, carrel: Carrel, order: OrderFacts) -> str:
    """Return the path of the order's payment page after its payer reported a check."""
    path = link(carrel, order)
    assert client.post(f"{path}/check-sent", data=SENT).status_code == 303
    return path


def test_check_report_ends_when_the_check_is_recorded(
    client: Visitor, database: Database, order: OrderFacts, page: str
) -> None:
    paid(database, order, 100, check_number="77")
    assert "004512" in client.get(page).text
    paid(database, order, 30_000, check_number="4512")
    assert "004512" not in client.get(page).text
    assert [one.ended_at for one in pauses(database)] == [NOW]


def test_returned_check_is_shown_until_the_order_is_paid(
    client: Visitor, database: Database, order: OrderFacts, page: str
) -> None:
    payment = paid(database, order, 30_000, check_number="4512")
    assert client.post(f"{page}/check-sent", data=SENT).status_code == 303
    assert RETURNED not in client.get(page).text
    reverse(database, payment)
    text = client.get(page).text
    assert RETURNED in text
    assert "004512" not in text
    paid(database, order, check_number="4513")
    assert RETURNED not in client.get(page).text


def test_receipt_and_returned_check_emails_link_to_the_payment_page(
    client: Visitor, carrel: Carrel, database: Database, cast: Cast, order: OrderFacts
) -> None:
    page = link(carrel, order)
    payment = paid(database, order, 30_000)
    with database.read_session() as session:
        receipt = session.scalars(
            select(Document.public_id).where(Document.payment_id.is_not(None))
        )
        (receipt_id,) = receipt
    finish(carrel, receipt_id, is_mailed=True, now=NOW)
    told = newest(database, cast.mia.email, "document").text
    for part in ("$300.00", "$25.00", page):
        assert part in told
    reverse(database, payment)
    returned = newest(database, cast.mia.email, "payment_bounced").text
    assert "/pay/" in returned
    assert "/documents/" not in returned


def test_receipt_of_a_returned_check_says_so_on_every_page(
    client: Visitor, database: Database, cast: Cast, order: OrderFacts, page: str
) -> None:
    payment = paid(database, order, 30_000)
    with database.read_session() as session:
        receipts = session.scalars(select(Document).where(Document.payment_id.is_not(None)))
        path = f"/documents/{receipts.one().public_id}"
        elm = session.get_one(Organization, cast.organization_id).public_id
    client.sign_in(cast.mia.id)
    shown = (page, f"{page}{path}", path, f"/organization/{elm}/orders")
    said = "Payment returned Mar 2, 2026"
    assert [one for one in shown if said in client.get(one).text] == []
    reverse(database, payment)
    assert [one for one in shown if said not in client.get(one).text] == []


def test_check_report_is_shown_again_after_a_mistaken_payment_is_reversed(
    client: Visitor, database: Database, order: OrderFacts, page: str
) -> None:
    reverse(database, paid(database, order, 30_000, check_number="4512"), Reversal.MISTAKE)
    text = client.get(page).text
    assert "004512" in text
    assert RETURNED not in text
