"""What tests of sales start from: a sale as staff would record it, and reading it again."""

from lms.core.database import Database
from lms.models.grants import OfferKind
from lms.models.sales import Terms
from lms.pricing.price_list import Price
from lms.sales import sales
from lms.sales.read_models import SaleFacts, SaleGrant, find_sale, grants_of_sale
from lms.sales.sales import NewSale
from tests.clock import NOW
from tests.requests.test_requests import OFFICE

PRICES = (
    Price(OfferKind.SINGLE, 1, 9900, "USD"),
    Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
    Price(OfferKind.GROUP_SEATS, 5, 6500, "USD"),
)
SEAT = NewSale(
    kind=OfferKind.SINGLE,
    covers="webinar:reading-rooms",
    email="dan@example.org",
    name="Dan",
    price_minor=9900,
    currency="USD",
    terms=Terms.CARD,
)
GROUP = NewSale(
    kind=OfferKind.GROUP_SEATS,
    covers="webinar:reading-rooms",
    email="mia@example.org",
    name="Mia",
    organization="elm-county",
    quantity=5,
    price_minor=32500,
    currency="USD",
    terms=Terms.INVOICE,
)


def sold(database: Database, new: NewSale = SEAT) -> SaleFacts:
    """Sell, at NOW."""
    with database.transaction() as session:
        return sales.sell(session, new, mail_context=OFFICE, actor=None, now=NOW)


def read(database: Database, facts: SaleFacts) -> SaleFacts:
    """Return a sale as it is now."""
    with database.read_session() as session:
        return find_sale(session, facts.public_id)


def grants(database: Database, facts: SaleFacts) -> tuple[SaleGrant, ...]:
    """Return the access that a sale gave, as it is now."""
    with database.read_session() as session:
        return grants_of_sale(session, facts.id)
