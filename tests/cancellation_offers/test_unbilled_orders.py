"""Refunds of orders without an invoice: no money is returned, and the order can be canceled."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.access.policy import Code
from lms.buying import confirmations
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.models.grants import Withdrawal
from lms.models.live import OfferChoice
from lms.models.mail import Mail
from lms.models.orders import Terms
from lms.sales import invoices, orders
from lms.sales.new_orders import NewOrder
from lms.sales.read_models import OrderFacts, Standing, find_order_facts
from tests.cancellation_offers.offer_fixtures import INVOICED, OTHER, cancel, choose, furnish
from tests.cancellation_offers.test_offers import held_by, refunds
from tests.cast import Cast
from tests.clock import NOW
from tests.live.conftest import to_come
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import ONE_SEAT, grants, locked, placed, read, with_line

__all__ = ["to_come"]
LATER = NOW + timedelta(days=40)
GIL = replace(INVOICED, email="gil@example.org", name="Gil")
UNBILLED = {
    "billed later": replace(GIL, bill_on=LATER.date()),
    "complimentary": with_line(replace(GIL, terms=Terms.COMPLIMENTARY), price_minor=0),
    "past sale": replace(GIL, terms=Terms.HISTORY),
}


def refunded(database: Database, carrel: Carrel, new: NewOrder) -> OrderFacts:
    """Place an order, cancel the webinar, and choose a refund; return the order afterwards."""
    furnish(database)
    facts = placed(database, new)
    cancel(carrel)
    choose(database, facts, OfferChoice.REFUND)
    return read(database, facts)


@pytest.mark.parametrize("new", UNBILLED.values(), ids=UNBILLED)
def test_order_without_other_lines_is_canceled_and_never_billed(
    database: Database, carrel: Carrel, to_come: Cast, new: NewOrder
) -> None:
    facts = refunded(database, carrel, new)
    assert facts.standing(NOW) is Standing.CANCELED
    assert [one.revoked_as for one in grants(database, facts)] == [Withdrawal.REFUNDED]
    with database.read_session() as session:
        assert invoices.due_for_billing(session, zone=OFFICE.zone, now=LATER) == []
    assert refunds(database) == []


def test_order_with_other_lines_is_billed_for_them(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    both = (ONE_SEAT, replace(ONE_SEAT, covers=f"webinar:{OTHER}", price_minor=12_000))
    facts = refunded(database, carrel, replace(UNBILLED["billed later"], lines=both))
    assert held_by(database, facts.login_id or 0, OTHER) is Code.OK_PERMANENT
    with database.transaction() as session:
        invoices.bill_due(session, facts.id, mail_context=OFFICE, now=LATER)
        made = invoices.live_invoice(session, facts.id)
        assert made is not None
        assert made.total_minor == 12_000


def test_buyer_still_confirms_their_address_after_the_refund(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    furnish(database)
    with database.transaction() as session:
        order = orders.draft(session, GIL, actor=None, now=NOW)
        order.awaits_proof = True
        orders.agree(session, order, is_held=True, mail_context=OFFICE, actor=None, now=NOW)
        facts = find_order_facts(session, order.public_id)
    cancel(carrel)
    choose(database, facts, OfferChoice.REFUND)
    with database.transaction() as session:
        order = locked(session, facts)
        address = read_address("gil@example.org")
        confirmations.finish(session, order, address, mail_context=OFFICE, now=NOW)
        assert session.scalars(select(Mail).where(Mail.kind == "order_to_review")).all() == []
    assert read(database, facts).invoice_id is None
