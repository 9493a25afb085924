"""Empty lists: the first item is offered once, and only to people who can create it."""

from typing import Final

from lms.core.database import Database
from lms.models.accounts import SellerRole
from tests.factories import make_login
from tests.page_texts import is_empty
from tests.visitor import Visitor

FIRST: Final = {
    "/staff/webinars": "New webinar",
    "/staff/presenters": "New presenter",
    "/staff/series": "New series",
    "/staff/orders": "New order",
    "/staff/organizations": "New organization",
}


def test_empty_list_offers_its_first_item_once(client: Visitor, database: Database) -> None:
    with database.transaction() as session:
        staff = make_login(session, seller_role=SellerRole.STAFF).id
    client.sign_in(staff)
    offered = {path: client.get(path).text.count(f"{words}</a>") for path, words in FIRST.items()}
    assert offered == dict.fromkeys(FIRST, 1)


def test_bookkeeper_is_not_offered_an_order(client: Visitor, database: Database) -> None:
    with database.transaction() as session:
        bookkeeper = make_login(session, seller_role=SellerRole.BOOKKEEPER).id
    client.sign_in(bookkeeper)
    page = client.get("/staff/orders").text
    assert is_empty(page)
    assert "New order" not in page
