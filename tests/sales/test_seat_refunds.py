"""Some of a sale's seats are refunded in one act, and never one that somebody has (P5, S10)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid
from lms.models.accounts import Login
from lms.models.organizations import Organization, Role
from lms.models.seats import AssignmentEnd, Pool
from lms.pricing.price_list import set_prices
from lms.sales import sales, seat_refunds
from lms.sales.read_models import SaleFacts, find_sale
from lms.sales.seat_refunds import GivingBack, InUse
from lms.seats import allotments
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_membership, make_organization
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.sale_fixtures import GROUP, PRICES, SEAT, grants, read, sold
from tests.seats.pool_fixtures import counts, let_go, people, take_seat


@pytest.fixture(autouse=True)
def _prices(database: Database) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=9))


def give_back(database: Database, facts: SaleFacts, fewer: int, amount: int | None = None) -> int:
    with database.transaction() as session:
        back = GivingBack(fewer, amount)
        return seat_refunds.refund_seats(
            session, facts.public_id, back, links=OFFICE.links, actor=None, now=NOW
        )


def pool_of(database: Database) -> Pool:
    with database.read_session() as session:
        return session.scalars(select(Pool)).one()


def in_use(database: Database, facts: SaleFacts, fewer: int) -> InUse | None:
    with database.read_session() as session:
        return seat_refunds.seats_in_use(session, find_sale(session, facts.public_id), fewer)


def ask_for_release(database: Database, facts: SaleFacts, fewer: int) -> int:
    with database.transaction() as session:
        return seat_refunds.ask_for_release(
            session, facts.public_id, fewer, links=OFFICE.links, actor=None, now=NOW
        )


def test_five_seats_become_four_and_25_dollars_return(database: Database, cast: Cast) -> None:
    facts = sold(database, GROUP)
    assert give_back(database, facts, 1) == 2500
    after = read(database, facts)
    assert (after.quantity, after.refunded_minor, after.price_minor) == (4, 2500, 32500)
    assert (pool_of(database).capacity, grants(database, facts)[0].seats) == (4, 4)


def test_giving_back_twice_pays_back_as_giving_back_at_once(database: Database, cast: Cast) -> None:
    facts = sold(database, GROUP)
    assert give_back(database, facts, 1) + give_back(database, facts, 1) == 32500 - 22500


def test_a_part_is_worth_what_it_was_on_the_day_of_the_sale(database: Database, cast: Cast) -> None:
    facts = sold(database, GROUP)
    dearer = [replace(each, price_minor=2 * each.price_minor) for each in PRICES]
    with database.transaction() as session:
        set_prices(session, dearer, actor=None, now=NOW + timedelta(days=1))
    assert give_back(database, facts, 1) == 2500


def test_staff_may_pay_back_another_amount_but_not_more_than_was_paid(
    database: Database, cast: Cast
) -> None:
    facts = sold(database, GROUP)
    assert give_back(database, facts, 1, amount=5000) == 5000
    for amount in (-1, 27501):
        with pytest.raises(Invalid):
            give_back(database, facts, 1, amount=amount)


@pytest.mark.parametrize("fewer", [0, 5, 6])
def test_a_part_is_neither_nothing_nor_all(database: Database, cast: Cast, fewer: int) -> None:
    facts = sold(database, GROUP)
    with pytest.raises(Invalid):
        give_back(database, facts, fewer)


def test_only_seats_are_given_back_in_part(database: Database, cast: Cast) -> None:
    facts = sold(database, replace(SEAT, covers="everything", kind=sales.OfferKind.PASS))
    with pytest.raises(Invalid):
        give_back(database, facts, 1)


def test_seats_that_somebody_has_are_not_given_back(database: Database, cast: Cast) -> None:
    facts = sold(database, GROUP)
    with database.transaction() as session:
        session.execute(update(Pool).values(used=5))
    with pytest.raises(Conflict):
        give_back(database, facts, 1)
    assert read(database, facts).quantity == 5


def test_who_bought_the_seats_and_who_manages_them_are_told(database: Database, cast: Cast) -> None:
    facts = sold(database, GROUP)
    with database.transaction() as session:
        place = session.get_one(Organization, cast.organization_id)
        make_membership(session, place, session.get_one(Login, cast.bob.id), role=Role.OWNER)
    give_back(database, facts, 2)
    for email in (GROUP.email, cast.bob.email):
        [letter] = [one for one in letters(database, email) if one.kind == "seats_refunded"]
        assert "2 seats that Elm County Library had bought were given back" in letter.text
        assert "$100.00" in letter.text
        assert "3 seats of this sale are left" in letter.text


def test_two_at_once_give_back_the_same_seats_once(database: Database, cast: Cast) -> None:
    facts = sold(database, GROUP)
    stale = read(database, facts)
    give_back(database, facts, 3)
    with database.transaction() as session, pytest.raises(Conflict):
        seat_refunds._shrink_sale(session, stale, 3, 0)
    assert read(database, facts).quantity == 2


def test_who_is_over_is_told_and_released_seats_can_then_be_given_back(
    database: Database, cast: Cast
) -> None:
    facts = sold(database, GROUP)
    pool = pool_of(database)
    taken = [
        take_seat(database, pool.id, one, NOW + timedelta(minutes=minute))
        for minute, one in enumerate(people(database, 4))
    ]
    over = in_use(database, facts, 3)
    assert over is not None
    assert (over.free, over.missing) == (1, 2)
    assert [one.seat for one in over.people] == taken[:2]
    with pytest.raises(Conflict) as refused:
        give_back(database, facts, 3)
    assert refused.value.code == "seats_in_use"
    assert counts(database, pool.id) == (4, 5)
    assert (read(database, facts).quantity, read(database, facts).refunded_minor) == (5, 0)
    assert ask_for_release(database, facts, 3) == 2
    letter = newest(database, cast.mia.email, "seats_to_release")
    assert "please release 2 seats" in letter.text
    assert f"/people?pool={pool.public_id}" in letter.text
    for seat in taken[:2]:
        let_go(database, seat, reason=AssignmentEnd.LEFT)
    assert in_use(database, facts, 3) is None
    with pytest.raises(Conflict):
        ask_for_release(database, facts, 3)
    give_back(database, facts, 3)
    assert counts(database, pool.id) == (2, 2)


def test_seats_allotted_to_others_are_in_use_until_they_are_moved_back(
    database: Database, cast: Cast
) -> None:
    facts = sold(database, GROUP)
    pool = pool_of(database)
    with database.transaction() as session:
        branch = make_organization(session)
        session.get_one(Organization, branch.id).parent_id = pool.organization_id
        session.flush()
        part = allotments.allot(session, pool.id, branch.id, 4, actor=None, now=NOW)
    over = in_use(database, facts, 2)
    assert over is not None
    assert (over.missing, over.people) == (1, ())
    with pytest.raises(Conflict):
        give_back(database, facts, 2)
    with database.transaction() as session:
        allotments.take_back_unused(session, part.id, actor=None, now=NOW)
    give_back(database, facts, 2)
    assert counts(database, pool.id) == (0, 3)


def test_seats_of_another_order_make_room_and_stay(database: Database, cast: Cast) -> None:
    first, second = sold(database, GROUP), sold(database, GROUP)
    pool = pool_of(database)
    for one in people(database, 6):
        take_seat(database, pool.id, one)
    give_back(database, first, 4)
    assert (grants(database, first)[0].seats, grants(database, second)[0].seats) == (1, 5)
    assert counts(database, pool.id) == (6, 6)


def test_nobody_is_asked_to_release_for_what_is_no_part_of_the_sale(
    database: Database, cast: Cast
) -> None:
    facts = sold(database, GROUP)
    with pytest.raises(Invalid):
        ask_for_release(database, facts, 5)
    assert [
        one for one in letters(database, cast.mia.email) if one.kind == "seats_to_release"
    ] == []
