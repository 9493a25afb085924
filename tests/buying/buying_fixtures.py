"""A seller that takes orders, and helpers that fill, order, and confirm carts."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.buying import carts, checkout, confirmations, order_sessions
from lms.buying.carts import Item
from lms.buying.checkout import Buyer, Details, Payment
from lms.buying.confirmations import NewPerson
from lms.core.database import Database
from lms.core.postal_addresses import Address
from lms.models.grants import OfferKind
from lms.models.orders import Order
from lms.pricing.price_list import Price, set_prices
from lms.sales.orders import find_order
from lms.sales.read_models import OrderFacts, find_order_facts
from lms.seller.settings import SellerSettings, edit_seller
from tests.clock import NOW
from tests.mailbox import link_in, newest
from tests.requests.test_requests import OFFICE
from tests.servers.databases import fill

WEBINAR = "webinar:reading-rooms"
ADDRESS = Address("1 Main Street", "", "Pine", "IL", "62701", "US")
PRICES = (
    Price(OfferKind.SINGLE, 1, 9900, "USD"),
    Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
    Price(OfferKind.GROUP_SEATS, 5, 6500, "USD"),
    Price(OfferKind.GROUP_SHOWING, 1, 29900, "USD"),
    Price(OfferKind.INSTITUTIONAL, 1, 49900, "USD"),
    Price(OfferKind.PASS, 1, 49900, "USD"),
)
SELLER = SellerSettings(
    legal_name="Lantern Street Training LLC",
    legal_address=Address("9 Lantern St", "", "Albany", "NY", "12207", "US"),
    ar_email="ar@lantern.example",
    remit_name="Lantern Street Training LLC",
    remit_address=Address("PO Box 12", "", "Albany", "NY", "12207", "US"),
)
ROSA = "rosa@pinecounty.example"


def open_for_business(database: Database) -> None:
    """Give the seller prices and everything that invoices and checks need."""

    def opened(session: Session) -> None:
        set_prices(session, PRICES, actor=None, now=NOW)
        edit_seller(session, SELLER, actor=None, now=NOW)

    fill(database, "open for business", opened)


def filled(database: Database, *items: Item, at: datetime = NOW) -> str:
    """Fill a new cart and return its secret."""
    with database.transaction() as session:
        cart, token = carts.start(session, now=at)
        for item in items or (Item(OfferKind.GROUP_SEATS, WEBINAR, 5),):
            carts.add(session, cart, item)
        return token


def details(**values: Any) -> Details:
    """Return the entries of a librarian who buys for her library by purchase order."""
    entered: dict[str, Any] = {
        "name": "Rosa Delgado",
        "email": ROSA,
        "payment": Payment.PURCHASE_ORDER,
        "is_for_organization": True,
        "organization_name": "Pine County Library",
        "address": ADDRESS,
        "po_number": "PO 123",
        "has_agreed": True,
    }
    return Details(**entered | values)


def ordered(
    database: Database,
    token: str,
    entered: Details,
    *,
    buyer: Buyer | None = None,
    browser: str = "",
    at: datetime = NOW,
) -> OrderFacts:
    """Order a cart."""
    with database.transaction() as session:
        cart = carts.editable(session, token, now=at)
        checkout.write_details(session, cart, entered, buyer=buyer, now=at)
        order = checkout.place(
            session,
            cart,
            token=browser or order_sessions.new_token(),
            buyer=buyer,
            mail_context=OFFICE,
            now=at,
        )
        return find_order_facts(session, order.public_id)


def secret_sent(database: Database, email: str = ROSA) -> str:
    """Return the secret of the newest link that confirms an order."""
    return link_in(newest(database, email, "confirm_order")).rpartition("/")[2]


def confirmed(
    database: Database, email: str = ROSA, *, name: str = "Rosa Delgado", at: datetime = NOW
) -> int:
    """Confirm the address of an order; return the account's ID."""
    with database.transaction() as session:
        return confirmations.confirm(
            session,
            secret_sent(database, email),
            NewPerson(name, "hash"),
            hooks=(),
            mail_context=OFFICE,
            now=at,
        )


def row(database: Database, facts: OrderFacts) -> Order:
    """Return the row of an order."""
    with database.read_session() as session:
        order = find_order(session, facts.public_id)
        session.expunge(order)
        return order
