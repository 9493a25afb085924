"""Orders: creating one, and placing it, which gives its access and issues its invoice.

Until it is placed an order is a cart or draft; then its prices are fixed (PRODUCT.md, P6). One function
places every order: those that our team records, accepted quotes, and past sales.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import kept_id
from lms.contracts import grace_periods, renewals
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import locked, new_public_id
from lms.documents.policies_in_print import current_versions
from lms.grants.grants import Target, target_columns
from lms.mail.links import MailContext
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.orders import LineAct, Order, OrderLine, Terms
from lms.organizations import organizations
from lms.organizations.organizations import OrganizationFacts
from lms.pricing.offers import DATED
from lms.requests import requests
from lms.requests.read_models import find_request
from lms.sales import (
    billing,
    contract_lines,
    invoices,
    mails,
    order_access,
    purchase_orders,
    receiving,
    uninvited_buyers,
)
from lms.sales.buyers import buyer_of
from lms.sales.invoices import Charge
from lms.sales.new_orders import NewLine, NewOrder, check
from lms.sales.purchase_orders import NewPurchaseOrder
from lms.seats import named_people, pools
from lms.seats.pools import PoolFacts

PLACED_ALREADY = N_("This order was already placed.")
CANCELED = N_("This order was canceled.")
HAS_CONTRACT = N_("This organization already has this contract. Renew it or add seats instead.")
NO_CONTRACT = N_("This organization doesn't have this contract yet. Sell a new one.")
NO_PASS = N_("This organization doesn't have this pass yet. Sell a new one.")


def place(
    session: Session, new: NewOrder, *, mail_context: MailContext, actor: str | None, now: datetime
) -> Order:
    """Create an order and place it at once; return it.

    Raises Invalid with errors by field, NotFound, and Conflict for an order that was already placed.
    """
    order = draft(session, new, actor=actor, now=now)
    if new.has_agreed:
        order.policies = current_versions(session, now=now)
    agree(
        session,
        order,
        is_held=new.is_held,
        mail_context=mail_context,
        actor=actor,
        now=now,
    )
    return order


def draft(session: Session, new: NewOrder, *, actor: str | None, now: datetime) -> Order:
    """Create an order without placing it: a cart, or a draft to quote.

    No one gets access, an account, or an email. Raises as `place` does.
    """
    return write_down(session, new, check(session, new), actor=actor, now=now)


def revise(
    session: Session, order: Order, new: NewOrder, *, actor: str | None, now: datetime
) -> None:
    """Change a draft, which is locked. Its old lines are kept.

    A quote that was sent stays as printed until a new version is issued. Another contact is our team's
    choice, and gets the role of a buyer in a known organization. Raises as `draft` does, and Conflict for
    an order that was placed or canceled.
    """
    if order.placed_at is not None:
        raise Conflict(PLACED_ALREADY)
    if order.canceled_at is not None:
        raise Conflict(CANCELED)
    targets = check(session, new)
    billing.check_bill_on(new.bill_on, now=now)
    organization = None
    if new.organization:
        organization = organizations.find_organization(session, new.organization)
    order.organization_id = organization.id if organization else None
    order.organization_name = "" if organization else " ".join(new.organization_name.split())
    if order.contact_email != new.email.strip():
        order.contact_id = None  # found again by the address when the order is placed
        order.is_self_service = order.is_self_service and organization is None
    order.contact_name, order.contact_email = " ".join(new.name.split()), new.email.strip()
    order.terms, order.currency, order.note = new.terms, new.currency, new.note.strip()
    order.net_days = billing.net_days_of(session, organization, new.net_days)
    order.bill_on, order.due_on = new.bill_on, new.due_on
    session.execute(
        update(OrderLine)
        .where(OrderLine.order_id == order.id, OrderLine.replaced_at.is_(None))
        .values(replaced_at=now)
        .execution_options(synchronize_session="fetch")
    )
    session.flush()
    add_lines(session, order, new.lines, targets)
    if new.po_number.strip() and new.po_number.strip() != billing.po_number(session, order):
        received = NewPurchaseOrder(new.po_number, now)
        purchase_orders.receive(session, order, received, actor=actor, now=now)
    audit.record(session, "order.revised", order.public_id, actor=actor, now=now)
    grace_periods.follow_order(session, order.id, now=now)


def write_down(
    session: Session,
    new: NewOrder,
    targets: Sequence[Target],
    *,
    actor: str | None,
    now: datetime,
) -> Order:
    """Create an order as requested, even if it is not complete enough to be placed.

    Raises NotFound, and Conflict for an order or a request that was already answered.
    """
    order_id = new.order_id or new_public_id()
    if session.scalar(select(Order.id).where(Order.public_id == order_id)) is not None:
        raise Conflict(PLACED_ALREADY)
    billing.check_bill_on(new.bill_on, now=now)
    organization = None
    if new.organization:
        organization = organizations.find_organization(session, new.organization)
    order = Order(
        public_id=order_id,
        organization_id=organization.id if organization else None,
        contact_name=" ".join(new.name.split()),
        contact_email=new.email.strip(),
        organization_name="" if organization else " ".join(new.organization_name.split()),
        terms=new.terms,
        net_days=billing.net_days_of(session, organization, new.net_days),
        currency=new.currency,
        livemode=new.livemode,
        is_self_service=new.is_self_service or _is_as_requested(session, new, organization),
        note=new.note.strip(),
        created_at=now,
        bill_on=new.bill_on,
        due_on=new.due_on,
    )
    session.add(order)
    session.flush()
    add_lines(session, order, new.lines, targets)
    if new.po_number.strip():
        purchase_orders.keep(session, order, NewPurchaseOrder(new.po_number, now))
    if new.answers is not None:
        requests.link_order(session, new.answers, order.id)
    audit.record(session, "order.drafted", order.public_id, actor=actor, now=now)
    return order


def add_lines(
    session: Session, order: Order, lines: Sequence[NewLine], targets: Sequence[Target]
) -> None:
    """Add lines to an order, described by the current titles of what they cover."""
    first = len(lines_of(session, order.id, replaced=True))
    for place, (line, target) in enumerate(zip(lines, targets, strict=True), start=first):
        adds_to = find_line(session, line.adds_to) if line.adds_to else None
        gross = line.price_minor + line.discount_minor
        row = OrderLine(
            order_id=order.id,
            position=place,
            kind=line.kind,
            act=line.act,
            adds_to_id=adds_to.id if adds_to else None,
            description=_name_of(session, target),
            quantity=line.quantity,
            starts_at=line.starts_at,
            ends_at=line.ends_at,
            unit_minor=gross // line.quantity if line.quantity else gross,
            discount_minor=line.discount_minor,
            discount_reason=line.discount_reason.strip() if line.discount_minor else "",
            net_minor=line.price_minor,
            delivered_through=line.delivered_through,
            **target_columns(target),
        )
        has_pool = line.kind in DATED or line.act is LineAct.MORE_SEATS
        if has_pool and order.organization_id is not None:
            _choose_pool(session, order, row, target, line.pool)
        session.add(row)
    session.flush()


def agree(  # noqa: PLR0913  (the order, its payment, actor and time)
    session: Session,
    order: Order,
    *,
    is_held: bool,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    charge: Charge | None = None,
) -> None:
    """Place an order: give its access, issue its invoice, and email its buyer.

    Access opens at once unless it is on hold (P9). `charge` is its card payment. Past sales send no
    email. Raises Conflict if it was already placed, and Invalid if it can't be delivered.
    """
    held = session.scalars(locked(select(Order).where(Order.id == order.id))).one()
    if held.placed_at is not None:
        raise Conflict(PLACED_ALREADY)
    if held.canceled_at is not None:
        raise Conflict(CANCELED)
    lines = lines_of(session, order.id)
    order_access.check_deliverable(session, order, lines, now=now)
    buyer = buyer_of(session, order, mail_context=mail_context, actor=actor, now=now)
    order.organization_id = buyer.organization.id if buyer.organization else None
    order.login_id = None if buyer.organization else buyer.contact.id
    order.contact_id, order.placed_at = buyer.contact.id, now
    order.held_at = now if is_held else None
    session.flush()
    audit.record(session, "order.placed", order.public_id, actor=actor, now=now)
    zone = order_access.zone_of(session, order, mail_context)
    for line in lines:
        order_access.give_access(
            session, order, line, login_id=buyer.contact.id, zone=zone, actor=actor, now=now
        )
    if not is_held:
        named_people.invite_named(session, order.id, links=mail_context.links, actor=actor, now=now)
    requests.finish_with_order(session, order.id, actor=actor, now=now)
    grace_periods.follow_order(session, order.id, now=now)
    if order.terms is Terms.HISTORY:
        uninvited_buyers.note(session, buyer.contact.id, now=now)
        return
    if order.terms is not Terms.COMPLIMENTARY:
        invoice = invoices.bill(
            session,
            order,
            mail_context=mail_context,
            actor=actor,
            now=now,
            is_charged=charge is not None,
        )
        if invoice is not None and charge is not None:
            receiving.receive_charge(
                session, invoice, charge, mail_context=mail_context, actor=actor, now=now
            )
    mails.send_placed(session, order, mail_context=mail_context, now=now)


def write_note(
    session: Session, order: Order, note: str, *, actor: str | None, now: datetime
) -> None:
    """Store our team's internal note about an order."""
    order.note = note.strip()
    audit.record(session, "order.note_written", order.public_id, actor=actor, now=now)


def lines_of(session: Session, order_id: int, *, replaced: bool = False) -> list[OrderLine]:
    """Return the lines of an order by position; replaced ones only if `replaced`."""
    query = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
    if not replaced:
        query = query.where(OrderLine.replaced_at.is_(None))
    return list(session.scalars(query))


def find_line(session: Session, line_id: str) -> OrderLine:
    """Return an order line by its public ID; raises NotFound."""
    return or_not_found(session.scalar(select(OrderLine).where(OrderLine.public_id == line_id)))


def find_order(session: Session, order_id: str, *, lock: bool = False) -> Order:
    """Return an order by its public ID, locked if requested; raises NotFound."""
    query = select(Order).where(Order.public_id == order_id)
    return or_not_found(session.scalar(locked(query) if lock else query))


def _is_as_requested(
    session: Session, new: NewOrder, organization: OrganizationFacts | None
) -> bool:
    """Return whether an order has the organization and the contact of the request that it answers."""
    if new.answers is None or organization is None:
        return False
    asked = find_request(session, new.answers)
    return (
        asked.organization_id == organization.id
        and asked.email.casefold() == new.email.strip().casefold()
    )


def _name_of(session: Session, target: Target) -> str:
    names = {
        Scope.WEBINAR: select(Webinar.title).where(Webinar.id == target.id),
        Scope.SERIES: select(Series.title).where(Series.id == target.id),
        Scope.PRESENTER: select(Presenter.name).where(Presenter.id == target.id),
    }
    return session.scalars(names[target.scope]).one() if target.scope in names else ""


def _choose_pool(
    session: Session, order: Order, line: OrderLine, target: Target, named: str | None
) -> None:
    """Set the contract or pass that a line renews, or the seats to which it adds.

    A new contract must not exist yet, so that a new contract, a renewal and more seats can't be
    confused (PRODUCT.md, C5). An organization can have several passes; each is renewed separately.
    """
    is_pass = line.kind is OfferKind.PASS
    if is_pass and line.act is LineAct.NEW:
        return
    if is_pass and line.act is LineAct.MORE_SEATS:
        raise Invalid(contract_lines.ONE_PASS_EACH, field="act")
    pool = _named_pool(session, order, line, target, named)
    pool = pool or _pool_sold(session, order, line, target)
    if line.act is LineAct.NEW:
        if pool is not None and line.starts_at is None:
            raise Invalid(HAS_CONTRACT, field="act")
        return
    if pool is None and line.kind in DATED:
        raise Invalid(NO_PASS if is_pass else NO_CONTRACT, field="act")
    line.pool_id = pool.id if pool else None


def _named_pool(
    session: Session, order: Order, line: OrderLine, target: Target, named: str | None
) -> PoolFacts | None:
    """Return the pool that a line names, or of the line to which it adds, if it fits the order."""
    adds_to = session.get(OrderLine, line.adds_to_id) if line.adds_to_id else None
    if named is not None:
        pool = pools.find_pool(session, named)
    elif adds_to is not None and adds_to.pool_id is not None:
        pool = pools.read_pool(session, adds_to.pool_id)
    else:
        return None
    is_own = pool.organization_id == kept_id(session, order.organization_id or 0)
    is_such = pool.is_pass is (line.kind is OfferKind.PASS) and pool.target == target
    fits = is_own and is_such and pool.is_permanent is (line.kind not in DATED)
    return pool if fits and pool.allotted_from is None else None


def _pool_sold(session: Session, order: Order, line: OrderLine, target: Target) -> PoolFacts | None:
    """Return the organization's contract, pass or seats of this kind for a target, if any."""
    assert order.organization_id is not None  # noqa: S101  (`add_lines` checked it)
    if line.kind is not OfferKind.PASS:
        is_permanent = line.kind not in DATED
        return renewals.pool_sold(session, order.organization_id, target, is_permanent=is_permanent)
    return renewals.pass_to_renew(
        session,
        order.organization_id,
        target,
        besides=[one.pool_id for one in lines_of(session, order.id) if one.pool_id],
        now=order.created_at,
    )
