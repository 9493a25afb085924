"""Hosts of group viewings that an organization owns, and replacing them (PRODUCT.md, Payer and holder)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of, kept_organization
from lms.accounts import login_lookup
from lms.accounts import mails as account_mails
from lms.accounts.accounts import Account
from lms.accounts.mails import Reader
from lms.core.email_addresses import Address
from lms.core.errors import N_, Conflict, or_not_found
from lms.core.model_base import locked
from lms.group_showings import showings
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant, OfferKind
from lms.models.group_showings import Showing
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization, Role
from lms.models.playback import PlaybackEnd
from lms.organizations import memberships
from lms.organizations.memberships import NewMember
from lms.playback.sessions import end_by_own_grants

HOSTS_ALREADY = N_("This person already hosts it.")
SHOWINGS = "/showings"


@dataclass(frozen=True, slots=True)
class OwnedShowing:
    """A group viewing that an organization owns, and its host.

    `host` is the name of the order's contact, or the address that a manager entered: the name of an
    address's owner is not revealed.
    """

    grant: str
    organization: str
    slug: str
    title: str
    held_at: datetime
    zone: str
    host: str
    times_shown: int


@dataclass(frozen=True, slots=True)
class NewHost:
    """A new host; `name` is for an account, if one must be created."""

    address: Address
    name: str = ""


def owned_showings(session: Session, organization_id: int) -> tuple[OwnedShowing, ...]:
    """Return the group viewings that an organization owns, latest webinar first."""
    rows = session.execute(
        _owned(organization_id).order_by(Webinar.held_at.desc(), Grant.id.desc())
    )
    return tuple(OwnedShowing(*tuple(row)) for row in rows)


def find_owned(session: Session, organization_id: int, grant_id: str) -> OwnedShowing:
    """Return a group viewing of an organization; raises NotFound for others."""
    row = session.execute(_owned(organization_id).where(Grant.public_id == grant_id)).one_or_none()
    return OwnedShowing(*tuple(or_not_found(row)))


def replace_host(
    session: Session,
    owned: OwnedShowing,
    new: NewHost,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Replace the host of a group viewing; both people are emailed.

    The former host can no longer show it, their open viewings close, and its lists stay. A person
    without an account gets one; in one that was claimed by a copied link, it can be shown once the
    address is proven. Raises Conflict if the person is already the host.
    """
    grant = session.scalars(locked(select(Grant).where(Grant.public_id == owned.grant))).one()
    assert grant.login_id is not None  # noqa: S101  (a group viewing is a login's)
    former = session.get_one(Login, login_lookup.kept_login(session, grant.login_id))
    member = NewMember(new.address, Role.MEMBER, new.name)
    host, link_for = memberships.account_to_invite(session, member, actor=actor, now=now)
    if host.id == former.id:
        raise Conflict(HOSTS_ALREADY)
    end_by_own_grants(session, former.id, ended_as=PlaybackEnd.REVOKED, now=now)
    showings.close_all_of(session, grant.id, now=now)
    grant.login_id, grant.host_email = host.id, new.address.shown
    line = session.get(OrderLine, grant.order_line_id)
    if line is not None:
        line.login_id = host.id
    session.flush()
    detail = {"from": former.public_id, "to": host.public_id}
    audit.record(session, "grant.host_replaced", owned.grant, actor=actor, now=now, detail=detail)
    _tell_former(session, owned, former, links=links, now=now)
    _tell_new(session, owned, host, links=links, now=now)
    if link_for is not None:
        email = host.email or new.address.shown
        reader = Reader(email, host.id, account=email)
        account_mails.send_link(session, reader, link_for, links=links, onward=SHOWINGS, now=now)


def _owned(organization_id: int) -> Select[*tuple[Any, ...]]:
    times = (
        select(func.count(Showing.id))
        .where(Showing.grant_id == Grant.id)
        .correlate(Grant)
        .scalar_subquery()
    )
    return (
        select(
            Grant.public_id,
            Organization.name,
            Webinar.slug,
            Webinar.title,
            Webinar.held_at,
            Webinar.zone,
            func.coalesce(func.nullif(Grant.host_email, ""), Login.name),
            times,
        )
        .join(OrderLine, OrderLine.id == Grant.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Organization, Organization.id == kept_organization(Order.organization_id))
        .join(Webinar, Webinar.id == Grant.webinar_id)
        .join(Login, Login.id == Grant.login_id)
        .where(
            Order.organization_id.in_(family_of(organization_id)),
            Grant.kind == OfferKind.GROUP_SHOWING,
            Grant.revoked_at.is_(None),
        )
    )


def _tell_former(
    session: Session, owned: OwnedShowing, former: Login, *, links: Links, now: datetime
) -> None:
    if former.email is None:
        return
    mail_outbox.post(
        session,
        kind="showing_host_replaced",
        to=former.email,
        login_id=former.id,
        subject=N_("%(organization)s chose another host for “%(title)s”")
        % {"organization": owned.organization, "title": owned.title},
        values={
            "organization": owned.organization,
            "title": owned.title,
            "action_url": links.page(SHOWINGS),
        },
        now=now,
    )


def _tell_new(
    session: Session, owned: OwnedShowing, host: Account, *, links: Links, now: datetime
) -> None:
    mail_outbox.post(
        session,
        kind="showing_host",
        to=host.email or "",
        login_id=host.id,
        subject=N_("You can now show “%(title)s” to a group") % {"title": owned.title},
        values={
            "organization": owned.organization,
            "title": owned.title,
            "action_url": links.page(SHOWINGS),
        },
        now=now,
    )
