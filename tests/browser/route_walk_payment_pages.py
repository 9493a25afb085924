"""Values for the URLs of payment pages and requested quotes."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.buying import cart_quotes, carts, requested_quotes
from lms.buying.carts import Item
from lms.buying.checkout import Details, Payment
from lms.buying.requested_quotes import QuoteRequest
from lms.core.postal_addresses import Address
from lms.core.runtime import Carrel
from lms.documents.payment_links import link_of, payment_links
from lms.mail.links import Links
from lms.models.grants import OfferKind
from lms.models.mail import Mail
from lms.sales import orders
from lms.sales.read_models import find_order_facts


def make_payment_pages(
    carrel: Carrel, values: Mapping[str, str], moment: datetime
) -> dict[str, str]:
    """Create the links of an order and of a quote, and a link that issues a quote."""
    where = payment_links(carrel.settings)
    with carrel.database.transaction() as session:
        tokens = [
            link_of(session, orders.find_order(session, values[name]), where=where, now=moment)
            for name in ("order_id", "staff_quotes.accept.order_id")
        ]
        facts = find_order_facts(session, values["order_id"])
        requested_quotes.send_link(
            session,
            QuoteRequest(
                kind=OfferKind.PASS,
                covers="everything",
                people=1,
                name="Pat Doe",
                email="pat@purchasing.example",
                organization_name="Oak Library",
                address=Address("12 Oak St", "", "Albany", "NY", "12207"),
            ),
            links=Links("http://localhost"),
            secret_key=carrel.settings.secret_key,
            now=moment,
        )
        mail = session.scalars(select(Mail).where(Mail.kind == "quote_requested")).one()
        _before, _path, rest = mail.text.partition("/purchasing/quote/")
        cart_quote = _cart_quote(session, carrel, moment)
    order, quote = (url.rpartition("/")[2] for url in tokens)
    return {
        "payment_page.token": order,
        "payment_page.document_id": facts.invoice_id or "",
        "payment_page_acts.token": order,
        "payment_page_acts.accept_quote.token": quote,
        "quote_request.token": rest.split()[0],
        "cart_quote.token": cart_quote,
    }


def _cart_quote(session: Session, carrel: Carrel, moment: datetime) -> str:
    """Return the value in the link of a cart that was sent to purchasing."""
    cart, _secret = carts.start(session, now=moment)
    carts.add(session, cart, Item(OfferKind.PASS, "everything"))
    cart.contact_email = "rosa@purchasing.example"
    details = Details(
        name="Rosa Vale",
        email=cart.contact_email,
        payment=Payment.PURCHASING,
        is_for_organization=True,
        purchasing_email="office@purchasing.example",
    )
    cart_quotes.send_link(
        session,
        cart,
        details,
        links=Links("http://localhost"),
        secret_key=carrel.settings.secret_key,
        now=moment,
    )
    mail = session.scalars(select(Mail).where(Mail.recipient == cart.contact_email)).one()
    return mail.text.partition("/checkout/quote/")[2].split()[0]
