"""Canceling a webinar offers each payer a refund, another webinar, or credit (MONEY.md, M27)."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select, update

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.cancellation_offers.offers import NOTHING_PAID, WITHDRAWN
from lms.cancellation_offers.read_models import offers_of, others_of, worth_of
from lms.catalog import webinars
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, Invalid
from lms.core.runtime import Carrel
from lms.grants.grants import Target
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.live import CancellationOffer, OfferChoice, Registration
from lms.models.mail import Mail
from lms.models.orders import Order, Quote
from lms.models.payments import Refund
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.organizations.payers import Payer
from lms.pricing.price_list import Price, set_prices
from lms.receivables.reminders import due_debtors
from lms.sales import quotes
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts, Standing, find_order_facts
from lms.seats import invitations
from tests.cancellation_offers.offer_fixtures import (
    DEARER,
    OTHER,
    SLUG,
    Payers,
    cancel,
    choose,
    exchange,
    furnish,
    go_round,
    offer_of,
    refund_all,
    reinstate,
)
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_webinar
from tests.live.conftest import to_come
from tests.live.upcoming_webinar import HELD_AT, kinds
from tests.mailbox import letters
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import ONE_SEAT, SEAT, balanced, documents, grants, placed, read

__all__ = ["to_come"]


@pytest.fixture
def payers(to_come: Cast, database: Database, carrel: Carrel) -> Payers:
    """Five payers of a webinar that was canceled."""
    found = furnish(database)
    cancel(carrel)
    return found


def refunds(database: Database) -> list[int]:
    with database.read_session() as session:
        return list(session.scalars(select(Refund.amount_minor).order_by(Refund.id)))


def held_by(database: Database, login_id: int, slug: str) -> Code:
    with database.read_session() as session:
        webinar_id = session.scalars(select(Webinar.id).where(Webinar.slug == slug)).one()
        case = load_case(session, login_id=login_id, webinar_id=webinar_id)
    return decide(case.login, case.webinar, Action.HANDOUT, NOW).code


def exchanged(database: Database, facts: OrderFacts) -> OrderFacts:
    """Return the order created by an exchange."""
    with database.read_session() as session:
        theirs = Payer(facts.organization_id, facts.login_id).owns(Order)
        newest = select(Order.public_id).where(theirs).order_by(Order.id.desc()).limit(1)
        return find_order_facts(session, session.scalars(newest).one())


def test_each_payer_gets_one_email_with_a_link(
    carrel: Carrel, database: Database, payers: Payers
) -> None:
    go_round(carrel)
    with database.read_session() as session:
        assert session.scalar(select(func.count(CancellationOffer.id))) == 5
    for address in ("dan", "eve", "fay", "mia", "ora"):
        told = [
            one
            for one in letters(database, f"{address}@example.org")
            if one.kind == "cancellation_offer"
        ]
        assert len(told) == 1
        assert "http://localhost/canceled/" in told[0].text
    assert "refund of $99.00" in letters(database, "eve@example.org")[-1].text


def test_offer_is_worth_the_paid_and_the_unpaid_amount(database: Database, payers: Payers) -> None:
    with database.read_session() as session:
        worths = [
            worth_of(session, offer_of(database, facts))
            for facts in (payers.card, payers.check, payers.unpaid, payers.elm, payers.oak)
        ]
    assert [(one.paid_minor, one.unpaid_minor) for one in worths] == [
        (9900, 0),
        (9900, 0),
        (0, 9900),
        (32500, 0),
        (0, 32500),
    ]


def test_refund_credits_the_order_ends_access_and_is_recorded_once(
    database: Database, payers: Payers
) -> None:
    for facts in (payers.card, payers.elm):
        choose(database, facts, OfferChoice.REFUND)
        with pytest.raises(Conflict):
            choose(database, facts, OfferChoice.REFUND)
        assert documents(database, facts)[-1][0] == "credit_note"
        assert read(database, facts).standing(NOW) is Standing.RETURNED
        assert all(one.revoked_at is not None for one in grants(database, facts))
    assert refunds(database) == [9900, 32500]
    assert balanced(database)


def test_unpaid_invoice_is_credited_without_a_refund(database: Database, payers: Payers) -> None:
    choose(database, payers.oak, OfferChoice.REFUND)
    with pytest.raises(Conflict, match=NOTHING_PAID):
        choose(database, payers.unpaid, OfferChoice.CREDIT)
    facts = read(database, payers.oak)
    assert (facts.open_minor, facts.credited_minor) == (0, 32500)
    assert refunds(database) == []
    assert balanced(database)


def test_credit_can_be_used_for_a_later_order(database: Database, payers: Payers) -> None:
    choose(database, payers.check, OfferChoice.CREDIT)
    assert documents(database, payers.check)[-1][0::3] == ("credit_note", 9900)
    assert refunds(database) == []
    assert balanced(database)


def test_exchange_moves_access_and_the_credit_pays_the_new_invoice(
    database: Database, payers: Payers
) -> None:
    exchange(database, payers.card)
    (old,) = (one for one in documents(database, payers.card) if one[0] == "credit_note")
    assert old[2:] == (9900, 0)
    made = exchanged(database, payers.card)
    assert (made.covers, made.open_minor, made.standing(NOW)) == (
        "Mending spines",
        0,
        Standing.PAID,
    )
    (grant,) = grants(database, made)
    assert (grant.slug, grant.login_id, grant.revoked_at) == (OTHER, payers.card.login_id, None)
    assert grants(database, payers.card) == ()
    assert held_by(database, payers.card.login_id or 0, OTHER) is Code.OK_PERMANENT
    with database.read_session() as session:
        coming = select(Registration.login_id).join(Webinar, Webinar.id == Registration.webinar_id)
        assert payers.card.login_id in set(session.scalars(coming.where(Webinar.slug == OTHER)))
    assert balanced(database)


def test_organization_seats_move_with_their_people_and_invitations(
    database: Database, to_come: Cast, carrel: Carrel
) -> None:
    found = furnish(database)
    (grant,) = grants(database, found.elm)
    with database.transaction() as session:
        invitations.invite(
            session,
            grant.pool_id or 0,
            [invitations.Invitee(read_address("new@example.org"))],
            links=OFFICE.links,
            actor=None,
            now=NOW,
        )
    cancel(carrel)
    exchange(database, found.elm)
    with database.read_session() as session:
        pool = session.get_one(Pool, grant.pool_id)
        other = session.scalars(select(Webinar.id).where(Webinar.slug == OTHER)).one()
        open_ones = session.scalar(
            select(func.count()).where(
                Assignment.pool_id == pool.id, Assignment.state == AssignmentState.INVITED
            )
        )
        assert (pool.webinar_id, pool.capacity, pool.used, open_ones) == (other, 5, 1, 1)


def test_price_difference_is_due_and_a_persons_access_waits_for_it(
    database: Database, payers: Payers
) -> None:
    with database.transaction() as session:
        dearer = make_webinar(session, DEARER, held_at=HELD_AT + timedelta(days=20))
        own = (Price(OfferKind.SINGLE, 1, 12900, "USD"),)
        target = Target(Scope.WEBINAR, dearer.id)
        set_prices(session, own, target, actor=None, now=NOW)
    with database.read_session() as session:
        offered = {
            one.slug: one.more_minor
            for one in others_of(session, offer_of(database, payers.card), now=NOW)
        }
    assert offered == {OTHER: 0, DEARER: 3000}
    exchange(database, payers.card, DEARER)
    made = exchanged(database, payers.card)
    assert (made.invoice_total_minor, made.open_minor) == (12900, 3000)
    assert made.held_at is not None
    exchange(database, payers.unpaid, DEARER)
    made = exchanged(database, payers.unpaid)
    assert (made.open_minor, made.held_at) == (12900, None)
    assert balanced(database)


def test_only_another_webinar_on_the_list_can_be_chosen(
    database: Database, payers: Payers, to_come: Cast
) -> None:
    for other in ("nothing", SLUG, ""):
        with pytest.raises(Invalid):
            exchange(database, payers.card, other)


def test_only_one_of_two_concurrent_choices_counts(database: Database, payers: Payers) -> None:
    ready, refused = Barrier(2), []

    def press(act: OfferChoice) -> None:
        ready.wait()
        try:
            if act is OfferChoice.EXCHANGE:
                exchange(database, payers.elm)
            else:
                choose(database, payers.elm, act)
        except Conflict:
            refused.append(act)

    threads = [
        Thread(target=press, args=(act,)) for act in (OfferChoice.EXCHANGE, OfferChoice.REFUND)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert balanced(database)


def test_payer_who_does_not_answer_keeps_the_order_and_unpaid_invoices_are_credited(
    carrel: Carrel, database: Database, payers: Payers, clock: Clock
) -> None:
    go_round(carrel)
    assert read(database, payers.oak).open_minor == 32500
    clock.set(HELD_AT + timedelta(hours=1))
    go_round(carrel)
    assert read(database, payers.oak).open_minor == 0
    assert read(database, payers.unpaid).open_minor == 0
    assert offer_of(database, payers.elm).choice is None
    assert refunds(database) == []


def test_payers_get_offers_after_the_worker_was_down_for_ten_days(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    payers = furnish(database)
    with database.transaction() as session:
        webinars.cancel_webinar(session, SLUG, actor=None, now=NOW)
    clock.set(NOW + timedelta(days=10))
    go_round(carrel)
    for address in ("dan", "eve", "fay", "mia", "ora"):
        assert "cancellation_offer" in kinds(database, f"{address}@example.org")
    assert read(database, payers.unpaid).open_minor == 0


def test_staff_can_refund_each_payer_who_did_not_answer_once(
    carrel: Carrel, database: Database, payers: Payers
) -> None:
    exchange(database, payers.card)
    for _ in range(2):
        refund_all(carrel)
    assert sorted(refunds(database)) == [9900, 32500]
    with database.read_session() as session:
        webinar_id = session.scalars(select(Webinar.id).where(Webinar.slug == SLUG)).one()
        chosen = {one.payer: one.choice for one in offers_of(session, webinar_id)}
    assert chosen["Dan"] is OfferChoice.EXCHANGE
    assert set(chosen.values()) == {OfferChoice.EXCHANGE, OfferChoice.REFUND}


def test_reinstating_withdraws_unused_offers_and_offers_refunded_orders_again(
    carrel: Carrel, database: Database, payers: Payers
) -> None:
    choose(database, payers.card, OfferChoice.REFUND)
    choose(database, payers.check, OfferChoice.CREDIT)
    exchange(database, payers.elm)
    reinstate(carrel)
    go_round(carrel)
    assert offer_of(database, payers.oak).withdrawn_at is not None
    assert read(database, payers.oak).open_minor == 32500
    assert offer_of(database, payers.elm).again_id is None
    with pytest.raises(Conflict, match=WITHDRAWN):
        choose(database, payers.oak, OfferChoice.REFUND)
    with database.read_session() as session:
        again = session.get_one(Order, offer_of(database, payers.card).again_id)
        facts = find_order_facts(session, again.public_id)
    assert (facts.covers, facts.net_minor, facts.placed_at) == ("Reading rooms", 9900, None)
    told = [one for one in letters(database, "dan@example.org") if "ended" in one.kind]
    assert len(told) == 1
    assert "at the price you paid: $99.00" in told[0].text
    assert "http://localhost/pay/" in told[0].text
    with database.transaction() as session:
        quote = session.scalars(select(Quote).where(Quote.order_id == facts.id)).one()
        quotes.accept(session, quote, Acceptance("Dan"), mail_context=OFFICE, actor=None, now=NOW)
    assert held_by(database, payers.card.login_id or 0, SLUG) is Code.OK_PERMANENT


def test_second_cancellation_makes_a_new_offer(
    carrel: Carrel, database: Database, payers: Payers
) -> None:
    first = offer_of(database, payers.oak)
    reinstate(carrel)
    cancel(carrel)
    again = offer_of(database, payers.oak)
    assert again.id != first.id
    choose(database, payers.oak, OfferChoice.REFUND)
    assert read(database, payers.oak).open_minor == 0


def test_refund_of_an_invoice_for_several_webinars_covers_only_the_canceled_one(
    database: Database, to_come: Cast, carrel: Carrel
) -> None:
    furnish(database)
    both = replace(
        SEAT,
        email="gil@example.org",
        name="Gil",
        lines=(ONE_SEAT, replace(ONE_SEAT, covers=f"webinar:{OTHER}")),
    )
    facts = placed(database, both)
    cancel(carrel)
    choose(database, facts, OfferChoice.REFUND)
    assert held_by(database, facts.login_id or 0, OTHER) is Code.OK_PERMANENT
    assert held_by(database, facts.login_id or 0, SLUG) is not Code.OK_PERMANENT
    assert refunds(database) == [9900]


def test_unconfirmed_buyer_is_emailed_at_the_address_of_the_order(
    database: Database, to_come: Cast, carrel: Carrel
) -> None:
    found = furnish(database)
    with database.transaction() as session:  # paid by card: the account with access has no address
        buyer = session.get_one(Login, found.card.contact_id)
        asked, buyer.email, buyer.email_key = buyer.email, None, None
    cancel(carrel)
    with database.read_session() as session:
        offered = select(Mail.login_id).where(Mail.kind == "cancellation_offer")
        assert session.scalars(offered.where(Mail.recipient == asked)).all() == [None]
    choose(database, found.card, OfferChoice.REFUND)
    assert refunds(database) == [9900]


def test_test_orders_get_no_offer(database: Database, to_come: Cast, carrel: Carrel) -> None:
    found = furnish(database)
    with database.transaction() as session:
        session.execute(update(Order).values(livemode=False))
    cancel(carrel)
    with database.read_session() as session:
        assert session.scalar(select(func.count(CancellationOffer.id))) == 0
        kinds = session.scalars(select(Mail.kind)).all()
    assert "cancellation_offer" not in kinds
    assert found.card


def test_unpaid_invoice_causes_no_reminder_while_its_payer_can_choose(
    carrel: Carrel, database: Database, payers: Payers
) -> None:
    late = NOW + timedelta(days=46)
    with database.read_session() as session:
        assert due_debtors(session, now=late) == ()
    reinstate(carrel)
    with database.read_session() as session:
        assert len(due_debtors(session, now=late)) == 2


def test_free_webinar_cannot_be_chosen_for_a_paid_one(database: Database, payers: Payers) -> None:
    with database.transaction() as session:
        make_webinar(session, "open-house", held_at=HELD_AT, free=True)
    with database.read_session() as session:
        offer = offer_of(database, payers.elm)
        assert "open-house" not in {one.slug for one in others_of(session, offer, now=NOW)}
