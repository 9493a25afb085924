"""Requested quotes: requested on the purchasing page, issued once the mailbox is proven.

Nothing is stored until then: the emailed link contains the whole request, encrypted. So the page
behaves the same for every address and organization (PRODUCT.md, S16).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_id
from lms.buying import checkout
from lms.core.email_addresses import read_address
from lms.core.encryption import lock_of
from lms.core.errors import N_, Conflict, Gone, Invalid, NotFound
from lms.core.model_base import new_public_id
from lms.core.postal_addresses import Address, address_faults, clean_address
from lms.documents.payment_links import check_unreplaced
from lms.documents.snapshots import BillTo
from lms.grants.request_and_sale_form_choices import find_webinar, read_target
from lms.mail import outbox as mail_outbox
from lms.mail.link_tokens_and_codes import LinkOver
from lms.mail.links import Links, MailContext
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.orders import Order, Terms
from lms.organizations import organizations
from lms.pricing.price_list import MOST_SEATS, read_prices
from lms.pricing.quotes import Ask, Quote, Unpriced, quote
from lms.sales import billing, orders, quotes
from lms.sales.billing import Billing
from lms.sales.new_orders import NewLine, NewOrder

LIFE: Final = timedelta(days=7)
LONGEST_NAME: Final = 200
SEALED_FOR: Final = "requested quotes"
OFFERED: Final = (
    OfferKind.SINGLE,
    OfferKind.GROUP_SHOWING,
    OfferKind.INSTITUTIONAL,
    OfferKind.PASS,
)
NOT_SOLD = N_("Choose a webinar from the list.")
BUYS_NO_MORE = N_("You no longer buy for this organization. Ask one of its managers for a quote.")
NO_PRICE = N_("This doesn't have a list price. Contact us, and we'll send you a quote.")


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What to quote, and for whom; `covers` is as in `NewLine`, `people` is the number of seats.

    `covers` is "" for a webinar that isn't sold, which `check` refuses.
    `organization` is the slug of an organization that the signed-in person, `login_id`, buys for, or "".
    """

    kind: OfferKind
    covers: str
    people: int
    name: str
    email: str
    organization_name: str
    address: Address
    organization: str = ""
    login_id: int | None = None
    valid_until: str = ""  # in the format of `day_in_link`


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request from its link, with the public ID that its order has or will have."""

    request: QuoteRequest
    order_id: str


def check(session: Session, request: QuoteRequest) -> QuoteRequest:
    """Return a request with cleaned values; raises Invalid, with faults by field."""
    faults: dict[str, str] = {}
    name, organization = (
        " ".join(text.split()) for text in (request.name, request.organization_name)
    )
    if not 1 <= len(name) <= LONGEST_NAME:
        faults["name"] = N_("Enter your name.")
    if not 1 <= len(organization) <= LONGEST_NAME:
        faults["organization_name"] = N_("Enter the name of your library or organization.")
    email = request.email
    try:
        email = read_address(email).shown
    except Invalid as error:
        faults |= error.fields
    address = clean_address(request.address)
    faults |= address_faults(address, "billing_")
    faults |= _offer_faults(session, request)
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    return replace(request, name=name, email=email, organization_name=organization, address=address)


def day_in_link(day: date | None) -> str:
    """Return the last day of a quote in the format of links: "" for the default 60 days."""
    return day.isoformat() if day else ""


def last_day(valid_until: str) -> date | None:
    """Return the last day of a quote from a link; None for the default 60 days."""
    return date.fromisoformat(valid_until) if valid_until else None


def price(session: Session, request: QuoteRequest) -> Quote | Unpriced:
    """Return the price of a request by today's price list; raises NotFound if it isn't sold."""
    people = request.people if request.kind is OfferKind.SINGLE else None
    prices = read_prices(session, read_target(session, request.covers))
    return quote(prices, Ask(request.kind, people))


def send_link(
    session: Session, request: QuoteRequest, *, links: Links, secret_key: str, now: datetime
) -> None:
    """Email the link that proves the mailbox and then issues the quote."""
    data = {**asdict(request), "order_id": new_public_id()}
    token = seal(data, SEALED_FOR, secret_key, now)
    mail_outbox.post(
        session,
        kind="quote_requested",
        to=request.email,
        login_id=None,
        subject=N_("Confirm your quote request"),
        values={
            "name": request.name,
            "organization": request.organization_name,
            "action_url": links.page(f"/purchasing/quote/{token}"),
        },
        now=now,
    )


def open_link(session: Session, token: str, *, secret_key: str, now: datetime) -> OpenedRequest:
    """Return the request in a link; raises as `unseal` and `check_buyer`."""
    data = unseal(session, token, SEALED_FOR, secret_key, now)
    order_id = data.pop("order_id")
    address = Address(**data.pop("address"))
    kind = OfferKind(data.pop("kind"))
    request = QuoteRequest(kind=kind, address=address, **data)
    if request.organization:
        organization = organizations.find_organization(session, request.organization)
        check_buyer(session, organization.id, request.login_id)
    return OpenedRequest(request, order_id)


def check_buyer(session: Session, organization_id: int, login_id: int | None) -> None:
    """Raise Gone if a person can't buy for an organization anymore for which they requested a quote."""
    mine = checkout.organizations_to_buy_for(session, login_id) if login_id is not None else ()
    if kept_id(session, organization_id) not in {one.id for one in mine}:
        raise Gone(BUYS_NO_MORE)


def issue(
    session: Session, opened: OpenedRequest, *, mail_context: MailContext, now: datetime
) -> Order:
    """Issue the quote of a request after its link was opened; a repeated call issues nothing new.

    Returns its order: a draft for the organization named, which is created when the quote is
    accepted. Raises Invalid if it is no longer on the price list, and NotFound.
    """
    is_mine = select(Order).where(Order.public_id == opened.order_id)
    there = session.scalar(is_mine)
    if there is not None:
        return there
    new = _new_order(session, opened)
    try:
        with session.begin_nested():
            order = orders.draft(session, new, actor=None, now=now)
    except (IntegrityError, Conflict):  # two clicks at the same moment: the other one issued it
        return session.scalars(is_mine).one()
    request = opened.request
    to = BillTo(request.organization_name, request.name, request.address.lines, request.email, "")
    order.bill_to = billing.pack(Billing(to, request.address.state, request.address))
    quotes.issue_quote(
        session,
        order,
        expires_on=last_day(request.valid_until),
        mail_context=mail_context,
        actor=None,
        now=now,
    )
    return order


def covers_of_webinar(session: Session, words: str) -> str:
    """Return the `covers` value of the webinar with this title; "" if it isn't sold."""
    named = find_webinar(session, words)
    if named is None or session.get_one(Webinar, named.id).free:
        return ""
    return f"{Scope.WEBINAR}:{named.slug}"


def seal(data: Mapping[str, Any], purpose: str, secret_key: str, now: datetime) -> str:
    """Return a token with data encrypted for one purpose."""
    packed = json.dumps(data, separators=(",", ":")).encode()
    return lock_of(secret_key, purpose).encrypt_at_time(packed, int(now.timestamp())).decode()


def unseal(
    session: Session, token: str, purpose: str, secret_key: str, now: datetime
) -> dict[str, Any]:
    """Return the data of a token; its `order_id` is the public ID of its order.

    Raises LinkOver after 7 days and for an invalid token, and Gone once the order's payment link
    was replaced, so that this token doesn't give access to the new link.
    """
    try:
        packed = lock_of(secret_key, purpose).decrypt_at_time(
            token.encode(), int(LIFE.total_seconds()), int(now.timestamp())
        )
    except (InvalidToken, UnicodeEncodeError):
        raise LinkOver from None
    data = dict(json.loads(packed))
    check_unreplaced(session, data["order_id"])
    return data


def _offer_faults(session: Session, request: QuoteRequest) -> dict[str, str]:
    faults = {}
    if not 1 <= request.people <= MOST_SEATS:
        faults["people"] = N_("Enter a number from 1 to 10,000.")
    if not request.covers:
        return faults | {"webinar": NOT_SOLD}
    try:
        if not faults and isinstance(price(session, request), Unpriced):
            faults["kind"] = NO_PRICE
    except NotFound:
        faults["covers"] = N_("Choose what it covers.")
    return faults


def _new_order(session: Session, opened: OpenedRequest) -> NewOrder:
    """Return the order of a request at today's price; raises Invalid without one, and NotFound."""
    request = opened.request
    priced = price(session, request)
    if isinstance(priced, Unpriced):
        raise Invalid(NO_PRICE)
    line = NewLine(
        kind=priced.kind,
        covers=request.covers,
        price_minor=priced.total_minor,
        quantity=None if priced.kind is OfferKind.INSTITUTIONAL else priced.units,
    )
    return NewOrder(
        lines=(line,),
        email=request.email,
        name=request.name,
        terms=Terms.INVOICE,
        currency=priced.currency,
        organization=request.organization,
        organization_name="" if request.organization else request.organization_name,
        order_id=opened.order_id,
        is_self_service=True,
    )
