"""Postponing a webinar lets each payer keep the order, exchange it, or get a refund (M27)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms.cancellation_offers import offers
from lms.cancellation_offers.read_models import offers_of
from lms.catalog import webinars
from lms.catalog.staff_read_models import read_standing
from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.core.runtime import Carrel
from lms.live.change_notices import NewDate
from lms.models.catalog import Webinar
from lms.models.live import CancellationOffer, OfferChoice, Registration
from lms.receivables.reminders import due_debtors
from lms.sales import contract_lines, orders
from lms.sales.read_models import Standing
from lms.seats.pools import pools_of
from lms.seller.settings import SellerSettings, edit_seller
from tests.cancellation_offers.offer_fixtures import (
    OTHER,
    SLUG,
    Payers,
    cancel,
    choose,
    exchange,
    furnish,
    go_round,
    offer_of,
    reinstate,
)
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.live.conftest import to_come
from tests.live.upcoming_webinar import DAY, HELD_AT, tell_changes
from tests.live.upcoming_webinar import go_round as enroll
from tests.mailbox import letters
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, balanced, documents, grants, placed, read
from tests.servers.databases import kept

__all__ = ["to_come"]
LATER = NOW + timedelta(hours=1)


def postpone(carrel: Carrel, days: int = 2, *, at: datetime = LATER) -> None:
    """Move the upcoming webinar to a later date, and email its payers."""

    def postponed() -> None:
        with carrel.database.transaction() as session:
            new = NewDate(HELD_AT + days * DAY, "The presenter travels.")
            webinars.postpone_webinar(session, SLUG, new, actor=None, now=at)
        go_round(carrel)

    kept(carrel.database, f"postponed by {days} days at {at}", postponed)


@pytest.fixture
def payers(to_come: Cast, database: Database, carrel: Carrel, clock: Clock) -> Payers:
    """Five payers of a webinar that was postponed an hour after they bought it."""
    found = furnish(database)
    kept(database, "enrolled", lambda: enroll(carrel))
    clock.set(LATER)
    postpone(carrel)
    return found


def keep(database: Database, offer: CancellationOffer) -> None:
    with database.transaction() as session:
        offers.keep(session, offer.public_id, actor=None, now=LATER)


def registered(database: Database, slug: str) -> set[int]:
    with database.read_session() as session:
        return set(
            session.scalars(
                select(Registration.login_id)
                .join(Webinar, Webinar.id == Registration.webinar_id)
                .where(Webinar.slug == slug, Registration.left_at.is_(None))
            )
        )


def count(database: Database) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count(CancellationOffer.id))) or 0


def test_each_payer_gets_one_email_with_a_link(
    carrel: Carrel, database: Database, payers: Payers
) -> None:
    go_round(carrel)
    assert count(database) == 5
    for address in ("dan", "eve", "fay", "mia", "ora"):
        told = [
            one
            for one in letters(database, f"{address}@example.org")
            if one.kind == "postponement_offer"
        ]
        assert len(told) == 1
        assert "http://localhost/canceled/" in told[0].text
        assert "has a new date" in told[0].text


def test_buyer_for_the_new_date_gets_no_offer(
    carrel: Carrel, database: Database, payers: Payers
) -> None:
    placed(database, replace(SEAT, email="gil@example.org", name="Gil"), at=LATER + DAY / 24)
    go_round(carrel)
    assert count(database) == 5


def test_keeping_the_order_changes_nothing_and_is_final(database: Database, payers: Payers) -> None:
    offer = offer_of(database, payers.elm)
    before = documents(database, payers.elm)
    keep(database, offer)
    with pytest.raises(Conflict):
        choose(database, payers.elm, OfferChoice.REFUND)
    assert offer_of(database, payers.elm).choice is OfferChoice.KEEP
    assert documents(database, payers.elm) == before
    assert all(one.revoked_at is None for one in grants(database, payers.elm))


def test_exchange_credits_the_order_and_moves_the_registration(
    database: Database, payers: Payers
) -> None:
    login_id = payers.card.login_id
    assert login_id in registered(database, SLUG)
    exchange(database, payers.card)
    assert login_id not in registered(database, SLUG)
    assert login_id in registered(database, OTHER)
    assert documents(database, payers.card)[-1][0] == "credit_note"
    assert balanced(database)


def test_refund_ends_access_and_the_registration(database: Database, payers: Payers) -> None:
    choose(database, payers.card, OfferChoice.REFUND)
    assert read(database, payers.card).standing(LATER) is Standing.RETURNED
    assert payers.card.login_id not in registered(database, SLUG)
    with pytest.raises(Conflict):
        choose(database, payers.elm, OfferChoice.CREDIT)
    assert balanced(database)


def test_refund_is_refused_after_the_refund_period(
    database: Database, payers: Payers, clock: Clock
) -> None:
    with database.transaction() as session:
        edit_seller(session, SellerSettings(refund_days=1), actor=None, now=NOW)
    offer = offer_of(database, payers.card)
    with database.transaction() as session, pytest.raises(Conflict, match="refund period"):
        offers.pay_back(
            session,
            offer.public_id,
            OfferChoice.REFUND,
            mail_context=OFFICE,
            actor=None,
            now=NOW + 2 * DAY,
        )
    assert offer_of(database, payers.card).choice is None


def test_choice_ends_when_the_webinar_starts(database: Database, payers: Payers) -> None:
    offer = offer_of(database, payers.card)
    with database.transaction() as session, pytest.raises(Conflict, match="too late to choose"):
        offers.keep(session, offer.public_id, actor=None, now=HELD_AT + 2 * DAY)


def test_second_new_date_ends_the_first_offer_and_makes_another(
    carrel: Carrel, database: Database, payers: Payers, clock: Clock
) -> None:
    keep(database, offer_of(database, payers.check))
    first = offer_of(database, payers.card)
    clock.set(LATER + DAY / 24)
    postpone(carrel, 4, at=LATER + DAY / 24)
    assert count(database) == 10
    with pytest.raises(Conflict):
        keep(database, first)
    keep(database, offer_of(database, payers.card))


def test_cancellation_makes_new_offers_and_reinstating_does_not_renew_the_old_ones(
    carrel: Carrel, database: Database, payers: Payers
) -> None:
    old = offer_of(database, payers.card)
    cancel(carrel)
    assert count(database) == 10
    with pytest.raises(Conflict):
        keep(database, old)
    with pytest.raises(NotFound):
        keep(database, offer_of(database, payers.card))
    reinstate(carrel)
    go_round(carrel)
    assert count(database) == 10
    with database.read_session() as session:
        webinar_id = session.scalars(select(Webinar.id).where(Webinar.slug == SLUG)).one()
        assert not any(one.is_open(LATER) for one in offers_of(session, webinar_id))


def test_payer_who_does_not_answer_is_still_reminded_of_an_unpaid_invoice(
    database: Database, payers: Payers
) -> None:
    with database.read_session() as session:
        assert len(due_debtors(session, now=NOW + 46 * DAY)) == 2


def test_new_date_of_a_withdrawn_webinar_is_offered_to_its_payers(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    payers = furnish(database)
    clock.set(LATER)
    with database.transaction() as session:
        webinars.withdraw_webinar(session, SLUG, actor=None, now=LATER)
        words = replace(read_standing(session, SLUG).words, held_at=HELD_AT + DAY)
        webinars.edit_webinar(session, SLUG, words, actor=None, now=LATER)
    tell_changes(carrel)
    go_round(carrel)
    assert letters(database, "dan@example.org")[-1].kind == "postponement_offer"
    keep(database, offer_of(database, payers.card))


def test_payers_are_emailed_about_a_webinar_reinstated_and_withdrawn_at_once(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    furnish(database)
    cancel(carrel)
    with database.transaction() as session:
        webinars.restore_webinar(session, SLUG, actor=None, now=NOW)
        webinars.withdraw_webinar(session, SLUG, actor=None, now=NOW)
    tell_changes(carrel)
    go_round(carrel)
    assert letters(database, "dan@example.org")[-1].kind == "cancellation_offer_ended"


def test_seats_quoted_before_an_exchange_are_for_the_postponed_webinar(
    database: Database, payers: Payers
) -> None:
    with database.transaction() as session:
        (pool,) = pools_of(session, payers.elm.organization_id or 0)
        line = contract_lines.line_of_more_seats(session, pool, 2, OFFICE.zone, now=LATER)
        new = replace(GROUP, lines=(line,))
        quoted = orders.draft(session, new, actor=None, now=LATER).public_id
    exchange(database, payers.elm)
    with database.transaction() as session:
        order = orders.find_order(session, quoted, lock=True)
        orders.agree(session, order, is_held=False, mail_context=OFFICE, actor=None, now=LATER)
    with database.read_session() as session:
        found = pools_of(session, payers.elm.organization_id or 0)
    assert {one.slug: one.capacity for one in found} == {OTHER: 5, SLUG: 2}
