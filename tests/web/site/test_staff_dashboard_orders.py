"""The staff home: who can see it, and the orders that need attention."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.dates_and_time_zones import say_datetime
from lms.models.payments import Payment
from lms.requests.business_days import due_after
from lms.sales import disputes
from lms.web.buying.order import AFTER_PAYMENT
from lms.web.sales.order_page import GRANT_ACCESS, WAIT_FOR_PAYMENT
from tests.buying.buying_fixtures import confirmed, details, filled, open_for_business, ordered
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.page_texts import count_in_notice, is_empty, shows
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, placed
from tests.visitor import Visitor


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_open_the_page(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get("/staff").status_code == 404


def test_bookkeeper_sees_the_statuses_that_have_orders(
    client: Visitor, roles: Roles, database: Database
) -> None:
    client.sign_in(roles.beth.id)
    assert is_empty(client.get("/staff").text)
    placed(database, SEAT)
    page = client.get("/staff").text
    assert re.findall(r"/staff/orders\?standing=(\w+)", page) == ["paid"]


def test_orders_are_counted_as_past_due_from_the_day_after_the_due_date(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    due_at = placed(database, GROUP).due_at
    assert due_at is not None
    for moment, is_late in ((due_at - timedelta(seconds=1), False), (due_at, True)):
        clock.set(moment)
        client.sign_in(cast.ada.id)
        page = client.get("/staff").text
        assert count_in_notice(page, "/staff/orders?standing=past_due") == (1 if is_late else None)


def test_disputed_payments_are_counted(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    placed(database, SEAT)
    with database.transaction() as session:
        paid = session.scalars(select(Payment.public_id)).one()
        disputes.open_dispute(session, paid, mail_context=OFFICE, actor=None, now=NOW)
    client.sign_in(cast.ada.id)
    page = client.get("/staff").text
    assert count_in_notice(page, "/staff/orders?standing=disputed") == 1


def test_access_of_an_order_under_review_is_granted_with_one_click(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    open_for_business(database)
    facts = ordered(database, filled(database), details())
    confirmed(database)
    client.sign_in(cast.ada.id)
    page = client.get("/staff").text
    assert 'id="reviews-title">1 ' in page
    assert "Pine County Library, $325.00" in page
    listed = client.get("/staff/orders?access=waits").text
    for shown in (page, listed):
        assert f'action="/staff/orders/{facts.public_id}/release"' in shown
    page = client.get(f"/staff/orders/{facts.public_id}").text
    notice = page.split('class="notice notice-attention"')[1].split("</section>")[0]
    for words in (GRANT_ACCESS, WAIT_FOR_PAYMENT):
        assert words in notice.split('class="panel')[0]
        assert page.count(words) == 1
    assert client.post(f"/staff/orders/{facts.public_id}/release").status_code == 303
    assert 'id="reviews-title"' not in client.get("/staff").text
    assert "No results" in client.get("/staff/orders?access=waits").text


def test_buyer_sees_the_same_due_time_as_our_team(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    open_for_business(database)
    facts = ordered(database, filled(database), details())
    login_id = confirmed(database)
    due = say_datetime(due_after(NOW, OFFICE.zone), OFFICE.zone)
    client.sign_in(login_id)
    clock.set(NOW + timedelta(hours=5))
    own = client.get(f"/orders/{facts.public_id}").text
    client.sign_in(cast.ada.id)
    for page in (
        own,
        client.get("/staff").text,
        client.get(f"/staff/orders/{facts.public_id}").text,
    ):
        assert due in page
    assert client.post(f"/staff/orders/{facts.public_id}/hold").status_code == 303
    client.sign_in(login_id)
    page = client.get(f"/orders/{facts.public_id}").text
    assert due not in page
    assert shows(page, AFTER_PAYMENT)
