"""The access panel of a webinar page: its position, and where its next step leads."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from lxml.html import HtmlElement, document_fromstring
from sqlalchemy import select

from lms.core.database import Database
from lms.grants.grants import Target
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarSeries
from lms.models.grants import OfferKind, Scope
from lms.models.mail import Mail
from lms.models.organizations import Organization, Role
from lms.models.seats import AssignmentState
from lms.pricing.price_list import Price, set_prices
from tests.access.test_order_payers import INVOICE, of_elm, paused, seated
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import (
    make_assignment,
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
    make_series,
)
from tests.sales.order_fixtures import GROUP, PRICES, paid, placed
from tests.visitor import Visitor


def on_sale(database: Database) -> None:
    year = Price(OfferKind.PASS, 1, 49900, "USD")
    with database.transaction() as session:
        set_prices(session, (*PRICES, year), actor=None, now=NOW)


def page_of(client: Visitor, cast: Cast, login_id: int) -> HtmlElement:
    client.sign_in(login_id)
    return document_fromstring(client.get(f"/webinars/{cast.slug}").text)


def step_of(page: HtmlElement) -> tuple[str, str]:
    """Return the label and the address of the panel's next step."""
    (panel,) = page.find_class("access")
    assert "$" not in panel.text_content()
    step = panel.find_class("button")[0]
    return step.text_content(), step.get("href")


def order_of(page: HtmlElement) -> list[str]:
    """Return the classes of the buy box and the access panel in page order."""
    return [one.get("class") for one in page.iter() if one.get("class") in ("access", "buy-box")]


def paid_at(client: Visitor, url: str) -> str:
    """Follow the step to the payment page, and return the page."""
    answer = client.get(url)
    assert answer.status_code == 303
    return client.get(urlsplit(answer.headers["Location"]).path).text


def test_person_with_paused_access_can_pay_now_and_watch_again(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = paused(database)
    here = f"/account/orders/{facts.public_id}/pay"
    assert step_of(page_of(client, cast, cast.dan.id)) == ("Pay now", here)
    assert "$99.00" in paid_at(client, here)
    assert f'href="{here}"' in client.get(here.removesuffix("/pay")).text
    client.sign_in(cast.bob.id)
    assert client.get(here).status_code == 404
    paid(database, facts)
    label, url = step_of(page_of(client, cast, cast.dan.id))
    assert (label, url) == ("Watch", f"/webinars/{cast.slug}/watch")


def test_manager_and_billing_contact_can_pay_and_others_ask_the_manager(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = paused(database, GROUP)
    here = f"/organization/{of_elm(database, cast)}/orders/{facts.public_id}/pay"
    biller = seated(database, cast, facts, Role.BILLING)
    for login_id in (cast.mia.id, biller):
        assert step_of(page_of(client, cast, login_id)) == ("Pay now", here)
        assert "$325.00" in paid_at(client, here)
    label, url = step_of(page_of(client, cast, seated(database, cast, facts, None)))
    assert (label, url.split("/")[-1]) == ("Ask Mia", f"ask?webinar={cast.slug}")
    assert client.get(here).status_code == 404


def test_person_with_an_order_on_hold_can_pay_now(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, replace(INVOICE, is_held=True))
    here = f"/account/orders/{facts.public_id}/pay"
    assert step_of(page_of(client, cast, cast.dan.id)) == ("Pay now", here)
    assert "$99.00" in paid_at(client, here)


def test_manager_with_a_seat_can_pay_and_one_without_can_assign_a_seat(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, replace(GROUP, is_held=True))
    assert step_of(page_of(client, cast, cast.mia.id))[0] == "Assign yourself a seat"
    here = f"/organization/{of_elm(database, cast)}/orders/{facts.public_id}/pay"
    manager = seated(database, cast, facts, Role.MANAGER)
    assert step_of(page_of(client, cast, manager)) == ("Pay now", here)


def test_only_manager_is_sent_to_our_team(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        pool = make_pool(session, session.get_one(Organization, cast.organization_id), webinar)
        make_pool_grant(session, pool).suspended_at = NOW - timedelta(days=1)
        make_assignment(session, pool, session.get_one(Login, cast.mia.id))
    assert step_of(page_of(client, cast, cast.mia.id))[0] == "Contact us"


def test_paused_access_is_shown_above_the_buy_box(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    on_sale(database)
    paused(database)
    assert order_of(page_of(client, cast, cast.dan.id)) == ["access", "buy-box"]


def test_person_with_unpaid_access_can_buy_only_for_other_people(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    on_sale(database)
    paused(database)
    page = page_of(client, cast, cast.dan.id)
    assert page.xpath("//input[@name='choice']/@value") == ["team"]
    assert "You already ordered access to this webinar." in page.text_content()
    assert "Buy for other people" in page.text_content()


def test_person_without_access_sees_only_the_buy_box(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    on_sale(database)
    assert order_of(page_of(client, cast, cast.dan.id)) == ["buy-box"]


def test_reserved_seat_is_shown_above_the_buy_box(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    on_sale(database)
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        pool = make_pool(session, session.get_one(Organization, cast.organization_id), webinar)
        make_pool_grant(session, pool)
        make_assignment(session, pool, email=cast.dan.email, state=AssignmentState.INVITED)
    page = page_of(client, cast, cast.dan.id)
    assert order_of(page) == ["access", "buy-box"]
    assert step_of(page)[0] == "Claim your seat"


def test_renewing_an_ended_pass_is_the_first_choice(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    on_sale(database)
    with database.transaction() as session:
        series = make_series(session, "quiet-places")
        session.add(WebinarSeries(webinar_id=cast.webinar_id, series_id=series.id, position=1))
        price = (Price(OfferKind.PASS, 1, 19_900, "USD"),)
        set_prices(session, price, Target(Scope.SERIES, series.id), actor=None, now=NOW)
    page = page_of(client, cast, cast.carol.id)
    assert order_of(page) == ["access", "buy-box"]
    assert step_of(page) == ("Renew", f"/webinars/{cast.slug}#buy")
    assert page.xpath("//input[@name='choice'][@checked]/@value") == ["pass"]
    covers = page.xpath("//select[@name='pass_covers']/option/@value")
    assert covers == ["everything", "series:quiet-places"]


def test_staff_see_when_access_was_paused_and_for_which_order(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = paused(database)
    client.sign_in(cast.ada.id)
    asked = {"address": cast.dan.email, "webinar": cast.slug}
    page = client.get("/staff/people/why", query_string=asked).text
    assert "PAYMENT_OVERDUE" in page
    assert "Our team put their access on hold on Mar 1, 2026" in page
    assert "Next step: Pay now." in page
    assert f"/staff/orders/{facts.public_id}" in page


def test_manager_of_allotted_seats_asks_the_consortium(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        consortium = make_organization(session, name="State Library")
        boss = make_login(session, "sid@state.example", name="Sid")
        make_membership(session, consortium, boss, role=Role.MANAGER)
        whole = make_pool(session, consortium)
        make_pool_grant(session, whole).awaits_payment_since = NOW
        elm = session.get_one(Organization, cast.organization_id)
        part = make_pool(session, elm, capacity=3, allotted_from=whole)
        make_assignment(session, part, session.get_one(Login, cast.dan.id))
        pool = part.public_id
    for person, asked in ((cast.dan, "Mia"), (cast.mia, "Sid")):
        page = page_of(client, cast, person.id)
        (panel,) = page.find_class("access")
        assert "State Library" in panel.text_content()
        assert step_of(page)[0] == f"Ask {asked}"
        message = {"message": "When do you pay?"}
        assert client.post(f"/library/seats/{pool}/ask", data=message).status_code == 303
    with database.read_session() as session:
        asked_by_mail = session.scalars(select(Mail.recipient).where(Mail.kind == "seat_question"))
        assert sorted(asked_by_mail) == [cast.mia.email, "sid@state.example"]
