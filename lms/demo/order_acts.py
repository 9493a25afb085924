"""Order acts of the demo: orders, quotes, payments and returns, each on its day.

They are written in chronological order, so that document numbers rise as in real use.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.accounts.accounts import Account, NewLogin, add_login, find_by_email
from lms.core.email_addresses import read_address
from lms.core.errors import NotFound
from lms.demo.data_types import (
    JULY,
    ZONE,
    AcceptanceText,
    ActText,
    BillingText,
    BounceText,
    LineText,
    OrderText,
    PaymentText,
    PersonText,
    ReturnText,
    RevisionText,
    last_july,
    moment_of,
)
from lms.documents.payment_links import PaymentLinks
from lms.documents.stored_pdfs import FINISH
from lms.mail.links import MailContext
from lms.models.documents import CreditReason, Document
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from lms.models.orders import Order
from lms.models.payments import Payment, Reversal, Settlement
from lms.payments import refunds
from lms.payments.payments import NewPayment
from lms.payments.refunds import NewRefund
from lms.sales import corrections, credit_notes, invoices, orders, quotes, receiving
from lms.sales.corrections import Correction
from lms.sales.credit_notes import Credit, NewCreditNote
from lms.sales.line_corrections import LineChange
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.quotes import Acceptance

CURRENCY: Final = "USD"


@dataclass(frozen=True, slots=True)
class Books:
    """The context of the acts: `keys` has the public ID of each order by its key."""

    session: Session
    mail_context: MailContext
    pay: PaymentLinks
    july: date
    keys: dict[str, str] = field(default_factory=dict)

    def order(self, key: str) -> Order:
        """Return an order, locked."""
        return orders.find_order(self.session, self.keys[key], lock=True)

    def invoice(self, key: str) -> Document:
        """Return the invoice of an order."""
        found = invoices.live_invoice(self.session, self.order(key).id)
        assert found is not None  # noqa: S101  (the demo pays only invoices)
        return found


def write_orders(
    session: Session,
    acts: Iterable[ActText],
    *,
    mail_context: MailContext,
    pay: PaymentLinks,
    now: datetime,
) -> None:
    """Write all acts that happened by now; their emails count as sent on those days.

    The worker makes the PDFs of the documents.
    """
    books = Books(session, mail_context, pay, last_july(now=now))
    before = session.scalar(select(func.max(Mail.id))) or 0
    happened = sorted(((moment_of(act.when, now=now), act) for act in acts), key=lambda one: one[0])
    for at, act in happened:
        if at <= now:
            _write(books, act, at)
    session.flush()
    session.execute(
        update(Mail).where(Mail.id > before).values(state=JobState.DONE, sent_at=Mail.created_at)
    )
    session.execute(
        update(Job)
        .where(Job.kind == FINISH)
        .values(payload={"is_mailed": False}, run_at=now, created_at=now)
    )


def known_login(session: Session, person: PersonText, *, now: datetime) -> Account:
    """Return the account of a person, made if there is none."""
    try:
        return find_by_email(session, person.email)
    except NotFound:
        new = NewLogin(address=read_address(person.email), name=person.name, zone=ZONE)
        return add_login(session, new, actor=None, now=now)


def _write(books: Books, act: ActText, at: datetime) -> None:
    match act:
        case OrderText():
            _order(books, act, at)
        case RevisionText():
            _revise(books, act, at)
        case AcceptanceText():
            _accept(books, act, at)
        case BillingText():
            order = books.order(act.key)
            invoices.bill_due(books.session, order.id, mail_context=books.mail_context, now=at)
        case PaymentText():
            _pay(books, act, at)
        case BounceText():
            _bounce(books, act, at)
        case ReturnText():
            _return(books, act, at)


def _order(books: Books, text: OrderText, at: datetime) -> None:
    session, mail_context = books.session, books.mail_context
    known_login(session, text.contact, now=at)
    new = NewOrder(
        lines=tuple(_line(books, text, line) for line in text.lines),
        email=text.contact.email,
        name=text.contact.name,
        terms=text.terms,
        currency=CURRENCY,
        organization=text.organization,
        po_number=text.po_number,
        bill_on=books.july if text.is_of_fiscal_year else None,
    )
    if text.is_quoted:
        order = orders.draft(session, new, actor=None, now=at)
        quotes.issue_quote(session, order, mail_context=mail_context, actor=None, now=at)
    else:
        order = orders.place(session, new, mail_context=mail_context, actor=None, now=at)
    books.keys[text.key] = order.public_id


def _line(books: Books, text: OrderText, line: LineText) -> NewLine:
    starts_at = ends_at = None
    if text.is_of_fiscal_year:
        zone = ZoneInfo(ZONE)
        starts_at = datetime.combine(books.july, time(), zone)
        ends_at = datetime.combine(date(books.july.year + 1, JULY, 1), time(), zone)
    return NewLine(
        kind=line.kind,
        covers=line.covers,
        price_minor=line.cents,
        quantity=line.quantity,
        act=line.act,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def _revise(books: Books, text: RevisionText, at: datetime) -> None:
    session, order = books.session, books.order(text.key)
    (line,) = orders.lines_of(session, order.id)
    change = LineChange(line.public_id, text.quantity, text.cents)
    corrections.correct(
        session,
        order,
        Correction(lines=(change,)),
        mail_context=books.mail_context,
        actor=None,
        now=at,
    )
    quotes.issue_quote(session, order, mail_context=books.mail_context, actor=None, now=at)


def _accept(books: Books, text: AcceptanceText, at: datetime) -> None:
    quote = quotes.newest(books.session, books.order(text.key).id)
    assert quote is not None  # noqa: S101  (the demo accepts only quotes)
    acceptance = Acceptance(text.name, text.po_number)
    quotes.accept(
        books.session, quote, acceptance, mail_context=books.mail_context, actor=None, now=at
    )


def _pay(books: Books, text: PaymentText, at: datetime) -> None:
    invoice = books.invoice(text.key)
    new = NewPayment(
        method=text.method,
        currency=CURRENCY,
        amount_minor=text.cents,
        received_on=at.astimezone(books.mail_context.zone).date(),
        login_id=invoice.login_id,
        organization_id=invoice.organization_id,
        check_number=text.number,
        slip=text.slip,
        pays={invoice.public_id: text.cents},
    )
    receiving.receive(books.session, new, mail_context=books.mail_context, actor=None, now=at)


def _bounce(books: Books, text: BounceText, at: datetime) -> None:
    payment_id = books.session.scalars(
        select(Payment.public_id).where(Payment.check_number == text.number)
    ).one()
    receiving.reverse(
        books.session,
        payment_id,
        Reversal.BOUNCED,
        pay=books.pay,
        mail_context=books.mail_context,
        actor=None,
        now=at,
    )


def _return(books: Books, text: ReturnText, at: datetime) -> None:
    """Return seats of a paid order; their price is owed to the payer."""
    session, order, invoice = books.session, books.order(text.key), books.invoice(text.key)
    (line,) = orders.lines_of(session, order.id)
    new = NewCreditNote(
        CreditReason.RETURN, (Credit(line.public_id, text.seats),), text.explanation
    )
    note = credit_notes.credit(
        session, order, new, mail_context=books.mail_context, actor=None, now=at
    )
    payment_id = session.scalars(
        select(Payment.public_id)
        .join(Settlement, Settlement.payment_id == Payment.id)
        .where(Settlement.invoice_id == invoice.id, Settlement.undone_at.is_(None))
    ).one()
    owed = NewRefund(payment_id, note.open_minor, f"demo-{note.public_id}", note.public_id)
    refunds.request(session, owed, actor=None, now=at)
