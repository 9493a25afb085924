"""Evidence sent to the bank about a disputed order."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from lms.checkouts.dispute_evidence import evidence_of
from lms.core.database import Database
from lms.models.jobs import JobState
from lms.models.mail import Mail
from lms.models.orders import Terms
from lms.sales.new_orders import NewOrder
from lms.sales.orders import find_order
from tests.buying.buying_fixtures import confirmed
from tests.checkouts.card_stories import Shop
from tests.clock import NOW
from tests.sales.order_fixtures import SEAT, placed
from tests.sales.test_orders import CONTRACT, RENEWAL
from tests.servers.stripe_objects import DISPUTES

NIA = "nia@oak.example"
BY_NIA = replace(SEAT, email=NIA, name="Nia")


def disputed(shop: Shop, new: NewOrder, *, cart: str | None = None) -> str:
    """Order and pay with a disputed card, with every email about it delivered."""
    order_id = shop.draft(new)
    with shop.carrel.database.transaction() as session:
        find_order(session, order_id).cart_token_hash = cart
    shop.pay(shop.open(order_id), DISPUTES)
    shop.hear()
    with shop.carrel.database.transaction() as session:
        session.execute(
            update(Mail)
            .where(Mail.created_at == shop.clock.moment)
            .values(state=JobState.DONE, sent_at=shop.clock.moment)
            .execution_options(synchronize_session=False)
        )
    return order_id


def emailed_at(database: Database, order_id: str) -> datetime | None:
    with database.read_session() as session:
        evidence = evidence_of(session, find_order(session, order_id))
        assert evidence is not None
        return evidence.emailed_at


def test_confirmation_request_counts_as_email_about_the_purchase(
    shop: Shop, database: Database
) -> None:
    order_id = disputed(shop, BY_NIA, cart="a cart")
    with database.read_session() as session:
        kinds = session.scalars(select(Mail.kind).where(Mail.recipient == NIA)).all()
    assert "confirm_order" in kinds
    assert "order_confirmation" not in kinds
    assert emailed_at(database, order_id) == NOW


def test_confirmation_request_still_counts_after_the_address_is_confirmed(
    shop: Shop, database: Database
) -> None:
    order_id = disputed(shop, BY_NIA, cart="a cart")
    confirmed(database, NIA, name="Nia")
    assert emailed_at(database, order_id) == NOW


def test_email_about_a_renewed_contract_counts_as_email_about_the_purchase(
    shop: Shop, database: Database
) -> None:
    placed(database, replace(CONTRACT, terms=Terms.CARD))
    later = shop.clock.advance(timedelta(days=1))
    order_id = disputed(shop, replace(RENEWAL, terms=Terms.CARD))
    assert emailed_at(database, order_id) == later
