"""Seat refunds: refund part of a sale's seats, and who must leave (PRODUCT.md, P5, S10)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import audit
from lms.contracts import renewals
from lms.contracts.renewals import Leaver
from lms.core.errors import N_, Conflict, Invalid
from lms.mail.links import Links
from lms.models.grants import Grant
from lms.models.sales import Sale
from lms.models.seats import Pool
from lms.pricing.quotes import SEATS, SoldSeats, Unpriced, refund
from lms.sales import seat_refund_mails
from lms.sales.payments_refunds_disputes import REFUNDED_BEFORE, prices_at, standing_lines
from lms.sales.read_models import SaleFacts, SaleGrant, find_sale
from lms.sales.seat_refund_mails import Returned, Wanted
from lms.seats import pools

IN_USE = N_("So many seats are not free. Release seats first.")
NOBODY_OVER = N_("So many seats are free: nobody has to be asked.")


@dataclass(frozen=True, slots=True)
class GivingBack:
    """How many seats are given back; `amount_minor` None is what the prices say."""

    seats: int
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class InUse:
    """Why seats can't be given back yet: `free` are, `missing` more are wanted.

    `people` are those of the pool who would go first, as many as are missing. Where they are
    fewer, freed seats that nobody may fill yet and seats allotted to others make up the rest.
    """

    pool_id: str
    free: int
    missing: int
    people: tuple[Leaver, ...]


def amount_for(session: Session, facts: SaleFacts, fewer: int) -> int:
    """Return what giving so many seats back is worth, at the prices of the sale's day (P5, P6).

    Raises Invalid (field `seats`) where that is no part of the sale.
    """
    if facts.kind not in SEATS or facts.quantity is None:
        sentence = N_("Seats can be given back of a sale of seats alone.")
        raise Invalid(sentence, fields={"seats": sentence})
    if not 1 <= fewer < facts.quantity:
        sentence = N_("Give back at least one seat, and not all: refund the sale for that.")
        raise Invalid(sentence, fields={"seats": sentence})
    kept = facts.price_minor - facts.refunded_minor
    sold = SoldSeats(facts.quantity, kept, facts.paid_at)
    worth = refund(prices_at(session, facts.sold_at), sold, fewer)
    return 0 if isinstance(worth, Unpriced) else worth


def refund_seats(
    session: Session,
    sale_id: str,
    back: GivingBack,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> int:
    """Take back some of a sale's seats and return what is paid back for them (P5).

    Who bought them and who manages the organization are told. Seats that somebody has are not
    taken: they are released before (S10). Raises NotFound, Invalid, and Conflict where the sale
    was refunded or, as `seats_in_use`, too few are free.
    """
    facts = find_sale(session, sale_id)
    worth = amount_for(session, facts, back.seats)
    amount = worth if back.amount_minor is None else back.amount_minor
    if not 0 <= amount <= facts.price_minor - facts.refunded_minor:
        sentence = N_("Pay back no more than was paid.")
        raise Invalid(sentence, fields={"amount": sentence})
    _shrink_sale(session, facts, back.seats, amount)
    for line in standing_lines(session, facts):
        _shrink_pool(session, line, back.seats, now=now)
    detail = {"seats": back.seats, "minor": amount}
    audit.record(session, "sale.seats_refunded", sale_id, actor=actor, now=now, detail=detail)
    returned = Returned(back.seats, amount)
    seat_refund_mails.send_refunded(session, facts, returned, links=links, now=now)
    return amount


def seats_in_use(session: Session, facts: SaleFacts, fewer: int) -> InUse | None:
    """Return who stands in the way of giving so many seats back; None where nothing does."""
    for line in standing_lines(session, facts):
        if line.pool_id is None:
            continue
        pool = pools.read_pool(session, line.pool_id)
        if pool.free is not None and pool.free < fewer:
            missing = fewer - pool.free
            people = renewals.sitting_people(session, pool.id)[:missing]
            return InUse(pool.public_id, pool.free, missing, people)
    return None


def ask_for_release(
    session: Session, sale_id: str, fewer: int, *, links: Links, actor: str | None, now: datetime
) -> int:
    """Ask those who manage the organization to release seats that are to be given back.

    Returns how many seats are missing. Raises NotFound, Invalid, Conflict where enough are free.
    """
    facts = find_sale(session, sale_id)
    amount_for(session, facts, fewer)
    over = seats_in_use(session, facts, fewer)
    if over is None:
        raise Conflict(NOBODY_OVER)
    people = tuple(one.name or one.email for one in over.people)
    wanted = Wanted(fewer, over.missing, over.pool_id, people)
    seat_refund_mails.send_wanted(session, facts, wanted, links=links, now=now)
    detail = {"seats": fewer, "missing": over.missing}
    audit.record(session, "sale.release_asked", sale_id, actor=actor, now=now, detail=detail)
    return over.missing


def _shrink_sale(session: Session, facts: SaleFacts, fewer: int, amount: int) -> None:
    changed = session.scalar(
        update(Sale)
        .where(Sale.id == facts.id, Sale.refunded_at.is_(None), Sale.quantity == facts.quantity)
        .values(quantity=Sale.quantity - fewer, refunded_minor=Sale.refunded_minor + amount)
        .returning(Sale.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise Conflict(REFUNDED_BEFORE)


def _shrink_pool(session: Session, line: SaleGrant, fewer: int, *, now: datetime) -> None:
    """Take so many free seats out of a pool; where fewer are free, nothing is taken."""
    if line.pool_id is None:
        return
    room = session.scalar(
        update(Pool)
        .where(Pool.id == line.pool_id, Pool.capacity - fewer >= Pool.used)
        .values(capacity=Pool.capacity - fewer)
        .returning(Pool.id)
        .execution_options(synchronize_session=False)
    )
    if room is None:
        raise Conflict(IN_USE, code="seats_in_use")
    session.execute(
        update(Grant)
        .where(Grant.id == line.id, Grant.seats > fewer)
        .values(seats=Grant.seats - fewer)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    pools.settle(session, line.pool_id, now=now)
