"""Limits on paying by card: how many checkouts one address and one network can open (M25)."""

from dataclasses import replace

from lms.core.runtime import Carrel
from tests.cast import Cast
from tests.clock import Clock
from tests.sales.order_fixtures import GROUP, placed
from tests.visitor import Visitor
from tests.web.buying.test_payment_page import link


def codes(client: Visitor, page: str, tries: int) -> set[int]:
    return {client.post(f"{page}/card").status_code for _number in range(tries)}


def test_checkouts_of_one_email_address_are_limited_across_orders(
    client: Visitor, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    first, second = (link(carrel, placed(carrel.database, GROUP)) for _order in range(2))
    assert 429 not in codes(client, first, 12)
    assert codes(client, second, 1) == {429}


def test_checkouts_of_one_network_are_limited_across_addresses(
    client: Visitor, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    people = [f"kim{number}@example.org" for number in range(5)]
    pages = [link(carrel, placed(carrel.database, replace(GROUP, email=one))) for one in people]
    for page in pages[:4]:
        assert 429 not in codes(client, page, 10)
    assert codes(client, pages[4], 1) == {429}
