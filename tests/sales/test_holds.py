"""Access that our team puts on hold until an order is paid: what stops, who is emailed (P9)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.access.policy import Code
from lms.core.database import Database
from lms.core.errors import Conflict
from lms.documents.payment_links import order_of
from lms.models.accounts import Login
from lms.models.mail import Mail
from lms.models.orders import Order, Terms
from lms.organizations.billing_details import BillingContact, edit_billing
from lms.sales import cancellations
from lms.sales.read_models import OrderFacts
from lms.seller.settings import edit_seller
from tests.buying.buying_fixtures import ROSA
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters, link_in, newest
from tests.page_texts import says
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, PAY, SEAT, locked, placed
from tests.sales.test_orders import code
from tests.seller.seller_settings import COMPLETE

INVOICE = replace(SEAT, terms=Terms.INVOICE)


@pytest.fixture(autouse=True)
def _seller(database: Database, cast: Cast) -> None:
    """Add the seller's details that invoices need."""
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)


def hold(database: Database, facts: OrderFacts) -> bool:
    with database.transaction() as session:
        return cancellations.hold(
            session, locked(session, facts), pay=PAY, mail_context=OFFICE, actor=None, now=NOW
        )


def test_staff_can_put_an_unpaid_order_on_hold_and_release_it(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, INVOICE)
    hold(database, facts)
    assert code(database, cast, cast.dan.id) is Code.PAYMENT_PENDING
    with database.transaction() as session:
        cancellations.release(
            session, locked(session, facts), mail_context=OFFICE, actor=None, now=NOW
        )
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT


def test_paid_order_cannot_be_put_on_hold(database: Database, cast: Cast) -> None:
    facts = placed(database, SEAT)
    with pytest.raises(Conflict):
        hold(database, facts)


def to_review(database: Database) -> OrderFacts:
    """Place an order that our team has to review before access starts."""
    facts = placed(database, replace(INVOICE, is_held=True))
    with database.transaction() as session:
        locked(session, facts).review_due_at = NOW + timedelta(days=1)
    return facts


@pytest.mark.parametrize("is_reviewed", [False, True])
def test_second_hold_is_refused_and_sends_no_email(
    database: Database, cast: Cast, is_reviewed: bool
) -> None:
    facts = to_review(database) if is_reviewed else placed(database, INVOICE)
    assert hold(database, facts)
    with pytest.raises(Conflict):
        hold(database, facts)
    told = [one for one in letters(database, "dan@example.org") if one.kind == "order_on_hold"]
    assert len(told) == 1


def test_buyer_is_emailed_about_the_hold_and_how_to_pay(database: Database, cast: Cast) -> None:
    facts = placed(database, INVOICE)
    assert hold(database, facts)
    mail = newest(database, "dan@example.org", "order_on_hold")
    assert "Reading rooms" in mail.text
    assert "$99.00" in mail.text
    assert says(mail.text, "order_on_hold", "pay_and_go_on")
    with database.read_session() as session:
        assert order_of(session, link_in(mail).rpartition("/")[2]).public_id == facts.public_id


def test_hold_is_emailed_to_managers_and_payables_and_its_end_to_managers_once(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(GROUP, email="buyer@elm.example", name="Bo"))
    contact = BillingContact(payables=("AP@elm.example", "mia@example.org"))
    with database.transaction() as session:
        edit_billing(session, cast.organization_id, contact, actor=None, now=NOW)
    assert hold(database, facts)
    with database.transaction() as session:
        order = locked(session, facts)
        cancellations.release(session, order, mail_context=OFFICE, actor=None, now=NOW)
    for kind, people in (("order_on_hold", ["AP@elm.example"]), ("order_open", [])):
        with database.read_session() as session:
            told = session.scalars(select(Mail.recipient).where(Mail.kind == kind)).all()
        assert sorted(told) == [*people, "buyer@elm.example", "mia@example.org"]


def test_hold_email_for_a_reviewed_order_says_to_pay_first(database: Database, cast: Cast) -> None:
    facts = to_review(database)
    assert hold(database, facts)
    text = newest(database, "dan@example.org", "order_on_hold").text
    assert says(text, "order_on_hold", "pay_first", number=facts.number)
    assert not says(text, "order_on_hold", "pay_and_go_on")


@pytest.mark.parametrize("values", [{"awaits_proof": True}, {"livemode": False}])
def test_no_hold_email_is_sent_for_unconfirmed_or_test_orders(
    database: Database, cast: Cast, values: dict[str, object]
) -> None:
    facts = placed(database, INVOICE)
    with database.transaction() as session:
        session.execute(update(Order).where(Order.id == facts.id).values(**values))
    assert not hold(database, facts)
    assert all(one.kind != "order_on_hold" for one in letters(database, "dan@example.org"))


def test_no_hold_email_is_sent_before_there_is_an_invoice(database: Database, cast: Cast) -> None:
    facts = placed(database, replace(INVOICE, bill_on=NOW.date() + timedelta(days=30)))
    assert facts.invoice_id is None
    assert not hold(database, facts)
    assert code(database, cast, cast.dan.id) is Code.PAYMENT_PENDING
    assert all(one.kind != "order_on_hold" for one in letters(database, "dan@example.org"))


def test_unconfirmed_buyer_gets_no_payment_link(database: Database, cast: Cast) -> None:
    facts = placed(database, INVOICE)
    with database.transaction() as session:
        begun = Login(email=None, email_key=None, name="Rosa", created_at=NOW)
        session.add(begun)
        session.flush()
        order = locked(session, facts)
        order.contact_id, order.contact_email = begun.id, ROSA
    assert not hold(database, facts)
    assert letters(database, ROSA) == []
