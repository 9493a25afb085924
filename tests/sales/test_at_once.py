"""Concurrent sales: no number gap or duplicate, no cent paid or refunded twice (M1, M3, M11)."""

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import TimeoutError as NoTurn

from lms.core.database import Database
from lms.core.errors import Conflict, Refused
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.payments import Payment, PaymentMethod, Refund, Settlement
from lms.payments import credit_use, payments, refunds
from lms.payments.credit_use import CreditUse
from lms.payments.payments import NewPayment
from lms.payments.refunds import NewRefund
from lms.sales import disputes, orders, receiving
from lms.sales.read_models import OrderFacts
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, balanced, credited, paid, placed, read
from tests.seats.test_concurrent_claims import together

AT_ONCE = 64


def place(database: Database, number: int) -> bool:
    """Place an order; every fourth one fails after its documents are numbered."""
    new = SEAT if number % 2 else GROUP
    is_kept = number % 4 != 0
    while True:
        try:
            with database.transaction() as session:
                orders.place(session, new, mail_context=OFFICE, actor=None, now=NOW)
                if not is_kept:
                    session.rollback()
        except NoTurn:  # on a slow machine, SQLite rejects a transaction that waited for 15 s
            continue
        return is_kept


def test_64_concurrent_orders_are_numbered_without_gaps(database: Database, cast: Cast) -> None:
    done = together(AT_ONCE, partial(place, database))
    assert Counter(done) == {True: 48, False: 16}
    with database.read_session() as session:
        rows = session.execute(
            select(Document.kind, Document.number).order_by(Document.kind, Document.number)
        ).all()
    found = Counter(row.kind for row in rows)
    assert found == {DocumentKind.INVOICE: 48, DocumentKind.RECEIPT: 32}
    for kind, number in found.items():
        assert [row.number for row in rows if row.kind is kind] == list(range(1, number + 1))
    assert balanced(database)


def pay(database: Database, facts: OrderFacts, number: int) -> bool:
    """Pay 10.00 of an invoice with a separate check."""
    new = NewPayment(
        PaymentMethod.CHECK,
        "USD",
        1000,
        date(2026, 3, 2),
        organization_id=facts.organization_id,
        check_number=str(number),
        pays={facts.invoice_id or "": 1000},
    )
    try:
        with database.transaction() as session:
            receiving.receive(session, new, mail_context=OFFICE, actor=None, now=NOW)
    except Refused:
        return False
    return True


def test_64_concurrent_checks_do_not_overpay_an_invoice(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)  # 325.00: 32 checks of 10.00, and 5.00 stays open
    done = together(AT_ONCE, partial(pay, database, facts))
    assert Counter(done) == {True: 32, False: 32}
    assert read(database, facts).open_minor == 500
    with database.read_session() as session:
        settled = session.scalar(select(func.sum(Settlement.amount_minor)))
    assert settled == 32_000
    assert balanced(database)


@pytest.mark.parametrize("pays", [1000, 0], ids=["an invoice", "credit"])
def test_payment_submitted_many_times_at_once_is_recorded_once(
    database: Database, cast: Cast, pays: int
) -> None:
    facts = placed(database, GROUP)
    same = NewPayment(
        PaymentMethod.TRANSFER,
        "USD",
        1000,
        date(2026, 3, 2),
        organization_id=facts.organization_id,
        pays={facts.invoice_id or "": pays} if pays else {},
    )

    def receive(_number: int) -> str:
        with database.transaction() as session:
            made = receiving.receive(session, same, mail_context=OFFICE, actor=None, now=NOW)
            return made.public_id

    assert set(together(AT_ONCE, receive)) == {same.payment_id}
    with database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [1000]
        receipts = select(func.count()).where(Document.kind == DocumentKind.RECEIPT)
        assert session.scalar(receipts) == (1 if pays else 0)
    assert read(database, facts).open_minor == 32_500 - pays
    assert balanced(database)


def use_credit(database: Database, use: CreditUse) -> bool:
    try:
        with database.transaction() as session:
            credit_use.apply(session, use, actor=None, now=NOW)
    except Refused:
        return False
    return True


def spend(database: Database, payment: str, invoice: str) -> bool:
    """Use 10.00 of a payment's credit as the form shows it, and retry until none is left."""
    while True:
        with database.read_session() as session:
            unused = payments.find_payment(session, payment).open_minor
        if not unused or use_credit(database, CreditUse(payment, invoice, 1000, unused)):
            return bool(unused)


def test_concurrent_uses_do_not_spend_credit_twice(database: Database, cast: Cast) -> None:
    first = placed(database, GROUP)
    payment = paid(database, first, 32_500 + 7_000)
    others = [placed(database, GROUP) for _ in range(AT_ONCE)]
    done = together(AT_ONCE, lambda place: spend(database, payment, others[place].invoice_id or ""))
    assert Counter(done) == {True: 7, False: 57}
    assert balanced(database)


@pytest.mark.parametrize("source", ["payment", "credit note"])
def test_credit_form_submitted_many_times_at_once_uses_credit_once(
    database: Database, cast: Cast, source: str
) -> None:
    first, other = placed(database, GROUP), placed(database, GROUP)
    source_id = paid(database, first, 65_000)
    if source == "credit note":
        source_id = credited(database, first, CreditReason.GOODWILL).public_id
    same = CreditUse(source_id, other.invoice_id or "", 10_000, 32_500)
    assert set(together(AT_ONCE, lambda _number: use_credit(database, same))) == {True}
    assert read(database, other).open_minor == 22_500
    assert not use_credit(database, replace(same, amount_minor=5_000))
    assert use_credit(database, replace(same, unused_minor=22_500))
    assert read(database, other).open_minor == 12_500
    assert balanced(database)


def refund(database: Database, new: NewRefund) -> bool:
    try:
        with database.transaction() as session:
            refunds.request(session, new, actor=None, now=NOW)
    except Refused:
        return False
    return True


def test_64_concurrent_requests_for_one_refund_create_one(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    payment = paid(database, facts)
    note = credited(database, facts, CreditReason.GOODWILL)
    same = NewRefund(payment, 32_500, "one", note.public_id)
    done = together(AT_ONCE, lambda _: refund(database, same))
    assert Counter(done) == {True: AT_ONCE}
    with database.read_session() as session:
        assert session.scalars(select(Refund.amount_minor)).all() == [32_500]
    assert balanced(database)


def test_64_concurrent_refunds_do_not_exceed_the_credit(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    payment = paid(database, facts)
    note = credited(database, facts, CreditReason.GOODWILL)
    wanted = [NewRefund(payment, 1000, f"press {number}", note.public_id) for number in range(64)]
    done = together(AT_ONCE, lambda place: refund(database, wanted[place]))
    assert Counter(done) == {True: 32, False: 32}
    assert balanced(database)


def credit(database: Database, facts: OrderFacts) -> bool:
    try:
        credited(database, facts)
    except Conflict:
        return False
    return True


def test_concurrent_credits_create_one_credit_note(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    done = together(8, lambda _: credit(database, facts))
    assert Counter(done) == {True: 1, False: 7}
    assert balanced(database)


def dispute(database: Database, payment: str) -> bool:
    try:
        with database.transaction() as session:
            disputes.open_dispute(session, payment, mail_context=OFFICE, actor=None, now=NOW)
    except Conflict:
        return False
    return True


def test_concurrent_disputes_are_recorded_once(database: Database, cast: Cast) -> None:
    payment = paid(database, placed(database, GROUP))
    done = together(8, lambda _: dispute(database, payment))
    assert Counter(done) == {True: 1, False: 7}
