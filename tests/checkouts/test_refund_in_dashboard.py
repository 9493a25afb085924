"""A refund made in the provider's dashboard for a credited order: nothing is owed for it."""

from sqlalchemy import select

from lms.models.documents import Document
from tests.checkouts.card_stories import Shop
from tests.checkouts.test_money_stories import bought
from tests.sales.order_fixtures import balanced


def test_credit_note_pays_the_invoice_that_the_refund_reopens(shop: Shop) -> None:
    shop.credit(bought(shop))
    shop.fake.books.refund_in_dashboard(shop.payment(), 9900)
    shop.hear()
    with shop.carrel.database.read_session() as session:
        assert set(session.scalars(select(Document.open_minor))) == {0}
    assert balanced(shop.carrel.database)
