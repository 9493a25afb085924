"""Tables of documents: quotes, invoices, credit notes, receipts, statements, and their numbers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, Numbered, optional_reference, partial_index, public_id_column


class DocumentKind(StrEnum):
    """The kinds of documents."""

    QUOTE = "quote"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    RECEIPT = "receipt"
    STATEMENT = "statement"


class CreditReason(StrEnum):
    """Why a credit note was issued; only `return` removes access (PRODUCT.md, R1)."""

    RETURN = "return"
    REISSUE = "reissue"
    TAX = "tax"
    GOODWILL = "goodwill"
    EXCHANGE = "exchange"
    WRITE_OFF = "write_off"
    VOID = "void"


class NumberSeries(Base, kw_only=True):
    """The next number of a series, such as `invoice-2026` or `test-invoice-2026`."""

    __tablename__ = "number_series"
    __table_args__ = (CheckConstraint("next >= 1", name="next_at_least_one"),)

    series: Mapped[str] = mapped_column(String(40), primary_key=True)
    next: Mapped[int]


class Document(Numbered, kw_only=True):
    """A document as issued; only its open amount, its PDF and its replacement ever change.

    `open_minor` is the unpaid amount of an invoice, or the unused amount of a credit note. `label` is
    the number as printed. An invoice is live until another one replaces it.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        CheckConstraint("number >= 1", name="number_at_least_one"),
        CheckConstraint("length(currency) = 3", name="currency_is_iso_4217"),
        CheckConstraint("open_minor BETWEEN 0 AND total_minor", name="open_at_most_total"),
        CheckConstraint(
            "open_minor = 0 OR kind IN ('invoice', 'credit_note')", name="only_money_is_open"
        ),
        CheckConstraint(
            "(kind = 'credit_note') = (reason IS NOT NULL)", name="credit_notes_have_a_reason"
        ),
        CheckConstraint(
            "kind <> 'credit_note' OR refers_to_id IS NOT NULL", name="credit_notes_name_an_invoice"
        ),
        CheckConstraint(
            "(kind = 'statement') = (order_id IS NULL)", name="statements_have_no_order"
        ),
        CheckConstraint(
            "(login_id IS NULL) <> (organization_id IS NULL) OR kind = 'quote'", name="one_payer"
        ),
        CheckConstraint(
            "payment_id IS NULL OR kind = 'receipt'", name="only_receipts_are_of_payments"
        ),
        CheckConstraint("length(sha256) = 64", name="sha256_is_hex"),
        CheckConstraint("(pdf_key IS NULL) = (pdf_sha256 IS NULL)", name="pdf_with_its_sha256"),
        CheckConstraint(
            "replaced_at IS NULL OR kind = 'invoice'", name="only_invoices_are_replaced"
        ),
        partial_index(
            "uq_document_live_invoice",
            "order_id",
            unique=True,
            where=text("kind = 'invoice' AND replaced_at IS NULL"),
        ),
        # partial, because it is NULL for most documents and the planner would not use a full index
        partial_index(
            "ix_document_refers_to_id", "refers_to_id", where=text("refers_to_id IS NOT NULL")
        ),
        Index("ix_document_kind_issued_at", "kind", "issued_at"),
        partial_index(
            "ix_document_due_at_open", "due_at", where=text("kind = 'invoice' AND open_minor > 0")
        ),
    )

    public_id: Mapped[str] = public_id_column()
    kind: Mapped[DocumentKind]
    series: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    label: Mapped[str] = mapped_column(String(40), index=True)
    order_id: Mapped[int | None] = optional_reference("customer_order.id", "RESTRICT")
    login_id: Mapped[int | None] = optional_reference("login.id", "RESTRICT")
    organization_id: Mapped[int | None] = optional_reference("organization.id", "RESTRICT")
    refers_to_id: Mapped[int | None] = optional_reference("document.id", "RESTRICT", index=False)
    # for receipts
    payment_id: Mapped[int | None] = optional_reference("payment.id", "RESTRICT")
    reason: Mapped[CreditReason | None] = mapped_column(default=None)
    explanation: Mapped[str] = mapped_column(Text, default="")  # printed on a credit note
    issued_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(default=None)
    po_number: Mapped[str] = mapped_column(String(80), default="", index=True)
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int]
    open_minor: Mapped[int] = mapped_column(default=0)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    pdf_key: Mapped[str | None] = mapped_column(String(200), default=None)
    pdf_sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    livemode: Mapped[bool] = mapped_column(default=True)
    replaced_at: Mapped[datetime | None] = mapped_column(default=None)


class DocumentLine(Numbered, kw_only=True):
    """A line of a document with its tax; the amounts are negative on credit notes."""

    __tablename__ = "document_line"
    __table_args__ = (
        UniqueConstraint("document_id", "position"),
        CheckConstraint("tax_rule_id IS NOT NULL OR tax_minor = 0", name="tax_has_a_rule"),
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="RESTRICT"))
    position: Mapped[int]
    order_line_id: Mapped[int | None] = optional_reference("order_line.id", "RESTRICT")
    quantity: Mapped[int | None]  # NULL means unlimited, or an amount without a number of seats
    net_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(default=0)
    tax_minor: Mapped[int] = mapped_column(default=0)
    tax_rule_id: Mapped[int | None] = optional_reference("tax_rule.id", "RESTRICT")
