"""The demo's orders: a believable year of them, with documents and payments."""

from collections import Counter
from datetime import datetime
from itertools import pairwise

import pytest
from sqlalchemy import select

from lms.documents.snapshots import unpack
from lms.documents.stored_pdfs import FINISH, ensure_pdf
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from lms.models.orders import LineAct, Order, OrderLine, Quote, Terms
from lms.models.payments import Payment, Refund, RefundState, Reversal
from lms.payments.balance_check import differences
from lms.sales.order_search import WantedOrders, list_orders
from lms.sales.read_models import Standing
from tests.demo.conftest import NOW, Demo

pytestmark = pytest.mark.slow


def orders_of(demo: Demo, words: str, *, at: datetime = NOW) -> list[tuple[Standing, str]]:
    """Return the states of the orders that a search finds, with the numbers of their invoices."""
    with demo.carrel.database.read_session() as session:
        found = list_orders(session, WantedOrders(words), now=at, offset=0, limit=20)
    return [(one.standing(at), one.invoice_number or "") for one in found.items]


def test_orders_have_the_states_of_a_usual_year(demo):
    with demo.carrel.database.read_session() as session:
        every = list_orders(session, WantedOrders(), now=NOW, offset=0, limit=50)
        assert differences(session) == ()
    assert Counter(one.standing(NOW) for one in every.items) == {
        Standing.PAID: 16,
        Standing.UNPAID: 2,
        Standing.PAST_DUE: 1,
        Standing.QUOTED: 1,
    }
    assert {one.terms for one in every.items} >= {Terms.CARD, Terms.INVOICE, Terms.PURCHASE_ORDER}


def test_documents_are_numbered_in_order_of_issue(demo):
    with demo.carrel.database.read_session() as session:
        rows = session.execute(
            select(Document.series, Document.number, Document.issued_at).order_by(
                Document.series, Document.number
            )
        ).all()
        kinds = set(session.scalars(select(Document.kind)))
    assert kinds == set(DocumentKind) - {DocumentKind.STATEMENT}
    for (series, number, at), (next_series, next_number, next_at) in pairwise(rows):
        if series == next_series:
            assert (next_number, next_at >= at) == (number + 1, True)


def test_two_checks_pay_one_order_and_one_check_bounced(demo):
    assert orders_of(demo, "55102") == orders_of(demo, "55140")
    assert orders_of(demo, "TCL-2208")[0][0] is Standing.PAID
    with demo.carrel.database.read_session() as session:
        bounced = session.scalars(select(Payment).where(Payment.reversed_at.is_not(None))).one()
    assert (bounced.check_number, bounced.reversed_as) == ("55377", Reversal.BOUNCED)
    assert orders_of(demo, "TCL-2391")[0][0] is Standing.PAID


def test_returned_seat_is_credited_and_its_refund_is_due(demo):
    with demo.carrel.database.read_session() as session:
        note = session.scalars(
            select(Document).where(Document.kind == DocumentKind.CREDIT_NOTE)
        ).one()
        refund = session.scalars(select(Refund)).one()
    assert (note.reason, note.total_minor, note.open_minor) == (CreditReason.RETURN, 2500, 0)
    assert (refund.amount_minor, refund.state) == (2500, RefundState.REQUESTED)


def test_one_quote_is_open_in_its_second_version_and_one_was_accepted(demo):
    with demo.carrel.database.read_session() as session:
        rows = session.execute(
            select(
                Quote.version,
                Quote.superseded_at.is_not(None),
                Quote.accepted_name,
                Document.total_minor,
            )
            .join(Document, Document.id == Quote.document_id)
            .order_by(Quote.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        (1, False, "Teodor Vash", 49900),
        (1, True, None, 560000),
        (2, False, None, 460000),
    ]


def test_one_order_was_billed_on_july_1_and_one_contract_was_renewed(demo):
    with demo.carrel.database.read_session() as session:
        billed = session.scalars(
            select(Document)
            .join(Order, Order.id == Document.order_id)
            .where(Order.bill_on.is_not(None), Document.kind == DocumentKind.INVOICE)
        ).one()
        renewal = session.scalars(select(OrderLine).where(OrderLine.act == LineAct.RENEWAL)).one()
        first = session.scalars(
            select(OrderLine).where(
                OrderLine.pool_id == renewal.pool_id, OrderLine.act == LineAct.NEW
            )
        ).one()
    assert billed.snapshot["issued_on"] == "2026-07-01"
    assert (renewal.starts_at, renewal.net_minor) == (first.ends_at, first.net_minor)


def test_documents_name_the_seller_the_customer_and_their_terms(demo):
    with demo.carrel.database.read_session() as session:
        invoice = session.scalars(select(Document).where(Document.po_number == "TCL-2208")).first()
    assert invoice is not None
    snapshot = unpack(invoice.snapshot)
    assert snapshot.seller.legal_name == "Quillmoor House LLC"
    assert snapshot.seller.remit_to
    assert snapshot.bill_to.address[0] == "1 Courthouse Square"
    assert snapshot.bill_to.vendor_number == "V-20817"


def test_worker_draws_the_pdfs_and_emails_no_old_invoice(demo):
    with demo.carrel.database.read_session() as session:
        payloads = session.scalars(select(Job.payload).where(Job.kind == FINISH)).all()
        ids = session.scalars(select(Document.public_id)).all()
        waiting = session.scalars(select(Mail.kind).where(Mail.state == JobState.QUEUED)).all()
    assert len(payloads) == len(ids)
    assert not any(payload["is_mailed"] for payload in payloads)
    assert set(waiting) <= {"invitation", "request_received", "request_new_for_staff"}
    assert demo.carrel.storage.stat(ensure_pdf(demo.carrel, ids[-1])) is not None
