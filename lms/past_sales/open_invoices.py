"""Open invoices of past sales: what a list says of them, and importing them (MONEY.md, M23).

An imported invoice keeps its old number and date, and is for what is still to be paid of it.
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
NO_DAY = N_("Write days as 2026-10-06.")
NO_NUMBER = N_("Give the number of the open invoice.")
NO_ISSUE_DAY = N_("Give the date of the open invoice.")
LONG_NUMBER = N_("Use at most 40 characters for the number of an invoice.")
BAD_AMOUNT = N_("Give amounts between 0 and 1,000,000.")
DUE_BEFORE = N_("This invoice is due before its date.")
TAKEN = N_("This invoice is here already, or on another row. Give its open amount on one row only.")


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that another system issued: its number there, and what is still to be paid of it.

    `due_on` None is by the seller's terms.
    """

    number: str
    issued_on: date
    due_on: date | None
    open_minor: int


def read_invoice(cells: Mapping[str, str], currency: str) -> OpenInvoice | None:
    """Return the open invoice of a row, None where nothing is open; raises Invalid."""
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
    """Return a day as people write it; raises Invalid."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(NO_DAY) from error


def read_minor(text: str, currency: str) -> int:
    """Return an amount in minor units, 0 for none; raises Invalid."""
    minor = read_amount(text, currency, field="amount") if text else 0
    if not 0 <= minor <= HIGHEST_MINOR:
        raise Invalid(BAD_AMOUNT)
    return minor


def taken(session: Session, invoices: Mapping[str, OpenInvoice | None]) -> set[str]:
    """Return the orders, by outside ids, with a number that an invoice here or an earlier one has."""
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
    """Issue the open invoices of imported orders, given by the orders' rows; nothing is emailed."""
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
