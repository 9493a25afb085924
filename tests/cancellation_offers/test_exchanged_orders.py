"""Orders created by an exchange: they are paid with the original order's payment."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.access.policy import Code
from lms.branding import BrandingTexts, edit_branding
from lms.cancellation_offers.read_models import lines_of, others_of
from lms.checkouts.dispute_evidence import evidence_of
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.grants.grants import Target
from lms.models.documents import CreditReason, Document
from lms.models.grants import Scope
from lms.models.live import OfferChoice
from lms.models.payments import Reversal
from lms.payments.credit_use import CreditUse
from lms.payments.paid_invoices import payments_behind
from lms.pricing.price_list import set_prices
from lms.sales import receiving
from lms.sales.credit_notes import Credit
from lms.sales.orders import find_order
from lms.sales.read_models import Standing
from tests.cancellation_offers.offer_fixtures import (
    DEARER,
    INVOICED,
    OTHER,
    Payers,
    cancel,
    choose,
    exchange,
    furnish,
    offer_of,
)
from tests.cancellation_offers.test_offers import exchanged, held_by, refunds
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_webinar
from tests.live.conftest import to_come
from tests.live.upcoming_webinar import HELD_AT
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    PAY,
    PRICES,
    balanced,
    credited,
    documents,
    first_line,
    grants,
    paid,
    placed,
    read,
    with_line,
)
from tests.sales.test_disputes import dispute, lose, win
from tests.sales.test_holds import hold

__all__ = ["to_come"]


@pytest.fixture
def payers(to_come: Cast, database: Database, carrel: Carrel) -> Payers:
    """Payers of a canceled webinar; those by card and check, and Elm County, chose another."""
    found = furnish(database)
    cancel(carrel)
    for facts in (found.card, found.check, found.elm):
        exchange(database, facts)
    return found


def test_refund_after_an_exchange_returns_the_first_payment(
    database: Database, carrel: Carrel, payers: Payers
) -> None:
    cancel(carrel, OTHER)
    assert "refund of $99.00" in letters(database, "dan@example.org")[-1].text
    for facts in (payers.card, payers.elm):
        choose(database, facts, OfferChoice.REFUND)
    assert refunds(database) == [9_900, 32_500]
    assert documents(database, exchanged(database, payers.elm))[-1][0::3] == ("credit_note", 0)
    assert balanced(database)


def test_refund_of_an_order_paid_with_credit_returns_the_first_payment(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    check = furnish(database).check
    cancel(carrel)
    choose(database, check, OfferChoice.CREDIT)
    (_invoice, _receipt, note) = documents(database, check)
    order = placed(database, with_line(INVOICED, covers=f"webinar:{OTHER}"))
    with database.transaction() as session:
        credit = session.scalars(select(Document).where(Document.label == note[1])).one()
        use = CreditUse(credit.public_id, order.invoice_id or "", 9_900, 9_900)
        receiving.use_credit(session, use, mail_context=OFFICE, actor=None, now=NOW)
    cancel(carrel, OTHER)
    choose(database, order, OfferChoice.REFUND)
    assert refunds(database) == [9_900]
    assert balanced(database)


def test_dispute_after_an_exchange_suspends_the_new_order_and_revokes_it_if_lost(
    database: Database, payers: Payers
) -> None:
    words = BrandingTexts("Quill", "#1d6a4c", "desk@example.org", "Quill", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    made = exchanged(database, payers.card)
    dispute(database, payers.card)
    assert held_by(database, payers.card.login_id or 0, OTHER) is Code.SUSPENDED_DISPUTE
    assert read(database, made).standing(NOW) is Standing.DISPUTED
    told = [one for one in letters(database, "desk@example.org") if one.kind == "order_disputed"]
    assert [made.number in one.subject for one in told] == [True]
    with database.read_session() as session:
        evidence = evidence_of(session, find_order(session, made.public_id))
        assert evidence is not None
        assert len(evidence.receipts) == 1
    lose(database, payers.card)
    assert held_by(database, payers.card.login_id or 0, OTHER) is Code.REVOKED
    assert read(database, made).open_minor == 9_900
    assert balanced(database)


def test_dispute_won_after_an_exchange_restores_the_new_order(
    database: Database, payers: Payers
) -> None:
    dispute(database, payers.card)
    win(database, payers.card)
    assert held_by(database, payers.card.login_id or 0, OTHER) is Code.OK_PERMANENT


def test_price_difference_covers_only_the_remaining_seats(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    elm = furnish(database).elm
    dearer = tuple(replace(one, price_minor=one.price_minor + 5_000) for one in PRICES)
    with database.transaction() as session:
        other = make_webinar(session, DEARER, held_at=HELD_AT + timedelta(days=9))
        set_prices(session, dearer, Target(Scope.WEBINAR, other.id), actor=None, now=NOW)
    line = first_line(database, elm)
    credited(database, elm, CreditReason.RETURN, Credit(line.public_id, 2))
    cancel(carrel)
    with database.read_session() as session:
        offer = offer_of(database, elm)
        assert [one.quantity for one in lines_of(session, offer)] == [3]
        more = {one.slug: one.more_minor for one in others_of(session, offer, now=NOW)}
    assert more == {OTHER: 0, DEARER: 3 * 5_000}
    exchange(database, elm, DEARER)
    made = exchanged(database, elm)
    assert (made.quantity, made.total_minor, made.open_minor) == (3, 37_500, 15_000)
    assert balanced(database)


def test_check_that_bounces_after_an_exchange_is_owed_on_the_new_order(
    database: Database, payers: Payers
) -> None:
    made = exchanged(database, payers.elm)
    with database.transaction() as session:
        (payment,) = payments_behind(session, made.id)
        reopened = receiving.reverse(
            session,
            payment.public_id,
            Reversal.BOUNCED,
            mail_context=OFFICE,
            pay=PAY,
            actor=None,
            now=NOW,
        )
        assert [one.label for one in reopened] == [made.invoice_number]
    assert (read(database, payers.elm).open_minor, read(database, made).open_minor) == (0, 32_500)
    assert hold(database, made)
    assert [one.awaits_payment_since for one in grants(database, made)] == [NOW]
    assert f"order {made.number}" in newest(database, "mia@example.org", "order_on_hold").text
    paid(database, made, check_number="9")
    assert [one.awaits_payment_since for one in grants(database, made)] == [None]
    assert balanced(database)
