"""Read models of sales: one with the access it gave, and the staff list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import logins_of
from lms.core.errors import NotFound
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import Grant, OfferKind, Scope, Withdrawal
from lms.models.organizations import Organization
from lms.models.sales import DeliveredThrough, Sale, Terms
from lms.models.seats import Pool
from lms.requests.read_models import number_of


class Standing(StrEnum):
    """Where a sale stands; the first that is true is told."""

    DISPUTED = "disputed"
    REFUNDED = "refunded"
    OVERDUE = "overdue"
    UNPAID = "unpaid"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class SaleGrant:
    """The access that a sale gave: what it covers, whose it is, and how it stands."""

    id: int
    public_id: str
    kind: OfferKind
    scope: Scope
    covers: str
    slug: str
    login_id: int | None
    login_name: str | None
    login_email: str | None
    pool_id: int | None
    pool_public_id: str | None
    seats: int | None
    starts_at: datetime
    ends_at: datetime | None
    awaits_payment_since: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revoked_as: Withdrawal | None


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """A sale: to whom, what, for how much, and on which terms. Amounts in minor units."""

    id: int
    public_id: str
    login_id: int | None
    organization_id: int | None
    organization_public_id: str | None
    organization_slug: str | None
    buyer: str
    contact_id: int | None
    contact_name: str | None
    contact_email: str | None
    kind: OfferKind
    quantity: int | None
    price_minor: int
    refunded_minor: int
    currency: str
    terms: Terms
    reference: str
    delivered_through: DeliveredThrough
    tax_exemption: str
    tax_exempt_until: datetime | None
    sold_at: datetime
    due_at: datetime | None
    paid_at: datetime | None
    refunded_at: datetime | None
    disputed_at: datetime | None
    note: str
    covers: str
    is_held: bool

    @property
    def number(self) -> str:
        """Return the sale's number as people read it out."""
        return number_of(self.public_id)

    @property
    def is_to_organization(self) -> bool:
        """Tell whether an organization bought it."""
        return self.organization_id is not None

    def standing(self, now: datetime) -> Standing:
        """Return where the sale stands now."""
        if self.disputed_at is not None:
            return Standing.DISPUTED
        if self.refunded_at is not None:
            return Standing.REFUNDED
        if self.paid_at is not None:
            return Standing.PAID
        is_late = self.due_at is not None and now >= self.due_at
        return Standing.OVERDUE if is_late else Standing.UNPAID

    @property
    def is_exemption_expired(self) -> bool:
        """Tell whether staff must look: the tax exemption had expired when it was sold (P7)."""
        return self.tax_exempt_until is not None and self.sold_at >= self.tax_exempt_until


@dataclass(frozen=True, slots=True)
class WantedSales:
    """Which sales a list shows: words, a standing as of `now`, one way of paying, one buyer."""

    query: str = ""
    standing: Standing | None = None
    terms: Terms | None = None
    organization_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sales:
    """One page of sales and how many there are in all."""

    items: tuple[SaleFacts, ...]
    total: int


_Contact = aliased(Login)
_covers = func.coalesce(Webinar.title, Series.title, Presenter.name, "")
_first_covers = (
    select(_covers)
    .select_from(Grant)
    .outerjoin(Webinar, Webinar.id == Grant.webinar_id)
    .outerjoin(Series, Series.id == Grant.series_id)
    .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
    .where(Grant.sale_id == Sale.id)
    .order_by(Grant.id)
    .limit(1)
    .correlate(Sale)
    .scalar_subquery()
)
_is_held = exists().where(
    Grant.sale_id == Sale.id,
    Grant.awaits_payment_since.is_not(None),
    Grant.revoked_at.is_(None),
)
_SALES: Final = (
    select(
        Sale.id,
        Sale.public_id,
        Sale.login_id,
        Sale.organization_id,
        Organization.public_id.label("organization_public_id"),
        Organization.slug.label("organization_slug"),
        func.coalesce(Organization.name, Login.name).label("buyer"),
        Sale.contact_id,
        _Contact.name.label("contact_name"),
        _Contact.email.label("contact_email"),
        Sale.kind,
        Sale.quantity,
        Sale.price_minor,
        Sale.refunded_minor,
        Sale.currency,
        Sale.terms,
        Sale.reference,
        Sale.delivered_through,
        Sale.tax_exemption,
        Sale.tax_exempt_until,
        Sale.sold_at,
        Sale.due_at,
        Sale.paid_at,
        Sale.refunded_at,
        Sale.disputed_at,
        Sale.note,
        func.coalesce(_first_covers, "").label("covers"),
        _is_held.label("is_held"),
    )
    .select_from(Sale)
    .outerjoin(Login, Login.id == Sale.login_id)
    .outerjoin(Organization, Organization.id == Sale.organization_id)
    .outerjoin(_Contact, _Contact.id == Sale.contact_id)
)
_GRANTS: Final = (
    select(
        Grant.id,
        Grant.public_id,
        Grant.kind,
        Grant.scope,
        _covers.label("covers"),
        func.coalesce(Webinar.slug, Series.slug, Presenter.slug, "").label("slug"),
        Grant.login_id,
        Login.name.label("login_name"),
        Login.email.label("login_email"),
        Grant.pool_id,
        Pool.public_id.label("pool_public_id"),
        Grant.seats,
        Grant.starts_at,
        Grant.ends_at,
        Grant.awaits_payment_since,
        Grant.suspended_at,
        Grant.revoked_at,
        Grant.revoked_as,
    )
    .select_from(Grant)
    .outerjoin(Webinar, Webinar.id == Grant.webinar_id)
    .outerjoin(Series, Series.id == Grant.series_id)
    .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
    .outerjoin(Login, Login.id == Grant.login_id)
    .outerjoin(Pool, Pool.id == Grant.pool_id)
)


def find_sale(session: Session, sale_id: str) -> SaleFacts:
    """Return a sale by its outside id; raises NotFound."""
    row = session.execute(_SALES.where(Sale.public_id == sale_id)).one_or_none()
    if row is None:
        raise NotFound
    return _facts(row)


def grants_of_sale(session: Session, sale_id: int) -> tuple[SaleGrant, ...]:
    """Return the access that a sale gave; pools in the order of their ids."""
    rows = session.execute(
        _GRANTS.where(Grant.sale_id == sale_id).order_by(Grant.pool_id, Grant.id)
    )
    return tuple(SaleGrant(*tuple(row)) for row in rows)


def sales_to_person(session: Session, login_id: int, webinar_id: int) -> tuple[SaleFacts, ...]:
    """Return the sales by which a person holds a webinar that is their own, the newest first."""
    theirs = select(Grant.sale_id).where(
        Grant.login_id.in_(logins_of(login_id)),
        Grant.webinar_id == webinar_id,
        Grant.revoked_at.is_(None),
    )
    rows = session.execute(
        _SALES.where(Sale.id.in_(theirs)).order_by(Sale.sold_at.desc(), Sale.id.desc())
    )
    return tuple(_facts(row) for row in rows)


def list_sales(
    session: Session, wanted: WantedSales, *, now: datetime, offset: int, limit: int
) -> Sales:
    """Return a page of sales, the newest first."""
    conditions = [_says(word) for word in wanted.query.split()]
    if wanted.standing is not None:
        conditions.append(_stands(wanted.standing, now))
    if wanted.terms is not None:
        conditions.append(Sale.terms == wanted.terms)
    if wanted.organization_id is not None:
        conditions.append(Sale.organization_id == wanted.organization_id)
    total = session.scalar(select(func.count()).select_from(Sale).where(*conditions)) or 0
    rows = session.execute(
        _SALES.where(*conditions)
        .order_by(Sale.sold_at.desc(), Sale.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return Sales(tuple(_facts(row) for row in rows), total)


def count_standing(session: Session, standing: Standing, *, now: datetime) -> int:
    """Return how many sales stand like this."""
    which = _stands(standing, now)
    return session.scalar(select(func.count()).select_from(Sale).where(which)) or 0


def overdue_sales(session: Session, *, now: datetime, since: datetime) -> tuple[SaleFacts, ...]:
    """Return the sales whose payment fell due after `since` and has not come."""
    late = _stands(Standing.OVERDUE, now)
    rows = session.execute(_SALES.where(late, Sale.due_at > since).order_by(Sale.id))
    return tuple(_facts(row) for row in rows)


def _stands(standing: Standing, now: datetime) -> ColumnElement[bool]:
    """Select the sales that stand like this, as `SaleFacts.standing` tells it."""
    is_open = and_(Sale.disputed_at.is_(None), Sale.refunded_at.is_(None))
    is_late = and_(Sale.due_at.is_not(None), Sale.due_at <= now)
    match standing:
        case Standing.DISPUTED:
            return Sale.disputed_at.is_not(None)
        case Standing.REFUNDED:
            return and_(Sale.disputed_at.is_(None), Sale.refunded_at.is_not(None))
        case Standing.PAID:
            return and_(is_open, Sale.paid_at.is_not(None))
        case Standing.OVERDUE:
            return and_(is_open, Sale.paid_at.is_(None), is_late)
        case Standing.UNPAID:
            return and_(is_open, Sale.paid_at.is_(None), ~is_late)


def _says(word: str) -> ColumnElement[bool]:
    """Look for a word in who bought, what, and for a number however it is written."""
    buyers = select(Login.id).where(
        or_(
            Login.name.icontains(word, autoescape=True),
            Login.email.icontains(word, autoescape=True),
        )
    )
    customers = select(Organization.id).where(Organization.name.icontains(word, autoescape=True))
    about = (
        select(Grant.sale_id)
        .join(Webinar, Webinar.id == Grant.webinar_id)
        .where(Grant.sale_id.is_not(None), Webinar.title.icontains(word, autoescape=True))
    )
    return or_(
        Sale.login_id.in_(buyers),
        Sale.contact_id.in_(buyers),
        Sale.organization_id.in_(customers),
        Sale.reference.icontains(word, autoescape=True),
        Sale.public_id.startswith(word.replace("-", "").lower(), autoescape=True),
        Sale.id.in_(about),
    )


def _facts(row: Row[*tuple[Any, ...]]) -> SaleFacts:
    return SaleFacts(**{**row._mapping, "is_held": bool(row.is_held)})  # noqa: SLF001
