"""Seat returns: who uses the seats to return, and the request to release them (PRODUCT.md, S10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms import audit
from lms.contracts import renewals
from lms.contracts.renewals import Leaver
from lms.core.errors import N_, Conflict
from lms.mail.links import Links
from lms.models.grants import Grant
from lms.models.orders import Order, OrderLine
from lms.sales import return_mails
from lms.sales.order_access import standing_grants
from lms.seats import pools
from lms.seats.seat_counts import missing_without

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


def seats_in_use(
    session: Session,
    order: Order,
    line: OrderLine,
    fewer: Mapping[int, int | None],
    *,
    now: datetime,
) -> InUse | None:
    """Return who uses the seats of a line to return; None if enough are available.

    `fewer` are the seats to return by line (row ID), those of this line and others; None is all.
    """
    grants = [one for one in standing_grants(session, [order.id]) if one.order_line_id in fewer]
    for pool_id in [one.pool_id for one in grants if one.order_line_id == line.id and one.pool_id]:
        taken = [
            (one, _part(one, fewer[one.order_line_id or 0]))
            for one in grants
            if one.pool_id == pool_id
        ]
        missing = missing_without(session, pool_id, taken, now=now)
        if missing:
            pool = pools.read_pool(session, pool_id)
            people = renewals.sitting_people(session, pool.id)[:missing]
            return InUse(pool.public_id, pool.free or 0, missing, people)
    return None


def _part(grant: Grant, fewer: int | None) -> int | None:
    """Return the seats to take from a grant; None if they are all."""
    return fewer if fewer is not None and fewer < (grant.seats or 0) else None


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
    over = seats_in_use(session, order, line, {line.id: fewer}, now=now)
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
