"""Corrections of an order's lines: a new line replaces the wrong one and takes over its access."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, Invalid
from lms.models.grants import Grant
from lms.models.orders import Order, OrderLine
from lms.pricing.price_list import HIGHEST_MINOR, MOST_SEATS
from lms.sales import invoices, order_access
from lms.sales.credit_notes import Left
from lms.seats import named_people
from lms.seats.pool_reconciliation import settle

NOTHING_LEFT = N_("This order is fully credited. There's nothing to correct.")
NOT_HERE = N_("This line is no longer on the order. Reload the page.")


@dataclass(frozen=True, slots=True)
class LineChange:
    """The right quantity (None for unlimited) and price of a line (public ID)."""

    line_id: str
    quantity: int | None
    price_minor: int
    discount_minor: int = 0


def change_line(session: Session, order: Order, change: LineChange, *, now: datetime) -> None:
    """Replace a line with the right one, which takes over its access; adds or removes seats.

    Raises Invalid, and Conflict if seats to be removed are in use.
    """
    standing = invoices.standing_lines(session, order.id)
    old = next((line for line in standing if line.public_id == change.line_id), None)
    if old is None:
        raise Invalid(NOT_HERE)
    _check(old, change)
    gross = change.price_minor + change.discount_minor
    new = successor_of(
        session,
        old,
        quantity=change.quantity,
        unit_minor=gross // change.quantity if change.quantity else gross,
        discount_minor=change.discount_minor,
        discount_reason=old.discount_reason if change.discount_minor else "",
        net_minor=change.price_minor,
    )
    old.replaced_at = now
    session.flush()
    succeed(session, old, new)
    _move_access(session, order, old, new, now=now)


def credit_lines(
    session: Session,
    order: Order,
    left: Mapping[str, Left],
    changed: Iterable[str],
    *,
    now: datetime,
) -> None:
    """Reduce partly credited lines to what is left of them, and remove returned ones.

    Lines whose ids are in `changed` are corrected manually. Raises Conflict if no line is left.
    """
    given = {grant.order_line_id for grant in order_access.standing_grants(session, [order.id])}
    for one in left.values():
        line = one.line
        is_whole = (one.net_minor, one.seats) == (line.net_minor, line.quantity)
        if is_whole or line.public_id in changed:
            continue
        if one.seats == 0 or (one.net_minor == 0 and line.id not in given):
            line.replaced_at = now
            session.flush()
        else:
            change = LineChange(line.public_id, one.seats, one.net_minor)
            change_line(session, order, change, now=now)
    if not invoices.standing_lines(session, order.id):
        raise Conflict(NOTHING_LEFT)


def successor_of(session: Session, old: OrderLine, **values: object) -> OrderLine:
    """Add a copy of a line with these values changed and the people named for it, and return it."""
    count = select(func.count(OrderLine.id)).where(OrderLine.order_id == old.order_id)
    kept = {
        column.key: getattr(old, column.key)
        for column in OrderLine.__mapper__.columns
        if column.key not in ("id", "public_id", "replaced_at")
    }
    new = OrderLine(**{**kept, "position": session.scalar(count), **values})
    session.add(new)
    session.flush()
    named_people.move_names(session, old.id, new.id)
    return new


def succeed(session: Session, old: OrderLine, new: OrderLine) -> None:
    """Let lines of more seats add to the line that replaces theirs."""
    session.execute(
        update(OrderLine)
        .where(OrderLine.adds_to_id == old.id)
        .values(adds_to_id=new.id)
        .execution_options(synchronize_session="fetch")
    )


def _move_access(
    session: Session, order: Order, old: OrderLine, new: OrderLine, *, now: datetime
) -> None:
    for grant in order_access.standing_grants(session, [order.id]):
        if grant.order_line_id != old.id:
            continue
        grant_id, before = grant.id, grant.seats
        session.execute(
            update(Grant)
            .where(Grant.id == grant_id)
            .values(order_line_id=new.id)
            .execution_options(synchronize_session="fetch")
        )
        if grant.pool_id is None or before == new.quantity or new.quantity is None:
            continue
        if before is not None and new.quantity < before:
            fewer = before - new.quantity
            order_access.check_free(session, [(grant, fewer)], now=now)
            order_access.shrink(session, grant, fewer, now=now)
        else:
            grant.seats = new.quantity
            session.flush()
            settle(session, grant.pool_id, now=now)


def _check(line: OrderLine, change: LineChange) -> None:
    if not 0 <= change.price_minor <= HIGHEST_MINOR:
        raise Invalid(N_("Enter a price from 0 to 1,000,000."), field="price")
    is_number = change.quantity is not None and 1 <= change.quantity <= MOST_SEATS
    if (line.quantity is None) is not (change.quantity is None) or not (
        is_number or change.quantity is None
    ):
        raise Invalid(N_("Enter a number from 1 to 10,000."), field="quantity")
    if line.login_id is not None and change.quantity != 1:
        raise Invalid(N_("A person can have only one of these."), field="quantity")
