"""What our team's home page shows besides requests, orders and webinars."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization
from lms.models.seats import Pool

SHOWN: Final = 5
BOUNCES_SHOWN_FOR: Final = timedelta(days=14)
ASSIGNED_WITHIN: Final = timedelta(days=14)  # the last reminder to managers (PRODUCT.md, S14)


@dataclass(frozen=True, slots=True)
class Bounced:
    """A bounced email; `login_id` is the public ID of its recipient, "" if unknown."""

    recipient: str
    subject: str
    login_id: str


@dataclass(frozen=True, slots=True)
class Unassigned:
    """An organization, and how many of its seats are still unassigned after 14 days."""

    slug: str
    name: str
    seats: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Failed jobs, bounced emails, and unassigned seats; the lists contain the first five."""

    failed_jobs: int
    bounced: tuple[Bounced, ...]
    bounced_total: int
    unassigned: tuple[Unassigned, ...]
    unassigned_total: int


def read_trouble(session: Session, *, now: datetime) -> Trouble:
    """Return problems that no customer reported and that need our team."""
    failed = session.scalar(
        select(func.count()).select_from(Job).where(Job.state == JobState.FAILED)
    )
    lately = Mail.bounced_at > now - BOUNCES_SHOWN_FOR
    bounced = session.execute(
        select(Mail.recipient, Mail.subject, func.coalesce(Login.public_id, ""))
        .outerjoin(Login, Login.id == Mail.login_id)
        .where(lately)
        .order_by(Mail.bounced_at.desc(), Mail.id.desc())
        .limit(SHOWN)
    )
    lately_added = (
        select(func.coalesce(func.sum(Grant.seats), 0))
        .where(
            Grant.pool_id == Pool.id,
            Grant.revoked_at.is_(None),
            Grant.created_at > now - ASSIGNED_WITHIN,
        )
        .scalar_subquery()
    )
    long_free = Pool.capacity - Pool.used - lately_added
    free = func.sum(long_free)
    sold = exists(
        select(Grant.id)
        .outerjoin(OrderLine, OrderLine.id == Grant.order_line_id)
        .outerjoin(Order, Order.id == OrderLine.order_id)
        .where(
            Grant.pool_id == Pool.id,
            Grant.revoked_at.is_(None),
            Grant.created_at <= now - ASSIGNED_WITHIN,
            or_(Order.id.is_(None), Order.livemode),
        )
    )
    unassigned = (
        select(Organization.slug, Organization.name, free)
        .join(Pool, Pool.organization_id == Organization.id)
        .where(Pool.webinar_id.is_not(None), long_free > 0, sold)
        .group_by(Organization.id, Organization.slug, Organization.name)
    )
    first = unassigned.order_by(free.desc(), Organization.id).limit(SHOWN)
    count = select(func.count())
    return Trouble(
        failed_jobs=failed or 0,
        bounced=tuple(Bounced(*row) for row in bounced),
        bounced_total=session.scalar(count.select_from(Mail).where(lately)) or 0,
        unassigned=tuple(
            Unassigned(slug, name, int(seats or 0)) for slug, name, seats in session.execute(first)
        ),
        unassigned_total=session.scalar(count.select_from(unassigned.subquery())) or 0,
    )
