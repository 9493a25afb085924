"""Checkout: who orders a cart, how it is paid, and placing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.buying import checkout_tax, credit, order_sessions
from lms.checkouts.amounts import total_of
from lms.core.attached_files import KeptFile
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid, NotFound
from lms.core.postal_addresses import (
    NO_ADDRESS,
    US_STATES,
    Address,
    address_faults,
    clean_address,
)
from lms.documents.policies_in_print import current_versions
from lms.documents.snapshots import BillTo
from lms.mail.links import MailContext
from lms.models.orders import Order, OrderLine, PurchaseOrder, Terms
from lms.models.organizations import Membership, Organization, Role
from lms.models.tax import ExemptionBasis
from lms.order_reviews import takeovers
from lms.organizations.organizations import LONGEST_NAME
from lms.pricing.offers import OF_A_POOL
from lms.sales import billing, orders, purchase_orders
from lms.sales.billing import Billing
from lms.sales.new_orders import LONGEST_REFERENCE
from lms.sales.purchase_orders import NewPurchaseOrder
from lms.seats.invitations import Invitee
from lms.seats.named_people import as_pasted, name_people, people_named, read_names
from lms.seller.settings import Method, offered_methods, read_seller

TOO_LONG: Final = N_("Use up to 200 characters.")
EMPTY: Final = N_("Your cart is empty.")
MAY_BUY: Final = (Role.OWNER, Role.MANAGER, Role.BILLING)


class Payment(StrEnum):
    """How a customer pays at checkout."""

    CARD = "card"
    INVOICE = "invoice"
    PURCHASE_ORDER = "purchase_order"
    CHECK = "check"
    PURCHASING = "purchasing"  # not paid yet: a quote goes to the purchasing office


TERMS: Final[Mapping[Payment, Terms]] = {
    Payment.CARD: Terms.CARD,
    Payment.INVOICE: Terms.INVOICE,
    Payment.PURCHASE_ORDER: Terms.PURCHASE_ORDER,
    Payment.CHECK: Terms.CHECK,
    Payment.PURCHASING: Terms.INVOICE,
}
_METHODS: Final[Mapping[Payment, Method]] = {
    Payment.INVOICE: Method.INVOICE,
    Payment.PURCHASE_ORDER: Method.PURCHASE_ORDER,
    Payment.CHECK: Method.CHECK,
}


@dataclass(frozen=True, slots=True)
class Buyer:
    """The signed-in person who buys."""

    login_id: int
    public_id: str
    email: str


@dataclass(frozen=True, slots=True)
class OwnOrganization:
    """An organization that the signed-in person can buy for (S16)."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Details:
    """What a buyer enters at checkout.

    `organization_id` is an organization that the signed-in person can buy for; without it,
    `organization_name` creates a new one (PRODUCT.md, S16). `people` is the pasted list of people
    for the seats of each line, by the line's public ID. If the seller collects sales tax,
    individuals enter `home_state` and `home_postal_code`, and everyone can enter `exempt_as`. A
    quote without `quote_valid_until` is valid for the default 60 days.
    """

    name: str
    email: str
    payment: Payment
    is_for_organization: bool
    organization_id: int | None = None
    organization_name: str = ""
    address: Address | None = None
    payable_email: str = ""
    purchasing_email: str = ""
    quote_valid_until: date | None = None
    po_number: str = ""
    po_file: KeptFile | None = None
    has_agreed: bool = False
    home_state: str = ""
    home_postal_code: str = ""
    exempt_as: ExemptionBasis | None = None
    people: Mapping[str, str] = field(default_factory=dict)


def methods(session: Session, *, takes_cards: bool) -> tuple[Payment, ...]:
    """Return the payment methods: card if a provider is set up, and those the seller accepts.

    If any of the later methods is offered, so is sending a quote to a purchasing office.
    """
    offered = offered_methods(read_seller(session))
    found = tuple(one for one, method in _METHODS.items() if method in offered)
    later = (*found, Payment.PURCHASING) if found else ()
    return (Payment.CARD, *later) if takes_cards else later


def organizations_to_buy_for(session: Session, login_id: int) -> tuple[OwnOrganization, ...]:
    """Return the organizations for which a person can buy (owner, manager or billing), by name."""
    kept = aliased(Organization)
    rows = session.execute(
        select(kept.id, kept.name)
        .join(Membership, kept.id == kept_organization(Membership.organization_id))
        .where(Membership.login_id.in_(logins_of(login_id)), Membership.role.in_(MAY_BUY))
        .distinct()
        .order_by(kept.name, kept.id)
    )
    return tuple(OwnOrganization(*row) for row in rows)


def write_details(
    session: Session, cart: Order, details: Details, *, buyer: Buyer | None, now: datetime
) -> None:
    """Store on a locked cart who orders it and how it is paid.

    Raises Invalid, with faults by field: the address as `billing_street` and so on, names of people
    as `people-<line>`.
    """
    lines = orders.lines_of(session, cart.id)
    if not lines:
        raise Invalid(EMPTY, field="cart")
    _check_organization(session, details, buyer)
    address = clean_address(details.address) if details.address else None
    people, faults = _read_people(lines, details)
    faults |= _person_faults(details) | _payment_faults(details)
    faults |= _payer_faults(details, address, lines)
    asks_tax = checkout_tax.asks_about_tax(session, now=now)
    if asks_tax and not details.is_for_organization:
        address, found = checkout_tax.home_of(details.home_state, details.home_postal_code)
        faults |= found
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    for line_id, named in people.items():
        name_people(session, line_id, named)
    cart.exempt_as = details.exempt_as if asks_tax else None
    cart.policies = current_versions(session, now=now) if details.has_agreed else []
    _write(session, cart, details, address, buyer)
    session.execute(
        delete(PurchaseOrder)
        .where(PurchaseOrder.order_id == cart.id)
        .execution_options(synchronize_session="auto")
    )
    if details.payment is Payment.PURCHASE_ORDER:
        received = NewPurchaseOrder(details.po_number, now, file=details.po_file)
        actor = buyer.public_id if buyer else None
        purchase_orders.receive(session, cart, received, actor=actor, now=now)


def entered(session: Session, cart: Order) -> Details | None:
    """Return what was entered for a cart earlier, such as by a buyer who left the card page.

    Returns None if nothing was. The buyer must agree to the terms each time.
    """
    if not cart.contact_email:
        return None
    to = billing.unpack(cart.bill_to) if cart.bill_to else None
    payable = to.to.email if to and to.to.email != cart.contact_email else ""
    return Details(
        name=cart.contact_name,
        email=cart.contact_email,
        payment=next(one for one, terms in TERMS.items() if terms is cart.terms),
        is_for_organization=cart.organization_id is not None or bool(cart.organization_name),
        organization_id=cart.organization_id,
        organization_name=cart.organization_name,
        address=to.postal if to else None,
        payable_email=payable,
        po_number=billing.po_number(session, cart),
        exempt_as=cart.exempt_as,
        people={
            line.public_id: as_pasted(people_named(session, line.id))
            for line in orders.lines_of(session, cart.id)
        },
    )


def estimate_total(
    session: Session,
    cart: Order,
    details: Details,
    *,
    buyer: Buyer | None,
    zone: ZoneInfo,
    now: datetime,
) -> int | None:
    """Return the total of a cart with tax at the buyer's location; None while that is unknown.

    Call it in a read session: it changes the cart, which must not be saved. Raises NotFound for an
    organization that the signed-in person can't buy for.
    """
    _check_organization(session, details, buyer)
    cart.organization_id, cart.bill_to = details.organization_id, None
    cart.contact_id = buyer.login_id if buyer else None
    cart.exempt_as = details.exempt_as
    if details.organization_id is None:
        place = checkout_tax.place_of(details.home_state, details.home_postal_code)
        address = clean_address(details.address) if details.address else place
        if address.country == "US" and address.state not in US_STATES:
            return None
        cart.bill_to = billing.pack(Billing(BillTo("", "", (), "", ""), address.state))
    return total_of(session, cart, zone=zone, now=now)


def place(
    session: Session,
    cart: Order,
    *,
    token: str,
    buyer: Buyer | None,
    mail_context: MailContext,
    now: datetime,
) -> Order:
    """Place an order that is paid later or is free, and open its session in the browser.

    Access opens according to P9: at once for an organization with credit, or else once the address
    is confirmed, the order is paid, or staff have reviewed it.
    """
    begin(session, cart, token=token, buyer=buyer, now=now)
    is_free = not costs(session, cart)
    if is_free:
        cart.terms = Terms.COMPLIMENTARY
    is_held = not is_free
    if buyer is None:
        cart.awaits_proof = not is_free
    elif is_held:
        is_held = not credit.opens_at_once(session, cart, read_address(buyer.email))
    actor = buyer.public_id if buyer else None
    orders.agree(session, cart, is_held=is_held, mail_context=mail_context, actor=actor, now=now)
    if buyer is not None and is_held:
        address = read_address(buyer.email)
        credit.ask_our_team(session, cart, address, mail_context=mail_context, now=now)
    takeovers.ask_about_contact(session, cart, mail_context=mail_context, now=now)
    return cart


def costs(session: Session, cart: Order) -> bool:
    """Return whether a cart has a price above zero."""
    return any(line.net_minor for line in orders.lines_of(session, cart.id))


def begin(session: Session, cart: Order, *, token: str, buyer: Buyer | None, now: datetime) -> None:
    """Let the browser of a secret open what a cart buys once it is placed.

    If it already ordered for the same address, this order uses the same login.
    """
    if buyer is not None:
        return
    cart.contact_id = _earlier_contact(session, cart, token, now=now)
    order_sessions.open_session(session, token, cart, now=now)


def _earlier_contact(session: Session, cart: Order, token: str, *, now: datetime) -> int | None:
    mine = order_sessions.buyers_of(session, token, now=now)
    return session.scalar(
        select(Order.contact_id)
        .where(Order.contact_id.in_(mine), Order.contact_email == cart.contact_email)
        .limit(1)
    )


def _write(
    session: Session,
    cart: Order,
    details: Details,
    address: Address | None,
    buyer: Buyer | None,
) -> None:
    cart.contact_name = " ".join(details.name.split())
    cart.contact_email = read_address(details.email).shown
    cart.contact_id = buyer.login_id if buyer else None
    cart.terms = TERMS[details.payment]
    cart.organization_id = details.organization_id if details.is_for_organization else None
    is_new = details.is_for_organization and details.organization_id is None
    cart.organization_name = " ".join(details.organization_name.split()) if is_new else ""
    net_days = None
    if cart.organization_id is not None:
        net_days = session.get_one(Organization, cart.organization_id).net_days
    cart.net_days = net_days if net_days is not None else read_seller(session).net_days
    cart.bill_to = None
    if cart.organization_id is None:
        name = cart.organization_name or cart.contact_name
        to = BillTo(
            name,
            cart.contact_name if is_new else "",
            address.lines if address else (),
            details.payable_email.strip() or cart.contact_email,
            "",
        )
        cart.bill_to = billing.pack(Billing(to, address.state if address else "", address))
    session.flush()


def _check_organization(session: Session, details: Details, buyer: Buyer | None) -> None:
    """Raise NotFound for an organization that the signed-in person can't buy for."""
    if details.organization_id is None:
        return
    mine = organizations_to_buy_for(session, buyer.login_id) if buyer else ()
    if details.organization_id not in {one.id for one in mine}:
        raise NotFound


def _read_people(
    lines: Sequence[OrderLine], details: Details
) -> tuple[dict[int, tuple[Invitee, ...]], dict[str, str]]:
    people, faults = {}, {}
    for line in lines:
        text = details.people.get(line.public_id, "")
        try:
            people[line.id] = read_names(text, seats=line.quantity)
        except Invalid as error:
            faults[f"people-{line.public_id}"] = next(iter(error.fields.values()))
    return people, faults


def _person_faults(details: Details) -> dict[str, str]:
    faults = {}
    if not details.name.strip():
        faults["name"] = N_("Enter your name.")
    if len(details.name) > LONGEST_NAME:
        faults["name"] = TOO_LONG
    typed = {"email": details.email}
    if details.payment is Payment.PURCHASING:
        typed["purchasing_email"] = details.purchasing_email
    if details.payable_email.strip():
        typed["payable_email"] = details.payable_email
    for name, address in typed.items():
        try:
            read_address(address, field=name)
        except Invalid as error:
            faults |= error.fields
    return faults


def _payment_faults(details: Details) -> dict[str, str]:
    faults = {}
    if details.payment is Payment.PURCHASE_ORDER:
        if not details.po_number.strip():
            faults["po_number"] = N_("Enter your purchase order number.")
        if len(details.po_number) > LONGEST_REFERENCE:
            faults["po_number"] = N_("Use up to 80 characters.")
    if not details.has_agreed and details.payment is not Payment.PURCHASING:
        faults["has_agreed"] = N_("Agree to the terms to continue.")
    return faults


def _payer_faults(
    details: Details, address: Address | None, lines: Sequence[OrderLine]
) -> dict[str, str]:
    if details.is_for_organization:
        return _organization_faults(details, address)
    if details.payment is Payment.PURCHASING:
        return {"payer": N_("Choose the library or organization that is buying.")}
    if any(line.kind in OF_A_POOL for line in lines):
        return {"payer": N_("Seats for a team must be bought by an organization.")}
    return {}


def _organization_faults(details: Details, address: Address | None) -> dict[str, str]:
    if details.organization_id is not None:
        return {}
    faults = {}
    if not details.organization_name.strip():
        faults["organization_name"] = N_("Enter the name of your library or organization.")
    if len(details.organization_name) > LONGEST_NAME:
        faults["organization_name"] = TOO_LONG
    return faults | address_faults(address or NO_ADDRESS, "billing_")
