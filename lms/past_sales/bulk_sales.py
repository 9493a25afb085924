"""Bulk sales: applies many past sales with their access in a few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import accounts
from lms.accounts.accounts import ADDRESS_TAKEN
from lms.core.bulk_insert import write_rows
from lms.core.email_addresses import Address, read_address
from lms.core.errors import Conflict, Refused
from lms.core.model_base import new_public_ids
from lms.grants.grants import Target, Term, target_columns, year_from
from lms.mail.links import MailContext
from lms.models.grants import Grant, OfferKind
from lms.models.organizations import Organization
from lms.models.sales import Sale
from lms.organizations import organizations
from lms.past_sales import bulk_pools
from lms.past_sales.bulk_logins import Buyer, Contact, Wanted, let_manage, people_of
from lms.sales import uninvited_buyers
from lms.sales.sales import DATED, NewSale, contact_name
from lms.seats.pools import NewPoolGrant

_NAMED: Final = "name:"  # no slug has a colon


@dataclass(frozen=True, slots=True)
class PastSale:
    """A sale that was made before this library ran, without faults, and what it covers."""

    new: NewSale
    target: Target


@dataclass(frozen=True, slots=True)
class _Sold:
    """A sale with whom it was made to, and the organization's row and zone where it is to one."""

    past: PastSale
    buyer: Buyer
    organization_id: int | None
    zone: ZoneInfo

    @property
    def term(self) -> Term:
        """Return from when to when it lets in."""
        new = self.past.new
        assert new.starts_at is not None  # noqa: S101  (a row without a day makes no sale)
        if new.kind not in DATED:
            return Term(new.starts_at)
        return (
            Term(new.starts_at, new.ends_at) if new.ends_at else year_from(new.starts_at, self.zone)
        )


def bring_in(
    session: Session,
    sales: Sequence[PastSale],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Mapping[str, Refused]:
    """Record sales with their access, told to nobody; none of them may be here already.

    Returns which could not be, by their outside ids. Raises Conflict, after which nothing may be
    kept and trying again is right, when somebody brought in or made the same at this moment.
    """
    if not sales:
        return {}
    addresses = {one.new.sale_id: read_address(one.new.email) for one in sales}
    wanted = [_wanted(one.new, addresses[one.new.sale_id]) for one in sales]
    buyers = people_of(session, wanted, actor=actor, now=now)
    left_out = {sale_id for sale_id, address in addresses.items() if address.key not in buyers}
    let_in = [one for one in sales if one.new.sale_id not in left_out]
    organizations_by_name = _organizations(
        session, (one.new for one in let_in), actor=actor, now=now
    )
    sold = [
        _sold(one, buyers[addresses[one.new.sale_id].key], organizations_by_name, mail_context)
        for one in let_in
    ]
    let_manage(
        session,
        [Contact(one.organization_id, one.buyer) for one in sold if one.organization_id],
        actor=actor,
        now=now,
    )
    ids = _record(session, sold, actor=actor, now=now)
    _let_in(session, [one for one in sold if not one.organization_id], ids, actor=actor, now=now)
    pools = [_pool_grant(one, ids) for one in sold if one.organization_id]
    bulk_pools.fill(session, pools, actor=actor, now=now)
    uninvited_buyers.note_all(session, (one.buyer.id for one in sold), now=now)
    return dict.fromkeys(left_out, Conflict(ADDRESS_TAKEN))


def _wanted(new: NewSale, address: Address) -> Wanted:
    return Wanted(address, accounts.checked_name(contact_name(new)))


def _organizations(
    session: Session, sales: Iterable[NewSale], *, actor: str | None, now: datetime
) -> dict[str, tuple[int, str | None]]:
    """Return the row and the zone of each organization, by its slug or the name it is to have."""
    slugs: set[str] = set()
    named: dict[str, None] = {}
    for new in sales:
        if new.organization:
            slugs.add(new.organization)
        elif new.organization_name:
            named[new.organization_name] = None
    found: dict[str, tuple[int, str | None]] = {
        row.slug: (row.id, row.zone)
        for row in session.execute(
            select(Organization.slug, Organization.id, Organization.zone).where(
                Organization.slug.in_(slugs)
            )
        )
    }
    names = {written: organizations.checked_name(written) for written in named}
    made = organizations.add_many(session, names.values(), actor=actor, now=now)
    found |= {_NAMED + written: (made[name], None) for written, name in names.items()}
    return found


def _sold(
    past: PastSale,
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
    """Write the sales; returns their rows by their outside ids."""
    write_rows(session, Sale, [_row(one) for one in sold])
    made = [(one.past.new.sale_id, audit.NO_DETAIL) for one in sold]
    audit.record_all(session, "sale.made", made, actor=actor, now=now)
    ids = [one.past.new.sale_id for one in sold]
    rows = session.execute(select(Sale.public_id, Sale.id).where(Sale.public_id.in_(ids)))
    return {row.public_id: row.id for row in rows}


def _row(one: _Sold) -> dict[str, Any]:
    new = one.past.new
    return {
        "public_id": new.sale_id,
        "login_id": None if one.organization_id else one.buyer.id,
        "organization_id": one.organization_id,
        "contact_id": one.buyer.id,
        "kind": new.kind,
        "quantity": new.quantity,
        "price_minor": new.price_minor,
        "currency": new.currency,
        "terms": new.terms,
        "reference": "",
        "delivered_through": new.delivered_through,
        "tax_exemption": "",
        "sold_at": new.starts_at,
        "paid_at": new.starts_at,
        "refunded_minor": 0,
        "note": new.note.strip(),
    }


def _let_in(
    session: Session,
    sold: Sequence[_Sold],
    ids: Mapping[str, int],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Write the grants of those who bought for themselves."""
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
                "sale_id": ids[one.past.new.sale_id],
                "kind": one.past.new.kind,
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


def _pool_grant(one: _Sold, ids: Mapping[str, int]) -> NewPoolGrant:
    new = one.past.new
    assert one.organization_id is not None  # noqa: S101  (those without one are no pool's)
    return NewPoolGrant(
        organization_id=one.organization_id,
        target=one.past.target,
        seats=None if new.kind is OfferKind.INSTITUTIONAL else new.quantity,
        term=one.term,
        kind=new.kind,
        sale_id=ids[new.sale_id],
    )
