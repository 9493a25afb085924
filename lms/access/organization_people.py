"""Organization people: who belongs to an organization, and whom its managers removed."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Exists, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from lms.access.merged_logins import logins_of_kept
from lms.access.merged_organizations import OrganizationId, family_of, kept_organization
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
    return or_(_is_member(logins, organization_id), _has_seat(logins, organization_id))


def was_removed_from(
    logins: Select[int], organization_id: OrganizationId, *, since: datetime | None = None
) -> Exists:
    """Return the condition that a person, given by all their logins, was removed from the members."""
    its_ids = select(_organization.public_id).where(
        _organization.id.in_(family_of(organization_id))
    )
    removed = exists().where(
        _entry.subject.in_(its_ids),
        _entry.act == _REMOVED,
        _login.public_id == _entry.detail["login"].as_string(),
        _login.id.in_(logins),
    )
    return removed if since is None else removed.where(_entry.at >= since)


def is_contact(logins: Select[int]) -> ColumnElement[bool]:
    """Return the condition that a person, given by all their logins, is the contact of an order.

    Once managers of the organization that ordered remove them, or their seat, they no longer are, unless
    they still have a seat there.
    """
    return and_(Order.contact_id.in_(logins), speaks_for_buyer(logins))


def speaks_for_buyer(logins: Select[int]) -> ColumnElement[bool]:
    """Return the condition that an order's contact, given by all their logins, isn't removed from it."""
    buyer = Order.organization_id
    return or_(buyer.is_(None), belongs_to(logins, buyer), not_(_was_removed(logins)))


def is_emailed(contact: type[Login]) -> ColumnElement[bool]:
    """Return the condition that an order's contact, given by their kept login, is emailed about it.

    They need an address. For an organization, they must not be blocked or removed, even if they still
    have a seat there, because those who stay decide what it pays.
    """
    address = func.coalesce(contact.email, func.nullif(Order.contact_email, ""))
    is_gone = or_(contact.blocked_at.is_not(None), _was_removed(logins_of_kept(contact.id)))
    return and_(address.is_not(None), or_(Order.organization_id.is_(None), not_(is_gone)))


def _was_removed(logins: Select[int]) -> ColumnElement[bool]:
    """Return the condition that managers of an order's organization removed a person, or their only seat.

    Members don't count: they may have been added again. For a quote, neither does what happened before
    it was made, since its contact was named after that.
    """
    buyer = Order.organization_id
    lost_seat = _seat(logins, buyer).where(
        _assignment.ended_as.in_(BY_A_MANAGER), _counts(_assignment.ended_at)
    )
    return and_(
        not_(_is_member(logins, buyer)),
        or_(
            and_(lost_seat, not_(_has_seat(logins, buyer))),
            was_removed_from(logins, buyer).where(_counts(_entry.at)),
        ),
    )


def _counts(removed_at: Any) -> ColumnElement[bool]:  # noqa: ANN401  (a column)
    return or_(Order.contact_id.is_not(None), removed_at >= Order.created_at)


def _is_member(logins: Any, organization_id: OrganizationId) -> Exists:  # noqa: ANN401
    return exists().where(
        _membership.login_id.in_(logins),
        kept_organization(_membership.organization_id) == kept_organization(organization_id),
    )


def _has_seat(logins: Any, organization_id: OrganizationId) -> Exists:  # noqa: ANN401
    return _seat(logins, organization_id).where(_assignment.state == AssignmentState.CLAIMED)


def _seat(logins: Any, organization_id: OrganizationId) -> Exists:  # noqa: ANN401
    return exists().where(
        _assignment.login_id.in_(logins),
        _pool.id == _assignment.pool_id,
        kept_organization(_pool.organization_id) == kept_organization(organization_id),
    )
