"""Payment pages: what an order's unguessable link shows to the payer.

It shows only this order, and not who got access through it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.buying.payment_promises import Promise, open_promise
from lms.checkouts.amounts import total_of
from lms.core.dates_and_time_zones import on_wall_clock
from lms.core.errors import NotFound
from lms.documents import payment_links
from lms.documents.lookup import payment_of_receipt
from lms.documents.seller_facts import seller_as_printed
from lms.documents.snapshots import BillTo, Seller
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order, Quote
from lms.models.payments import Payment, Reversal, Settlement
from lms.models.seller import VendorDocumentAudience
from lms.organizations.payers import Payer
from lms.sales import billing, orders, purchase_orders, quotes
from lms.sales.read_models import OrderFacts, Standing, find_order_facts
from lms.seller.settings import read_seller
from lms.seller.vendor_documents import (
    VendorDocumentFacts,
    read_vendor_document,
    vendor_documents_for,
)

_IN_THE_PACKET = (VendorDocumentAudience.PUBLIC, VendorDocumentAudience.PACKET)


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of an order: its title, quantity (None is unlimited), and amount before tax."""

    title: str
    quantity: int | None
    net_minor: int


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """The content of a payment page.

    `quote` is the newest version while it can be accepted; `hindrance` says why it can't although it
    hasn't expired, or is ""; `price_today` is the current price of an
    expired one, None if negotiated. `total_minor` is with tax once there is a quote to accept or an
    invoice. `promise` is the payer's latest promise; `returned` is the last check returned by its bank,
    and `payments` those of receipts, by the ID of the document.
    """

    facts: OrderFacts
    payer: BillTo
    lines: tuple[PageLine, ...]
    total_minor: int
    documents: tuple[Document, ...]
    payments: Mapping[int, Payment | None]
    quote: Document | None
    hindrance: str
    price_today: int | None
    purchase_orders: tuple[str, ...]
    promise: Promise | None
    returned: Payment | None
    seller: Seller
    vendor_documents: tuple[VendorDocumentFacts, ...]
    has_payer: bool
    is_personal: bool

    @property
    def is_owed(self) -> bool:
        """Return whether the order has an invoice with an open balance."""
        return self.facts.invoice_id is not None and self.facts.open_minor > 0

    @property
    def is_quote_to_pay(self) -> bool:
        """Return whether a person can pay the quote in one step, as for the renewal of a pass (M17)."""
        return self.quote is not None and self.is_personal


def read_page(session: Session, token: str, *, zone: ZoneInfo, now: datetime) -> PaymentPage:
    """Return the payment page of a link; raises NotFound, and Gone for a revoked link."""
    order = payment_links.order_of(session, token)
    facts = find_order_facts(session, order.public_id)
    standing = facts.standing(now)
    documents = shown_documents(session, order)
    newest = [one for one in documents if one.kind is DocumentKind.QUOTE]
    is_quoted = bool(newest) and standing is Standing.QUOTED
    hindrance = quotes.hindrance_to(session, order, now=now) if is_quoted else ""
    return PaymentPage(
        facts=facts,
        payer=billing.billing_of(session, order).to,
        lines=tuple(
            PageLine(billing.title_of(line), line.quantity, line.net_minor)
            for line in orders.lines_of(session, order.id)
        ),
        total_minor=total_of(session, order, zone=zone, now=now)
        if is_quoted
        else facts.total_minor,
        documents=documents,
        payments={one.id: payment_of_receipt(session, one) for one in documents},
        quote=newest[-1] if is_quoted and not hindrance else None,
        hindrance=hindrance,
        price_today=quotes.price_today(session, order, now=now)
        if standing is Standing.EXPIRED
        else None,
        purchase_orders=tuple(
            one.number for one in purchase_orders.purchase_orders_of(session, order.id)
        ),
        promise=open_promise(session, order.id, now=now),
        returned=_returned(session, order),
        seller=seller_as_printed(session, read_seller(session)),
        vendor_documents=tuple(
            one
            for audience in _IN_THE_PACKET
            for one in vendor_documents_for(session, audience, on=on_wall_clock(now, zone).date())
        ),
        has_payer=payer_of(order) is not None,
        is_personal=order.organization_id is None and not order.organization_name,
    )


def _returned(session: Session, order: Order) -> Payment | None:
    return session.scalar(
        select(Payment)
        .join(Settlement, Settlement.payment_id == Payment.id)
        .join(Document, Document.id == Settlement.invoice_id)
        .where(Document.order_id == order.id, Payment.reversed_as == Reversal.BOUNCED)
        .order_by(Payment.reversed_at.desc())
        .limit(1)
    )


def shown_documents(session: Session, order: Order) -> tuple[Document, ...]:
    """Return the documents that an order's payment page shows, the oldest first.

    Leaves out superseded quotes and receipts for several orders.
    """
    rows = session.execute(
        select(Document, Quote.superseded_at)
        .outerjoin(Quote, Quote.document_id == Document.id)
        .where(Document.order_id == order.id)
        .order_by(Document.id)
    )
    return tuple(
        row.Document
        for row in rows
        if row.superseded_at is None
        and (row.Document.kind is not DocumentKind.RECEIPT or row.Document.refers_to_id is not None)
    )


def find_document(session: Session, token: str, document_id: str) -> Document:
    """Return a document that a payment page shows; raises NotFound and Gone."""
    for one in shown_documents(session, payment_links.order_of(session, token)):
        if one.public_id == document_id:
            return one
    raise NotFound


def find_vendor_document(
    session: Session, token: str, document_id: str, *, on: date
) -> VendorDocumentFacts:
    """Return a vendor document that payment pages offer on a day; raises NotFound and Gone."""
    payment_links.order_of(session, token)
    found = read_vendor_document(session, document_id)
    if found.audience not in _IN_THE_PACKET or not found.is_valid(on):
        raise NotFound
    return found


def payer_of(order: Order) -> Payer | None:
    """Return the payer of an order; None before a new customer's order is placed."""
    if order.organization_id is not None:
        return Payer(organization_id=order.organization_id)
    return Payer(login_id=order.login_id) if order.login_id is not None else None
