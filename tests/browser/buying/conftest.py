"""A running seller's site on a Saturday evening, with a simulated Stripe and a real mail server."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lms.branding import BrandingTexts, edit_branding
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.models.grants import OfferKind
from lms.models.seats import VerifiedDomain
from lms.models.seller import PolicyKind
from lms.pricing.price_list import Price, set_prices
from lms.seller.policies import publish_policy, save_draft
from lms.seller.settings import edit_seller
from tests.browser.buying.years import House
from tests.browser.conftest import Film, Served, serving
from tests.clock import MovedClock, until_saturday_evening
from tests.factories import make_organization
from tests.seller.seller_settings import COMPLETE
from tests.servers.databases import Databases
from tests.servers.smtp import MailSink, mail_server
from tests.servers.stripe import FakeStripe, running_stripe

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SATURDAY = MovedClock(until_saturday_evening())
SELLER = "Lantern Street Training"
PRICES = (
    Price(OfferKind.SINGLE, 1, 9900, "USD"),
    Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
    Price(OfferKind.GROUP_SEATS, 5, 6500, "USD"),
    Price(OfferKind.GROUP_SHOWING, 1, 29900, "USD"),
    Price(OfferKind.INSTITUTIONAL, 1, 49900, "USD"),
    Price(OfferKind.PASS, 1, 49900, "USD"),
)


@dataclass(frozen=True, slots=True)
class Sold:
    """A webinar for sale whose recording plays."""

    slug: str
    title: str

    @property
    def page(self) -> str:
        """The path of the webinar's page."""
        return f"/webinars/{self.slug}"


@pytest.fixture(scope="session")
def mail_sink() -> Iterator[MailSink]:
    """The seller's mail server, which stores what it receives."""
    with mail_server() as sink:
        yield sink


@pytest.fixture(scope="session")
def fake_stripe() -> Iterator[FakeStripe]:
    """The seller's simulated Stripe; it sends no webhooks unless a test delivers them."""
    with running_stripe() as fake:
        fake.books.now = lambda: SATURDAY.now(UTC).timestamp()
        yield fake


@pytest.fixture(scope="session")
def served(
    tmp_path_factory: pytest.TempPathFactory,
    made_databases: Databases,
    worker_id: str,
    film: Film,
    mail_sink: MailSink,
    fake_stripe: FakeStripe,
) -> Iterator[Served]:
    """`carrel serve` for a seller with prices, terms, and card payments."""
    url = made_databases.prepared(f"carrel_buying_{worker_id}")
    place = tmp_path_factory.mktemp("buying")
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(
            place,
            url,
            film,
            smtp_url=mail_sink.url,
            stripe_url=fake_stripe.url,
            moved_by=SATURDAY.by,
        ) as made,
    ):
        patch.setattr("lms.core.clock.datetime", SATURDAY)
        open_for_business(made)
        patch.undo()
        yield made


def open_for_business(served: Served) -> None:
    """Set the seller's name, prices, terms, and invoice details, as of yesterday."""
    yesterday = now() - timedelta(days=1)
    with served.carrel.database.transaction() as session:
        about = BrandingTexts(SELLER, "#1d6a4c", COMPLETE.ar_email, SELLER, "")
        edit_branding(session, about, actor=None, now=yesterday)
        edit_seller(session, COMPLETE, actor=None, now=yesterday)
        set_prices(session, PRICES, actor=None, now=yesterday)
        for kind in (PolicyKind.TERMS, PolicyKind.REFUND):
            save_draft(session, kind, "You buy. We deliver.", actor=None, now=yesterday)
            publish_policy(session, kind, actor=None, now=yesterday)


@pytest.fixture(autouse=True)
def _saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the tests' clock to the server's time."""
    monkeypatch.setattr("lms.core.clock.datetime", SATURDAY)


@pytest.fixture
def webinar(served: Served) -> Sold:
    """A past webinar that is for sale."""
    slug = f"lamps-{new_public_id()[:6]}"
    with served.carrel.database.transaction() as session:
        made = served.add_webinar(session, slug, title=f"Reading by Lamplight {slug[6:]}")
        return Sold(slug, made.title)


@pytest.fixture
def domain(served: Served) -> str:
    """The verified domain of an existing organization."""
    name = f"pine-{new_public_id()[:6]}.example"
    with served.carrel.database.transaction() as session:
        library = make_organization(session, name=f"Pine County Library {name}")
        session.add(VerifiedDomain(organization_id=library.id, domain=name, verified_at=now()))
    return name


@pytest.fixture
def house(
    browser: "Browser",
    tmp_path: Path,
    made_databases: Databases,
    worker_id: str,
    film: Film,
    mail_sink: MailSink,
    fake_stripe: FakeStripe,
) -> House:
    """A separate seller, which a test serves at different dates."""
    url = made_databases.prepared(f"carrel_years_{worker_id}_{new_public_id()[:6]}")
    return House(browser, tmp_path, url, film, mail_sink, fake_stripe, SATURDAY.by)
