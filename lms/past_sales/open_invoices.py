"""Open invoices of past sales: reading and importing them (MONEY.md, M23).

An imported invoice keeps its old number and date, and its total is the unpaid balance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Invalid
from lms.core.money_parsing_and_formatting import read_amount
from lms.documents.issuing import Imported, NewDocument, NewLine, issue
from lms.mail.links import MailContext
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order, OrderLine
from lms.pricing.price_list import HIGHEST_MINOR
from lms.sales import billing

LONGEST_NUMBER: Final = 40
NO_DAY = N_("Enter a date like 2026-10-06.")
NO_NUMBER = N_("Enter the number of the unpaid invoice.")
NO_ISSUE_DAY = N_("Enter the date of the unpaid invoice.")
LONG_NUMBER = N_("Enter an invoice number of up to 40 characters.")
BAD_AMOUNT = N_("Enter an amount from 0 to 1,000,000.")
DUE_BEFORE = N_("The due date is before the invoice date.")
TAKEN = N_(
    "This invoice was already imported or is on another row. Enter its open amount on only one row."
)


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that another system issued: its number there, and its unpaid balance.

    If `due_on` is None, the seller's terms apply.
    """

    number: str
    issued_on: date
    due_on: date | None
    open_minor: int


def read_invoice(cells: Mapping[str, str], currency: str) -> OpenInvoice | None:
    """Return the open invoice of a row, None if nothing is open; raises Invalid."""
    open_minor = read_minor(cells.get("open", ""), currency)
    if not open_minor:
        return None
    number = " ".join(cells.get("invoice", "").split())
    if not number:
        raise Invalid(NO_NUMBER)
    if len(number) > LONGEST_NUMBER:
        raise Invalid(LONG_NUMBER)
    if not cells.get("invoiced"):
        raise Invalid(NO_ISSUE_DAY)
    issued_on = read_day(cells["invoiced"])
    due_on = read_day(cells["due"]) if cells.get("due") else None
    if due_on is not None and due_on < issued_on:
        raise Invalid(DUE_BEFORE)
    return OpenInvoice(number, issued_on, due_on, open_minor)


def read_day(text: str) -> date:
    """Return a day from text like 2026-10-06; raises Invalid."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(NO_DAY) from error


def read_minor(text: str, currency: str) -> int:
    """Return an amount in minor units, 0 for empty text; raises Invalid."""
    minor = read_amount(text, currency, field="amount") if text else 0
    if not 0 <= minor <= HIGHEST_MINOR:
        raise Invalid(BAD_AMOUNT)
    return minor


def taken(session: Session, invoices: Mapping[str, OpenInvoice | None]) -> set[str]:
    """Return the public IDs of orders whose invoice number is taken here or by an earlier row."""
    numbers = {one.number for one in invoices.values() if one is not None}
    if not numbers:
        return set()
    here = set(
        session.scalars(
            select(Document.label).where(
                Document.label.in_(numbers), Document.kind == DocumentKind.INVOICE
            )
        )
    )
    found = set()
    for order_id, invoice in invoices.items():
        if invoice is not None and invoice.number in here:
            found.add(order_id)
        elif invoice is not None:
            here.add(invoice.number)
    return found


def issue_invoices(
    session: Session,
    invoices: Mapping[int, OpenInvoice],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Issue the open invoices of imported orders, by the orders' row ids; nothing is emailed."""
    rows = session.execute(
        select(Order, OrderLine)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.id.in_(invoices))
        .order_by(Order.id)
    )
    for order, line in rows.all():
        invoice, zone = invoices[order.id], mail_context.zone
        printed = NewLine(
            description=billing.title_of(line),
            quantity=1,
            unit_minor=invoice.open_minor,
            net_minor=invoice.open_minor,
            detail=_detail(line, invoice),
            order_line_id=line.id,
        )
        new = NewDocument(
            kind=DocumentKind.INVOICE,
            currency=order.currency,
            bill_to=billing.billing_of(session, order).to,
            lines=(printed,),
            order_id=order.id,
            order_number=billing.order_number(order),
            login_id=order.login_id,
            organization_id=order.organization_id,
            due_on=billing.due_on(order, invoice.issued_on),
            imported=Imported(invoice.number, invoice.issued_on),
        )
        issue(session, new, zone=zone, actor=actor, now=now, is_mailed=False)


def _detail(line: OrderLine, invoice: OpenInvoice) -> str:
    seats = f" for {line.quantity} seats" if line.quantity and line.quantity > 1 else ""
    return f"Open balance of invoice {invoice.number}{seats}."
