"""Carts: their lines, prices, and cheaper offers for the same people."""

from datetime import timedelta

import pytest

from lms.buying import carts
from lms.buying.carts import CartFacts, Item
from lms.core.database import Database
from lms.core.errors import Invalid, NotFound
from lms.models.catalog import WebinarState
from lms.models.grants import OfferKind
from lms.pricing.price_list import Price, set_prices
from tests.buying.buying_fixtures import PRICES, WEBINAR, filled, open_for_business
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_webinar

pytestmark = pytest.mark.usefixtures("cast", "_open")


@pytest.fixture
def _open(database: Database) -> None:
    open_for_business(database)


def read(database: Database, token: str) -> CartFacts:
    with database.transaction() as session:
        cart = carts.find(session, token)
        carts.reprice(session, cart)
        return carts.read(session, cart)


@pytest.mark.parametrize(
    ("seats", "total"),
    [(1, 9900), (2, 19800), (3, 22500), (4, 30000), (5, 32500), (6, 39000), (7, 45500), (8, 52000)],
)
def test_seats_cost_the_price_on_the_list(database: Database, seats: int, total: int) -> None:
    token = filled(database, Item(OfferKind.GROUP_SEATS, WEBINAR, seats))
    assert read(database, token).net_minor == total


def test_seats_in_one_webinar_share_a_line_and_a_tier(database: Database) -> None:
    token = filled(
        database, Item(OfferKind.GROUP_SEATS, WEBINAR, 3), Item(OfferKind.GROUP_SEATS, WEBINAR, 2)
    )
    (line,) = read(database, token).lines
    assert (line.seats, line.net_minor) == (5, 32500)


def test_seats_in_two_webinars_have_separate_lines_and_tiers(database: Database) -> None:
    with database.transaction() as session:
        make_webinar(session, "story-times")
    other = Item(OfferKind.GROUP_SEATS, "webinar:story-times", 2)
    token = filled(database, Item(OfferKind.GROUP_SEATS, WEBINAR, 3), other)
    assert [line.net_minor for line in read(database, token).lines] == [22500, 19800]


def test_cheaper_offer_is_shown_and_applied_in_one_step(database: Database) -> None:
    token = filled(database, Item(OfferKind.GROUP_SEATS, WEBINAR, 8))
    (line,) = read(database, token).lines
    kinds = [each.kind for each in line.cheaper]
    assert OfferKind.INSTITUTIONAL in kinds
    with database.transaction() as session:
        cart = carts.editable(session, token, now=NOW)
        carts.change(session, cart, line.public_id, kind=OfferKind.INSTITUTIONAL, seats=1)
    (line,) = read(database, token).lines
    assert (line.kind, line.seats, line.net_minor) == (OfferKind.INSTITUTIONAL, None, 49900)


def test_cart_uses_current_prices(database: Database) -> None:
    token = filled(database)
    dearer = tuple(Price(one.kind, one.minimum, one.price_minor + 100, "USD") for one in PRICES)
    with database.transaction() as session:
        set_prices(session, dearer, actor=None, now=NOW)
    assert read(database, token).net_minor == 33000


def test_withdrawn_webinar_is_removed_from_the_cart(database: Database) -> None:
    with database.transaction() as session:
        webinar = make_webinar(session, "story-times")
    token = filled(database, Item(OfferKind.SINGLE, "webinar:story-times"))
    with database.transaction() as session:
        session.merge(webinar).state = WebinarState.WITHDRAWN
    assert read(database, token).lines == ()


@pytest.mark.parametrize(
    "item",
    [
        Item(OfferKind.SINGLE, "webinar:none"),
        Item(OfferKind.SINGLE, "everything"),
        Item(OfferKind.PASS, WEBINAR),
        Item(OfferKind.CONTRACT, "everything"),
        Item(OfferKind.GROUP_SEATS, WEBINAR, 0),
        Item(OfferKind.GROUP_SEATS, WEBINAR, 10_001),
    ],
)
def test_item_not_for_sale_is_refused(database: Database, item: Item) -> None:
    with pytest.raises(Invalid):
        filled(database, item)


@pytest.mark.parametrize(
    "state", [WebinarState.DRAFT, WebinarState.CANCELED, WebinarState.WITHDRAWN]
)
def test_only_announced_webinars_are_for_sale(database: Database, state: WebinarState) -> None:
    with database.transaction() as session:
        make_webinar(session, "story-times", state=state)
    with pytest.raises(Invalid):
        filled(database, Item(OfferKind.SINGLE, "webinar:story-times"))


def test_line_of_another_cart_is_not_found(database: Database, cast: Cast) -> None:
    mine, theirs = filled(database), filled(database)
    line = read(database, theirs).lines[0].public_id
    with database.transaction() as session:
        cart = carts.editable(session, mine, now=NOW)
        with pytest.raises(NotFound):
            carts.remove(session, cart, line)


def test_abandoned_carts_are_deleted(database: Database) -> None:
    token = filled(database)
    with database.transaction() as session:
        carts.forget_old(session, now=NOW + timedelta(days=31))
    with database.read_session() as session, pytest.raises(NotFound):
        carts.find(session, token)


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (Item(OfferKind.PASS, "everything"), OfferKind.SINGLE),
        (Item(OfferKind.PASS, "everything"), OfferKind.GROUP_SHOWING),
        (Item(OfferKind.PASS, "everything"), OfferKind.INSTITUTIONAL),
        (Item(OfferKind.SINGLE, WEBINAR), OfferKind.PASS),
    ],
)
def test_line_cannot_change_to_an_offer_with_another_scope(
    database: Database, item: Item, kind: OfferKind
) -> None:
    token = filled(database, item)
    before = read(database, token)
    with database.transaction() as session:
        cart = carts.editable(session, token, now=NOW)
        with pytest.raises(Invalid):
            carts.change(session, cart, before.lines[0].public_id, kind=kind, seats=1)
    assert read(database, token) == before


def test_seat_for_the_buyer_joins_the_team_line(database: Database) -> None:
    me, team = Item(OfferKind.SINGLE, WEBINAR), Item(OfferKind.GROUP_SEATS, WEBINAR, 4)
    for items in ((team, me), (me, team)):
        (line,) = read(database, filled(database, *items)).lines
        assert (line.kind, line.seats, line.net_minor) == (OfferKind.GROUP_SEATS, 5, 32500)
    (line,) = read(database, filled(database, me, me)).lines
    assert (line.kind, line.seats, line.net_minor) == (OfferKind.SINGLE, 1, 9900)
