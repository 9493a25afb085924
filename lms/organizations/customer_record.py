"""The customer record: contacts, open invitations, and the organization's logins and addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.core.list_queries import Page, count_rows
from lms.core.model_base import copied
from lms.mail.bounces import bounced_addresses
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import Grant, Scope
from lms.models.organizations import (
    AccountsPayableAddress,
    MemberInvitation,
    Membership,
    Organization,
    Role,
)
from lms.models.seats import Assignment, AssignmentState, Pool


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact of an organization."""

    login_id: str
    name: str
    email: str | None
    role: Role
    is_bounced: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """A person with an open invitation: to a seat, or to a role in the organization.

    `role` is None for an invitation to a seat of `covers`, which is "" for everything.
    """

    name: str
    email: str
    role: Role | None
    scope: Scope | None
    covers: str
    invited_at: datetime
    expires_at: datetime | None
    is_bounced: bool


def contacts_of(session: Session, organization_id: int) -> Sequence[Contact]:
    """Return the people with a role in an organization, owners first, each once."""
    rows = session.execute(
        select(Login.public_id, Login.name, Login.email, Login.email_key, Membership.role)
        .join_from(Membership, Login, Login.id == Membership.login_id)
        .where(
            Membership.organization_id.in_(family_of(organization_id)),
            Membership.role != Role.MEMBER,
            Login.blocked_at.is_(None),
        )
        .order_by(Membership.role != Role.OWNER, func.lower(Login.name), Login.id)
    ).all()
    bounced = bounced_addresses(session, [row.email_key for row in rows if row.email_key])
    found: dict[str, Contact] = {}
    for row in rows:
        contact = Contact(row.public_id, row.name, row.email, row.role, row.email_key in bounced)
        found.setdefault(row.public_id, contact)
    return list(found.values())


def invited_people(session: Session, organization_id: int, *, limit: int) -> Page[Invited]:
    """Return an organization's open invitations, newest first."""
    family = family_of(organization_id)
    to_seats = (
        select(
            Assignment.name,
            Assignment.email,
            Assignment.email_key,
            _nothing(MemberInvitation.role).label("role"),
            Pool.scope,
            func.coalesce(Webinar.title, Series.title, Presenter.name, "").label("covers"),
            Assignment.created_at.label("invited_at"),
            Assignment.expires_at,
        )
        .join_from(Assignment, Pool, Pool.id == Assignment.pool_id)
        .outerjoin(Webinar, Webinar.id == Pool.webinar_id)
        .outerjoin(Series, Series.id == Pool.series_id)
        .outerjoin(Presenter, Presenter.id == Pool.presenter_id)
        .where(Pool.organization_id.in_(family), _is_open())
    )
    to_roles = select(
        MemberInvitation.name,
        MemberInvitation.email,
        MemberInvitation.email_key,
        MemberInvitation.role,
        _nothing(Pool.scope),
        literal(""),
        MemberInvitation.created_at,
        _nothing(Assignment.expires_at),
    ).where(MemberInvitation.organization_id.in_(family))
    every = union_all(to_seats, to_roles).subquery()
    rows = session.execute(
        select(every).order_by(every.c.invited_at.desc(), every.c.email_key).limit(limit)
    ).all()
    total = count_rows(session, select(every))
    bounced = bounced_addresses(session, [row.email_key for row in rows])
    return Page(
        tuple(copied(Invited, row, is_bounced=row.email_key in bounced) for row in rows),
        total,
    )


def logins_of_organization(organization_id: int) -> Select[int]:
    """Return a subquery of the logins of an organization: members, and people who have or had a seat."""
    family = family_of(organization_id)
    members = select(Membership.login_id).where(Membership.organization_id.in_(family))
    seated = (
        select(Assignment.login_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(Pool.organization_id.in_(family), Assignment.login_id.is_not(None))
    )
    found = union(members, seated).subquery()
    return select(found.c.login_id)


def addresses_of_organization(organization_id: int) -> Select[str]:
    """Return a subquery of the address keys for an organization's emails.

    These are accounts payable addresses, and those of open invitations.
    """
    family = family_of(organization_id)
    payables = select(AccountsPayableAddress.email_key).where(
        AccountsPayableAddress.organization_id.in_(family)
    )
    invited = (
        select(Assignment.email_key)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(Pool.organization_id.in_(family), _is_open())
    )
    found = union(payables, invited).subquery()
    return select(found.c.email_key)


def subjects_of_organization(organization_id: int) -> Select[str]:
    """Return a subquery of the public IDs of an organization's timeline.

    These are the organization and those merged with it, their pools, and the pools' grants.
    """
    family = family_of(organization_id)
    found = union(
        select(Organization.public_id).where(Organization.id.in_(family)),
        select(Pool.public_id).where(Pool.organization_id.in_(family)),
        select(Grant.public_id)
        .join(Pool, Pool.id == Grant.pool_id)
        .where(Pool.organization_id.in_(family)),
    ).subquery()
    return select(found.c.public_id)


def _is_open() -> ColumnElement[bool]:
    return and_(
        Assignment.ended_at.is_(None),
        Assignment.email.is_not(None),
        or_(
            Assignment.state == AssignmentState.INVITED,
            Assignment.state == AssignmentState.OFFERED,
        ),
    )


def _nothing(column: Any) -> ColumnElement[Any]:  # noqa: ANN401  (a column)
    """Return a typed NULL, for the column that the other half of a union has."""
    return cast(null(), column.type)
