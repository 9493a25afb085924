"""Credit: whether an unpaid order opens at once (PRODUCT.md, P9)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.core.email_addresses import Address
from lms.mail.links import MailContext
from lms.models.accounts import Login, LoginAlias
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant, Scope
from lms.models.orders import Order, OrderLine
from lms.order_reviews import reviews
from lms.organizations.email_domains import is_public, organization_at
from lms.payments import credit_limit
from lms.sales import order_access, orders

LIVE_WITHIN: Final = timedelta(hours=24)


def opens_at_once(session: Session, order: Order, address: Address | None) -> bool:
    """Return whether an order on credit opens now that its address is confirmed.

    It does for an organization that has paid before or whose verified domain the address is in,
    within the credit limit for new customers; a new organization is created when the order is
    placed. A person's own order waits for payment. `address` is None once its account was deleted.
    """
    if order.organization_id is None and not order.organization_name:
        return False
    wanted = sum(line.net_minor for line in orders.lines_of(session, order.id))
    either = {order.organization_id, organization_at(session, address) if address else None}
    return any(
        credit_limit.opens_at_once(session, one, wanted_minor=wanted)
        for one in either
        if one is not None
    )


def ask_our_team(
    session: Session,
    order: Order,
    address: Address | None,
    *,
    mail_context: MailContext,
    now: datetime,
) -> None:
    """Ask our team to review an order on credit; live sessions within a day open at once."""
    if address is not None:
        open_live_only(session, order, address, now=now)
    reviews.ask(session, order, mail_context=mail_context, now=now)


def open_live_only(session: Session, order: Order, address: Address, *, now: datetime) -> None:
    """Open only the live sessions that start within a day.

    This happens once per email domain, and never for public email providers.
    """
    domain = address.key.rpartition("@")[2]
    if is_public(domain) or _had_live(session, domain):
        return
    soon = session.scalars(
        select(OrderLine.id)
        .join(Webinar, Webinar.id == OrderLine.webinar_id)
        .where(
            OrderLine.order_id == order.id,
            OrderLine.replaced_at.is_(None),
            OrderLine.scope == Scope.WEBINAR,
            Webinar.state == WebinarState.ANNOUNCED,
            Webinar.held_at > now - LIVE_WITHIN,
            Webinar.held_at <= now + LIVE_WITHIN,
        )
    ).all()
    _open_live(session, order, soon)


def _open_live(session: Session, order: Order, line_ids: Sequence[int]) -> None:
    grants = [
        grant.id
        for grant in order_access.standing_grants(session, [order.id])
        if grant.order_line_id in line_ids
    ]
    session.execute(
        update(Grant)
        .where(Grant.id.in_(grants))
        .values(opens_live=True)
        .execution_options(synchronize_session="fetch")
    )


def _had_live(session: Session, domain: str) -> bool:
    """Return whether an order opened live sessions to this domain before.

    It did to the domains of all its buyer's addresses: a signed-in one types any address on the order.
    """
    is_at = f"@{domain}"
    theirs = Login.id.in_(logins_of(Order.contact_id))
    before = exists().where(
        Grant.opens_live,
        OrderLine.id == Grant.order_line_id,
        Order.id == OrderLine.order_id,
        or_(
            func.lower(Order.contact_email).endswith(is_at, autoescape=True),
            exists().where(theirs, Login.email_key.endswith(is_at, autoescape=True)),
            exists().where(
                theirs,
                LoginAlias.login_id == Login.id,
                LoginAlias.email_key.endswith(is_at, autoescape=True),
            ),
        ),
    )
    return bool(session.scalar(select(before)))
