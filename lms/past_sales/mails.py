"""The email to a past buyer: what their account includes and how to sign in."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_organization
from lms.accounts.power_over_others import has_power
from lms.branding import read_branding
from lms.core.dates_and_time_zones import say_last_date
from lms.core.errors import N_
from lms.mail import link_tokens_and_codes
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.models.accounts import EmailPurpose, Login
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import Grant, Scope
from lms.models.orders import Order, OrderLine, Terms
from lms.models.organizations import Organization
from lms.models.seats import Pool

NAMED_AT_MOST: Final = 10
SUBJECT = N_("Your webinars at %(seller)s")
LIBRARY: Final = "/library"


_COVERS: Final = {
    Scope.WEBINAR: N_("%(covers)s"),
    Scope.SERIES: N_("All of the series %(covers)s"),
    Scope.PRESENTER: N_("All webinars with %(covers)s"),
    Scope.EVERYTHING: N_("All webinars"),
}
UNTIL = N_("%(what)s, until %(day)s")
SEATS = N_("%(what)s: %(seats)s seats of %(organization)s")
FOR_ALL = N_("%(what)s: for everyone at %(organization)s")


def send_brought_in(
    session: Session, login_id: int, *, mail_context: MailContext, now: datetime
) -> None:
    """Email a past buyer what their account includes and how to sign in.

    A buyer without a password gets the link for choosing one, valid for 14 days and once. A buyer who is
    on our team or manages an organization gets none, because emails are forwarded: they sign in by a code.
    """
    login = session.get_one(Login, login_id)
    if login.email is None or login.merged_into is not None or login.blocked_at is not None:
        return
    items, total = _items(session, login_id, mail_context=mail_context, now=now)
    if not items:
        return
    action_url = mail_context.links.page(LIBRARY)
    is_new = login.password_hash is None and not has_power(session, login_id)
    if is_new:
        secret = link_tokens_and_codes.issue(
            session, login_id, EmailPurpose.SET_PASSWORD, email=login.email, now=now
        )
        purpose = EmailPurpose.SET_PASSWORD
        action_url = mail_context.links.secret_page(purpose, secret, onward=LIBRARY)
    seller = read_branding(session, contact="").name
    mail_outbox.post(
        session,
        kind="past_purchases_added",
        to=login.email,
        login_id=login_id,
        subject=SUBJECT % {"seller": seller},
        values={
            "name": login.name,
            "items": items,
            "more": total - len(items),
            "is_new": is_new,
            "account": login.email,
            "action_url": action_url,
        },
        now=now,
        unique_key=f"brought-in:{login.public_id}",
    )


def _items(
    session: Session, login_id: int, *, mail_context: MailContext, now: datetime
) -> tuple[tuple[str, ...], int]:
    """Return the past purchases that are in force, the newest first, and their total."""
    which = (
        Order.contact_id == login_id,
        Order.terms == Terms.HISTORY,
        Grant.revoked_at.is_(None),
        or_(Grant.ends_at.is_(None), Grant.ends_at > now),
    )
    rows = session.execute(
        select(
            Grant.scope,
            func.coalesce(Webinar.title, Presenter.name, Series.title, "").label("covers"),
            func.coalesce(Organization.name, "").label("organization"),
            Grant.seats,
            Grant.ends_at,
        )
        .join(OrderLine, OrderLine.id == Grant.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Webinar, Webinar.id == Grant.webinar_id)
        .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
        .outerjoin(Series, Series.id == Grant.series_id)
        .outerjoin(Pool, Pool.id == Grant.pool_id)
        .outerjoin(Organization, Organization.id == kept_organization(Pool.organization_id))
        .where(*which)
        .order_by(Grant.starts_at.desc(), Grant.id.desc())
        .limit(NAMED_AT_MOST)
    )
    items = tuple(_said(row, mail_context) for row in rows)
    total = session.scalar(
        select(func.count(Grant.id))
        .join(OrderLine, OrderLine.id == Grant.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(*which)
    )
    return items, total or 0


def _said(row: Row[*tuple[Any, ...]], mail_context: MailContext) -> str:
    """Return one line about a purchase: `All webinars, until Jan 9, 2027: 25 seats of Oak Library`."""
    what = _COVERS[row.scope] % {"covers": row.covers}
    if row.ends_at is not None:
        day = say_last_date(row.ends_at, mail_context.zone)
        what = UNTIL % {"what": what, "day": day}
    if not row.organization:
        return what
    form = FOR_ALL if row.seats is None else SEATS
    return form % {"what": what, "seats": row.seats, "organization": row.organization}
