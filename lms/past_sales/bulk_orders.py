"""Bulk orders: adds the orders of many past sales with their access in a few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.accounts import accounts, login_lookup
from lms.core.bulk_insert import write_rows
from lms.core.email_addresses import Address, read_address
from lms.core.errors import Conflict, Refused
from lms.core.model_base import new_public_ids
from lms.grants.grants import Target, Term, target_columns, year_from
from lms.mail.links import MailContext
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.orders import LineAct, Order, OrderLine
from lms.models.organizations import Organization
from lms.organizations import organizations
from lms.past_sales import bulk_pools, open_invoices
from lms.past_sales.bulk_logins import Buyer, Contact, Wanted, let_manage, people_of
from lms.past_sales.open_invoices import OpenInvoice
from lms.pricing.offers import DATED
from lms.sales import uninvited_buyers
from lms.sales.buyers import contact_name
from lms.sales.new_orders import NewLine, NewOrder
from lms.seats.pools import NewPoolGrant
from lms.seller.settings import read_seller

_NAMED: Final = "name:"  # no slug has a colon
_NAMES: Final = {
    Scope.WEBINAR: (Webinar.id, Webinar.title),
    Scope.SERIES: (Series.id, Series.title),
    Scope.PRESENTER: (Presenter.id, Presenter.name),
}


@dataclass(frozen=True, slots=True)
class PastOrder:
    """A valid order that was placed before this installation ran, and what it covers.

    Its one line has the starting time. `institution` is named on billing documents.
    """

    new: NewOrder
    target: Target
    invoice: OpenInvoice | None = None
    institution: str = ""

    @property
    def line(self) -> NewLine:
        """Return its one line."""
        return self.new.lines[0]

    @property
    def bought_at(self) -> datetime:
        """Return when it was bought."""
        assert self.line.starts_at is not None  # noqa: S101  (a row without a day makes no order)
        return self.line.starts_at


@dataclass(frozen=True, slots=True)
class _Sold:
    """An order with its buyer, and the organization's row id and zone if it is for one."""

    past: PastOrder
    buyer: Buyer
    organization_id: int | None
    zone: ZoneInfo

    @property
    def term(self) -> Term:
        """Return when its access starts and ends."""
        line, starts_at = self.past.line, self.past.bought_at
        if line.kind not in DATED:
            return Term(starts_at)
        return Term(starts_at, line.ends_at) if line.ends_at else year_from(starts_at, self.zone)


def bring_in(
    session: Session,
    orders: Sequence[PastOrder],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Mapping[str, Refused]:
    """Import orders with their access, without emails; none of them may exist already.

    Returns the refusals, by the orders' public IDs. Raises Conflict if another transaction imported or
    made the same at this moment; the caller must roll back and may retry.
    """
    if not orders:
        return {}
    addresses = {one.new.order_id: read_address(one.new.email) for one in orders}
    wanted = [_wanted(one.new, addresses[one.new.order_id]) for one in orders]
    buyers = people_of(session, wanted, actor=actor, now=now)
    left_out = {order_id for order_id, address in addresses.items() if address.key not in buyers}
    let_in = [one for one in orders if one.new.order_id not in left_out]
    organizations_by_name = _organizations(
        session, (one.new for one in let_in), actor=actor, now=now
    )
    sold = [
        _sold(one, buyers[addresses[one.new.order_id].key], organizations_by_name, mail_context)
        for one in let_in
    ]
    let_manage(
        session,
        [Contact(one.organization_id, one.buyer) for one in sold if one.organization_id],
        actor=actor,
        now=now,
    )
    ids = _record(session, sold, actor=actor, now=now)
    lines = _add_lines(session, sold, ids)
    _let_in(session, [one for one in sold if not one.organization_id], lines, actor=actor, now=now)
    pools = [_pool_grant(one, lines) for one in sold if one.organization_id]
    bulk_pools.fill(session, pools, actor=actor, now=now)
    _name_pools(session, [lines[one.past.new.order_id] for one in sold if one.organization_id])
    uninvited_buyers.note_all(session, (one.buyer.id for one in sold), now=now)
    invoices = {ids[one.new.order_id]: one.invoice for one in let_in if one.invoice is not None}
    open_invoices.issue_invoices(session, invoices, mail_context=mail_context, actor=actor, now=now)
    return dict.fromkeys(left_out, Conflict(login_lookup.UNPROVEN))


def _wanted(new: NewOrder, address: Address) -> Wanted:
    return Wanted(address, accounts.checked_name(contact_name(new.name, new.email)))


def _organizations(
    session: Session, orders: Iterable[NewOrder], *, actor: str | None, now: datetime
) -> dict[str, tuple[int, str | None]]:
    """Return the row id and the zone of each organization, by its slug or its new name.

    For a merged organization they are those of the kept one.
    """
    slugs: set[str] = set()
    named: dict[str, None] = {}
    for new in orders:
        if new.organization:
            slugs.add(new.organization)
        elif new.organization_name:
            named[new.organization_name] = None
    asked = aliased(Organization)
    found: dict[str, tuple[int, str | None]] = {
        row.slug: (row.id, row.zone)
        for row in session.execute(
            select(asked.slug, Organization.id, Organization.zone)
            .join(Organization, Organization.id == func.coalesce(asked.merged_into, asked.id))
            .where(asked.slug.in_(slugs))
        )
    }
    names = {written: organizations.checked_name(written) for written in named}
    made = organizations.add_many(session, names.values(), actor=actor, now=now)
    found |= {_NAMED + written: (made[name], None) for written, name in names.items()}
    return found


def _sold(
    past: PastOrder,
    buyer: Buyer,
    organizations_by_name: Mapping[str, tuple[int, str | None]],
    mail_context: MailContext,
) -> _Sold:
    new = past.new
    if not new.organization and not new.organization_name:
        return _Sold(past, buyer, None, mail_context.zone)
    row_id, zone = organizations_by_name[new.organization or _NAMED + new.organization_name]
    return _Sold(past, buyer, row_id, ZoneInfo(zone) if zone else mail_context.zone)


def _record(
    session: Session, sold: Sequence[_Sold], *, actor: str | None, now: datetime
) -> Mapping[str, int]:
    """Write the orders; returns their row ids by public ID."""
    net_days = read_seller(session).net_days
    write_rows(session, Order, [_row(one, net_days, now) for one in sold])
    placed = [(one.past.new.order_id, audit.NO_DETAIL) for one in sold]
    audit.record_all(session, "order.placed", placed, actor=actor, now=now)
    ids = [one.past.new.order_id for one in sold]
    rows = session.execute(select(Order.public_id, Order.id).where(Order.public_id.in_(ids)))
    return {row.public_id: row.id for row in rows}


def _row(one: _Sold, net_days: int, now: datetime) -> dict[str, Any]:
    new = one.past.new
    return {
        "public_id": new.order_id,
        "login_id": None if one.organization_id else one.buyer.id,
        "organization_id": one.organization_id,
        "contact_id": one.buyer.id,
        "contact_name": " ".join(new.name.split()),
        "contact_email": new.email,
        "organization_name": one.past.institution,
        "terms": new.terms,
        "net_days": net_days,
        "currency": new.currency,
        "livemode": True,
        "policies": [],
        "note": new.note,
        "created_at": now,
        "placed_at": one.past.bought_at,
        "due_on": new.due_on,
    }


def _add_lines(
    session: Session, sold: Sequence[_Sold], ids: Mapping[str, int]
) -> Mapping[str, int]:
    """Write the one line of each order; returns the lines' row ids by the orders' public IDs."""
    names = _names(session, {one.past.target for one in sold})
    public_ids = new_public_ids(len(sold))
    rows = []
    for one, public_id in zip(sold, public_ids, strict=True):
        line, term = one.past.line, one.term
        gross = line.price_minor + line.discount_minor
        rows.append(
            {
                "public_id": public_id,
                "order_id": ids[one.past.new.order_id],
                "position": 0,
                "kind": line.kind,
                "act": LineAct.NEW,
                "description": names.get(one.past.target, ""),
                "login_id": None if one.organization_id else one.buyer.id,
                "quantity": line.quantity,
                "starts_at": term.starts_at,
                "ends_at": term.ends_at,
                "unit_minor": gross // line.quantity if line.quantity else gross,
                "discount_minor": line.discount_minor,
                "net_minor": line.price_minor,
                "delivered_through": line.delivered_through,
                **target_columns(one.past.target),
            }
        )
    write_rows(session, OrderLine, rows)
    rows_of = session.execute(
        select(OrderLine.public_id, OrderLine.id).where(OrderLine.public_id.in_(public_ids))
    )
    found = {row.public_id: row.id for row in rows_of}
    return {
        one.past.new.order_id: found[public_id]
        for one, public_id in zip(sold, public_ids, strict=True)
    }


def _names(session: Session, targets: Iterable[Target]) -> dict[Target, str]:
    """Return the current names of webinars, series and presenters."""
    wanted = list(targets)
    found: dict[Target, str] = {}
    for scope, (row_id, name) in _NAMES.items():
        ids = [target.id for target in wanted if target.scope is scope]
        if ids:
            rows = session.execute(select(row_id, name).where(row_id.in_(ids)))
            found |= {Target(scope, row[0]): row[1] for row in rows}
    return found


def _let_in(
    session: Session,
    sold: Sequence[_Sold],
    lines: Mapping[str, int],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Write the grants of people who bought for themselves."""
    if not sold:
        return
    grants = new_public_ids(len(sold))
    rows = []
    for one, public_id in zip(sold, grants, strict=True):
        term = one.term
        rows.append(
            {
                "public_id": public_id,
                "login_id": one.buyer.id,
                "order_line_id": lines[one.past.new.order_id],
                "kind": one.past.line.kind,
                "starts_at": term.starts_at,
                "ends_at": term.ends_at,
                "created_at": now,
                **target_columns(one.past.target),
            }
        )
    write_rows(session, Grant, rows)
    audit.record_all(
        session,
        "grant.made",
        [(public_id, audit.NO_DETAIL) for public_id in grants],
        actor=actor,
        now=now,
    )


def _pool_grant(one: _Sold, lines: Mapping[str, int]) -> NewPoolGrant:
    line = one.past.line
    assert one.organization_id is not None  # noqa: S101  (orders without an organization have no pool)
    return NewPoolGrant(
        organization_id=one.organization_id,
        target=one.past.target,
        seats=None if line.kind is OfferKind.INSTITUTIONAL else line.quantity,
        term=one.term,
        kind=line.kind,
        order_line_id=lines[one.past.new.order_id],
    )


def _name_pools(session: Session, lines: Sequence[int]) -> None:
    """Save on each line the pool that it filled."""
    filled = select(Grant.pool_id).where(Grant.order_line_id == OrderLine.id).scalar_subquery()
    session.execute(update(OrderLine).where(OrderLine.id.in_(lines)).values(pool_id=filled))
