"""Order review data for the route walk: an order that managers can take over."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.mail.links import Links, MailContext
from lms.models.grants import OfferKind
from lms.models.orders import OrderTakeover, Terms
from lms.models.organizations import Organization
from lms.order_reviews import reviews
from lms.sales import orders
from lms.sales.new_orders import NewLine, NewOrder

OFFICE = MailContext(Links("http://localhost"), ZoneInfo("America/New_York"))


def make_order_reviews(carrel: Carrel, slug: str, moment: datetime) -> dict[str, str]:
    """Add an order for a new organization, which the demo's organization can take over."""
    new = NewOrder(
        lines=(
            NewLine(
                kind=OfferKind.GROUP_SEATS,
                covers=f"webinar:{slug}",
                price_minor=22500,
                quantity=3,
            ),
        ),
        email="rosa@tarnbrook.example",
        name="Rosa Delgado",
        organization_name="Tarnbrook Library Annex",
        terms=Terms.INVOICE,
        currency="USD",
        is_held=True,
    )
    with carrel.database.transaction() as session:
        order = orders.place(session, new, mail_context=OFFICE, actor=None, now=moment)
        reviews.ask(session, order, mail_context=OFFICE, now=moment)
        session.get_one(Organization, order.organization_id).unverified_since = moment
        house = session.scalars(select(Organization).where(Organization.slug == "tarnbrook")).one()
        asked = OrderTakeover(order_id=order.id, organization_id=house.id, asked_at=moment)
        session.add(asked)
        session.flush()
        return {"organization_takeovers.takeover_id": asked.public_id}
