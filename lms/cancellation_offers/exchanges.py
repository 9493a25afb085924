"""Exchanging a canceled webinar's lines for the same on another webinar (MONEY.md, M27).

The lines are credited with the reason `exchange`, and a new order with an invoice has them for the
other webinar: the credit pays it, and the difference is due or remains as credit. The grants move, so
that seats, people, invitations, progress and certificates stay.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.cancellation_offers.bought import Bought
from lms.core.errors import N_
from lms.grants.grants import Target
from lms.mail.links import Links, MailContext
from lms.models.catalog import Webinar
from lms.models.documents import CreditReason, Document
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.orders import Order, OrderLine, Terms
from lms.models.seats import Pool
from lms.payments import settlements
from lms.pricing.price_list import read_prices
from lms.pricing.quotes import Ask, Unpriced, quote
from lms.receivables import pauses
from lms.sales import (
    billing,
    cancellations,
    credit_notes,
    invoices,
    line_corrections,
    order_access,
    purchase_orders,
)
from lms.sales.credit_notes import Credit, Left, NewCreditNote
from lms.sales.purchase_orders import NewPurchaseOrder
from lms.seats import invitations, named_people

EXCHANGED = N_("Exchanged for “%(title)s.”")


def exchange(
    session: Session,
    one: Bought,
    target: Webinar,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Exchange an order's lines for another webinar.

    An order without an invoice, or whose lines cost nothing, keeps them under its own number.
    """
    invoice = invoices.live_invoice(session, one.order.id, lock=True)
    left = {line.id: credit_notes.left_of_line(session, line) for line in one.lines}
    costs = {line_id: new_net(session, each, target) for line_id, each in left.items()}
    credits_ = tuple(Credit(each.line.public_id) for each in left.values() if _is_left(each))
    if invoice is None or not credits_:
        _move_lines(session, one, one.order, target, costs, left, links=mail_context.links, now=now)
        _note(session, one, one.order, target, actor=actor, now=now)
        return
    was_paid = invoice.open_minor == 0
    wanted = NewCreditNote(CreditReason.EXCHANGE, credits_, EXCHANGED % {"title": target.title})
    note = credit_notes.credit(
        session, one.order, wanted, mail_context=mail_context, actor=actor, now=now
    )
    order = _copy(session, one.order, now=now)
    _move_lines(session, one, order, target, costs, left, links=mail_context.links, now=now)
    if not order_access.standing_grants(session, [one.order.id]):
        one.order.held_at = one.order.review_due_at = None  # the new order waits, if either does
    made = invoices.issue_invoice(session, order, mail_context=mail_context, actor=actor, now=now)
    _pay(session, note, made, now=now)
    session.refresh(made, ["open_minor"])
    if made.open_minor:
        invoices.check_payee(session, order, invoices.NOT_NOW)
    if was_paid and made.open_minor and order.organization_id is None:
        order_access.hold(session, order, now=now)  # a person pays the difference first
    cancellations.open_paid(session, order, mail_context=mail_context, actor=actor, now=now)
    _note(session, one, order, target, actor=actor, now=now)


def new_net(session: Session, left: Left, target: Webinar) -> int:
    """Return the price of a line for another webinar: its price plus the difference of the list prices."""
    was, ask = left.net_minor, Ask(left.line.kind, left.seats)
    here = quote(read_prices(session, order_access.target_of(left.line)), ask)
    there = quote(read_prices(session, Target(Scope.WEBINAR, target.id)), ask)
    if isinstance(here, Unpriced) or isinstance(there, Unpriced):
        return was
    return max(0, was + there.total_minor - here.total_minor) if was else 0


def _is_left(left: Left) -> bool:
    return bool(left.net_minor or left.tax_minor)


def _copy(session: Session, was: Order, *, now: datetime) -> Order:
    """Make an order of the same payer, with its terms, exemption, purchase order and paused reminders."""
    order = Order(
        login_id=was.login_id,
        organization_id=was.organization_id,
        contact_id=was.contact_id,
        contact_name=was.contact_name,
        contact_email=was.contact_email,
        bill_to=was.bill_to,
        terms=Terms.INVOICE if was.terms is Terms.CARD else was.terms,
        net_days=was.net_days,
        currency=was.currency,
        livemode=was.livemode,
        exempt_as=was.exempt_as,
        policies=list(was.policies),
        created_at=now,
        placed_at=now,
        held_at=was.held_at,
        review_due_at=was.review_due_at,
    )
    session.add(order)
    session.flush()
    pauses.carry_over(session, was, order)
    number = billing.po_number(session, was)
    if number:
        purchase_orders.keep(session, order, NewPurchaseOrder(number, now))
    return order


def _move_lines(  # noqa: PLR0913  (the lines, where they move, and their prices)
    session: Session,
    one: Bought,
    order: Order,
    target: Webinar,
    costs: Mapping[int, int],
    left: Mapping[int, Left],
    *,
    links: Links,
    now: datetime,
) -> None:
    """Give each line a successor for the other webinar, with its grants."""
    known = select(OrderLine.position).where(OrderLine.order_id == order.id)
    first = max(session.scalars(known), default=-1) + 1
    for place, line in enumerate(one.lines, start=first):
        seats, net = left[line.id].seats, costs[line.id]
        new = OrderLine(
            order_id=order.id,
            position=place,
            kind=line.kind,
            act=line.act,
            adds_to_id=line.adds_to_id,
            scope=Scope.WEBINAR,
            webinar_id=target.id,
            description=target.title,
            login_id=line.login_id,
            pool_id=line.pool_id,
            quantity=None if line.kind is OfferKind.INSTITUTIONAL else seats,
            starts_at=line.starts_at,
            ends_at=line.ends_at,
            unit_minor=net // seats if seats else net,
            net_minor=net,
            delivered_through=line.delivered_through,
        )
        session.add(new)
        session.flush()
        line_corrections.succeed(session, line, new)
        named_people.move_names(session, line.id, new.id)
        session.execute(
            update(Grant)
            .where(Grant.order_line_id == line.id, Grant.revoked_at.is_(None))
            .values(order_line_id=new.id, webinar_id=target.id)
            .execution_options(synchronize_session="fetch")
        )
        if line.pool_id is not None:
            _move_pool(session, line.pool_id, target, links=links, now=now)
        if order.id == one.order.id:
            line.replaced_at = now
    session.flush()


def _move_pool(
    session: Session, pool_id: int, target: Webinar, *, links: Links, now: datetime
) -> None:
    """Move a pool to the other webinar, with its allotted pools, all grants, and its invitations."""
    family = list(
        session.scalars(
            select(Pool.id)
            .where(
                or_(Pool.id == pool_id, Pool.allotted_from_id == pool_id),
                Pool.webinar_id != target.id,  # not moved yet by another line
            )
            .order_by(Pool.id)
            .with_for_update()
        )
    )
    for table, column in ((Pool, Pool.id), (Grant, Grant.pool_id)):
        session.execute(
            update(table)
            .where(column.in_(family))
            .values(webinar_id=target.id)
            .execution_options(synchronize_session="fetch")
        )
    for each in family:
        invitations.invite_again(session, each, links=links, now=now)


def _pay(session: Session, note: Document, invoice: Document, *, now: datetime) -> None:
    session.refresh(note, ["open_minor"])
    amount = min(note.open_minor, invoice.open_minor)
    if amount:
        settlements.settle(session, invoice, note, amount, now=now)


def _note(
    session: Session,
    one: Bought,
    order: Order,
    target: Webinar,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    was = session.get_one(Webinar, one.lines[0].webinar_id)
    detail = {"from": was.public_id, "to": target.public_id}
    for public_id in dict.fromkeys((one.order.public_id, order.public_id)):
        audit.record(session, "order.exchanged", public_id, actor=actor, now=now, detail=detail)
