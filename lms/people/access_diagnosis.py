"""Access diagnosis: why a person can't watch, for any address, even an unknown one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.access.decision_facts import load_case
from lms.access.explanations import asked_place
from lms.access.merged_organizations import kept_organization
from lms.access.order_payers import seat_giver, unpaid_order
from lms.access.policy import Action, Case, Decision, decide
from lms.accounts import accounts
from lms.accounts.accounts import Account, NewLogin
from lms.accounts.login_lookup import look_up
from lms.accounts.power_over_others import has_power
from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_, Invalid, NotFound
from lms.mail.bounces import Bounced, bounced_addresses
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.orders import Order
from lms.models.organizations import Organization
from lms.models.seats import VerifiedDomain
from lms.organizations.organizations import find_manager
from lms.people.caller_facts import (
    CallerFacts,
    OfferedPool,
    offered_pools,
    order_of_grant,
    read_facts,
    read_facts_of_address,
)
from lms.people.grant_and_seat_history import HeldSeat, read_seats, read_seats_for
from lms.people.invited_people import Waiting, read_waiting
from lms.people.profile_read_model import find_other

NO_ADDRESS = N_("Enter an email address, or the ID of an account.")


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: the person, the webinar, the action, and the time."""

    who: str
    webinar_id: int
    action: Action
    at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """The person asked about: with an account, or an address without one.

    `came_by` is the name of the login that the address belongs to, if that login was merged; `begun` is
    the public ID of a never confirmed account with this address; `unconfirmed` are the public IDs of orders
    placed with the address that no one has confirmed yet, the newest first; `domain_of` names the
    organization whose verified domain the address has; `bounced` is the last email to the address, if it
    bounced.
    """

    account: Account | None
    has_power: bool
    came_by: str
    begun: str | None
    unconfirmed: tuple[str, ...]
    email: str | None
    seats: tuple[HeldSeat, ...]
    waiting: tuple[Waiting, ...]
    domain_of: str
    organization_slug: str
    bounced: Bounced | None
    facts: CallerFacts

    @property
    def key(self) -> str:
        """Return the key of their address, "" for a person without one."""
        return read_address(self.email).key if self.email else ""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: whom it is about, the decision and its facts, and the possible next steps.

    `manager` can be asked if that is the next step, `payer` is the organization that allotted the seats
    to theirs, if one did, and `may_pay` is True if the person can pay; `order` is the public ID of the
    order that the deciding grant came from; in `pools` the person could be given a seat; `moved_from` is
    the date that the webinar was postponed from.
    """

    caller: Caller
    decision: Decision
    case: Case
    manager: str | None
    payer: str | None
    may_pay: bool
    order: str | None
    pools: tuple[OfferedPool, ...]
    moved_from: datetime | None


def read_caller(session: Session, who: str) -> Caller:
    """Return the person with an address or a login's public ID; unknown addresses are allowed.

    Raises Invalid (field `address`) for text that is neither.
    """
    account, came_by = _account(session, who)
    begun = None
    if account is not None:
        seats, email = read_seats(session, account.id), account.email
        facts = read_facts(session, account.id)
    else:
        address = read_address(who, field="address")
        seats, email = read_seats_for(session, address.key), address.shown
        facts = read_facts_of_address(session, address.key)
        begun = session.scalar(select(Login.public_id).where(Login.email_key == address.key))
    organization = _organization_of(session, email)
    return Caller(
        account=account,
        has_power=account is not None and has_power(session, account.id),
        came_by=came_by,
        begun=begun,
        unconfirmed=tuple(
            session.scalars(_unconfirmed_orders(read_address(email), Order.public_id))
            if email
            else ()
        ),
        email=email,
        seats=seats,
        waiting=read_waiting(
            session, read_address(email).key if email else "", account.id if account else 0
        ),
        domain_of=organization.name if organization else "",
        organization_slug=organization.slug if organization else "",
        bounced=_bounce_of(session, email),
        facts=facts,
    )


def pools_for(
    session: Session, caller: Caller, webinar_id: int | None, *, now: datetime
) -> tuple[OfferedPool, ...]:
    """Return the pools in which a caller could be given a seat, for one webinar or for any."""
    return offered_pools(
        session,
        login_id=caller.account.id if caller.account else None,
        email_key=caller.key,
        seats=caller.seats,
        webinar_id=webinar_id,
        now=now,
    )


def inquire(session: Session, asked: Asked) -> Found:
    """Decide for the person that `asked.who` names: an address, or a login's public ID.

    For an address without a login, the decision is the one that its owner would get with a login of
    their own, to which their unconfirmed orders belong (PRODUCT.md, S15); this needs a writing session,
    though nothing in it is saved.

    Raises Invalid (field `address`) for text that is neither, NotFound for an unknown webinar.
    """
    caller = read_caller(session, asked.who)
    if caller.account is not None:
        case = load_case(session, login_id=caller.account.id, webinar_id=asked.webinar_id)
    else:
        case = _as_if_confirmed(session, read_address(asked.who, field="address"), asked)
    decision = decide(case.login, case.webinar, asked.action, asked.at)
    manager, payer = _asked(session, decision, case.login.id)
    return Found(
        caller=caller,
        decision=decision,
        case=case,
        manager=manager,
        payer=payer,
        may_pay=unpaid_order(session, decision, case.login.id) is not None,
        order=order_of_grant(session, decision.grant.public_id) if decision.grant else None,
        pools=pools_for(session, caller, asked.webinar_id, now=asked.at),
        moved_from=session.scalar(select(Webinar.moved_from).where(Webinar.id == asked.webinar_id)),
    )


def _unconfirmed_orders(address: Address, column: InstrumentedAttribute[Any]) -> Select[Any]:
    """Return the orders whose buyer entered this address and hasn't confirmed it, the newest first."""
    return (
        select(column)
        .join(Login, Login.id == Order.contact_id)
        .where(
            func.lower(Order.contact_email) == address.shown.lower(),
            Order.placed_at.is_not(None),
            Order.canceled_at.is_(None),
            Login.email.is_(None),
            Login.merged_into.is_(None),
        )
        .order_by(Order.id.desc())
    )


def _asked(session: Session, decision: Decision, login_id: int) -> tuple[str | None, str | None]:
    place = asked_place(decision)
    if place is None:
        return None, None
    giver = seat_giver(session, place, login_id)
    asked = giver.id if giver and giver.is_asked else place.organization_id
    manager = find_manager(session, asked, other_than=login_id)
    return manager, giver.name if giver else None


def _account(session: Session, who: str) -> tuple[Account | None, str]:
    """Return the login that is meant, and the name of the login merged into it, if that was named."""
    if "@" not in who:
        try:
            named = find_other(session, who)
        except NotFound as error:
            raise Invalid(NO_ADDRESS, field="address") from error
        row = session.execute(
            select(Login.id, Login.merged_into).where(Login.public_id == named.public_id)
        ).one()
        came_by = named.name if row.merged_into is not None else ""
        return accounts.read_account(session, row.merged_into or row.id), came_by
    known = look_up(session, read_address(who, field="address"))
    if known is None or not known.is_confirmed:
        return None, ""
    own = accounts.read_account(session, known.own_id)
    came_by = own.name if known.own_id != known.login_id else ""
    return accounts.read_account(session, known.login_id), came_by


def _as_if_confirmed(session: Session, address: Address, asked: Asked) -> Case:
    """Load the facts as they would be for a login with this address, which is added and rolled back."""
    savepoint = session.begin_nested()
    try:
        account = accounts.add_proven(session, NewLogin(address, address.shown), now=asked.at)
        buyers = session.scalars(_unconfirmed_orders(address, Order.contact_id)).all()
        session.execute(update(Login).where(Login.id.in_(buyers)).values(merged_into=account.id))
        return load_case(session, login_id=account.id, webinar_id=asked.webinar_id)
    finally:
        savepoint.rollback()


def _bounce_of(session: Session, email: str | None) -> Bounced | None:
    if email is None:
        return None
    key = read_address(email).key
    return bounced_addresses(session, (key,)).get(key)


def _organization_of(session: Session, email: str | None) -> Row[str, str] | None:
    if email is None:
        return None
    domain = read_address(email).key.rpartition("@")[2]
    return session.execute(
        select(Organization.name, Organization.slug)
        .select_from(VerifiedDomain)
        .join(Organization, Organization.id == kept_organization(VerifiedDomain.organization_id))
        .where(VerifiedDomain.domain == domain)
    ).one_or_none()
