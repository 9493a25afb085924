"""Order payers: the order of a grant, for the people who can pay it."""

from dataclasses import dataclass

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of, kept_organization
from lms.access.policy import Code, Decision
from lms.models.documents import Document, DocumentKind
from lms.models.grants import Grant
from lms.models.orders import Order, OrderLine
from lms.models.organizations import MANAGING, Membership, Organization, Role


@dataclass(frozen=True, slots=True)
class Payable:
    """An order by its public ID, and the organization that pays it; None for a person's own order."""

    order_id: str
    organization_id: str | None


def overdue_order(session: Session, decision: Decision, login_id: int) -> Payable | None:
    """Return the unpaid order behind a refusal, if it has an open invoice and this person pays it.

    They are its payer, or a manager, owner or billing contact of the organization that is: only these
    people see its amounts.
    """
    if decision.code is not Code.PAYMENT_OVERDUE or decision.grant is None:
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
