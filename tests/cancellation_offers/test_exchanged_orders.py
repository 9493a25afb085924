"""Orders that an exchange made: the money behind them is the payment of the order before."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.documents import Document
from lms.models.live import OfferChoice
from lms.payments.credit_use import CreditUse
from lms.sales import receiving
from tests.cancellation_offers.offer_fixtures import (
    INVOICED,
    OTHER,
    Payers,
    cancel,
    choose,
    exchange,
    furnish,
)
from tests.cancellation_offers.test_offers import exchanged, refunds
from tests.cast import Cast
from tests.clock import NOW
from tests.live.conftest import to_come
from tests.mailbox import letters
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import balanced, documents, placed, with_line

__all__ = ["to_come"]


@pytest.fixture
def payers(to_come: Cast, database: Database, carrel: Carrel) -> Payers:
    """Payers of a canceled webinar; those by card and check, and Elm County, chose another one."""
    found = furnish(database)
    cancel(carrel)
    for facts in (found.card, found.check, found.elm):
        exchange(database, facts)
    return found


def test_refund_after_an_exchange_is_of_the_first_payment(
    database: Database, carrel: Carrel, payers: Payers
) -> None:
    cancel(carrel, OTHER)
    assert "refund of $99.00" in letters(database, "dan@example.org")[-1].text
    for facts in (payers.card, payers.elm):
        choose(database, facts, OfferChoice.REFUND)
    assert refunds(database) == [9_900, 32_500]
    assert documents(database, exchanged(database, payers.elm))[-1][0::3] == ("credit_note", 0)
    assert balanced(database)


def test_refund_of_an_order_paid_with_credit_is_of_the_first_payment(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    check = furnish(database).check
    cancel(carrel)
    choose(database, check, OfferChoice.CREDIT)
    (_invoice, _receipt, note) = documents(database, check)
    order = placed(database, with_line(INVOICED, covers=f"webinar:{OTHER}"))
    with database.transaction() as session:
        credit = session.scalars(select(Document).where(Document.label == note[1])).one()
        use = CreditUse(credit.public_id, order.invoice_id or "", 9_900, 9_900)
        receiving.use_credit(session, use, mail_context=OFFICE, actor=None, now=NOW)
    cancel(carrel, OTHER)
    choose(database, order, OfferChoice.REFUND)
    assert refunds(database) == [9_900]
    assert balanced(database)
