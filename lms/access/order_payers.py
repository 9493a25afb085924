"""Order payers: the order of a grant, for the people who can pay it, and whom the others can ask."""

from dataclasses import dataclass

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of, kept_organization
from lms.access.policy import UNPAID, Decision, PoolPlace
from lms.models.documents import Document, DocumentKind
from lms.models.grants import Grant
from lms.models.orders import Order, OrderLine
from lms.models.organizations import MANAGING, Membership, Organization, Role
from lms.models.seats import Pool


@dataclass(frozen=True, slots=True)
class Payable:
    """An order by its public ID, and the organization that pays it; None for a person's own order."""

    order_id: str
    organization_id: str | None


@dataclass(frozen=True, slots=True)
class SeatGiver:
    """The organization that a person's seats come from, by row ID and name; `is_asked` by this person."""

    id: int
    name: str
    is_asked: bool


def seat_giver(session: Session, place: PoolPlace, login_id: int | None) -> SeatGiver | None:
    """Return the organization that allotted the seats of a pool to the one they belong to, or None (S11).

    It bought them and pays for them. People ask their own organization about them, except its managers.
    """
    part, whole = aliased(Pool), aliased(Pool)
    manages = exists().where(
        Membership.login_id.in_(logins_of(login_id or 0)),
        Membership.organization_id.in_(family_of(place.organization_id)),
        Membership.role.in_(MANAGING),
    )
    row = session.execute(
        select(Organization.id, Organization.name, manages)
        .join_from(part, whole, whole.id == part.allotted_from_id)
        .join(Organization, Organization.id == kept_organization(whole.organization_id))
        .where(part.public_id == place.pool)
    ).one_or_none()
    return SeatGiver(*row) if row is not None else None


def asked_organization(session: Session, place: PoolPlace, login_id: int | None) -> int:
    """Return the organization whose managers a person can ask about seats, by its row ID."""
    giver = seat_giver(session, place, login_id)
    return giver.id if giver is not None and giver.is_asked else place.organization_id


def unpaid_order(session: Session, decision: Decision, login_id: int) -> Payable | None:
    """Return the unpaid order behind a refusal, if it has an open invoice and this person pays it.

    They are its payer, or a manager, owner or billing contact of the organization that is: only these
    people see its amounts.
    """
    if decision.code not in UNPAID or decision.grant is None:
        return None
    pays = exists().where(
        Membership.login_id.in_(logins_of(login_id)),
        Membership.organization_id.in_(family_of(Order.organization_id)),
        Membership.role.in_((*MANAGING, Role.BILLING)),
    )
    is_owed = exists().where(
        Document.order_id == Order.id,
        Document.kind == DocumentKind.INVOICE,
        Document.open_minor > 0,
    )
    row = session.execute(
        select(Order.public_id, Organization.public_id)
        .join_from(Grant, OrderLine, OrderLine.id == Grant.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Organization, Organization.id == kept_organization(Order.organization_id))
        .where(
            Grant.public_id == decision.grant.public_id,
            or_(Order.login_id.in_(logins_of(login_id)), pays),
            is_owed,
        )
    ).one_or_none()
    return Payable(*row) if row is not None else None
