"""Seat returns: who uses the seats to return, and the request to release them (PRODUCT.md, S10)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms import audit
from lms.contracts import renewals
from lms.contracts.renewals import Leaver
from lms.core.errors import N_, Conflict
from lms.mail.links import Links
from lms.models.orders import Order, OrderLine
from lms.sales import return_mails
from lms.sales.order_access import standing_grants
from lms.seats import pools

ENOUGH_FREE = N_("Enough seats are available now. They can be returned.")


@dataclass(frozen=True, slots=True)
class InUse:
    """Why seats can't be returned yet: `free` are free, and `missing` more are needed.

    `people` would be released first, as many as are missing. If there are fewer, locked seats and seats
    allotted to member organizations make up the rest.
    """

    pool_id: str
    free: int
    missing: int
    people: tuple[Leaver, ...]


def seats_in_use(session: Session, order: Order, line: OrderLine, fewer: int) -> InUse | None:
    """Return who uses the seats to return; None if enough are available."""
    for grant in standing_grants(session, [order.id]):
        if grant.pool_id is None or grant.order_line_id != line.id:
            continue
        pool = pools.read_pool(session, grant.pool_id)
        if pool.free is not None and pool.free < fewer:
            missing = fewer - pool.free
            people = renewals.sitting_people(session, pool.id)[:missing]
            return InUse(pool.public_id, pool.free, missing, people)
    return None


def ask_for_release(  # noqa: PLR0913  (what to return, and the actor)
    session: Session,
    order: Order,
    line: OrderLine,
    fewer: int,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> int:
    """Email the managers of an organization to release seats of a line, so that they can be returned.

    Returns how many seats are missing. Raises Conflict if enough are free.
    """
    over = seats_in_use(session, order, line, fewer)
    if over is None:
        raise Conflict(ENOUGH_FREE)
    people = [one.name or one.email for one in over.people]
    wanted = return_mails.Wanted(fewer, over.missing, over.pool_id, tuple(people))
    return_mails.send_wanted(session, order, line, wanted, links=links, now=now)
    detail = {"seats": fewer, "missing": over.missing}
    audit.record(
        session, "order.release_asked", order.public_id, actor=actor, now=now, detail=detail
    )
    return over.missing
