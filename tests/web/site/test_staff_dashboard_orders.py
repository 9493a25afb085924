"""The staff home page: who may see it, and the orders that need attention."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.payments import Payment
from lms.sales import disputes
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, placed
from tests.visitor import Visitor


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_who_is_not_staff_finds_nothing(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get("/staff").status_code == 404


def test_orders_past_due_are_counted_from_the_day_after_they_were_due(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    due_at = placed(database, GROUP).due_at
    assert due_at is not None
    for moment, is_late in ((due_at - timedelta(seconds=1), False), (due_at, True)):
        clock.set(moment)
        client.sign_in(cast.ada.id)
        page = client.get("/staff").text
        assert ("1 order is past due" in page) is is_late
        assert ("See orders past due" in page) is is_late


def test_disputed_payments_are_counted(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    placed(database, SEAT)
    with database.transaction() as session:
        paid = session.scalars(select(Payment.public_id)).one()
        disputes.open_dispute(session, paid, mail_context=OFFICE, actor=None, now=NOW)
    client.sign_in(cast.ada.id)
    assert "1 payment is disputed" in client.get("/staff").text
