"""An order as its buyer sees it: what was bought, the next steps, and what is pending."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.access.organization_people import is_contact
from lms.access.policy import Action, Admitted, Code, decide
from lms.buying import checkout
from lms.core.errors import N_, Conflict, NotFound
from lms.core.model_base import copied
from lms.models.catalog import Webinar
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.orders import Order
from lms.models.seats import BY_A_MANAGER, Assignment, Pool
from lms.sales import mails
from lms.sales.orders import find_order
from lms.sales.read_models import OrderFacts, OrderGrant, find_order_facts, grants_of_order
from lms.seats import claims
from lms.seats.claims import Claimed
from lms.seats.named_people import people_named
from lms.seats.waitlist_offers import check_on

NONE_FREE: Final = N_("All seats are assigned. Release one first, or buy more.")
REMOVED: Final = N_("A manager reassigned your seat. Contact them to get another one.")


@dataclass(frozen=True, slots=True)
class Bought:
    """One item that an order bought.

    `may_take` (one of its seats), `can_watch` and `can_join` are about the viewer;
    `free` is the number of seats neither used nor named for a person, None if unlimited; `named` is
    the number of people to invite once access opens; `begins_at` is the date of an upcoming
    webinar.
    """

    kind: OfferKind
    scope: Scope
    covers: str
    slug: str
    pool: str | None
    seats: int | None
    free: int | None
    named: int
    has_seat: bool
    may_take: bool
    can_watch: bool
    can_join: bool
    begins_at: datetime | None
    zone: str
    ends_at: datetime | None
    term_zone: str | None


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order as its buyer sees it.

    `awaits_proof` until the address is confirmed; `is_held` while access waits for payment or for
    our team, who decide by `facts.review_due_at`.
    """

    facts: OrderFacts
    email: str
    awaits_proof: bool
    is_unconfirmed: bool
    is_held: bool
    opens_live: bool
    things: tuple[Bought, ...]


def may_see(session: Session, order: Order, login_id: int) -> bool:
    """Return whether a person is still the contact of an order, or can buy for its organization."""
    is_theirs = select(Order.id).where(Order.id == order.id, is_contact(logins_of(login_id)))
    return session.scalar(is_theirs) is not None or _buys_for(session, order, login_id)


def may_pay(session: Session, order: Order, login_id: int) -> bool:
    """Return whether a person gets the payment link of an order: for an organization, only its buyers."""
    if order.organization_id is None:
        return may_see(session, order, login_id)
    return _buys_for(session, order, login_id)


def _buys_for(session: Session, order: Order, login_id: int) -> bool:
    """Return whether a person can buy for the organization of an order."""
    mine = [one.id for one in checkout.organizations_to_buy_for(session, login_id)]
    family = (family_of(one) for one in mine)
    return order.organization_id is not None and any(
        session.scalar(select(Order.id).where(Order.id == order.id, Order.organization_id.in_(ids)))
        is not None
        for ids in family
    )


def read_own(session: Session, order_id: str, login_id: int, *, now: datetime) -> OwnOrder:
    """Return an order as this login sees it; raises NotFound if it isn't placed."""
    order = find_order(session, order_id)
    if order.placed_at is None or order.contact_id is None:
        raise NotFound
    grants = grants_of_order(session, order.id)
    return OwnOrder(
        facts=find_order_facts(session, order_id),
        email=order.contact_email,
        awaits_proof=order.awaits_proof,
        is_unconfirmed=mails.is_unconfirmed(session, order),
        is_held=order.held_at is not None,
        opens_live=session.scalar(
            select(Grant.id).where(Grant.id.in_([one.id for one in grants]), Grant.opens_live)
        )
        is not None,
        things=tuple(
            _bought(session, order, one, login_id, now=now)
            for one in grants
            if one.revoked_at is None
        ),
    )


def take_seat(
    session: Session, order_id: str, pool_id: str, login_id: int, *, now: datetime
) -> None:
    """Claim one of the seats that a buyer bought (S12), if they have none.

    Raises NotFound for a pool that the order doesn't fill, and as `claims.claim` does; Conflict if
    no seat is free, a manager reassigned theirs, or the webinar was canceled or removed.
    """
    order = find_order(session, order_id)
    mine = [one for one in grants_of_order(session, order.id) if one.pool_public_id == pool_id]
    if not mine or mine[0].pool_id is None:
        raise NotFound
    sitter = claims.asking_sitter(session, login_id)
    if claims.seat_held(session, mine[0].pool_id, sitter) is None:
        if not _may_take(session, order, mine[0].pool_id, login_id):
            raise Conflict(REMOVED)
        check_on(session, mine[0].pool_id)
        got = claims.claim(session, mine[0].pool_id, login_id, actor=None, now=now)
        if not isinstance(got, Claimed):
            raise Conflict(NONE_FREE)


def _may_take(session: Session, order: Order, pool_id: int, login_id: int) -> bool:
    """Return whether a person can claim a seat: they lost none, or can buy for the organization."""
    lost = exists().where(
        Assignment.pool_id == pool_id,
        Assignment.login_id.in_(logins_of(login_id)),
        Assignment.ended_as.in_(BY_A_MANAGER),
    )
    return not session.scalar(select(lost)) or _buys_for(session, order, login_id)


def _bought(
    session: Session, order: Order, grant: OrderGrant, login_id: int, *, now: datetime
) -> Bought:
    pool = session.get_one(Pool, grant.pool_id) if grant.pool_id else None
    waits = pool is not None and grant.awaits_payment_since is not None
    named = len(people_named(session, grant.line_id)) if waits else 0
    free = None if pool is None or pool.capacity is None else pool.capacity - pool.used - named
    has_seat = False
    if pool is not None:
        held = claims.seat_held(session, pool.id, claims.asking_sitter(session, login_id))
        has_seat = held is not None
    can_watch = can_join = False
    begins_at, zone = None, ""
    if grant.scope is Scope.WEBINAR:
        row = session.scalars(select(Webinar).where(Webinar.slug == grant.slug)).one()
        case = load_case(session, login_id=login_id, webinar_id=row.id)
        can_watch = isinstance(decide(case.login, case.webinar, Action.RECORDING, now), Admitted)
        zone = row.zone
        if row.held_at + timedelta(minutes=row.minutes) > now:
            begins_at = row.held_at
            live = decide(case.login, case.webinar, Action.LIVE, now)
            can_join = isinstance(live, Admitted) or live.code is Code.LIVE_NOT_OPEN
    return copied(
        Bought,
        grant,
        pool=grant.pool_public_id,
        free=free,
        named=named,
        has_seat=has_seat,
        may_take=pool is not None and _may_take(session, order, pool.id, login_id),
        can_watch=can_watch,
        can_join=can_join,
        begins_at=begins_at,
        zone=zone,
    )
