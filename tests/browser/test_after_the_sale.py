"""After the sale: a manager adds seats and renews, and payers of a canceled webinar choose."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.cancellation_offers.jobs import ROUND
from lms.cancellation_offers.offer_links import offer_links
from lms.component import work_of
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.models.accounts import SellerRole
from lms.models.grants import OfferKind
from lms.models.live import CancellationOffer, OfferChoice
from lms.models.orders import Order, Terms
from lms.models.organizations import Organization
from lms.models.payments import Refund
from lms.models.seats import Pool
from lms.pricing.price_list import set_prices
from lms.registry import LIBRARY
from lms.sales import orders
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.read_models import OrderFacts, find_order_facts
from lms.seller.settings import edit_seller
from lms.web.cancellation_offers.staff_offers import NO_ANSWER, WITHDRAWN
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import is_done
from tests.browser.test_request_to_sale import PRICES
from tests.browser.webinar_desk import (
    cancel_webinar,
    check_choices,
    choose_offer,
    restore_webinar,
)
from tests.live.upcoming_webinar import Quiet
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import paid
from tests.seller.seller_settings import COMPLETE
from tests.servers.axe import axe_faults

pytestmark = pytest.mark.browser

REFUND, EXCHANGE, CREDIT = OfferChoice.REFUND, OfferChoice.EXCHANGE, OfferChoice.CREDIT


def bought(carrel: Carrel, new: NewOrder, *, is_paid: bool = False) -> OrderFacts:
    with carrel.database.transaction() as session:
        order = orders.place(session, new, mail_context=OFFICE, actor=None, now=now())
        facts = find_order_facts(session, order.public_id)
    if is_paid:
        paid(carrel.database, facts, check_number=new_public_id()[:6], at=now())
    return facts


def order_of(who: str, line: NewLine, *, terms: Terms = Terms.INVOICE, firm: str = "") -> NewOrder:
    return NewOrder(
        lines=(line,),
        email=f"{who.lower()}-{new_public_id()[:6]}@example.org",
        name=who,
        terms=terms,
        currency="USD",
        organization_name=firm,
    )


def furnished(carrel: Carrel, served: Served, slug: str) -> tuple[OrderFacts, str, str]:
    """Sell a library five seats and a contract, paid; returns the order and both pools' URLs."""
    with carrel.database.transaction() as session:
        served.add_webinar(session, slug, title=f"Lamps {slug}")
        set_prices(session, PRICES, actor=None, now=now() - timedelta(days=1))
        edit_seller(session, COMPLETE, actor=None, now=now())
    seats = NewLine(
        kind=OfferKind.GROUP_SEATS, covers=f"webinar:{slug}", price_minor=32_500, quantity=5
    )
    contract = NewLine(
        kind=OfferKind.CONTRACT, covers="everything", price_minor=120_000, quantity=10
    )
    new = replace(order_of("Mara", seats, firm=f"Lamp County {slug}"), lines=(seats, contract))
    facts = bought(carrel, new, is_paid=True)
    with carrel.database.read_session() as session:
        firm = session.get_one(Organization, facts.organization_id)
        pools = session.scalars(
            select(Pool).where(Pool.organization_id == firm.id).order_by(Pool.is_permanent.desc())
        ).all()
        ours, contracts = (f"/organization/{firm.public_id}/pools/{one.public_id}" for one in pools)
    return facts, ours, contracts


def test_manager_adds_seats_and_renews_without_staff(served: Served, visit: Visit) -> None:
    facts, of_webinar, of_contract = furnished(
        served.carrel, served, f"lamps-{new_public_id()[:6]}"
    )
    page = visit(facts.contact_id).page

    page.goto(f"{of_webinar}/more-seats")
    page.locator("#quantity").fill("2")
    page.get_by_role("button", name="Show price").click()
    assert axe_faults(page) == []
    page.locator("#po_number").fill("PO-77")
    page.get_by_role("button", name="Add 2 seats for $130.00").click()
    is_done(page)

    page.goto(f"{of_contract}/renew")
    assert axe_faults(page) == []
    page.get_by_role("button", name="Renew for $1,200.00").click()
    is_done(page)
    expect(page.get_by_text("Balance due: $1,330.00")).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("table").first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="What you ordered")).to_be_visible()
    page.reload()
    assert axe_faults(page) == []


def go_round(carrel: Carrel) -> None:
    work_of((LIBRARY,)).handlers[ROUND](carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))


def choose(
    page: Page,
    carrel: Carrel,
    facts: OrderFacts,
    choice: OfferChoice,
    *,
    label: str = "",
    other: str = "",
) -> None:
    """Open the emailed link of an order's payer, without an account, and choose."""
    with carrel.database.read_session() as session:
        mine = CancellationOffer.login_id == facts.login_id
        if facts.organization_id is not None:
            mine = CancellationOffer.organization_id == facts.organization_id
        offer_id = session.scalars(select(CancellationOffer.public_id).where(mine)).one()
    page.goto(urlsplit(offer_links(carrel.settings).page(offer_id)).path)
    assert axe_faults(page) == []
    if other:
        page.get_by_label(other).check()
    choose_offer(page, choice, label=label)


@dataclass(frozen=True, slots=True)
class Seven:
    """Seven orders of five kinds for one webinar."""

    card_refund: OrderFacts
    card_exchange: OrderFacts
    card_silent: OrderFacts
    check_credit: OrderFacts
    unpaid_refund: OrderFacts
    firm_exchange: OrderFacts
    firm_silent: OrderFacts


def seven(served: Served, slug: str, mark: str) -> Seven:
    """Sell an upcoming webinar to seven payers, and add another one to exchange for."""
    carrel = served.carrel
    with carrel.database.transaction() as session:
        for days, each, title in ((5, slug, "Ink"), (15, f"paper-{mark}", "Paper")):
            webinar = served.add_webinar(session, each, title=f"{title} {mark}")
            webinar.held_at = now() + timedelta(days=days)
        set_prices(session, PRICES, actor=None, now=now() - timedelta(days=1))
    one = NewLine(kind=OfferKind.SINGLE, covers=f"webinar:{slug}", price_minor=9900)
    five = replace(one, kind=OfferKind.GROUP_SEATS, price_minor=32_500, quantity=5)
    return Seven(
        card_refund=bought(carrel, order_of("Abe", one, terms=Terms.CARD)),
        card_exchange=bought(carrel, order_of("Bea", one, terms=Terms.CARD)),
        card_silent=bought(carrel, order_of("Cal", one, terms=Terms.CARD)),
        check_credit=bought(carrel, order_of("Deb", one, terms=Terms.CHECK), is_paid=True),
        unpaid_refund=bought(carrel, order_of("Eli", one)),
        firm_exchange=bought(carrel, order_of("Flo", five, firm=f"Fern {mark}"), is_paid=True),
        firm_silent=bought(carrel, order_of("Gus", five, firm=f"Gorse {mark}")),
    )


def test_payers_of_a_canceled_webinar_choose_and_it_is_reinstated(
    served: Served, visit: Visit
) -> None:
    carrel, mark = served.carrel, new_public_id()[:6]
    slug, other = f"ink-{mark}", f"Paper {mark}"
    payers = seven(served, slug, mark)
    with carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
    desk, payer = visit(ada.id).page, visit().page

    cancel_webinar(desk, slug)
    go_round(carrel)

    choose(payer, carrel, payers.card_refund, REFUND, label="Refund $99.00")
    choose(payer, carrel, payers.unpaid_refund, REFUND, label="Cancel invoice: $99.00")
    choose(payer, carrel, payers.check_credit, CREDIT, label="Keep $99.00 as credit")
    choose(payer, carrel, payers.card_exchange, EXCHANGE, other=other)
    choose(payer, carrel, payers.firm_exchange, EXCHANGE, other=other)

    check_choices(desk, slug, {NO_ANSWER: 2, EXCHANGE: 2, REFUND: 2, CREDIT: 1})
    assert axe_faults(desk) == []

    restore_webinar(desk, slug, f"Ink {mark}")
    go_round(carrel)
    check_choices(desk, slug, {WITHDRAWN: 2})
    expect(desk.get_by_role("link", name=re.compile("^Offered again"))).to_have_count(3)
    check_books(carrel, payers)

    owner = visit(payers.card_silent.contact_id).page
    owner.goto(f"/account/orders/{payers.card_silent.public_id}")
    expect(owner.get_by_role("button", name="Request a refund")).to_be_visible()
    assert axe_faults(owner) == []


def test_payers_of_a_postponed_webinar_keep_or_exchange_it(served: Served, visit: Visit) -> None:
    carrel, mark = served.carrel, new_public_id()[:6]
    slug, other = f"ink-{mark}", f"Paper {mark}"
    payers = seven(served, slug, mark)
    with carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
    desk, payer = visit(ada.id).page, visit().page

    desk.goto(f"/staff/webinars/{slug}/postpone")
    desk.get_by_label("Starts").fill((now() + timedelta(days=9)).strftime("%Y-%m-%dT15:00"))
    desk.get_by_role("button", name=re.compile("^Change date")).click()
    is_done(desk)
    go_round(carrel)

    choose(payer, carrel, payers.card_silent, OfferChoice.KEEP)
    choose(payer, carrel, payers.card_exchange, EXCHANGE, other=other)

    check_choices(desk, slug, {NO_ANSWER: 5, OfferChoice.KEEP: 1, EXCHANGE: 1})
    assert axe_faults(desk) == []


def check_books(carrel: Carrel, payers: Seven) -> None:
    """Check that one refund is owed, silent payers are unchanged, and nothing was sold twice."""
    with carrel.database.read_session() as session:
        amounts = select(Refund.amount_minor).where(Refund.idempotency_key.startswith("offer:"))
        assert session.scalars(amounts).all() == [9900]
        for facts in (payers.card_silent, payers.firm_silent):
            assert find_order_facts(session, facts.public_id).credited_minor == 0
        again = session.scalars(
            select(Order).join(CancellationOffer, CancellationOffer.again_id == Order.id)
        ).all()
        assert all(order.placed_at is None for order in again)
