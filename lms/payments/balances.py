"""Balances: what each payer owes and since when, their unused credit, and refunds to be paid out.

Merged organizations are one payer, under the name of the remaining one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import kept_login, logins_of
from lms.access.merged_organizations import family_of, kept_id, kept_organization
from lms.core.model_base import copied
from lms.models.accounts import Login
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.orders import Order
from lms.models.organizations import Organization
from lms.models.payments import Payment, PaymentMethod, Refund, RefundState

DAY: Final = timedelta(days=1)
WAITING: Final = (RefundState.REQUESTED, RefundState.SENT)


class Age(StrEnum):
    """The number of days an invoice is past due, by range."""

    CURRENT = "current"
    DAYS_1_TO_30 = "1_to_30"
    DAYS_31_TO_60 = "31_to_60"
    DAYS_61_TO_90 = "61_to_90"
    OVER_90_DAYS = "over_90"


@dataclass(frozen=True, slots=True)
class Customer:
    """A paying person or organization, by row ID; `ref` is a login's public ID or an organization's slug."""

    login_id: int | None
    organization_id: int | None
    ref: str
    name: str

    @property
    def key(self) -> str:
        """Return the payer as in URLs: `organization:<slug>` or `person:<id>`."""
        return f"{'organization' if self.organization_id else 'person'}:{self.ref}"


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that isn't paid in full, in minor units."""

    document_id: str
    number: str
    order_id: str
    payer: Customer
    po_number: str
    currency: str
    issued_at: datetime
    due_at: datetime | None
    total_minor: int
    open_minor: int

    def age(self, now: datetime) -> Age:
        """Return the range of days that it is past due."""
        if self.due_at is None or now < self.due_at:
            return Age.CURRENT
        days = -(-(now - self.due_at) // DAY)
        limits = ((30, Age.DAYS_1_TO_30), (60, Age.DAYS_31_TO_60), (90, Age.DAYS_61_TO_90))
        return next((age for most, age in limits if days <= most), Age.OVER_90_DAYS)


@dataclass(frozen=True, slots=True)
class Credit:
    """A payer's unused money, of a payment or of a credit note."""

    payer: Customer
    currency: str
    amount_minor: int
    since: datetime
    payment_id: str | None
    method: PaymentMethod | None
    number: str
    credit_note_id: str | None
    order_id: str | None
    reason: CreditReason | None


@dataclass(frozen=True, slots=True)
class OwedRefund:
    """A refund that hasn't been paid out."""

    refund_id: str
    payment_id: str
    payer: Customer
    currency: str
    amount_minor: int
    method: PaymentMethod
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """What a payer owes, by age, and their credit; amounts in minor units."""

    payer: Customer
    currency: str
    by_age: Mapping[Age, int]
    credit_minor: int

    @property
    def open_minor(self) -> int:
        """Return the open amount of all invoices."""
        return sum(self.by_age.values())


_PAYER: Final[tuple[ColumnElement[Any], ...]] = (
    Login.id.label("kept_login_id"),
    Organization.id.label("kept_id"),
    func.coalesce(Organization.slug, Login.public_id).label("ref"),
    func.coalesce(Organization.name, Login.name).label("payer"),
)


def open_invoices(session: Session, payer: Customer | None = None) -> tuple[OpenInvoice, ...]:
    """Return the invoices that aren't paid in full, of all payers or of one, the oldest due first."""
    query = _open(DocumentKind.INVOICE).order_by(Document.due_at, Document.id)
    return tuple(
        copied(
            OpenInvoice,
            row.Document,
            document_id=row.Document.public_id,
            number=row.Document.label,
            order_id=row.order_public_id,
            payer=_payer(row),
        )
        for row in session.execute(_of(query, Document, payer))
    )


def credits_of(session: Session, payer: Customer | None = None) -> tuple[Credit, ...]:
    """Return the unused money, of all payers or of one, the oldest first."""
    paid = select(Payment).where(Payment.open_minor > 0, Payment.livemode.is_(True))
    found = [
        Credit(
            payer=_payer(row),
            currency=row.Payment.currency,
            amount_minor=row.Payment.open_minor,
            since=row.Payment.created_at,
            payment_id=row.Payment.public_id,
            method=row.Payment.method,
            number=row.Payment.check_number,
            credit_note_id=None,
            order_id=None,
            reason=None,
        )
        for row in session.execute(_of(paid, Payment, payer))
    ]
    found += [
        Credit(
            payer=_payer(row),
            currency=row.Document.currency,
            amount_minor=row.Document.open_minor,
            since=row.Document.issued_at,
            payment_id=None,
            method=None,
            number=row.Document.label,
            credit_note_id=row.Document.public_id,
            order_id=row.order_public_id,
            reason=row.Document.reason,
        )
        for row in session.execute(_of(_open(DocumentKind.CREDIT_NOTE), Document, payer))
    ]
    return tuple(sorted(found, key=lambda one: one.since))


def refunds_owed(session: Session, payer: Customer | None = None) -> tuple[OwedRefund, ...]:
    """Return the refunds that haven't been paid out, of all payers or of one, the oldest first."""
    query = (
        select(Refund, Payment)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.state.in_(WAITING), Payment.livemode.is_(True))
        .order_by(Refund.requested_at, Refund.id)
    )
    return tuple(
        OwedRefund(
            refund_id=row.Refund.public_id,
            payment_id=row.Payment.public_id,
            payer=_payer(row),
            currency=row.Payment.currency,
            amount_minor=row.Refund.amount_minor,
            method=row.Payment.method,
            requested_at=row.Refund.requested_at,
        )
        for row in session.execute(_of(query, Payment, payer))
    )


def balances_of(
    invoices: Iterable[OpenInvoice], credits_: Iterable[Credit], *, now: datetime
) -> tuple[Balance, ...]:
    """Return what each payer owes, by age, the largest balance first."""
    owed: dict[str, dict[Age, int]] = {}
    credit: dict[str, int] = {}
    payers: dict[str, tuple[Customer, str]] = {}
    for invoice in invoices:
        payers[invoice.payer.key] = (invoice.payer, invoice.currency)
        ages = owed.setdefault(invoice.payer.key, dict.fromkeys(Age, 0))
        ages[invoice.age(now)] += invoice.open_minor
    for one in credits_:
        payers.setdefault(one.payer.key, (one.payer, one.currency))
        credit[one.payer.key] = credit.get(one.payer.key, 0) + one.amount_minor
    found = (
        Balance(payer, currency, owed.get(key, dict.fromkeys(Age, 0)), credit.get(key, 0))
        for key, (payer, currency) in payers.items()
    )
    return tuple(sorted(found, key=lambda one: (-one.open_minor, one.payer.name)))


def find_payer(session: Session, key: str) -> Customer | None:
    """Return the payer with a `Customer.key`, or None.

    A merged organization or account gives the remaining one.
    """
    kind, _, ref = key.partition(":")
    if kind == "organization":
        found = session.scalar(select(Organization.id).where(Organization.slug == ref))
        return _organization(session, found) if found else None
    login_id = session.scalar(select(Login.id).where(Login.public_id == ref))
    return _person(session, login_id) if login_id and kind == "person" else None


def payer_of(session: Session, row: Document | Payment | Order) -> Customer:
    """Return the payer of a document, a payment or a placed order.

    A merged organization or account gives the remaining one.
    """
    if row.organization_id is not None:
        return _organization(session, row.organization_id)
    return _person(session, row.login_id or 0)


def is_of(table: type[Document] | type[Payment], payer: Customer) -> ColumnElement[bool]:
    """Return the condition for a payer's documents or payments, including those of merged records."""
    if payer.organization_id is not None:
        return table.organization_id.in_(family_of(payer.organization_id))
    return table.login_id.in_(logins_of(payer.login_id or 0))


def payment_with_number(session: Session, payer: Customer, number: str) -> Payment | None:
    """Return a payer's payment with this check number that wasn't reversed, or None."""
    wanted = number.strip()
    if not wanted:
        return None
    return session.scalar(
        select(Payment)
        .where(is_of(Payment, payer), Payment.check_number == wanted, Payment.reversed_at.is_(None))
        .limit(1)
    )


def _organization(session: Session, organization_id: int) -> Customer:
    kept = session.get_one(Organization, kept_id(session, organization_id))
    return Customer(None, kept.id, kept.slug, kept.name)


def _person(session: Session, login_id: int) -> Customer:
    login = session.scalars(select(Login).where(Login.id == kept_login(login_id))).one()
    return Customer(login.id, None, login.public_id, login.name)


def _open(kind: DocumentKind) -> Select[*tuple[Any, ...]]:
    """Return the query for the documents of a kind that aren't settled, with their orders' public IDs."""
    return (
        select(Document, Order.public_id.label("order_public_id"))
        .join(Order, Order.id == Document.order_id)
        .where(Document.kind == kind, Document.open_minor > 0, Document.livemode.is_(True))
    )


def _of(
    query: Select[*tuple[Any, ...]],
    table: type[Document] | type[Payment],
    payer: Customer | None,
) -> Select[*tuple[Any, ...]]:
    """Return a query with the payers of what it returns, of all payers or of one."""
    organization_id, merged = kept_organization(table.organization_id), aliased(Login)
    whole = (
        query.add_columns(*_PAYER)
        .outerjoin(merged, merged.id == table.login_id)
        .outerjoin(Login, Login.id == func.coalesce(merged.merged_into, merged.id))
        .outerjoin(Organization, Organization.id == organization_id)
    )
    return whole if payer is None else whole.where(is_of(table, payer))


def _payer(row: Any) -> Customer:  # noqa: ANN401  (a row of a statement)
    return Customer(row.kept_login_id, row.kept_id, row.ref, row.payer)
