"""Issuing documents: the number, the frozen snapshot and its hash, in one transaction (M2 to M4).

The PDF is rendered after the commit (lms/documents/stored_pdfs.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import insert_into
from lms.core.dates_and_time_zones import end_of_day
from lms.core.model_base import copied, new_public_id
from lms.documents import stored_pdfs
from lms.documents.seller_facts import seller_as_printed
from lms.documents.snapshots import (
    Aging,
    BillTo,
    Entry,
    Line,
    Policy,
    Snapshot,
    Tax,
    pack,
    sha256_of,
)
from lms.models.documents import CreditReason, Document, DocumentKind, DocumentLine, NumberSeries
from lms.models.tax import TaxRule
from lms.seller.settings import SellerSettings, read_seller
from lms.tax.rules import NO_TAX, LineTax, say_rate

IMPORTED: Final = "imported"  # the series of invoices that another system issued


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a series, and its printed form."""

    series: str
    number: int
    label: str


MONEY: tuple[DocumentKind, ...] = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to print; amounts aren't negative, not even on a credit note."""

    description: str
    quantity: int | None
    unit_minor: int
    net_minor: int
    discount_minor: int = 0
    detail: str = ""
    order_line_id: int | None = None
    service_from: date | None = None
    service_to: date | None = None
    tax: LineTax = NO_TAX


@dataclass(frozen=True, slots=True)
class Imported:
    """The number and date of an invoice that another system issued (M23)."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to issue. The payer is a login or an organization; a quote can have neither.

    `refers_to` is the invoice of a credit note or receipt, `payment_id` the payment of a receipt.
    `total_minor` is set for documents without lines: receipts and statements, which begin on
    `since`. An `imported` invoice
    keeps its number and date.
    """

    kind: DocumentKind
    currency: str
    bill_to: BillTo
    lines: Sequence[NewLine] = ()
    order_id: int | None = None
    order_number: str = ""
    login_id: int | None = None
    organization_id: int | None = None
    po_number: str = ""
    due_on: date | None = None
    expires_on: date | None = None
    terms: str = ""
    refers_to: Document | None = None
    payment_id: int | None = None
    reason: CreditReason | None = None
    explanation: str = ""
    total_minor: int | None = None
    open_minor: int | None = None
    entries: tuple[Entry, ...] = ()
    policies: tuple[Policy, ...] = ()
    sentences: tuple[str, ...] = ()
    aging: Aging | None = None
    since: date | None = None
    imported: Imported | None = None
    livemode: bool = True
    public_id: str = field(default_factory=new_public_id)


def issue(
    session: Session,
    new: NewDocument,
    *,
    zone: ZoneInfo,
    actor: str | None,
    now: datetime,
    is_mailed: bool = True,
) -> Document:
    """Issue a document and return it; its PDF and its email follow after the commit.

    Take all other locks of the transaction before this call (M3). The number comes last, followed
    only by the document and its lines, because from then until the commit others wait for it.
    """
    on, issued_at = now.astimezone(zone).date(), now
    if new.imported is not None:
        on = new.imported.issued_on
        issued_at = datetime.combine(on, time(), tzinfo=zone)
    tax = sum(line.tax.tax_minor for line in new.lines)
    net = sum(line.net_minor for line in new.lines)
    total = net + tax if new.total_minor is None else new.total_minor
    seller = read_seller(session)
    says = _snapshot(session, new, seller, on, (net, tax, total))
    audit.record(session, f"{new.kind}.issued", new.public_id, actor=actor, now=now)
    # flushes everything
    stored_pdfs.order_pdf(session, new.public_id, is_mailed=is_mailed, now=now)
    number = (
        next_number(session, seller, new.kind, year=on.year, livemode=new.livemode)
        if new.imported is None
        else imported_number(session, new.imported.number)
    )
    snapshot = pack(replace(says, number=number.label))
    document = Document(
        public_id=new.public_id,
        kind=new.kind,
        series=number.series,
        number=number.number,
        label=number.label,
        order_id=new.order_id,
        login_id=new.login_id,
        organization_id=new.organization_id,
        refers_to_id=new.refers_to.id if new.refers_to else None,
        payment_id=new.payment_id,
        reason=new.reason,
        explanation=new.explanation,
        issued_at=issued_at,
        due_at=end_of_day(new.due_on, zone, field="due_on") if new.due_on else None,
        po_number=new.po_number,
        currency=new.currency,
        total_minor=total,
        open_minor=total if new.kind in MONEY else 0,
        snapshot=snapshot,
        sha256=sha256_of(snapshot),
        livemode=new.livemode,
    )
    session.add(document)
    session.flush()
    sign = -1 if new.kind is DocumentKind.CREDIT_NOTE else 1
    session.add_all(
        DocumentLine(
            document_id=document.id,
            position=place,
            order_line_id=line.order_line_id,
            quantity=None if line.quantity is None else sign * line.quantity,
            net_minor=sign * line.net_minor,
            discount_minor=sign * line.discount_minor,
            tax_minor=sign * line.tax.tax_minor,
            tax_rule_id=line.tax.rule.id if line.tax.rule else None,
        )
        for place, line in enumerate(new.lines)
    )
    session.flush()
    return document


def _snapshot(
    session: Session,
    new: NewDocument,
    seller: SellerSettings,
    on: date,
    amounts: tuple[int, int, int],
) -> Snapshot:
    net, tax, total = amounts
    sign = -1 if new.kind is DocumentKind.CREDIT_NOTE else 1
    discount = sum(line.discount_minor for line in new.lines)
    is_open = new.kind in MONEY and new.open_minor is None
    return copied(
        Snapshot,
        new,
        number="",
        paper=seller.paper,
        issued_on=on,
        seller=seller_as_printed(session, seller),
        refers_to=new.refers_to.label if new.refers_to else "",
        lines=tuple(_printed(line, sign) for line in new.lines),
        taxes=_taxes(new.lines),
        subtotal_minor=net + discount,
        discount_minor=discount,
        tax_minor=tax,
        total_minor=total,
        open_minor=total if is_open else new.open_minor,
    )


def _printed(line: NewLine, sign: int) -> Line:
    return copied(
        Line,
        line,
        unit_minor=sign * line.unit_minor,
        discount_minor=sign * line.discount_minor,
        net_minor=sign * line.net_minor,
        tax_minor=sign * line.tax.tax_minor,
    )


def _taxes(lines: Sequence[NewLine]) -> tuple[Tax, ...]:
    found: dict[int, tuple[TaxRule, int, int]] = {}
    for line in lines:
        if line.tax.rule is not None:
            _, net, tax = found.get(line.tax.rule.id, (line.tax.rule, 0, 0))
            found[line.tax.rule.id] = (
                line.tax.rule,
                net + line.net_minor,
                tax + line.tax.tax_minor,
            )
    return tuple(
        Tax(rule.name, say_rate(Decimal(rule.rate)), net, tax) for rule, net, tax in found.values()
    )


def next_number(
    session: Session, seller: SellerSettings, kind: DocumentKind, *, year: int, livemode: bool
) -> Number:
    """Return the next number of a kind's series for that year; a rollback frees it again."""
    series = f"{kind}-{year}" if livemode else f"test-{kind}-{year}"
    number = _take(session, series, first=seller.first_number(kind))
    prefix = seller.prefix(kind) if livemode else f"TEST-{seller.prefix(kind)}"
    return Number(series, number, f"{prefix}{year}-{number:04d}")


def imported_number(session: Session, label: str) -> Number:
    """Return the next number of the imported invoices, printed with its old number."""
    return Number(IMPORTED, _take(session, IMPORTED, first=1), label)


def _take(session: Session, series: str, *, first: int) -> int:
    number = _next(session, series)
    if number is None:  # first of its year; under concurrency one insert succeeds
        begin = insert_into(session, NumberSeries).values(series=series, next=first)
        session.execute(begin.on_conflict_do_nothing())
        number = _next(session, series)
    assert number is not None  # noqa: S101  (it was just inserted)
    return number


def _next(session: Session, series: str) -> int | None:
    return session.scalar(
        update(NumberSeries)
        .where(NumberSeries.series == series)
        .values(next=NumberSeries.next + 1)
        .returning(NumberSeries.next - 1)
    )
