"""Offers to a person who bought a webinar with two merged accounts: one person, one choice."""

from datetime import timedelta

from sqlalchemy import select, update

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.accounts import Login
from lms.models.live import CancellationOffer, OfferChoice
from lms.models.mail import Mail
from lms.receivables.reminders import due_debtors
from tests.cancellation_offers.offer_fixtures import (
    Payers,
    cancel,
    choose,
    furnish,
    reinstate,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.live.conftest import to_come
from tests.mailbox import letters
from tests.sales.order_fixtures import balanced, read

__all__ = ["to_come"]
LATE = NOW + timedelta(days=46)  # 16 days after the invoices were due


def merge(database: Database, payers: Payers) -> None:
    """Merge the account with the unpaid invoice into the one whose check arrived."""
    with database.transaction() as session:
        session.execute(
            update(Login)
            .where(Login.id == payers.unpaid.login_id)
            .values(merged_into=payers.check.login_id)
        )


def mails_to(database: Database, address: str, kind: str) -> list[Mail]:
    return [one for one in letters(database, address) if one.kind == kind]


def reminded(database: Database) -> set[int | None]:
    with database.read_session() as session:
        return {one.login_id for one in due_debtors(session, now=LATE)}


def test_one_offer_covers_the_orders_of_both_accounts(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    found = furnish(database)
    merge(database, found)
    assert found.check.login_id in reminded(database)
    cancel(carrel)
    both = (found.check.login_id, found.unpaid.login_id)
    with database.read_session() as session:
        offers = select(CancellationOffer.login_id).where(CancellationOffer.login_id.in_(both))
        assert session.scalars(offers).all() == [found.check.login_id]
    assert len(mails_to(database, "eve@example.org", "cancellation_offer")) == 1
    assert reminded(database).isdisjoint(both)
    choose(database, found.check, OfferChoice.REFUND)
    assert read(database, found.unpaid).open_minor == 0
    assert balanced(database)


def test_accounts_merged_after_their_offers_get_no_reminder_but_one_last_email(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    found = furnish(database)
    cancel(carrel)
    merge(database, found)
    assert reminded(database).isdisjoint((found.check.login_id, found.unpaid.login_id))
    reinstate(carrel)
    assert len(mails_to(database, "eve@example.org", "cancellation_offer_ended")) == 1
    assert mails_to(database, "fay@example.org", "cancellation_offer_ended") == []
