"""Payment links: the unguessable, revocable address of an order's payment page.

The token is derived from the secret key, so that emails and pages can show the same address again;
the database has only its hash.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import insert_into
from lms.core.errors import N_, Gone, or_not_found
from lms.core.runtime import derived_key, hash_secret
from lms.core.settings import Settings
from lms.mail.links import Links
from lms.models.orders import Order, OrderLink

REVOKED: Final = N_(
    "A newer link replaced this one. Use the link in our latest email, or ask us for it."
)


@dataclass(frozen=True, slots=True)
class PaymentLinks:
    """The site of payment pages, and the key from which their tokens are derived."""

    links: Links
    key: bytes = field(repr=False)

    def page(self, token: str) -> str:
        """Return the full URL of a payment page."""
        return self.links.page(f"/pay/{token}")


@dataclass(frozen=True, slots=True)
class CurrentLink:
    """The current link of an order, and when it was last opened."""

    url: str = field(repr=False)
    last_opened_at: datetime | None


def payment_links(settings: Settings) -> PaymentLinks:
    """Return the site and key of payment links."""
    return PaymentLinks(Links(settings.base_url), derived_key(settings.secret_key, "payment pages"))


def link_of(session: Session, order: Order, *, where: PaymentLinks, now: datetime) -> str:
    """Return the full URL of an order's payment page, created on the first call."""
    found = current_link(session, order, where=where)
    if found is not None:
        return found.url
    number = (_last_number(session, order) or 0) + 1
    token = _token(order, number, where)
    # two emails of one order can create its first link at once: both get the same one
    session.execute(
        insert_into(session, OrderLink)
        .values(order_id=order.id, number=number, token_hash=hash_secret(token), created_at=now)
        .on_conflict_do_nothing()
    )
    return where.page(token)


def current_link(session: Session, order: Order, *, where: PaymentLinks) -> CurrentLink | None:
    """Return an order's link; None before the first one, and after the secret key changed."""
    row = session.scalar(
        select(OrderLink)
        .where(OrderLink.order_id == order.id, OrderLink.revoked_at.is_(None))
        .order_by(OrderLink.number.desc())
        .limit(1)
    )
    if row is None:
        return None
    token = _token(order, row.number, where)
    if not hmac.compare_digest(row.token_hash, hash_secret(token)):
        return None
    return CurrentLink(where.page(token), row.last_opened_at)


def replace_link(
    session: Session, order: Order, *, where: PaymentLinks, actor: str | None, now: datetime
) -> str:
    """Revoke every link of an order, and return the URL of a new one."""
    session.execute(
        update(OrderLink)
        .where(OrderLink.order_id == order.id, OrderLink.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session="fetch")
    )
    audit.record(session, "order.link_replaced", order.public_id, actor=actor, now=now)
    return link_of(session, order, where=where, now=now)


def order_of(session: Session, token: str) -> Order:
    """Return the order of a payment link's token.

    Raises Gone for a revoked link, and NotFound for an unknown one.
    """
    query = (
        select(Order, OrderLink.revoked_at)
        .join(OrderLink, OrderLink.order_id == Order.id)
        .where(OrderLink.token_hash == hash_secret(token))
    )
    row = or_not_found(session.execute(query).one_or_none())
    if row.revoked_at is not None:
        raise Gone(REVOKED)
    return row[0]


def check_unreplaced(session: Session, order_id: str) -> None:
    """Raise Gone if an order's link was replaced; an order that doesn't exist yet has none."""
    replaced = (
        select(OrderLink.id)
        .join(Order, Order.id == OrderLink.order_id)
        .where(Order.public_id == order_id, OrderLink.revoked_at.is_not(None))
    )
    if session.scalar(replaced.limit(1)) is not None:
        raise Gone(REVOKED)


def note_opening(session: Session, token: str, *, now: datetime) -> None:
    """Record that the page of a link was opened."""
    session.execute(
        update(OrderLink)
        .where(OrderLink.token_hash == hash_secret(token))
        .values(last_opened_at=now)
    )


def _last_number(session: Session, order: Order) -> int | None:
    return session.scalar(
        select(OrderLink.number)
        .where(OrderLink.order_id == order.id)
        .order_by(OrderLink.number.desc())
        .limit(1)
    )


def _token(order: Order, number: int, where: PaymentLinks) -> str:
    digest = hmac.digest(where.key, f"{order.public_id}:{number}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
