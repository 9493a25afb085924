"""Confirmations: the buyer proves that the address is theirs, and the order moves to their account.

Until then the grants belong to a login without an address; that login is merged into the account of
the address, which is created if necessary (PRODUCT.md, S15, I2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import accounts, login_lookup
from lms.accounts.accounts import Account, NewLogin
from lms.buying import credit, order_sessions
from lms.certificates import certificates
from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_, Conflict
from lms.core.model_base import locked
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import LinkOver
from lms.mail.links import MailContext
from lms.models.accounts import EmailPurpose, Login
from lms.models.orders import Order
from lms.models.organizations import Membership, Organization
from lms.order_reviews import reviews, takeovers
from lms.organizations import organizations
from lms.people import login_merges
from lms.people.login_merges import OnMerge
from lms.requests import requests
from lms.sales import billing, buyers, cancellations, invoices, mails

CONFIRMED = N_("The address for this order was already confirmed. Contact us to correct it.")
BLOCKED = N_("Your account is blocked. Contact us, and we'll add this order to it or refund it.")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The content of the link in an order's email; `name` is as entered for the order."""

    email: str
    name: str
    has_account: bool
    order_id: str


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What a person without an account enters."""

    name: str
    password_hash: str | None
    zone: str | None = None


def read_confirmation(session: Session, secret: str, *, now: datetime) -> Confirmation:
    """Return the content of a link without using it up; raises LinkOver."""
    ticket = link_tokens_and_codes.read(session, secret, EmailPurpose.CONFIRM_ORDER, now=now)
    orders = _orders_of(session, ticket.login_id)
    if not orders:  # our team gave them to another buyer
        raise LinkOver
    order = orders[0]
    return Confirmation(
        ticket.email,
        order.contact_name,
        has_account=_account_of(session, read_address(ticket.email)) is not None,
        order_id=order.public_id,
    )


def confirm(
    session: Session,
    secret: str,
    person: NewPerson | None,
    *,
    hooks: Sequence[OnMerge],
    mail_context: MailContext,
    now: datetime,
) -> int:
    """Use the link up and return the row ID of the account that the orders now belong to.

    `person` is required if the address has no account yet. Pending steps follow: the invoice is
    issued, and access opens according to P9. Raises LinkOver, Invalid, and Conflict if the account is
    blocked.
    """
    purpose = EmailPurpose.CONFIRM_ORDER
    ticket = link_tokens_and_codes.read(session, secret, purpose, now=now)
    # Locked before the link, in the same order as `correct`.
    orders = _orders_of(session, ticket.login_id, lock=True)
    if not orders:
        raise LinkOver
    link_tokens_and_codes.use(session, secret, purpose, now=now)
    link_tokens_and_codes.void(session, ticket.login_id, purpose, now=now)  # of reminders
    address = read_address(ticket.email)
    account = _account_of(session, address)
    if account is None:
        new = NewLogin(
            address,
            person.name if person else orders[0].contact_name,
            zone=person.zone if person else None,
            password_hash=person.password_hash if person else None,
        )
        account = accounts.add_proven(session, new, now=now)
    if account.is_blocked:
        raise Conflict(BLOCKED)
    begun = accounts.read_account(session, ticket.login_id)
    login_merges.merge(
        session,
        kept=account.public_id,
        merged=begun.public_id,
        hooks=hooks,
        actor=account.public_id,
        now=now,
        can_sign_in=False,
    )
    certificates.email_unsent(session, ticket.login_id, links=mail_context.links, now=now)
    order_sessions.end_sessions(session, [order.id for order in orders], now=now)
    for order in orders:
        order.contact_id = account.id
        audit.record(session, "order.confirmed", order.public_id, actor=account.public_id, now=now)
        _let_manage(session, order, account, now=now)
        finish(session, order, address, mail_context=mail_context, now=now)
        takeovers.ask(session, order, address, mail_context=mail_context, now=now)
    session.flush()
    return account.id


def correct(
    session: Session,
    order: Order,
    *,
    name: str,
    email: str,
    mail_context: MailContext,
    now: datetime,
) -> None:
    """Correct a buyer's name and address before confirmation; the link goes to the new address.

    The buyer's other orders are corrected too. Raises Conflict once any address was confirmed; from
    then on staff correct it (S15).
    """
    mine = _orders_of(session, order.contact_id or 0, lock=True)
    if order not in mine or not mails.is_unconfirmed(session, order):
        raise Conflict(CONFIRMED)
    for one in mine:
        one.contact_name, one.contact_email = " ".join(name.split()), email
        if one.bill_to is not None:
            one.bill_to = billing.with_contact(one.bill_to, name=one.contact_name, email=email)
    session.get_one(Login, order.contact_id or 0).name = order.contact_name
    audit.record(session, "order.contact_corrected", order.public_id, actor=None, now=now)
    session.flush()
    mails.send_confirm(session, order, mail_context=mail_context, now=now)


def will_manage(session: Session, order: Order) -> bool:
    """Return whether confirming makes the buyer the owner of the organization that the order created."""
    is_theirs = exists().where(
        Organization.id == order.organization_id,
        Organization.unverified_since.is_not(None),
        Organization.merged_into.is_(None),
        ~exists().where(Membership.organization_id == Organization.id),
    )
    return bool(session.scalar(select(is_theirs)))


def finish(
    session: Session, order: Order, address: Address, *, mail_context: MailContext, now: datetime
) -> None:
    """Issue the invoice that waited for a confirmed address, and open access where allowed (P9)."""
    if not order.awaits_proof or order.canceled_at is not None:
        return
    is_held = order.held_at is not None  # our team may have opened it already
    order.awaits_proof = False
    session.flush()
    requests.finish_with_order(session, order.id, actor=None, now=now)
    opens = is_held and credit.opens_at_once(session, order, address)
    if is_held and not opens:
        credit.open_live_only(session, order, address, now=now)
    # The billing job issues it once the payee's settings are complete.
    if invoices.lacks_payee(session, order):
        order.bill_on = order.bill_on or now.astimezone(mail_context.zone).date()
    else:
        invoices.bill(session, order, mail_context=mail_context, actor=None, now=now)
    if opens:
        cancellations.release(session, order, mail_context=mail_context, actor=None, now=now)
    elif is_held:
        reviews.ask(session, order, mail_context=mail_context, now=now)


def _orders_of(session: Session, login_id: int, *, lock: bool = False) -> list[Order]:
    """Return a login's orders, the newest first; locked in ID order if `lock` is set."""
    query = (
        select(Order)
        .where(Order.contact_id == login_id, Order.placed_at.is_not(None))
        .order_by(Order.id)
    )
    return list(session.scalars(locked(query) if lock else query))[::-1]


def _account_of(session: Session, address: Address) -> Account | None:
    """Return the confirmed account of an address, or None."""
    known = login_lookup.look_up(session, address)
    return accounts.read_account(session, known.login_id) if known and known.is_confirmed else None


def _let_manage(session: Session, order: Order, account: Account, *, now: datetime) -> None:
    """Make the buyer the owner of the organization that the order created, if it has no people yet.

    A buyer whom our team named gets the role that a confirmed one had at once.
    """
    is_theirs = not order.is_self_service and order.canceled_at is None
    if order.organization_id is not None and (is_theirs or will_manage(session, order)):
        slug = session.get_one(Organization, order.organization_id).slug
        facts = organizations.find_organization(session, slug)
        buyers.let_manage(session, facts, account, actor=account.public_id, now=now)
