"""Requested orders: what becomes of a request's draft when the request is declined."""

from dataclasses import replace

import pytest

from lms.core.database import Database
from lms.models.grants import OfferKind
from lms.models.requests import RequestKind
from lms.requests import requests
from lms.requests.read_models import RequestFacts
from lms.sales import orders, quotes, requested_orders
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import NEW, OFFICE, asked
from tests.requests.test_requests import priced as priced


@pytest.fixture
def five(priced: Database, cast: Cast) -> RequestFacts:
    """A request for five seats, and its draft."""
    new = replace(NEW, webinar_id=cast.webinar_id, kind=RequestKind.GROUP, quantity=5)
    return asked(priced, new)


def decline(database: Database, facts: RequestFacts) -> None:
    with database.transaction() as session:
        requested_orders.decline(
            session, facts.public_id, answer="Sold out", links=OFFICE.links, actor=None, now=NOW
        )


def is_canceled(database: Database, facts: RequestFacts) -> bool:
    with database.read_session() as session:
        return orders.find_order(session, facts.order_public_id or "").canceled_at is not None


def purchase_order(database: Database, cast: Cast, first: RequestFacts) -> RequestFacts:
    new = replace(
        NEW,
        webinar_id=cast.webinar_id,
        kind=RequestKind.PURCHASE_ORDER,
        offer=OfferKind.GROUP_SEATS,
        quantity=5,
    )
    return asked(database, new, quote_of=first.public_id)


def test_draft_of_a_declined_request_is_canceled(priced: Database, five: RequestFacts) -> None:
    decline(priced, five)
    assert is_canceled(priced, five)


def test_canceled_draft_takes_no_purchase_order(
    priced: Database, cast: Cast, five: RequestFacts
) -> None:
    decline(priced, five)
    later = purchase_order(priced, cast, five)
    assert later.order_public_id != five.order_public_id
    assert not is_canceled(priced, later)


def test_draft_stays_while_another_request_uses_it(
    priced: Database, cast: Cast, five: RequestFacts
) -> None:
    later = purchase_order(priced, cast, five)
    assert later.order_public_id == five.order_public_id
    decline(priced, later)
    assert not is_canceled(priced, five)
    decline(priced, five)
    assert is_canceled(priced, five)


def test_quoted_draft_stays(priced: Database, five: RequestFacts) -> None:
    with priced.transaction() as session:
        order = orders.find_order(session, five.order_public_id or "", lock=True)
        quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
    with priced.transaction() as session:
        requests.reopen(session, five.public_id, actor=None, now=NOW)
    decline(priced, five)
    assert not is_canceled(priced, five)


def test_request_without_a_draft_is_declined(priced: Database, cast: Cast) -> None:
    decline(priced, asked(priced, replace(NEW, kind=RequestKind.TROUBLE)))
