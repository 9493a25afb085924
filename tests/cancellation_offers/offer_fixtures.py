"""An upcoming webinar with several kinds of payers, its cancellation, and their choices."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import select

from lms.cancellation_offers import offers
from lms.cancellation_offers.jobs import REFUND, ROUND
from lms.catalog import webinars
from lms.component import work_of
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.models.catalog import Webinar
from lms.models.live import CancellationOffer, OfferChoice
from lms.models.orders import Terms
from lms.pricing.price_list import set_prices
from lms.registry import LIBRARY
from lms.sales.read_models import OrderFacts
from lms.seller.settings import edit_seller
from tests.clock import NOW
from tests.factories import make_organization, make_webinar
from tests.live.upcoming_webinar import HELD_AT, Quiet
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, PRICES, SEAT, paid, placed
from tests.seller.seller_settings import COMPLETE
from tests.servers.databases import kept

OTHER: Final = "mending-spines"
DEARER: Final = "rare-books"
SLUG: Final = "reading-rooms"
INVOICED = replace(SEAT, terms=Terms.INVOICE, email="eve@example.org", name="Eve")


@dataclass(frozen=True, slots=True)
class Payers:
    """One order of each payer: paid by card, paid by check, and unpaid; Elm paid, Oak didn't."""

    card: OrderFacts
    check: OrderFacts
    unpaid: OrderFacts
    elm: OrderFacts
    oak: OrderFacts


def furnish(database: Database) -> Payers:
    """Sell the upcoming webinar to five payers, with two other webinars on sale."""
    return kept(database, "payers", partial(_sell, database))


def _sell(database: Database) -> Payers:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=400))
        edit_seller(session, COMPLETE, actor=None, now=NOW)
        make_webinar(session, OTHER, held_at=HELD_AT + timedelta(days=9))
        make_organization(session, "oak-county", name="Oak County Library")
    check = placed(database, INVOICED)
    paid(database, check, check_number="7")
    elm = placed(database, GROUP)
    paid(database, elm, check_number="8")
    return Payers(
        card=placed(database, SEAT),
        check=check,
        unpaid=placed(database, replace(INVOICED, email="fay@example.org", name="Fay")),
        elm=elm,
        oak=placed(
            database,
            replace(GROUP, organization="oak-county", email="ora@example.org", name="Ora"),
        ),
    )


def go_round(carrel: Carrel) -> None:
    """Make, email, and end offers."""
    work_of((LIBRARY,)).handlers[ROUND](carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))


def refund_all(carrel: Carrel, slug: str = SLUG) -> None:
    """Refund payers who did not answer."""
    with carrel.database.read_session() as session:
        subject = session.scalars(select(Webinar.public_id).where(Webinar.slug == slug)).one()
    run = JobRun(0, "", subject, {}, 1, 1, Quiet())
    work_of((LIBRARY,)).handlers[REFUND](carrel, run)


def cancel(carrel: Carrel, slug: str = SLUG) -> None:
    """Cancel a webinar, and email its payers."""

    def canceled() -> None:
        with carrel.database.transaction() as session:
            webinars.cancel_webinar(session, slug, actor=None, now=NOW)
        go_round(carrel)

    kept(carrel.database, f"{slug} canceled", canceled)


def reinstate(carrel: Carrel, slug: str = SLUG) -> None:
    """Reinstate a webinar, and email its payers."""
    with carrel.database.transaction() as session:
        webinars.restore_webinar(session, slug, actor=None, now=NOW)
    go_round(carrel)


def offer_of(database: Database, facts: OrderFacts) -> CancellationOffer:
    """Return the newest offer to the payer of an order."""
    with database.read_session() as session:
        mine = CancellationOffer.login_id == facts.login_id
        if facts.organization_id is not None:
            mine = CancellationOffer.organization_id == facts.organization_id
        newest = select(CancellationOffer).where(mine).order_by(CancellationOffer.id.desc())
        return session.scalars(newest.limit(1)).one()


def choose(database: Database, facts: OrderFacts, choice: OfferChoice) -> None:
    """Choose a refund or a credit."""
    offer = offer_of(database, facts)
    with database.transaction() as session:
        offers.pay_back(session, offer.public_id, choice, mail_context=OFFICE, actor=None, now=NOW)


def exchange(database: Database, facts: OrderFacts, other: str = OTHER) -> None:
    """Choose another webinar."""
    offer = offer_of(database, facts)
    with database.transaction() as session:
        offers.exchange(session, offer.public_id, other, mail_context=OFFICE, actor=None, now=NOW)
