"""A seller's site with a real mail server, and a library that buys from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from lms.branding import BrandingTexts, edit_branding
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.mail.links import Links, MailContext
from lms.models.accounts import Login, SellerRole
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.models.organizations import Organization, Role
from lms.models.payments import PaymentMethod
from lms.organizations.billing_details import BillingContact, edit_billing
from lms.payments.payments import NewPayment
from lms.sales import orders, receiving
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.read_models import find_order_facts
from lms.seller.settings import edit_seller
from tests.browser.conftest import Film, Served, serving
from tests.factories import make_membership, make_organization
from tests.seller.seller_settings import COMPLETE
from tests.servers.databases import Databases
from tests.servers.smtp import MailSink, mail_server

ZONE = ZoneInfo("America/New_York")
SELLER = "Lantern Street Training"
SOLD_AGO = timedelta(days=340)
CONTRACT = NewLine(kind=OfferKind.CONTRACT, covers="everything", quantity=12, price_minor=318_000)


@dataclass(frozen=True, slots=True)
class Customer:
    """A library, its manager, its accounts payable address, and a team member."""

    organization_id: str
    slug: str
    name: str
    manager: int
    manager_email: str
    payables: str
    staff: int


@pytest.fixture(scope="session")
def mail_sink() -> Iterator[MailSink]:
    """The mail server of the site, which stores what it receives."""
    with mail_server() as sink:
        yield sink


@pytest.fixture(scope="session")
def served(
    tmp_path_factory: pytest.TempPathFactory,
    made_databases: Databases,
    worker_id: str,
    film: Film,
    mail_sink: MailSink,
) -> Iterator[Served]:
    """`carrel serve` of a seller with complete settings and a real mail server."""
    url = made_databases.prepared(f"carrel_sales_{worker_id}")
    place = tmp_path_factory.mktemp("sales")
    with serving(place, url, film, smtp_url=mail_sink.url) as made:
        with made.carrel.database.transaction() as session:
            about = BrandingTexts(SELLER, "#1d6a4c", COMPLETE.ar_email, SELLER, "")
            edit_branding(session, about, actor=None, now=now())
            edit_seller(session, COMPLETE, actor=None, now=now())
        yield made


@pytest.fixture
def customer(served: Served) -> Customer:
    """A library whose paid contract, 12 seats for $3,180.00, ends in about a month."""
    name = f"Elm County Library {new_public_id()[:6]}"
    bought = now() - SOLD_AGO
    with served.carrel.database.transaction() as session:
        organization = make_organization(session, name=name)
        mia = served.add_person(session, "Mia")
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        make_membership(session, organization, mia, role=Role.OWNER)
        payables = f"ap-{new_public_id()[:6]}@example.org"
        contact = BillingContact(payables=(payables,))
        edit_billing(session, organization.id, contact, actor=None, now=bought)
        _sell(session, served, organization, mia, at=bought)
        return Customer(
            organization.public_id,
            organization.slug,
            name,
            mia.id,
            mia.email or "",
            payables,
            ada.id,
        )


def _sell(
    session: Session, served: Served, organization: Organization, contact: Login, *, at: datetime
) -> None:
    context = MailContext(Links(served.url), ZONE)
    new = NewOrder(
        lines=(CONTRACT,),
        email=contact.email or "",
        name=contact.name,
        organization=organization.slug,
        terms=Terms.INVOICE,
        currency="USD",
    )
    order = orders.place(session, new, mail_context=context, actor=None, now=at)
    facts = find_order_facts(session, order.public_id)
    check = NewPayment(
        method=PaymentMethod.CHECK,
        currency="USD",
        amount_minor=facts.open_minor,
        received_on=at.astimezone(ZONE).date(),
        organization_id=organization.id,
        check_number="1041",
        pays={facts.invoice_id or "": facts.open_minor},
    )
    receiving.receive(session, check, mail_context=context, actor=None, now=at)
