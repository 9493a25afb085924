"""Reminders to confirm an order's email address, which also name its unassigned seats (PRODUCT.md, S14).

The address may be another person's, so they say no more than the first email about the order did.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from lms.access.organization_people import is_emailed
from lms.buying import confirmations
from lms.core.dates_and_time_zones import read_zone
from lms.core.errors import N_
from lms.core.model_base import locked
from lms.mail import link_tokens_and_codes
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.mail.outbox import key_of
from lms.models.accounts import EmailPurpose, Login
from lms.models.grants import Grant
from lms.models.mail import Mail
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization
from lms.requests.read_models import number_of
from lms.sales import mails
from lms.sales.read_models import standing_grants_of_order
from lms.seats import unassigned_reminders
from lms.seats.pool_overview import read_pools
from lms.seats.unassigned_reminders import MADE_UP_FOR, latest_day

# By the next day, the browser that ordered no longer opens the order.
REMINDED_ON: Final[tuple[int, ...]] = (1, 14)
# A link that was just emailed, such as to a corrected address, is reminder enough.
PAUSE: Final = timedelta(hours=12)
# An address is reminded once a day; the hourly job may run a little earlier the next day.
A_DAY: Final = timedelta(hours=23)
KIND: Final = "confirm_order_reminder"
SUBJECT = N_("Reminder: Confirm your order %(numbers)s")
SUBJECT_OF_SEVERAL = N_("Reminder: Confirm your orders %(numbers)s")


def due_buyers(session: Session, *, zone: ZoneInfo, now: datetime) -> tuple[int, ...]:
    """Return the buyers, by the row ID of their login, to remind now, the newest order first.

    Each browser that orders for an address makes a login; the address is reminded of the newest.
    """
    found = session.scalars(
        select(Order.contact_id)
        .join(Login, Login.id == Order.contact_id)
        .where(*_open_orders(now))
        .group_by(Order.contact_id)
        .order_by(func.max(Order.id).desc())
    )
    return tuple(
        login_id
        for login_id in found
        if login_id is not None
        and _due_key(session, login_id, _orders_of(session, login_id, now), zone=zone, now=now)
    )


def remind(session: Session, login_id: int, *, mail_context: MailContext, now: datetime) -> None:
    """Email a buyer a new confirmation link, if that is still due; earlier links still work.

    One email is about all orders of their browser, and says that confirming lets them assign unassigned seats.
    """
    # Locked like in `confirmations`: the address isn't corrected or confirmed meanwhile.
    orders = _orders_of(session, login_id, now, lock=True)
    key = _due_key(session, login_id, orders, zone=mail_context.zone, now=now)
    if key is None:
        return
    newest, purpose = orders[-1], EmailPurpose.CONFIRM_ORDER
    to_assign = [one.organization_id for one in orders if _has_unassigned(session, one, now)]
    standing = [one for order in orders for one in standing_grants_of_order(session, order.id)]
    secret = link_tokens_and_codes.issue(
        session, login_id, purpose, email=newest.contact_email, now=now
    )
    numbers = ", ".join(number_of(order.public_id) for order in orders)
    lives = [mails.live_of(session, one, now) for one in standing]
    mail_outbox.post(
        session,
        kind=KIND,
        to=newest.contact_email,
        login_id=login_id,
        subject=(SUBJECT_OF_SEVERAL if len(orders) > 1 else SUBJECT) % {"numbers": numbers},
        values={
            "name": newest.contact_name,
            "orders": len(orders),
            "numbers": numbers,
            "items": mails.items_of(standing, mail_context.zone, now),
            "is_billed": not any(order.awaits_proof for order in orders),
            "live": next(filter(None, lives), ""),
            "organizations": [session.get_one(Organization, one).name for one in to_assign],
            "action_url": mail_context.links.secret_page(purpose, secret, onward=None),
        },
        unique_key=key,
        now=now,
    )


def _open_orders(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for recent orders of unconfirmed buyers with access that is in force."""
    has_access = exists().where(
        OrderLine.order_id == Order.id,
        Grant.order_line_id == OrderLine.id,
        Grant.revoked_at.is_(None),
        Grant.suspended_at.is_(None),
    )
    return (
        Login.email.is_(None),
        Login.merged_into.is_(None),
        Login.blocked_at.is_(None),
        is_emailed(Login),
        Order.is_self_service.is_(True),
        Order.livemode.is_(True),
        Order.canceled_at.is_(None),
        Order.placed_at > now - timedelta(days=max(REMINDED_ON) + 1) - MADE_UP_FOR,
        has_access.correlate(Order),
    )


def _orders_of(
    session: Session, login_id: int, now: datetime, *, lock: bool = False
) -> Sequence[Order]:
    query = (
        select(Order)
        .join(Login, Login.id == Order.contact_id)
        .where(Order.contact_id == login_id, *_open_orders(now))
        .order_by(Order.id)
    )
    if lock:
        query = locked(query, of=Order)
    return session.scalars(query).all()


def _due_key(
    session: Session, login_id: int, orders: Sequence[Order], *, zone: ZoneInfo, now: datetime
) -> str | None:
    """Return the unique key of the reminder that is due; None if none is, or the address got it."""
    days = [_day_of(session, order, zone, now) for order in orders]
    day = max(filter(None, days), default=None)
    if day is None:
        return None
    address = key_of(orders[-1].contact_email)
    key = f"confirm-order-reminder:{hashlib.sha256(address.encode()).hexdigest()}:{day}"
    was_reminded = and_(
        Mail.recipient_key == address, Mail.kind == KIND, Mail.created_at > now - A_DAY
    )
    was_sent = session.scalar(select(exists().where(or_(Mail.unique_key == key, was_reminded))))
    was_just_asked = link_tokens_and_codes.was_issued_since(
        session, login_id, EmailPurpose.CONFIRM_ORDER, since=now - PAUSE
    )
    return None if was_sent or was_just_asked else key


def _day_of(session: Session, order: Order, default_zone: ZoneInfo, now: datetime) -> date | None:
    """Return the latest day on which a reminder of this order is due."""
    assert order.placed_at is not None  # noqa: S101  (`_open_orders` compares it)
    zone, days = default_zone, REMINDED_ON
    if order.organization_id is not None:
        own = session.get_one(Organization, order.organization_id).zone
        zone = read_zone(own) if own else default_zone
    if _has_unassigned(session, order, now):
        days += unassigned_reminders.REMINDED_ON
    return latest_day(order.placed_at, days, zone, now)


def _has_unassigned(session: Session, order: Order, now: datetime) -> bool:
    """Return whether an order has unassigned seats that its buyer can assign once they confirm."""
    if order.organization_id is None or not confirmations.will_manage(session, order):
        return False
    pools = {one.pool_id for one in standing_grants_of_order(session, order.id)}
    cards = read_pools(session, order.organization_id, now=now)
    return any(card.is_to_assign for card in cards if card.id in pools)
