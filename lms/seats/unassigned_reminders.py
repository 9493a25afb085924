"""Unassigned seat reminders, on days 3 and 14 after the order (PRODUCT.md, S14).

If its access was on hold, they are sent on days 3 and 14 after it opened, too.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_organization
from lms.core.dates_and_time_zones import read_zone
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.models.audit import AuditEntry
from lms.models.grants import Grant
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.organizations.manager_emails import emailed_managers
from lms.seats.invitation_reminders import reminded_at
from lms.seats.pool_overview import PoolCard, read_pools

REMINDED_ON: Final = (3, 14)
# A worker that was down for up to this long still sends the missed reminders.
MADE_UP_FOR: Final = timedelta(days=3)
SUBJECT = N_("%(organization)s: seats to assign")


@dataclass(slots=True)
class _Due:
    """An organization's recently ordered pools, and the latest day on which a reminder is due."""

    public_id: str
    name: str
    pools: set[int]
    day: date | None


def tell_unassigned(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Remind managers of unassigned seats, in one email for all pools of an organization.

    At most one a day, and none once the seats are assigned.
    """
    for organization_id, due in _ordered_lately(session, mail_context.zone, now).items():
        if due.day is None:
            continue
        cards = [
            card
            for card in read_pools(session, organization_id, now=now)
            if card.id in due.pools and card.is_to_assign
        ]
        if cards:
            _remind(session, organization_id, due, cards, mail_context=mail_context, now=now)


def latest_day(
    placed_at: datetime, reminded_on: Iterable[int], zone: ZoneInfo, now: datetime
) -> date | None:
    """Return the latest day so far on which an order is reminded of, unless it is long ago."""
    moments = (reminded_at(placed_at, day, zone) for day in reminded_on)
    due = (at.astimezone(zone).date() for at in moments if now - MADE_UP_FOR < at <= now)
    return max(due, default=None)


def _ordered_lately(session: Session, default_zone: ZoneInfo, now: datetime) -> dict[int, _Due]:
    kept = kept_organization(Pool.organization_id)
    since = now - timedelta(days=max(REMINDED_ON) + 1) - MADE_UP_FOR
    opened = (
        select(AuditEntry.subject, func.max(AuditEntry.at).label("at"))
        .where(AuditEntry.act == "order.released", AuditEntry.at > since)
        .group_by(AuditEntry.subject)
        .subquery()
    )
    rows = session.execute(
        select(Organization, Pool.id, func.coalesce(opened.c.at, Order.placed_at))
        .select_from(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Grant, Grant.order_line_id == OrderLine.id)
        .join(Pool, Pool.id == Grant.pool_id)
        .join(Organization, Organization.id == kept)
        .outerjoin(opened, opened.c.subject == Order.public_id)
        .where(
            or_(Order.placed_at > since, opened.c.at.is_not(None)),
            Order.canceled_at.is_(None),
            Order.livemode,
            Grant.revoked_at.is_(None),
        )
        .order_by(Organization.id, Pool.id)
    )
    found: dict[int, _Due] = {}
    days: defaultdict[int, list[date | None]] = defaultdict(list)
    for organization, pool_id, began_at in rows:
        zone = read_zone(organization.zone) if organization.zone else default_zone
        due = found.setdefault(
            organization.id, _Due(organization.public_id, organization.name, set(), None)
        )
        due.pools.add(pool_id)
        days[organization.id].append(latest_day(began_at, REMINDED_ON, zone, now))
    for organization_id, due in found.items():
        due.day = max(filter(None, days[organization_id]), default=None)
    return found


def _remind(
    session: Session,
    organization_id: int,
    due: _Due,
    cards: list[PoolCard],
    *,
    mail_context: MailContext,
    now: datetime,
) -> None:
    for reader in emailed_managers(session, organization_id):
        mail_outbox.post(
            session,
            kind="seats_unassigned",
            to=reader.email,
            login_id=reader.login_id,
            subject=SUBJECT % {"organization": due.name},
            values={
                "name": reader.name,
                "organization": due.name,
                "pools": [(card.title or N_("all webinars"), card.unassigned) for card in cards],
                "action_url": mail_context.links.page(f"/organization/{due.public_id}"),
            },
            unique_key=f"seats-unassigned:{due.public_id}:{due.day}:{reader.login_id}",
            now=now,
        )
