"""Organization people: who belongs to an organization, and whom its managers removed."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Exists, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import OrganizationId, family_of
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.orders import Order
from lms.models.organizations import Membership, Organization
from lms.models.seats import BY_A_MANAGER, Assignment, AssignmentState, Pool

# Aliases, so that they don't clash with the tables of the enclosing statement.
_login, _organization, _entry = aliased(Login), aliased(Organization), aliased(AuditEntry)
_membership, _assignment, _pool = aliased(Membership), aliased(Assignment), aliased(Pool)
_REMOVED: Final = "membership.removed"


def belongs_to(
    logins: Any,  # noqa: ANN401  (columns or a subquery)
    organization_id: OrganizationId,
) -> ColumnElement[bool]:
    """Return the condition that a person, given by all their logins, is a member or has a seat."""
    member = exists().where(
        _membership.organization_id.in_(family_of(organization_id)),
        _membership.login_id.in_(logins),
    )
    return or_(
        member, _seat(logins, organization_id).where(_assignment.state == AssignmentState.CLAIMED)
    )


def was_removed_from(
    logins: Select[int], organization_id: OrganizationId, *, since: datetime | None = None
) -> Exists:
    """Return the condition that a person, given by all their logins, was removed from the members."""
    its_ids = select(_organization.public_id).where(
        _organization.id.in_(family_of(organization_id))
    )
    their_ids = select(_login.public_id).where(_login.id.in_(logins))
    removed = exists().where(
        _entry.subject.in_(its_ids),
        _entry.act == _REMOVED,
        _entry.detail["login"].as_string().in_(their_ids),
    )
    return removed if since is None else removed.where(_entry.at >= since)


def is_contact(logins: Select[int]) -> ColumnElement[bool]:
    """Return the condition that a person, given by all their logins, is the contact of an order.

    They aren't anymore if managers of the organization that ordered removed them, or their seat, unless
    they still belong to it.
    """
    lost_seat = _seat(logins, Order.organization_id).where(_assignment.ended_as.in_(BY_A_MANAGER))
    is_removed = or_(was_removed_from(logins, Order.organization_id), lost_seat)
    return and_(
        Order.contact_id.in_(logins),
        or_(
            Order.organization_id.is_(None),
            belongs_to(logins, Order.organization_id),
            not_(is_removed),
        ),
    )


def is_emailed(contact: type[Login]) -> ColumnElement[bool]:
    """Return the condition that an order's contact, given by their kept login, is emailed about it.

    They need an address. For an organization, they mustn't be blocked, nor removed (`is_contact`).
    """
    address = func.coalesce(contact.email, func.nullif(Order.contact_email, ""))
    is_unknown = Order.contact_id.is_(None)
    is_theirs = or_(is_unknown, is_contact(logins_of(Order.contact_id)))
    return and_(
        address.is_not(None),
        or_(Order.organization_id.is_(None), and_(contact.blocked_at.is_(None), is_theirs)),
    )


def _seat(logins: Any, organization_id: OrganizationId) -> Exists:  # noqa: ANN401
    return exists().where(
        _assignment.login_id.in_(logins),
        _pool.id == _assignment.pool_id,
        _pool.organization_id.in_(family_of(organization_id)),
    )
