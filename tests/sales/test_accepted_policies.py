"""Policies accepted by checking a box: stored with the order and printed on its invoice."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.models.documents import Document, DocumentKind
from lms.models.seller import PolicyKind
from lms.sales import invoices, orders, quotes
from lms.sales.orders import find_order
from lms.sales.quotes import Acceptance
from lms.seller.policies import PolicyText, policy_version, publish_policy, save_draft
from lms.seller.settings import edit_seller
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP
from tests.seller.seller_settings import COMPLETE

DAY = timedelta(days=1)


def publish(database: Database, text: str, days: int) -> PolicyText:
    with database.transaction() as session:
        save_draft(session, PolicyKind.TERMS, text, actor=None, now=NOW + days * DAY)
        return publish_policy(session, PolicyKind.TERMS, actor=None, now=NOW + days * DAY)


def accepted_between_versions(database: Database, *, has_agreed: bool) -> str:
    """Quote under version 1, accept under 2, and bill under 3; return the order's public ID."""
    publish(database, "One", -2)
    with database.transaction() as session:
        order = orders.draft(session, GROUP, actor=None, now=NOW)
        quote = quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
    publish(database, "Two", 1)
    how = Acceptance("Mia", bill_on=date(2026, 7, 1), has_agreed=has_agreed)
    with database.transaction() as session:
        quote = quotes.newest(session, order.id) or quote
        quotes.accept(session, quote, how, mail_context=OFFICE, actor=None, now=NOW + 2 * DAY)
    publish(database, "Three", 60)
    late = NOW + 200 * DAY
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)
        for one in invoices.due_for_billing(session, zone=OFFICE.zone, now=late):
            invoices.bill_due(session, one, mail_context=OFFICE, now=late)
    return order.public_id


def stored(session: Session, order_id: str) -> list[int]:
    return [policy_version(session, one).number for one in find_order(session, order_id).policies]


def printed(session: Session) -> list[str]:
    """Return the URLs of the policies printed on the invoice."""
    query = select(Document).where(Document.kind == DocumentKind.INVOICE)
    return [one["url"] for one in session.scalars(query).one().snapshot["policies"]]


def test_invoice_prints_accepted_policy_versions(database: Database, cast: Cast) -> None:
    order_id = accepted_between_versions(database, has_agreed=True)
    with database.read_session() as session:
        assert stored(session, order_id) == [2]
        assert printed(session) == [OFFICE.links.page("/terms/2")]


def test_unchecked_policies_are_not_stored_as_accepted(database: Database, cast: Cast) -> None:
    order_id = accepted_between_versions(database, has_agreed=False)
    with database.read_session() as session:
        assert stored(session, order_id) == []
        assert printed(session) == [OFFICE.links.page("/terms/3")]
