"""Requested quotes: asked for on the purchasing page, issued once the mailbox is proven.

Nothing is stored until then: the emailed link has the whole request, encrypted. So the page says
and does the same for every address and every organization (PRODUCT.md, S16).
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid
from lms.core.model_base import new_public_id
from lms.core.postal_addresses import Address, address_faults, clean_address
from lms.core.runtime import derived_key
from lms.documents.payment_links import check_unreplaced
from lms.documents.snapshots import BillTo
from lms.grants.request_and_sale_form_choices import find_webinar, read_target
from lms.mail import outbox as mail_outbox
from lms.mail.link_tokens_and_codes import LinkOver
from lms.mail.links import Links, MailContext
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.orders import Order, Terms
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
NO_PRICE = N_("We have no list price for this. Ask us, and we'll quote it.")


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What is to be quoted, to whom; `covers` is as in `NewLine`, `people` how many seats.

    `organization` is the slug of one that the signed-in person manages, else "".
    """

    kind: OfferKind
    covers: str
    people: int
    name: str
    email: str
    organization_name: str
    address: Address
    organization: str = ""


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request as its link has it, with the outside id that its order has or will have."""

    request: QuoteRequest
    order_id: str


def check(session: Session, request: QuoteRequest) -> QuoteRequest:
    """Return a request, cleaned; raises Invalid, with faults by field."""
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
    if not 1 <= request.people <= MOST_SEATS:
        faults["people"] = N_("Enter a number between 1 and 10,000.")
    elif isinstance(price(session, request), Unpriced):
        faults["kind"] = NO_PRICE
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    return QuoteRequest(
        request.kind,
        request.covers,
        request.people,
        name,
        email,
        organization,
        address,
        request.organization,
    )


def price(session: Session, request: QuoteRequest) -> Quote | Unpriced:
    """Return what a request costs by today's price list; raises NotFound for what isn't sold."""
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
        subject=N_("Your quote is one step away"),
        values={
            "name": request.name,
            "organization": request.organization_name,
            "action_url": links.page(f"/purchasing/quote/{token}"),
        },
        now=now,
    )


def open_link(session: Session, token: str, *, secret_key: str, now: datetime) -> OpenedRequest:
    """Return the request that a link has; raises as `unseal`."""
    data = unseal(session, token, SEALED_FOR, secret_key, now)
    order_id = data.pop("order_id")
    address = Address(**data.pop("address"))
    kind = OfferKind(data.pop("kind"))
    return OpenedRequest(QuoteRequest(kind=kind, address=address, **data), order_id)


def issue(
    session: Session, opened: OpenedRequest, *, mail_context: MailContext, now: datetime
) -> Order:
    """Issue the quote of a request, by a person who opened its link; the second time, it is there.

    Returns its order: a draft for the organization that is named, which is made when the quote is
    accepted. Raises Invalid where the price list no longer has it, and NotFound.
    """
    is_mine = select(Order).where(Order.public_id == opened.order_id)
    there = session.scalar(is_mine)
    if there is not None:
        return there
    new = _new_order(session, opened)
    try:
        with session.begin_nested():
            order = orders.draft(session, new, actor=None, now=now)
    except (IntegrityError, Conflict):  # pressed twice at the same moment: the other one issued it
        return session.scalars(is_mine).one()
    request = opened.request
    to = BillTo(request.organization_name, request.name, request.address.lines, request.email, "")
    order.is_self_service = True
    order.bill_to = billing.pack(Billing(to, request.address.state, request.address))
    quotes.issue_quote(session, order, mail_context=mail_context, actor=None, now=now)
    return order


def covers_of_webinar(session: Session, words: str) -> str:
    """Return how lines name the webinar with this title; raises Invalid for one that isn't sold."""
    named = find_webinar(session, words)
    if named is None or session.get_one(Webinar, named.id).free:
        raise Invalid(NOT_SOLD, fields={"webinar": NOT_SOLD})
    return f"{Scope.WEBINAR}:{named.slug}"


def seal(data: Mapping[str, Any], purpose: str, secret_key: str, now: datetime) -> str:
    """Return a token that has data, encrypted for one purpose."""
    packed = json.dumps(data, separators=(",", ":")).encode()
    return _cipher(secret_key, purpose).encrypt_at_time(packed, int(now.timestamp())).decode()


def unseal(
    session: Session, token: str, purpose: str, secret_key: str, now: datetime
) -> dict[str, Any]:
    """Return the data of a token; its `order_id` is the outside id of the order it is about.

    Raises LinkOver after 7 days and for no token of ours, and Gone once the payment link of the
    order was replaced: who should not have that one should not get its successor here.
    """
    try:
        packed = _cipher(secret_key, purpose).decrypt_at_time(
            token.encode(), int(LIFE.total_seconds()), int(now.timestamp())
        )
    except (InvalidToken, UnicodeEncodeError):
        raise LinkOver from None
    data = dict(json.loads(packed))
    check_unreplaced(session, data["order_id"])
    return data


def _new_order(session: Session, opened: OpenedRequest) -> NewOrder:
    """Return what a request orders at today's price; raises Invalid without one, and NotFound."""
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
    )


def _cipher(secret_key: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived_key(secret_key, purpose)))
