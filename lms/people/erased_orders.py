"""Erased orders: what happens to an erased person's orders and payments (MONEY.md, M21).

Documents stay as issued for the years in which a tax office may ask for them; then they lose the name
and address, and keep their amounts. Other text about the person is deleted at once, and so are their
drafts.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, cast, delete, exists, false, func, null, or_, select
from sqlalchemy import update as updating
from sqlalchemy.orm import Session

from lms.documents.snapshots import sha256_of
from lms.models.accounts import Login
from lms.models.documents import Document
from lms.models.grants import Grant
from lms.models.orders import Order, Quote
from lms.models.payments import Checkout, Payment

ERASED_NAME: Final = "Erased person"
# The longest time for which the IRS asks businesses to keep records of a sale (Publication 583).
LEGAL_TIME: Final = timedelta(days=7 * 366)


def forget(
    session: Session, login_ids: Sequence[int], keys: Sequence[str], *, now: datetime
) -> None:
    """Delete a person's drafts, and remove their name and addresses from the orders that stay.

    `keys` are the person's confirmed addresses. A quoted draft stays, as its quote does, and is
    canceled so that its link sells nothing anymore. An organization's orders stay; the person who
    ordered is no longer named.
    """
    theirs = or_(
        Order.login_id.in_(login_ids),
        Order.contact_id.in_(login_ids),
        func.lower(Order.contact_email).in_(keys),
    )
    _delete_drafts(session, theirs)
    _cancel_quoted(session, theirs, now)
    ids = session.scalars(select(Order.id).where(theirs)).all()
    _forget_names(session, ids, login_ids)
    _forget_bill_to(session, ids, keys)
    hosts = or_(Grant.login_id.in_(login_ids), func.lower(Grant.host_email).in_(keys))
    for change in (
        updating(Payment).where(Payment.login_id.in_(login_ids)).values(note=""),
        updating(Grant).where(hosts).values(host_email=""),
    ):
        session.execute(change)
    session.flush()


def documents_by(session: Session, issued_by: datetime) -> list[str]:
    """Return the public IDs of documents that were issued by then and name an erased person."""
    billed_to = Document.snapshot["bill_to"]["name"].as_string()
    # an erased login has no address, and the name that erasure sets
    is_erased = Login.email.is_(None) & (Login.name == ERASED_NAME)
    # a quote has no owner yet: its order names one, or has lost the name and address
    their_quote = (
        Document.login_id.is_(None)
        & Order.organization_id.is_(None)
        & (Order.organization_name == "")
        & (Order.contact_name == "")
        & (Order.contact_email == "")
    )
    return list(
        session.scalars(
            select(Document.public_id)
            .outerjoin(Login, Login.id == Document.login_id)
            .outerjoin(Order, Order.id == Document.order_id)
            .where(
                is_erased | their_quote,
                Document.issued_at <= issued_by,
                billed_to != ERASED_NAME,
            )
            .order_by(Document.id)
        )
    )


def forget_in_document(session: Session, document_id: str) -> None:
    """Remove the name and address from a document; the caller must delete its PDF before."""
    document = session.scalars(select(Document).where(Document.public_id == document_id)).one()
    nobody = {"name": ERASED_NAME, "attention": "", "address": [], "email": "", "vendor_number": ""}
    document.snapshot = {**document.snapshot, "bill_to": nobody}
    document.sha256 = sha256_of(document.snapshot)
    document.pdf_key = document.pdf_sha256 = None
    session.flush()


def _delete_drafts(session: Session, theirs: ColumnElement[bool]) -> None:
    is_used = or_(
        exists().where(Document.order_id == Order.id), exists().where(Checkout.order_id == Order.id)
    )
    session.execute(
        delete(Order).where(
            theirs, Order.placed_at.is_(None), Order.organization_id.is_(None), ~is_used
        )
    )


def _cancel_quoted(session: Session, theirs: ColumnElement[bool], now: datetime) -> None:
    """Cancel the person's own quoted drafts; a cart in payment continues."""
    session.execute(
        updating(Order)
        .where(
            theirs,
            Order.placed_at.is_(None),
            Order.canceled_at.is_(None),
            Order.cart_token_hash.is_(None),
            Order.organization_id.is_(None),
            Order.organization_name == "",
        )
        .values(canceled_at=now)
    )


def _forget_names(session: Session, ids: Sequence[int], login_ids: Sequence[int]) -> None:
    """Remove the person's name from orders, and from quotes that they accepted."""
    names = select(func.lower(Login.name)).where(Login.id.in_(login_ids))
    their_own = select(Order.id).where(Order.id.in_(ids), Order.organization_id.is_(None))
    accepted = or_(Quote.order_id.in_(their_own), func.lower(Quote.accepted_name).in_(names))
    for change in (
        updating(Quote)
        .where(Quote.order_id.in_(ids), Quote.accepted_name.is_not(None), accepted)
        .values(accepted_name=ERASED_NAME),
        updating(Order).where(Order.id.in_(ids)).values(contact_name="", contact_email=""),
        updating(Order).where(Order.id.in_(their_own)).values(bill_to=null(), note=""),
    ):
        session.execute(change)


def _forget_bill_to(session: Session, ids: Sequence[int], keys: Sequence[str]) -> None:
    """Remove the person from the manually corrected billing address of an organization's orders."""
    billed = select(Order).where(
        Order.bill_to.is_not(None), or_(Order.id.in_(ids), _holds(Order.bill_to, keys))
    )
    for order in session.scalars(billed.execution_options(populate_existing=True)):
        to = order.bill_to or {}
        email = "" if str(to["email"]).lower() in keys else to["email"]
        order.bill_to = {**to, "attention": "", "email": email}
    session.flush()


def _holds(column: Any, keys: Sequence[str]) -> ColumnElement[bool]:  # noqa: ANN401  (a JSON column)
    """Return the condition that the text of a JSON column contains one of these addresses."""
    text = func.lower(cast(column, Text))
    return or_(false(), *(text.contains(json.dumps(key), autoescape=True) for key in keys))
