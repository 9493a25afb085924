"""Exchanges: what was bought for one webinar is for another one from then on.

The grant moves, and a return of its order line ends it whichever webinar it is for. The line says
what was sold, as its invoice does; the order's audit trail says what it was exchanged for.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.orders import Order, OrderLine

MOVED_ON: Final = N_("This webinar was exchanged for another one. Open that webinar instead.")


def exchange(
    session: Session,
    grant_id: str,
    was_for: Webinar,
    then_for: Webinar,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Let a grant be for another webinar; raises Conflict where it isn't for `was_for` any more."""
    moved = session.scalar(
        update(Grant)
        .where(Grant.public_id == grant_id, Grant.webinar_id == was_for.id)
        .values(webinar_id=then_for.id)
        .returning(Grant.id)
        .execution_options(synchronize_session="fetch")
    )
    if moved is None:
        raise Conflict(MOVED_ON)
    detail = {"from": was_for.public_id, "to": then_for.public_id}
    audit.record(session, "grant.exchanged", grant_id, actor=actor, now=now, detail=detail)
    order = session.scalar(_order_of(moved).with_only_columns(Order.public_id))
    if order is not None:
        audit.record(session, "order.exchanged", order, actor=actor, now=now, detail=detail)


def is_owned(session: Session, grant_id: int) -> bool:
    """Tell whether an organization bought a grant, and not the person who has it."""
    owner = _order_of(grant_id).with_only_columns(Order.organization_id)
    return session.scalar(owner) is not None


def _order_of(grant_id: int) -> Select[Order]:
    return (
        select(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Grant, Grant.order_line_id == OrderLine.id)
        .where(Grant.id == grant_id)
    )
