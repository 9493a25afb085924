"""Tables of the seller: its settings, vendor documents, policies, and sales texts."""

from datetime import date, datetime
from enum import StrEnum
from itertools import combinations

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, Numbered, partial_index, public_id_column
from lms.core.postal_addresses import Address
from lms.models.address_columns import address_checks, address_columns

NUMBERED = ("quote", "invoice", "credit_note", "receipt", "statement")


class Paper(StrEnum):
    """The paper size of printed documents."""

    LETTER = "letter"
    A4 = "a4"


class Seller(Base, kw_only=True):
    """What documents say about the seller, and its terms of sale; the table has one row."""

    __tablename__ = "seller"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        *address_checks("legal"),
        *address_checks("remit"),
        CheckConstraint("length(ein) IN (0, 10)", name="ein_with_its_hyphen"),
        CheckConstraint("length(routing_number) IN (0, 9)", name="routing_number_of_nine_digits"),
        CheckConstraint(
            "(bank_name = '') = (routing_number = '') AND (bank_name = '') = (account_number = '')",
            name="bank_whole_or_absent",
        ),
        CheckConstraint("net_days IN (30, 45, 60)", name="net_30_45_or_60"),
        CheckConstraint("credit_limit_minor >= 0", name="credit_limit_not_negative"),
        CheckConstraint("refund_days BETWEEN 0 AND 3650", name="refund_days_up_to_ten_years"),
        CheckConstraint(
            " AND ".join(f"{kind}_start >= 1" for kind in NUMBERED), name="numbers_start_at_one"
        ),
        CheckConstraint(
            " AND ".join(f"{one}_prefix <> {two}_prefix" for one, two in combinations(NUMBERED, 2)),
            name="prefixes_differ",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    legal_name: Mapped[str] = mapped_column(String(200))
    legal_address: Mapped[Address | None] = address_columns("legal")
    ein: Mapped[str] = mapped_column(String(10))
    phone: Mapped[str] = mapped_column(String(40))
    ar_email: Mapped[str] = mapped_column(String(320))
    remit_name: Mapped[str] = mapped_column(String(200))
    remit_address: Mapped[Address | None] = address_columns("remit")
    bank_name: Mapped[str] = mapped_column(String(120))
    routing_number: Mapped[str] = mapped_column(String(9))
    account_number: Mapped[str] = mapped_column(String(17), repr=False)
    takes_invoice: Mapped[bool]
    takes_purchase_order: Mapped[bool]
    takes_check: Mapped[bool]
    takes_transfer: Mapped[bool]
    net_days: Mapped[int]
    credit_limit_minor: Mapped[int]
    refund_days: Mapped[int]  # 0 means any time
    sells_in_lms: Mapped[bool]
    quote_prefix: Mapped[str] = mapped_column(String(10))
    quote_start: Mapped[int]
    invoice_prefix: Mapped[str] = mapped_column(String(10))
    invoice_start: Mapped[int]
    credit_note_prefix: Mapped[str] = mapped_column(String(10))
    credit_note_start: Mapped[int]
    receipt_prefix: Mapped[str] = mapped_column(String(10))
    receipt_start: Mapped[int]
    statement_prefix: Mapped[str] = mapped_column(String(10))
    statement_start: Mapped[int]
    paper: Mapped[Paper]
    invoice_note: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]


class PolicyKind(StrEnum):
    """What customers agree to when they buy (MONEY.md, M26)."""

    TERMS = "terms"
    REFUND = "refund_policy"
    LICENSE = "license"


class PolicyVersion(Numbered, kw_only=True):
    """A policy in Markdown: a draft until it is published with a number, then immutable."""

    __tablename__ = "policy_version"
    __table_args__ = (
        UniqueConstraint("kind", "number"),
        CheckConstraint(
            "(number IS NULL) = (published_at IS NULL)", name="published_with_a_number"
        ),
        CheckConstraint("number >= 1", name="number_at_least_one"),
        partial_index(
            "uq_policy_version_draft", "kind", unique=True, where=text("published_at IS NULL")
        ),
    )

    kind: Mapped[PolicyKind]
    number: Mapped[int | None] = mapped_column(default=None)
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None] = mapped_column(default=None)


class VendorDocumentKind(StrEnum):
    """What purchasing departments request from a vendor."""

    W9 = "w9"
    UEI = "uei"
    SOLE_SOURCE = "sole_source"
    INSURANCE = "insurance"
    BANK_LETTER = "bank_letter"
    VENDOR_FORM = "vendor_form"
    OTHER = "other"


class VendorDocumentAudience(StrEnum):
    """Who gets a vendor document: anyone, people who request it, or every order's document packet."""

    PUBLIC = "public"
    ON_REQUEST = "on_request"
    PACKET = "packet"


class VendorDocument(Numbered, kw_only=True):
    """A document about the seller, such as its W-9; customers get its newest version."""

    __tablename__ = "vendor_document"

    public_id: Mapped[str] = public_id_column()
    kind: Mapped[VendorDocumentKind]
    title: Mapped[str] = mapped_column(String(120))
    audience: Mapped[VendorDocumentAudience]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class VendorDocumentVersion(Numbered, kw_only=True):
    """One file of a vendor document; `valid_until` is its last valid day, None if it doesn't expire."""

    __tablename__ = "vendor_document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        CheckConstraint("number >= 1", name="number_at_least_one"),
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("vendor_document.id", ondelete="CASCADE"))
    number: Mapped[int]
    file_key: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(120))
    valid_until: Mapped[date | None] = mapped_column(default=None)
    created_at: Mapped[datetime]


class SalesTextKind(StrEnum):
    """Where a sales text is shown: on the home page, and the others below each buy box too."""

    HOME = "home"
    TESTIMONIALS = "testimonials"
    FAQ = "faq"


class SalesText(Base, kw_only=True):
    """A text of the seller that sells, in Markdown; without one, nothing is shown."""

    __tablename__ = "sales_text"
    __table_args__ = (CheckConstraint("length(text) > 0", name="not_empty"),)

    kind: Mapped[SalesTextKind] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]
