"""Payment links: derived each time, stored as a hash, and revoked by a new one."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Gone, NotFound
from lms.documents import payment_links
from lms.documents.payment_links import PaymentLinks
from lms.mail.links import Links
from lms.models.orders import Order, OrderLink
from lms.sales import orders
from tests.cast import Cast
from tests.clock import NOW
from tests.sales.order_fixtures import placed

WHERE = PaymentLinks(Links("https://library.example.org"), b"k" * 32)


@pytest.fixture
def order(database: Database, cast: Cast) -> Order:
    facts = placed(database)
    with database.read_session() as session:
        return orders.find_order(session, facts.public_id)


def _link(database: Database, order: Order, where: PaymentLinks = WHERE) -> str:
    with database.transaction() as session:
        return payment_links.link_of(session, order, where=where, now=NOW)


def _token(url: str) -> str:
    return url.rsplit("/", 1)[1]


def _order_of(database: Database, url: str) -> int:
    with database.read_session() as session:
        return payment_links.order_of(session, _token(url)).id


def test_link_is_the_same_each_time_and_opens_its_order(database: Database, order: Order) -> None:
    url = _link(database, order)
    assert url == _link(database, order)
    assert url.startswith("https://library.example.org/pay/")
    assert _order_of(database, url) == order.id


def test_token_has_256_bits_and_is_not_stored(database: Database, order: Order) -> None:
    token = _token(_link(database, order))
    assert len(token) == 43
    with database.read_session() as session:
        row = session.scalars(select(OrderLink)).one()
    assert token.encode() not in row.token_hash
    assert len(row.token_hash) == 32


def test_token_depends_on_the_key_and_the_order(database: Database, order: Order) -> None:
    url = _link(database, order)
    with database.read_session() as session:
        other = orders.find_order(session, placed(database).public_id)
    assert _link(database, other) != url
    assert _link(database, order, replace(WHERE, key=b"l" * 32)) != url


def test_unknown_token_is_not_found(database: Database, order: Order) -> None:
    url = _link(database, order)
    for wrong in (url[:-1], url + "A", "https://library.example.org/pay/" + order.public_id):
        with pytest.raises(NotFound):
            _order_of(database, wrong)


def test_new_link_revokes_the_earlier_one(database: Database, order: Order) -> None:
    old = _link(database, order)
    with database.transaction() as session:
        new = payment_links.replace_link(session, order, where=WHERE, actor=None, now=NOW)
    assert new != old
    assert _link(database, order) == new
    assert _order_of(database, new) == order.id
    with pytest.raises(Gone):
        _order_of(database, old)


def test_emailed_links_still_work_after_a_new_secret_key(database: Database, order: Order) -> None:
    old = _link(database, order)
    rotated = replace(WHERE, key=b"l" * 32)
    new = _link(database, order, rotated)
    assert new != old
    assert _link(database, order, rotated) == new
    assert _order_of(database, old) == _order_of(database, new) == order.id


def test_time_of_opening_is_recorded(database: Database, order: Order) -> None:
    url = _link(database, order)
    with database.transaction() as session:
        payment_links.note_opening(session, _token(url), now=NOW)
    with database.read_session() as session:
        link = payment_links.current_link(session, order, where=WHERE)
    assert link is not None
    assert link.last_opened_at == NOW
