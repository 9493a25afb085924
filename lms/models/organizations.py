"""Tables of organizations: institutions, invoice addresses, memberships, and member invitations."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import (
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)
from lms.core.postal_addresses import Address
from lms.models.address_columns import address_checks, address_columns


class Role(StrEnum):
    """A person's role in an organization."""

    MEMBER = "member"
    SUPERVISOR = "supervisor"  # sees people, training and reports of some groups
    BILLING = "billing"  # sees purchases and open invoices
    LMS_ADMIN = "lms_admin"  # connects LMSs
    MANAGER = "manager"
    OWNER = "owner"


MANAGING: Final = (Role.MANAGER, Role.OWNER)
PREVIEWING: Final = (*MANAGING, Role.LMS_ADMIN)  # of embed links


class InvoiceDelivery(StrEnum):
    """How an organization receives its invoices."""

    EMAIL = "email"
    PORTAL = "portal"
    MAIL = "mail"


class Organization(Numbered, kw_only=True):
    """A customer institution, and how it is invoiced.

    `vendor_number` is our number in its books. `net_days` NULL means the seller's payment terms;
    `fiscal_year_start` is a month, 1 to 12. `notes` are for our team only. `unverified_since` is set
    when a customer's order created it, until staff review it (S16). `merged_into` is the organization
    that remains after a merge. That one is never merged itself, so there are no chains;
    `lms/access/merged_organizations.py` reads both as one.
    """

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("merged_into IS NULL OR merged_into <> id", name="not_merged_into_itself"),
        partial_index(
            "ix_organization_merged", "merged_into", where=text("merged_into IS NOT NULL")
        ),
        CheckConstraint("net_days IS NULL OR net_days IN (30, 45, 60)", name="net_30_45_or_60"),
        CheckConstraint(
            "fiscal_year_start IS NULL OR fiscal_year_start BETWEEN 1 AND 12",
            name="fiscal_year_starts_in_a_month",
        ),
        *address_checks("legal"),
        *address_checks("billing"),
    )

    public_id: Mapped[str] = public_id_column()
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str | None] = mapped_column(String(64), default=None)
    parent_id: Mapped[int | None] = optional_reference("organization.id", "RESTRICT")
    merged_into: Mapped[int | None] = optional_reference("organization.id", "RESTRICT", index=False)
    legal_name: Mapped[str] = mapped_column(String(200), default="")
    legal_address: Mapped[Address | None] = address_columns("legal")
    billing_address: Mapped[Address | None] = address_columns("billing")
    invoice_delivery: Mapped[InvoiceDelivery] = mapped_column(default=InvoiceDelivery.EMAIL)
    vendor_number: Mapped[str] = mapped_column(String(40), default="")
    net_days: Mapped[int | None] = mapped_column(default=None)
    po_required: Mapped[bool] = mapped_column(default=False)
    fiscal_year_start: Mapped[int | None] = mapped_column(default=None)
    notes: Mapped[str] = mapped_column(Text, default="")
    unverified_since: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]


class AccountsPayableAddress(Numbered, kw_only=True):
    """An email address that an organization's invoices go to."""

    __tablename__ = "accounts_payable_address"
    __table_args__ = (UniqueConstraint("organization_id", "email_key"),)

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), index=True)


class Membership(Numbered, kw_only=True):
    """A login's membership in an organization, with its role."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("organization_id", "login_id"),)

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    login_id: Mapped[int] = reference("login.id", "CASCADE")
    role: Mapped[Role]
    created_at: Mapped[datetime]


class MemberInvitation(Numbered, kw_only=True):
    """An invitation to join an organization that the person hasn't accepted yet.

    `email` and `name` are what the manager typed, and all that managers see of the person until then.
    """

    __tablename__ = "member_invitation"
    __table_args__ = (UniqueConstraint("organization_id", "email_key"),)

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    login_id: Mapped[int] = reference("login.id", "CASCADE")
    role: Mapped[Role]
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
