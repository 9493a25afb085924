"""Requested quotes: one for each request, however often its button is pressed."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import func, select

from lms.buying import requested_quotes
from lms.buying.requested_quotes import OpenedRequest, QuoteRequest
from lms.core.database import Database
from lms.models.documents import Document
from lms.models.grants import OfferKind
from lms.models.orders import Order, Quote
from tests.buying.buying_fixtures import ADDRESS, ROSA, WEBINAR, open_for_business
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.seats.test_concurrent_claims import together
from tests.servers.databases import on_postgresql
from tests.wait_until import PATIENCE_S

OPENED = OpenedRequest(
    QuoteRequest(
        OfferKind.SINGLE, WEBINAR, 5, "Rosa Delgado", ROSA, "Pine County Library", ADDRESS
    ),
    order_id="0" * 25 + "1",
)


@pytest.fixture(autouse=True)
def _open(database: Database, cast: Cast) -> None:
    open_for_business(database)


def issue(database: Database) -> str:
    with database.transaction() as session:
        order = requested_quotes.issue(session, OPENED, mail_context=OFFICE, now=NOW)
        return order.public_id


def quoted(database: Database) -> tuple[int | None, ...]:
    """Return how many orders, quotes, and documents there are."""
    with database.read_session() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table))
            for table in (Order, Quote, Document)
        )


def test_concurrent_requests_get_one_quote(database: Database) -> None:
    done = together(8, lambda _place: issue(database))
    assert Counter(done) == {OPENED.order_id: 8}
    assert quoted(database) == (1, 1, 1)


@pytest.mark.skipif(not on_postgresql(), reason="SQLite lets one write at a time")
def test_request_during_an_uncommitted_one_gets_its_quote(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second request reads before the first is committed, and writes afterwards."""
    is_asking = Event()
    price = requested_quotes.price

    def wait_after_looking(session: object, request: QuoteRequest) -> object:
        is_asking.set()
        assert others_turn.wait(PATIENCE_S)
        return price(session, request)  # type: ignore[arg-type]

    others_turn = Event()
    with ThreadPoolExecutor(1) as second:
        with database.transaction() as session:
            first = requested_quotes.issue(session, OPENED, mail_context=OFFICE, now=NOW)
            monkeypatch.setattr(requested_quotes, "price", wait_after_looking)
            other = second.submit(issue, database)
            assert is_asking.wait(PATIENCE_S)
        others_turn.set()
        assert other.result() == first.public_id
    assert quoted(database) == (1, 1, 1)
