"""The credit limit: whether an organization's order on credit opens at once (PRODUCT.md, P9)."""

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.models.documents import Document, DocumentKind
from lms.models.orders import OrderTakeover
from lms.models.payments import Payment
from lms.models.seats import VerifiedDomain
from lms.seller.settings import read_seller


def opens_at_once(session: Session, organization_id: int, *, wanted_minor: int = 0) -> bool:
    """Return whether an order on credit opens at once, without our team.

    It does for an organization that has paid before, or that has a verified domain and whose
    balance, including this order, is within the limit for new customers. Orders by people at its
    domain count even before the organization has taken them over.
    """
    family = family_of(organization_id)
    has_paid = exists().where(
        Payment.organization_id.in_(family),
        Payment.reversed_at.is_(None),
        Payment.livemode.is_(True),
    )
    if session.scalar(select(has_paid)):
        return True
    is_known = exists().where(VerifiedDomain.organization_id.in_(family))
    asked = select(OrderTakeover.order_id).where(OrderTakeover.organization_id.in_(family))
    owed = session.scalar(
        select(func.coalesce(func.sum(Document.open_minor), 0)).where(
            Document.organization_id.in_(family) | Document.order_id.in_(asked),
            Document.kind == DocumentKind.INVOICE,
            Document.livemode.is_(True),
        )
    )
    limit = read_seller(session).credit_limit_minor
    return bool(session.scalar(select(is_known))) and int(owed or 0) + wanted_minor <= limit
