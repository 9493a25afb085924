"""Takeovers: an order from an organization's own domain becomes the organization's (S16).

Its managers are asked once the address is confirmed, and answer once. Public pages show nothing of it
to the buyer or anyone else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of, kept_id
from lms.accounts import accounts
from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_, Conflict, or_not_found
from lms.core.model_base import locked
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.orders import Order, OrderLine, OrderTakeover
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import Assignment
from lms.organizations import organizations
from lms.organizations.email_domains import organization_at
from lms.organizations.manager_emails import emailed_managers
from lms.organizations.organizations import OrganizationFacts
from lms.pricing.price_list import say_money
from lms.sales import corrections, invoices, orders
from lms.sales.corrections import Correction
from lms.sales.payer_corrections import NewPayer
from lms.sales.read_models import find_order_facts
from lms.seats import claims, named_people
from lms.seats.invitations import Invitee
from lms.seats.seat_counts import COUNTED

ANSWERED: Final = N_("This order was already taken over or declined.")
DELETED: Final = N_(
    "The account of the person who ordered was deleted. Contact us to move the order."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """An order that managers may take over; `ordered_for` is the organization it was placed for."""

    public_id: str
    order_id: str
    ordered_for: str


@dataclass(frozen=True, slots=True)
class _Seats:
    """The people of a line's seats (holders, invited, and named), and whether its buyer has one."""

    sold: tuple[object, ...]
    people: tuple[Invitee, ...]
    is_buyers: bool


def ask(
    session: Session, order: Order, address: Address, *, mail_context: MailContext, now: datetime
) -> None:
    """Ask the managers of the organization that owns a confirmed address's domain, if there is one.

    Not for an order of an organization that was known before or that our team has verified, and never
    twice.
    """
    known = organization_at(session, address)
    if known is None or not _is_new(session, order, known) or _was_asked(session, order, known):
        return
    row = OrderTakeover(order_id=order.id, organization_id=known, asked_at=now)
    session.add(row)
    session.flush()
    audit.record(session, "order.takeover_asked", order.public_id, actor=None, now=now)
    facts = find_order_facts(session, order.public_id)
    organization = session.get_one(Organization, known)
    page = f"/organization/{organization.public_id}/takeovers/{row.public_id}"
    for one in emailed_managers(session, known):
        mail_outbox.post(
            session,
            kind="order_takeover",
            to=one.email,
            login_id=one.login_id,
            subject=N_("%(buyer)s: is this your order?") % {"buyer": facts.buyer},
            values={
                "name": one.name,
                "organization": organization.name,
                "buyer": facts.buyer,
                "contact": facts.contact_name,
                "email": address.shown,
                "total": say_money(facts.total_minor, facts.currency),
                "action_url": mail_context.links.page(page),
            },
            now=now,
        )


def ask_about_contact(
    session: Session, order: Order, *, mail_context: MailContext, now: datetime
) -> None:
    """Ask about a placed order as `ask`; if its contact isn't confirmed, that happens after confirmation."""
    contact = accounts.read_account(session, order.contact_id or 0)
    if contact.is_confirmed and contact.email:
        ask(session, order, read_address(contact.email), mail_context=mail_context, now=now)


def open_of(session: Session, organization_id: int) -> tuple[Asked, ...]:
    """Return the unanswered requests to an organization's managers, the oldest first."""
    rows = session.execute(_asked(organization_id).order_by(OrderTakeover.id))
    return tuple(Asked(*row) for row in rows)


def find(session: Session, organization_id: int, takeover_id: str) -> Asked:
    """Return an unanswered request by its public ID; raises NotFound."""
    row = session.execute(
        _asked(organization_id).where(OrderTakeover.public_id == takeover_id)
    ).one_or_none()
    return Asked(*or_not_found(row))


def accept(
    session: Session,
    organization: OrganizationFacts,
    takeover_id: str,
    *,
    mail_context: MailContext,
    actor: str,
    now: datetime,
) -> Order:
    """Make an order the organization's: its invoice is reissued, and its seats move there.

    Its buyer stays the contact and becomes a member. People who had or were to get a seat are invited
    again. Raises NotFound, and Conflict if it was answered, the buyer's account was deleted, or a
    payment is disputed.
    """
    row = _answer(session, organization.id, takeover_id, is_accepted=True, now=now)
    order = session.get_one(Order, row.order_id, with_for_update=True, populate_existing=True)
    contact = accounts.read_account(session, order.contact_id or 0)
    if contact.email is None:
        raise Conflict(DELETED)
    role = _role(session, organization.id, contact.id)
    seats = [
        _seats(session, line, contact.id)
        for line in orders.lines_of(session, order.id)
        if line.pool_id is not None
    ]
    invoices.check_payee(session, order, invoices.NOT_NOW)
    # the buyer claimed the exemption for the organization under another name
    payer = NewPayer(organization.slug, contact.email, contact.name, order.exempt_as)
    correction = Correction(payer=payer)
    corrections.correct(session, order, correction, mail_context=mail_context, actor=actor, now=now)
    if role in (None, Role.MEMBER):  # a takeover makes no managers
        organizations.add_member(
            session, organization, contact.id, role=Role.MEMBER, actor=actor, now=now
        )
    _seat_again(session, order, contact.id, seats, now=now)
    if order.held_at is None:
        links = mail_context.links
        named_people.invite_named(session, order.id, links=links, actor=actor, now=now)
    audit.record(session, "order.taken_over", order.public_id, actor=actor, now=now)
    return order


def decline(
    session: Session, organization_id: int, takeover_id: str, *, actor: str, now: datetime
) -> None:
    """Leave an order with the person who placed it; raises NotFound, and Conflict if it was answered."""
    row = _answer(session, organization_id, takeover_id, is_accepted=False, now=now)
    order = session.get_one(Order, row.order_id)
    audit.record(session, "order.takeover_declined", order.public_id, actor=actor, now=now)


def _asked(organization_id: int) -> Select[*tuple[Any, ...]]:
    bought_for = aliased(Organization)
    return (
        select(OrderTakeover.public_id, Order.public_id, bought_for.name)
        .join(Order, Order.id == OrderTakeover.order_id)
        .join(bought_for, bought_for.id == Order.organization_id)
        .where(
            OrderTakeover.organization_id.in_(family_of(organization_id)),
            OrderTakeover.answered_at.is_(None),
            Order.canceled_at.is_(None),
            bought_for.unverified_since.is_not(None),
            bought_for.merged_into.is_(None),
        )
    )


def _answer(
    session: Session, organization_id: int, takeover_id: str, *, is_accepted: bool, now: datetime
) -> OrderTakeover:
    query = locked(
        select(OrderTakeover).where(
            OrderTakeover.public_id == takeover_id,
            OrderTakeover.organization_id.in_(family_of(organization_id)),
        )
    )
    row = or_not_found(session.scalar(query))
    if session.execute(_asked(organization_id).where(OrderTakeover.id == row.id)).first() is None:
        raise Conflict(ANSWERED)
    row.answered_at, row.is_accepted = now, is_accepted
    session.flush()
    return row


def _is_new(session: Session, order: Order, known: int) -> bool:
    """Return whether an order is for an organization that it added, other than this one."""
    if order.organization_id is None or order.placed_at is None or order.canceled_at is not None:
        return False
    made = session.get_one(Organization, order.organization_id)
    return made.unverified_since is not None and kept_id(session, made.id) != known


def _was_asked(session: Session, order: Order, known: int) -> bool:
    """Return whether these managers were asked about the order, or declined a similar one before."""
    before = aliased(Order)
    return bool(
        session.scalar(
            select(
                exists().where(
                    OrderTakeover.order_id == before.id,
                    OrderTakeover.organization_id == known,
                    (before.id == order.id)
                    | (before.organization_id == order.organization_id)
                    & OrderTakeover.is_accepted.is_(False),
                )
            )
        )
    )


def _role(session: Session, organization_id: int, login_id: int) -> Role | None:
    """Return the role of a person in an organization, or None."""
    return session.scalar(
        select(Membership.role)
        .where(
            Membership.organization_id.in_(family_of(organization_id)),
            Membership.login_id.in_(logins_of(login_id)),
        )
        .order_by(Membership.role == Role.MEMBER)
        .limit(1)
    )


def _sold(line: OrderLine) -> tuple[object, ...]:
    """Return what a line sells, to find the line that replaces it."""
    return (line.kind, line.webinar_id, line.presenter_id, line.series_id)


def _seats(session: Session, line: OrderLine, buyer_id: int) -> _Seats:
    rows = session.execute(
        select(Assignment.email, Login.email.label("known"), Assignment.name, Assignment.login_id)
        .outerjoin(Login, Login.id == Assignment.login_id)
        .where(Assignment.pool_id == line.pool_id, Assignment.state.in_(COUNTED))
        .order_by(Assignment.id)
    ).all()
    mine = set(session.scalars(logins_of(buyer_id)))
    people = {one.address.key: one for one in named_people.people_named(session, line.id)}
    for row in rows:
        email = row.email or row.known
        if email and row.login_id not in mine:
            one = Invitee(read_address(email), row.name)
            people[one.address.key] = one
    return _Seats(
        _sold(line), tuple(people.values()), is_buyers=any(row.login_id in mine for row in rows)
    )


def _seat_again(
    session: Session, order: Order, buyer_id: int, seats: list[_Seats], *, now: datetime
) -> None:
    """Name the people of the old lines for the new ones, and give the buyer the seat they had."""
    for line in orders.lines_of(session, order.id):
        before = next((one for one in seats if one.sold == _sold(line)), None)
        if line.pool_id is None or before is None:
            continue
        seats.remove(before)
        named_people.name_people(session, line.id, before.people)
        sitter = claims.asking_sitter(session, buyer_id)
        if before.is_buyers and claims.seat_held(session, line.pool_id, sitter) is None:
            claims.claim(session, line.pool_id, buyer_id, actor=None, now=now)
