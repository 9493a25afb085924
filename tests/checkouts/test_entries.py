"""Provider entries: each payout is the sum of charges, refunds, disputes, and fees (M12)."""

import pytest
from sqlalchemy import update

from lms.models.payments import ProviderEntry
from lms.payments import provider_entries
from tests.checkouts.card_stories import Shop
from tests.servers.stripe_objects import DISPUTES


@pytest.fixture
def paid_out(shop: Shop) -> Shop:
    """A shop that was paid out for its sales, one partly refunded and one disputed."""
    for card in ("4242424242424242", DISPUTES):
        shop.pay(shop.open(shop.draft()), card)
    shop.fake.books.refund_in_dashboard(shop.payment(), 900)
    shop.finish()
    shop.fake.books.pay_out()
    shop.finish()
    with shop.carrel.database.transaction() as session:
        session.execute(update(ProviderEntry).values(livemode=True))
    return shop


def test_payout_adds_up(paid_out: Shop) -> None:
    with paid_out.carrel.database.read_session() as session:
        (payout,) = provider_entries.payouts(session)
    assert payout.charges_minor == 2 * 9900
    assert payout.refunds_minor == -900
    assert payout.other_minor == -9900  # the dispute
    assert payout.fees_minor == 2 * 317 + 1500
    assert payout.amount_minor == 2 * 9900 - 900 - 9900 - payout.fees_minor
    assert payout.difference_minor == 0


def test_missing_entry_shows_as_a_difference(paid_out: Shop) -> None:
    with paid_out.carrel.database.transaction() as session:
        gone = session.query(ProviderEntry).filter(ProviderEntry.kind == "refund").one()
        session.delete(gone)
    with paid_out.carrel.database.read_session() as session:
        (payout,) = provider_entries.payouts(session)
    assert payout.difference_minor == -900
