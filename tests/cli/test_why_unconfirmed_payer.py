"""carrel why, and the page for our team, for a person who ordered and hasn't confirmed their address (S15)."""

from sqlalchemy import func, select

from lms.buying.carts import Item
from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.grants import OfferKind
from lms.sales import order_access
from lms.sales.orders import find_order
from lms.sales.read_models import OrderFacts
from tests.buying.buying_fixtures import (
    ROSA,
    WEBINAR,
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
)
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.clock import NOW, Clock
from tests.visitor import Visitor

WHY = "/staff/people/why"


def buy(database: Database) -> OrderFacts:
    """Buy one seat on a purchase order, for an address without an account."""
    open_for_business(database)
    return ordered(database, filled(database, Item(OfferKind.SINGLE, WEBINAR, 1)), details())


def open_access(database: Database, facts: OrderFacts) -> None:
    with database.transaction() as session:
        order = find_order(session, facts.public_id)
        order_access.release(session, order, actor=None, now=NOW)


def test_why_answers_for_the_order_that_is_not_confirmed(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = buy(database)
    with database.read_session() as session:
        before = session.scalar(select(func.count(Login.id)))

    def why(who: str = ROSA) -> dict[str, object]:
        return carrel_command("why", who, cast.slug, "--json").answer

    told = why()
    assert (told["code"], told["login"]) == ("PAYMENT_PENDING", None)
    assert told["unconfirmed_orders"] == [facts.public_id]
    open_access(database, facts)
    assert why(ROSA.upper())["code"] == "OK_PERMANENT"
    ran = carrel_command("why", ROSA, cast.slug)
    assert f"order {facts.number} waits until they confirm this address" in ran.out
    assert why("eve@elm.example")["code"] == "NO_GRANT"
    with database.read_session() as session:
        assert session.scalar(select(func.count(Login.id))) == before
    confirmed(database)
    told = why()
    assert (told["code"], told["unconfirmed_orders"]) == ("OK_PERMANENT", [])


def test_staff_page_shows_that_confirmation_is_missing_and_links_the_order(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = buy(database)
    client.sign_in(cast.ada.id)
    asked = {"address": ROSA, "webinar": cast.slug, "action": "recording"}
    page = client.get(WHY, query_string=asked).text
    assert "isn\u2019t paid." in page
    open_access(database, facts)
    for query in (asked, {"address": ROSA}):
        page = client.get(WHY, query_string=query).text
        assert "They ordered without an account and haven\u2019t confirmed this address." in page
    page = client.get(WHY, query_string=asked).text
    assert "They get access once they confirm their address." in page
    assert "They can watch." not in page
    assert f"/staff/orders/{facts.public_id}" in page
    confirmed(database)
    page = client.get(WHY, query_string=asked).text
    assert "They can watch." in page
    assert "without an account" not in page
