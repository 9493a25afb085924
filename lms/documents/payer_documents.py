"""Documents of a payer: open quotes, and everything issued to them, for the pages of buyers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order, Quote
from lms.models.payments import Payment, Reversal
from lms.organizations.payers import Payer


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """A document in one row; amounts in minor units. A receipt's payment can be reversed later."""

    public_id: str
    kind: DocumentKind
    label: str
    po_number: str
    issued_at: datetime
    due_at: datetime | None
    currency: str
    total_minor: int
    open_minor: int
    is_replaced: bool
    reversed_at: datetime | None
    reversed_as: Reversal | None


@dataclass(frozen=True, slots=True)
class OpenQuote:
    """A quote that can be accepted, by the public ID of its document."""

    public_id: str
    label: str
    version: int
    currency: str
    total_minor: int
    expires_at: datetime


_DOCUMENTS: Final = select(
    Document.public_id,
    Document.kind,
    Document.label,
    Document.po_number,
    Document.issued_at,
    Document.due_at,
    Document.currency,
    Document.total_minor,
    Document.open_minor,
    Document.replaced_at.is_not(None).label("is_replaced"),
    Payment.reversed_at,
    Payment.reversed_as,
).outerjoin(Payment, Payment.id == Document.payment_id)


def documents_of(session: Session, payer: Payer) -> tuple[IssuedDocument, ...]:
    """Return the documents issued to a payer, the newest first, without superseded quotes."""
    return _issued(
        session,
        _DOCUMENTS.outerjoin(Quote, Quote.document_id == Document.id)
        .where(payer.owns(Document), Quote.superseded_at.is_(None))
        .order_by(Document.issued_at.desc(), Document.id.desc()),
    )


def documents_of_order(session: Session, order_id: int) -> tuple[IssuedDocument, ...]:
    """Return the documents of an order, the oldest first."""
    return _issued(session, _DOCUMENTS.where(Document.order_id == order_id).order_by(Document.id))


def open_quotes(session: Session, payer: Payer, *, now: datetime) -> tuple[OpenQuote, ...]:
    """Return the quotes of a payer that can be accepted, the newest first."""
    rows = session.execute(
        select(
            Document.public_id,
            Document.label,
            Quote.version,
            Document.currency,
            Document.total_minor,
            Quote.expires_at,
        )
        .join(Quote, Quote.document_id == Document.id)
        .join(Order, Order.id == Quote.order_id)
        .where(
            payer.owns(Document),
            Quote.superseded_at.is_(None),
            Quote.accepted_at.is_(None),
            Quote.expires_at > now,
            Order.placed_at.is_(None),
            Order.canceled_at.is_(None),
        )
        .order_by(Document.issued_at.desc(), Document.id.desc())
    )
    return tuple(OpenQuote(**row._mapping) for row in rows)  # noqa: SLF001


def find_quote(session: Session, payer: Payer, document_id: str) -> Quote:
    """Return a payer's quote by the public ID of its document; raises NotFound."""
    quote = session.scalar(
        select(Quote)
        .join(Document, Document.id == Quote.document_id)
        .where(Document.public_id == document_id, payer.owns(Document))
    )
    return or_not_found(quote)


def _issued(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[IssuedDocument, ...]:
    return tuple(
        IssuedDocument(**{**row._mapping, "is_replaced": bool(row.is_replaced)})  # noqa: SLF001
        for row in session.execute(query)
    )
