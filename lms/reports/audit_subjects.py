"""Audit subjects: resolves public IDs in the audit log to current names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, bindparam, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from lms.models.accounts import Login, LoginAlias, SignIn
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.certificates import Certificate
from lms.models.documents import Document
from lms.models.grants import Grant
from lms.models.group_showings import Showing
from lms.models.handouts import Handout
from lms.models.jobs import Job
from lms.models.mail import Mail, Mailing
from lms.models.orders import Order
from lms.models.organizations import Organization
from lms.models.payments import Payment, Refund, Settlement
from lms.models.recordings import Caption, Recording
from lms.models.requests import DeskRequest
from lms.models.seats import ClaimLink, Pool, Seat
from lms.models.seller import VendorDocument


class Kind(StrEnum):
    """The kind of an object."""

    LOGIN = "login"
    ALIAS = "alias"
    SIGN_IN = "sign_in"
    ORGANIZATION = "organization"
    WEBINAR = "webinar"
    PRESENTER = "presenter"
    SERIES = "series"
    RECORDING = "recording"
    HANDOUT = "handout"
    CAPTION = "caption"
    GRANT = "grant"
    POOL_GRANT = "pool_grant"
    POOL = "pool"
    SEAT = "seat"
    LINK = "link"
    SHOWING = "showing"
    CERTIFICATE = "certificate"
    ORDER = "order"
    DOCUMENT = "document"
    PAYMENT = "payment"
    REFUND = "refund"
    REQUEST = "request"
    JOB = "job"
    MAIL = "mail"
    MAILING = "mailing"
    VENDOR_DOCUMENT = "vendor_document"


@dataclass(frozen=True, slots=True)
class Thing:
    """An object with a public ID: its name, its owner, and the page that shows it.

    `of` is the name of its person, organization or webinar, "" for none; `ref` is the ID or slug of its
    page. A grant or pool of everything has no name.
    """

    kind: Kind
    id: str
    name: str
    of: str
    ref: str


def name_things(session: Session, ids: Collection[str]) -> Mapping[str, Thing]:
    """Return the objects with these public IDs, in one statement; deleted ones are absent."""
    if not ids:
        return {}
    rows = session.execute(_named(), {"ids": sorted(set(ids))})
    return {
        row.id: Thing(Kind(row.kind), row.id, row.name or "", row.of or "", row.ref or "")
        for row in rows
    }


@cache
def _named() -> CompoundSelect[Any]:
    covers = func.coalesce(Webinar.title, Series.title, Presenter.name)
    return union_all(
        _select(Kind.LOGIN, Login, Login.name, null(), Login.public_id),
        _select(Kind.ALIAS, LoginAlias, LoginAlias.email, Login.name, Login.public_id).join(Login),
        _select(Kind.SIGN_IN, SignIn, SignIn.agent, Login.name, Login.public_id).join(Login),
        _select(Kind.ORGANIZATION, Organization, Organization.name, null(), Organization.slug),
        _select(Kind.WEBINAR, Webinar, Webinar.title, null(), Webinar.slug),
        _select(Kind.PRESENTER, Presenter, Presenter.name, null(), Presenter.public_id),
        _select(Kind.SERIES, Series, Series.title, null(), Series.public_id),
        _select(Kind.CERTIFICATE, Certificate, Certificate.title, null(), Certificate.public_id),
        _select(Kind.RECORDING, Recording, null(), Webinar.title, Webinar.slug).join(Webinar),
        _select(Kind.HANDOUT, Handout, Handout.title, Webinar.title, Webinar.slug).join(Webinar),
        _select(Kind.CAPTION, Caption, Caption.label, Webinar.title, Webinar.slug)
        .join(Recording)
        .join(Webinar),
        _covering(_select(Kind.GRANT, Grant, covers, Login.name, Login.public_id).join(Login)),
        _covering(
            _select(Kind.POOL_GRANT, Grant, covers, Organization.name, Organization.slug)
            .join(Pool, Pool.id == Grant.pool_id)
            .join(Organization, Organization.id == Pool.organization_id)
        ),
        _covering(
            _select(Kind.POOL, Pool, covers, Organization.name, Organization.slug).join(
                Organization
            ),
            Pool,
        ),
        _covering(
            _select(Kind.SEAT, Seat, covers, Organization.name, Organization.slug)
            .join(Pool, Pool.id == Seat.pool_id)
            .join(Organization, Organization.id == Pool.organization_id),
            Pool,
        ),
        _covering(
            _select(Kind.LINK, ClaimLink, covers, Organization.name, Organization.slug)
            .join(Pool, Pool.id == ClaimLink.pool_id)
            .join(Organization, Organization.id == Pool.organization_id),
            Pool,
        ),
        _select(Kind.SHOWING, Showing, Login.name, Webinar.title, Webinar.slug)
        .join(Login, Login.id == Showing.login_id)
        .join(Webinar, Webinar.id == Showing.webinar_id),
        *_money(),
        _select(Kind.REQUEST, DeskRequest, DeskRequest.name, null(), DeskRequest.public_id),
        _select(Kind.JOB, Job, Job.kind, null(), Job.public_id),
        _select(Kind.MAIL, Mail, Mail.subject, null(), null()),
        _select(Kind.MAILING, Mailing, Mailing.subject, null(), Mailing.public_id),
        _select(
            Kind.VENDOR_DOCUMENT,
            VendorDocument,
            VendorDocument.title,
            null(),
            VendorDocument.public_id,
        ),
    )


def _select(kind: Kind, table: Any, name: Any, of: Any, ref: Any) -> Select[Any]:  # noqa: ANN401  (any table and its columns)
    return (
        select(
            literal(kind.value).label("kind"),
            table.public_id.label("id"),
            name.label("name"),
            of.label("of"),
            ref.label("ref"),
        )
        .select_from(table)
        .where(table.public_id.in_(bindparam("ids", expanding=True)))
    )


def _money() -> tuple[Select[Any], ...]:
    """Return the selects for orders, documents, payments and refunds, named by payer.

    Payments and refunds link to an order that they paid.
    """
    buyer = func.coalesce(
        Organization.name, Login.name, func.nullif(Order.organization_name, ""), Order.contact_name
    )
    payer = func.coalesce(Organization.name, Login.name)
    paid = (
        select(Order.public_id)
        .join(Document, Document.order_id == Order.id)
        .join(Settlement, Settlement.invoice_id == Document.id)
        .where(Settlement.payment_id == Payment.id)
        .order_by(Settlement.id)
        .limit(1)
        .correlate(Payment)
        .scalar_subquery()
    )
    refunded = _select(Kind.REFUND, Refund, null(), payer, paid)
    return (
        _paid_by(_select(Kind.ORDER, Order, null(), buyer, Order.public_id), Order),
        _paid_by(
            _select(Kind.DOCUMENT, Document, Document.label, buyer, Document.public_id).outerjoin(
                Order, Order.id == Document.order_id
            ),
            Document,
        ),
        _paid_by(_select(Kind.PAYMENT, Payment, Payment.check_number, payer, paid), Payment),
        _paid_by(refunded.join(Payment, Payment.id == Refund.payment_id), Payment),
    )


def _paid_by(found: Select[Any], of: type[Order] | type[Document] | type[Payment]) -> Select[Any]:
    return found.outerjoin(Login, Login.id == of.login_id).outerjoin(
        Organization, Organization.id == of.organization_id
    )


def _covering(found: Select[Any], of: type[Grant] | type[Pool] = Grant) -> Select[Any]:
    return (
        found.outerjoin(Webinar, Webinar.id == of.webinar_id)
        .outerjoin(Series, Series.id == of.series_id)
        .outerjoin(Presenter, Presenter.id == of.presenter_id)
    )
