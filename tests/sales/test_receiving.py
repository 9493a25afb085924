"""Receiving money: checks, partial, short, and bounced payments, and access on hold."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lms.access.policy import Code
from lms.branding import BrandingTexts, edit_branding
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.orders import OrderLine, Terms
from lms.models.payments import Deposit, Payment, PaymentMethod, Reversal
from lms.payments import credit_use, payments
from lms.payments.credit_use import CreditUse
from lms.payments.payments import NewPayment
from lms.sales import invoices, receiving
from lms.sales.corrections import Correction, correct
from lms.sales.credit_notes import Credit
from lms.sales.payment_mails import tell_past_due
from lms.sales.read_models import OrderFacts, Standing
from lms.seller.settings import edit_seller
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters, newest
from tests.page_texts import says
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    FIVE_SEATS,
    GROUP,
    PAY,
    SEAT,
    balanced,
    credited,
    documents,
    first_line,
    grants,
    locked,
    paid,
    placed,
    read,
)
from tests.sales.test_orders import CONTRACT, code
from tests.seller.seller_settings import COMPLETE

INVOICE = replace(SEAT, terms=Terms.INVOICE)


@pytest.fixture(autouse=True)
def _seller(database: Database, cast: Cast) -> None:
    """Add the seller's details that invoices need."""
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)


def sold(database: Database, facts: OrderFacts) -> list[OrderLine]:
    """Return the current lines of an order."""
    with database.read_session() as session:
        return invoices.standing_lines(session, facts.id)


def reverse(database: Database, payment_id: str, reversal: Reversal = Reversal.BOUNCED) -> None:
    with database.transaction() as session:
        receiving.reverse(
            session, payment_id, reversal, pay=PAY, mail_context=OFFICE, actor=None, now=NOW
        )


def test_card_order_has_its_invoice_and_receipt_right_away(database: Database, cast: Cast) -> None:
    facts = placed(database, SEAT)
    assert documents(database, facts) == [
        ("invoice", "2026-0001", 9900, 0),
        ("receipt", "R-2026-0001", 9900, 0),
    ]
    assert balanced(database)


def test_two_checks_pay_one_invoice(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    paid(database, facts, 20_000, check_number="1042")
    assert read(database, facts).standing(NOW) is Standing.PARTLY_PAID
    paid(database, facts, 12_500, check_number="1043", slip="D-7")
    assert read(database, facts).standing(NOW) is Standing.PAID
    assert [one[0] for one in documents(database, facts)] == ["invoice", "receipt", "receipt"]
    assert balanced(database)


def test_one_check_pays_two_invoices_and_leaves_credit(database: Database, cast: Cast) -> None:
    first, second = placed(database, GROUP), placed(database, CONTRACT)
    total = first.open_minor + second.open_minor
    new = NewPayment(
        PaymentMethod.CHECK,
        "USD",
        total + 5000,
        date(2026, 3, 2),
        organization_id=cast.organization_id,
        check_number="77",
        pays={
            first.invoice_id or "": first.open_minor,
            second.invoice_id or "": second.open_minor,
        },
    )
    with database.transaction() as session:
        payment = receiving.receive(session, new, mail_context=OFFICE, actor=None, now=NOW)
        assert payment.open_minor == 5000
        receipt = session.scalars(select(Document).where(Document.payment_id == payment.id)).one()
        assert "$50.00" in receipt.snapshot["sentences"][-1]
    assert read(database, first).open_minor == read(database, second).open_minor == 0
    third = placed(database, GROUP)
    with database.transaction() as session:
        use = CreditUse(payment.public_id, third.invoice_id or "", 5000, unused_minor=5000)
        credit_use.apply(session, use, actor=None, now=NOW)
    assert read(database, third).open_minor == 27_500
    assert balanced(database)


def test_changed_credit_amount_is_refused_even_if_used_before(
    database: Database, cast: Cast
) -> None:
    payment = paid(database, placed(database, GROUP), 65_000)
    one, other = (placed(database, GROUP).invoice_id or "" for _ in range(2))

    def use(invoice: str, amount: int, unused: int) -> None:
        with database.transaction() as session:
            made = CreditUse(payment, invoice, amount, unused)
            credit_use.apply(session, made, actor=None, now=NOW)

    use(one, 1000, 32_500)
    use(other, 500, 31_500)  # after a colleague opened the form for the next use
    with pytest.raises(Conflict):
        use(one, 1000, 31_500)
    use(one, 1000, 31_000)
    assert balanced(database)


def test_check_requires_a_number_and_is_added_to_its_deposit_slip(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, GROUP)
    with pytest.raises(Invalid) as refusal:
        paid(database, facts, check_number=" ")
    assert "check_number" in refusal.value.fields
    paid(database, facts, 100_00, slip="D-7")
    paid(database, facts, 100_00, slip="D-7")
    with database.read_session() as session:
        (deposit,) = session.scalars(select(Deposit)).all()
        assert {one.deposit_id for one in session.scalars(select(Payment))} == {deposit.id}


def test_payment_cannot_exceed_the_balance(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    new = NewPayment(
        PaymentMethod.TRANSFER,
        "USD",
        40_000,
        date(2026, 3, 2),
        organization_id=cast.organization_id,
        pays={facts.invoice_id or "": 32_501},
    )
    with database.transaction() as session, pytest.raises(Invalid) as refusal:
        payments.record(session, new, actor=None, now=NOW)
    assert "pays" in refusal.value.fields
    assert read(database, facts).open_minor == 32_500


def test_bounced_check_reopens_the_invoice_and_keeps_access(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    payment = paid(database, facts)
    reverse(database, payment)
    assert read(database, facts).standing(NOW) is Standing.UNPAID
    assert grants(database, facts)[0].awaits_payment_since is None
    email = newest(database, "mia@example.org", "payment_bounced")
    for said in ("1042", "$325.00", facts.invoice_number or ""):
        assert said in email.text
        assert said in email.html
    with pytest.raises(Conflict):
        reverse(database, payment)
    assert balanced(database)


def test_email_about_a_bounced_payment_says_the_order_is_on_hold(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(GROUP, is_held=True))
    reverse(database, paid(database, facts, 5000))
    email = newest(database, "mia@example.org", "payment_bounced")
    for body in (email.text, email.html):
        values = {"number": facts.invoice_number, "open": "$325.00"}
        assert says(body, email.kind, "on_hold", **values)
        assert not says(body, email.kind, "access_stays", **values)


def test_a_payment_recorded_by_mistake_is_undone_without_an_email(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, GROUP)
    reverse(database, paid(database, facts), Reversal.MISTAKE)
    assert read(database, facts).standing(NOW) is Standing.UNPAID
    assert not [one for one in letters(database, "mia@example.org") if "bounced" in one.kind]


def test_a_check_a_dollar_short_pays_the_invoice(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    paid(database, facts, 32_400)
    assert read(database, facts).standing(NOW) is Standing.PAID
    assert ("credit_note", "CN-2026-0001", 100, 0) in documents(database, facts)
    other = placed(database, GROUP)
    paid(database, other, 32_399)
    assert read(database, other).standing(NOW) is Standing.PARTLY_PAID
    assert balanced(database)


@pytest.mark.parametrize("reversal", [Reversal.BOUNCED, Reversal.MISTAKE])
def test_reversed_short_payment_is_owed_in_full(
    database: Database, cast: Cast, reversal: Reversal
) -> None:
    facts = placed(database, GROUP)
    first = paid(database, facts, 20_000, check_number="1041")
    short = paid(database, facts, 12_400, check_number="1042", at=NOW + timedelta(hours=1))
    reverse(database, short, reversal)
    now = read(database, facts)
    assert (now.invoice_number, now.total_minor, now.open_minor) == ("2026-0002", 32_500, 12_500)
    assert now.standing(NOW) is Standing.PARTLY_PAID
    assert documents(database, facts)[-2:] == [
        ("invoice", "2026-0002", 32_500, 12_500),
        ("credit_note", "CN-2026-0002", 32_400, 0),
    ]
    assert balanced(database)
    told = [one for one in letters(database, "mia@example.org") if one.kind == "payment_bounced"]
    if reversal is Reversal.BOUNCED:
        assert "2026-0002" in told[0].subject
        assert "$125.00" in told[0].text
    else:
        assert told == []
    reverse(database, first, reversal)
    assert read(database, facts).open_minor == 32_500
    assert [one.seats for one in grants(database, facts) if one.revoked_at is None] == [5]
    assert balanced(database)


def test_short_payment_that_bounces_after_a_reissue_is_owed_in_full(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(GROUP, lines=(FIVE_SEATS, CONTRACT.lines[0])))
    total = read(database, facts).total_minor
    short = paid(database, facts, total - 100)
    with database.transaction() as session:
        numbered = Correction(po_number="88123")
        correct(session, locked(session, facts), numbered, mail_context=OFFICE, actor=None, now=NOW)
    assert read(database, facts).standing(NOW) is Standing.PAID
    prices = [(one.description, one.net_minor) for one in sold(database, facts)]
    reverse(database, short)
    now = read(database, facts)
    assert (now.invoice_number, now.open_minor) == ("2026-0003", total)
    assert sum(minor for _title, minor in prices) == total - 100
    assert sorted(one.net_minor for one in sold(database, facts)) == sorted(
        one.price_minor or 0 for one in (FIVE_SEATS, CONTRACT.lines[0])
    )
    assert balanced(database)


def test_goodwill_credit_remains_when_a_short_payment_bounces(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, GROUP)
    line = first_line(database, facts).public_id
    credited(database, facts, CreditReason.GOODWILL, Credit(line, amount_minor=2_500))
    reverse(database, paid(database, facts, 29_900))
    now = read(database, facts)
    assert (now.open_minor, now.standing(NOW)) == (30_000, Standing.UNPAID)
    assert balanced(database)


def test_access_on_hold_starts_when_the_order_is_paid(database: Database, cast: Cast) -> None:
    facts = placed(database, replace(INVOICE, is_held=True))
    assert code(database, cast, cast.dan.id) is Code.PAYMENT_PENDING
    paid(database, facts, 5000)
    assert code(database, cast, cast.dan.id) is Code.PAYMENT_PENDING
    paid(database, facts, check_number="1043")
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    assert "Reading rooms" in newest(database, "dan@example.org", "order_open").text


def test_our_team_is_emailed_once_about_a_past_due_invoice(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        words = BrandingTexts("Quill", "#1d6a4c", "team@example.org", "Quill", "")
        edit_branding(session, words, actor=None, now=NOW)
    placed(database, GROUP)
    for days in (30, 31, 32):
        with database.transaction() as session:
            tell_past_due(session, mail_context=OFFICE, now=NOW + timedelta(days=days))
    told = [one for one in letters(database, "team@example.org") if "past_due" in one.kind]
    assert len(told) == 1
    assert "due Apr 1, 2026" in told[0].text


def test_receipts_name_the_invoice_and_the_check(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    paid(database, facts, 20_000)
    with database.read_session() as session:
        receipt = session.scalars(
            select(Document).where(Document.kind == DocumentKind.RECEIPT)
        ).one()
    assert receipt.snapshot["refers_to"] == facts.invoice_number
    assert receipt.snapshot["entries"][0]["number"] == "1042"
    assert receipt.snapshot["open_minor"] == 12_500


def test_receipt_of_a_bank_transfer_shows_its_reference(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    new = NewPayment(
        PaymentMethod.TRANSFER,
        "USD",
        32_500,
        date(2026, 3, 2),
        organization_id=cast.organization_id,
        check_number="ACH 7719",
        pays={facts.invoice_id or "": 32_500},
    )
    with database.transaction() as session:
        payment = receiving.receive(session, new, mail_context=OFFICE, actor=None, now=NOW)
        receipt = session.scalars(select(Document).where(Document.payment_id == payment.id)).one()
    (entry,) = receipt.snapshot["entries"]
    assert (entry["what"], entry["number"]) == ("Bank transfer", "ACH 7719")
