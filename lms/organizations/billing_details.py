"""Billing details of an organization: legal facts, addresses, terms, and where invoices go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import kept_organization
from lms.core.email_addresses import Address as EmailAddress
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid, or_not_found
from lms.core.model_base import locked
from lms.core.postal_addresses import Address, address_faults, clean_address
from lms.models.organizations import AccountsPayableAddress, InvoiceDelivery, Organization

NET_DAYS: Final = (30, 45, 60)
LONGEST_NAME: Final = 200
LONGEST_VENDOR_NUMBER: Final = 40
LONGEST_NOTES: Final = 10_000
MOST_ADDRESSES: Final = 10
TOO_LONG = N_("This is too long. Shorten it.")
NOT_AN_ADDRESS = N_("%(typed)s isn't an email address. Enter one like name@example.org.")
TOO_MANY = N_("Enter up to 10 email addresses.")
NO_ADDRESS_FOR_MAIL = N_("Enter the billing address to mail invoices to.")
BAD_MONTH = N_("Choose a month.")
BAD_TERMS = N_("Choose net 30, 45, or 60.")


@dataclass(frozen=True, slots=True)
class BillingContact:
    """The billing details that an organization's managers can change.

    `payables` are the email addresses of accounts payable, in the order entered.
    """

    billing_address: Address | None = None
    payables: tuple[str, ...] = ()
    delivery: InvoiceDelivery = InvoiceDelivery.EMAIL
    po_required: bool = False


@dataclass(frozen=True, slots=True)
class BillingTerms:
    """The billing details that only our team can change.

    `net_days` None means the seller's terms; `vendor_number` is our number in the customer's system.
    `fiscal_year_start` is a month, 1 to 12.
    """

    legal_name: str = ""
    legal_address: Address | None = None
    vendor_number: str = ""
    net_days: int | None = None
    fiscal_year_start: int | None = None


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """The billing details of an organization, and our team's notes."""

    contact: BillingContact
    terms: BillingTerms
    notes: str

    @property
    def mailing_address(self) -> Address | None:
        """Return the address for mailed documents: the billing address, or else the legal one."""
        return self.contact.billing_address or self.terms.legal_address


def read_billing(session: Session, organization_id: int) -> BillingDetails:
    """Return the billing details of an organization, or of the one it was merged into."""
    row = _row(session, organization_id, locks=False)
    payables = payables_of(session, row.id)
    contact = BillingContact(row.billing_address, payables, row.invoice_delivery, row.po_required)
    terms = BillingTerms(
        row.legal_name, row.legal_address, row.vendor_number, row.net_days, row.fiscal_year_start
    )
    return BillingDetails(contact, terms, row.notes)


def payables_of(session: Session, organization_id: int) -> tuple[str, ...]:
    """Return the accounts payable addresses of an organization, or of the one it was merged into, as entered."""
    return tuple(
        session.scalars(
            select(AccountsPayableAddress.email)
            .where(AccountsPayableAddress.organization_id == kept_organization(organization_id))
            .order_by(AccountsPayableAddress.id)
        )
    )


def add_payable(session: Session, organization_id: int, email: str) -> None:
    """Add the accounts payable address of a new organization; raises Invalid."""
    _write_payables(session, organization_id, [read_address(email)])


def read_payables(text: str) -> tuple[str, ...]:
    """Return the typed email addresses, separated by commas, semicolons, spaces or line breaks."""
    return tuple(one for one in re.split(r"[\s,;]+", text) if one)


def edit_billing(
    session: Session,
    organization_id: int,
    contact: BillingContact,
    terms: BillingTerms | None = None,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Change an organization's billing details; without `terms`, only those that managers can change.

    Raises NotFound, and Invalid by field name; the fields of the two postal addresses begin with
    `billing_` and `legal_`.
    """
    row = _row(session, organization_id, locks=True)
    before = read_billing(session, row.id)
    payables, faults = _read_addresses(contact.payables)
    contact = replace(
        contact,
        billing_address=_clean(contact.billing_address),
        payables=tuple(one.shown for one in payables),
    )
    terms = before.terms if terms is None else _clean_terms(terms)
    faults |= _faults_of(contact, terms)
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)
    row.billing_address, row.invoice_delivery = contact.billing_address, contact.delivery
    row.po_required = contact.po_required
    row.legal_name, row.legal_address = terms.legal_name, terms.legal_address
    row.vendor_number, row.net_days = terms.vendor_number, terms.net_days
    row.fiscal_year_start = terms.fiscal_year_start
    if contact.payables != before.contact.payables:
        _write_payables(session, row.id, payables)
    session.flush()
    changed = [
        field.name
        for now_is, was in ((contact, before.contact), (terms, before.terms))
        for field in fields(now_is)
        if getattr(now_is, field.name) != getattr(was, field.name)
    ]
    if changed:
        detail = {"changed": " ".join(changed)}
        audit.record(
            session,
            "organization.billing_edited",
            row.public_id,
            actor=actor,
            now=now,
            detail=detail,
        )


def edit_notes(
    session: Session, organization_id: int, notes: str, *, actor: str | None, now: datetime
) -> None:
    """Change our team's notes about an organization; raises NotFound and Invalid."""
    row = _row(session, organization_id, locks=True)
    text = notes.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTES:
        raise Invalid(TOO_LONG, field="notes")
    if text == row.notes:
        return
    row.notes = text
    session.flush()
    audit.record(session, "organization.notes_edited", row.public_id, actor=actor, now=now)


def _row(session: Session, organization_id: int, *, locks: bool) -> Organization:
    kept = kept_organization(organization_id)
    query = select(Organization).where(Organization.id == kept)
    row = session.scalar(locked(query) if locks else query)
    return or_not_found(row)


def _read_addresses(typed: Sequence[str]) -> tuple[list[EmailAddress], dict[str, str]]:
    found: dict[str, EmailAddress] = {}
    for one in typed:
        try:
            address = read_address(one)
        except Invalid:
            return [], {"payables": NOT_AN_ADDRESS % {"typed": one}}
        found.setdefault(address.key, address)
    if len(found) > MOST_ADDRESSES:
        return [], {"payables": TOO_MANY}
    return list(found.values()), {}


def _clean(address: Address | None) -> Address | None:
    return None if address is None else clean_address(address)


def _clean_terms(terms: BillingTerms) -> BillingTerms:
    return replace(
        terms,
        legal_name=" ".join(terms.legal_name.split()),
        legal_address=_clean(terms.legal_address),
        vendor_number=" ".join(terms.vendor_number.split()),
    )


def _faults_of(contact: BillingContact, terms: BillingTerms) -> dict[str, str]:
    faults: dict[str, str] = {}
    for prefix, address in (
        ("legal_", terms.legal_address),
        ("billing_", contact.billing_address),
    ):
        if address is not None:
            faults |= address_faults(address, prefix)
    is_nowhere = contact.billing_address is None and terms.legal_address is None
    if is_nowhere and contact.delivery is InvoiceDelivery.MAIL:
        faults["billing_street"] = NO_ADDRESS_FOR_MAIL
    if len(terms.legal_name) > LONGEST_NAME:
        faults["legal_name"] = TOO_LONG
    if len(terms.vendor_number) > LONGEST_VENDOR_NUMBER:
        faults["vendor_number"] = TOO_LONG
    if terms.net_days not in (None, *NET_DAYS):
        faults["net_days"] = BAD_TERMS
    if terms.fiscal_year_start is not None and not 1 <= terms.fiscal_year_start <= 12:
        faults["fiscal_year_start"] = BAD_MONTH
    return faults


def _write_payables(
    session: Session, organization_id: int, addresses: Sequence[EmailAddress]
) -> None:
    session.execute(
        delete(AccountsPayableAddress).where(
            AccountsPayableAddress.organization_id == organization_id
        )
    )
    session.add_all(
        AccountsPayableAddress(organization_id=organization_id, email=one.shown, email_key=one.key)
        for one in addresses
    )
