"""Allotments of a pool to members of a consortium, and how settling changes them (S11)."""

from dataclasses import dataclass

import pytest

from lms.catalog import webinars
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.grants.grants import Term
from lms.models.organizations import Organization
from lms.models.seats import AssignmentState
from lms.seats import allotments, pools
from lms.seats.claim_statements import Full
from lms.seats.pool_reconciliation import due_settlements
from tests.clock import NOW
from tests.factories import make_organization
from tests.seats.pool_fixtures import (
    DAY,
    FOR_GOOD,
    YEAR,
    Home,
    counts,
    let_go,
    make_home,
    more,
    people,
    settle_at,
    states,
    take,
    take_seat,
    wait,
)
from tests.seats.test_seats_of_canceled_webinars import take_off
from tests.seats.test_waitlist import join


@dataclass(frozen=True, slots=True)
class Consortium:
    home: Home
    child_id: int  # an organization
    pool_id: int  # the child's


def consortium(
    database: Database, seats: int | None, allotted: int | None, term: Term = FOR_GOOD
) -> Consortium:
    home = make_home(database, seats, term)
    child_id = child_of(database, home)
    with database.transaction() as session:
        made = allotments.allot(session, home.pool_id, child_id, allotted, actor=None, now=NOW)
    return Consortium(home, child_id, made.id)


def child_of(database: Database, home: Home) -> int:
    with database.transaction() as session:
        child = make_organization(session)
        session.get_one(Organization, child.id).parent_id = home.organization_id
        return child.id


def change(database: Database, pool_id: int, seats: int | None) -> None:
    with database.transaction() as session:
        allotments.change(session, pool_id, seats, actor=None, now=NOW)


def test_seats_are_allotted_only_to_children_and_only_if_available(database: Database) -> None:
    home = make_home(database, 5)
    stranger = make_home(database, 1)
    child = child_of(database, home)
    wrong = [
        (home.pool_id, stranger.organization_id, 1, NotFound),
        (home.pool_id, child, 6, Conflict),
        (home.pool_id, child, None, Conflict),
        (home.pool_id, child, -1, Invalid),
        (123456, child, 1, NotFound),
    ]
    for pool_id, organization_id, seats, refusal in wrong:
        with pytest.raises(refusal), database.transaction() as session:
            allotments.allot(session, pool_id, organization_id, seats, actor=None, now=NOW)
    assert counts(database, home.pool_id) == (0, 5)


def test_allotted_seats_count_as_used_and_can_be_assigned_by_the_child(database: Database) -> None:
    family = consortium(database, 5, 2)
    assert counts(database, family.home.pool_id) == (2, 5)
    pat, dan, kim = people(database, 3)
    take_seat(database, family.pool_id, pat)
    take_seat(database, family.pool_id, dan)
    assert take(database, family.pool_id, kim) == Full()
    assert counts(database, family.pool_id) == (2, 2)
    assert counts(database, family.home.pool_id) == (2, 5)
    with database.read_session() as session:
        [facts] = pools.allotments_of(session, family.home.pool_id)
        assert facts.allotted_from == family.home.pool.public_id
        assert facts.organization_id == family.child_id
        assert pools.grants_of(session, facts.id) == pools.grants_of(session, family.home.pool_id)


def test_allotment_is_made_once_and_cannot_be_allotted_further(database: Database) -> None:
    family = consortium(database, 5, 2)
    with database.transaction() as session:
        grandchild = make_organization(session)
        session.get_one(Organization, grandchild.id).parent_id = family.child_id
        grandchild_id = grandchild.id
    with pytest.raises(Conflict), database.transaction() as session:
        allotments.allot(session, family.home.pool_id, family.child_id, 1, actor=None, now=NOW)
    with pytest.raises(Conflict), database.transaction() as session:
        allotments.allot(session, family.pool_id, grandchild_id, 1, actor=None, now=NOW)


def test_allotment_can_grow_and_shrink_and_offers_its_new_seats(database: Database) -> None:
    family = consortium(database, 3, 1)
    pat, dan, kim = people(database, 3)
    take_seat(database, family.pool_id, pat)
    wait(database, family.pool_id, dan)
    change(database, family.pool_id, 3)
    assert states(database, family.pool_id)[dan] is AssignmentState.OFFERED
    assert counts(database, family.home.pool_id) == (3, 3)
    for wrong in (4, 1, None):
        with pytest.raises(Conflict):
            change(database, family.pool_id, wrong)
    wait(database, family.home.pool_id, kim)
    with database.transaction() as session:
        assert allotments.take_back_unused(session, family.pool_id, actor=None, now=NOW) == 1
    assert states(database, family.home.pool_id)[kim] is AssignmentState.OFFERED
    assert counts(database, family.pool_id) == (2, 2)
    for missing in (family.home.pool_id, 12345):
        with pytest.raises(NotFound):
            change(database, missing, 1)
        with pytest.raises(NotFound), database.transaction() as session:
            allotments.take_back_unused(session, missing, actor=None, now=NOW)


def test_unlimited_pool_can_be_allotted_with_or_without_a_number(database: Database) -> None:
    family = consortium(database, None, None)
    take_seat(database, family.pool_id, *people(database, 1))
    assert counts(database, family.pool_id) == (1, None)
    assert counts(database, family.home.pool_id) == (0, None)
    with database.transaction() as session:
        assert allotments.take_back_unused(session, family.pool_id, actor=None, now=NOW) == 0
    assert counts(database, family.pool_id) == (1, 1)
    assert counts(database, family.home.pool_id) == (1, None)
    change(database, family.pool_id, None)
    assert counts(database, family.home.pool_id) == (0, None)


def test_smaller_term_takes_unused_allotted_seats_before_assigned_ones(
    database: Database,
) -> None:
    family = consortium(database, 5, 3, YEAR)
    pat, dan = people(database, 2)
    take_seat(database, family.home.pool_id, pat)
    take_seat(database, family.pool_id, dan, NOW + DAY)
    assert YEAR.ends_at is not None
    more(database, family.home, 3, Term(YEAR.ends_at, YEAR.ends_at + 9 * DAY), at=NOW)
    more(database, family.home, 1, Term(YEAR.ends_at + 9 * DAY, YEAR.ends_at + 20 * DAY), at=NOW)
    settle_at(database, family.pool_id, YEAR.ends_at)
    assert counts(database, family.pool_id) == (1, 2)
    assert counts(database, family.home.pool_id) == (3, 3)
    settle_at(database, family.pool_id, YEAR.ends_at + 9 * DAY)
    assert states(database, family.home.pool_id) == {pat: AssignmentState.RELEASED}
    assert counts(database, family.pool_id) == (1, 1)
    assert counts(database, family.home.pool_id) == (1, 1)


def test_lapse_freezes_the_childs_people_and_renewal_restores_them(
    database: Database,
) -> None:
    family = consortium(database, 5, 3, YEAR)
    [dan] = people(database, 1)
    take_seat(database, family.pool_id, dan)
    lapsed = NOW + 380 * DAY
    settle_at(database, family.home.pool_id, lapsed)
    assert states(database, family.pool_id) == {dan: AssignmentState.FROZEN}
    assert counts(database, family.pool_id) == (0, 0)
    with pytest.raises(Conflict):
        change(database, family.pool_id, 4)
    change(database, family.pool_id, 2)
    more(database, family.home, 5, Term(lapsed, lapsed + 30 * DAY), at=lapsed)
    assert states(database, family.pool_id) == {dan: AssignmentState.CLAIMED}
    assert counts(database, family.pool_id) == (1, 2)
    assert counts(database, family.home.pool_id) == (2, 5)


def test_limited_renewal_leaves_an_unlimited_allotment_the_seats_it_uses(
    database: Database,
) -> None:
    family = consortium(database, None, None, YEAR)
    seat = take_seat(database, family.pool_id, *people(database, 1))
    assert YEAR.ends_at is not None
    more(database, family.home, 3, Term(YEAR.ends_at, YEAR.ends_at + 9 * DAY), at=NOW)
    settle_at(database, family.home.pool_id, YEAR.ends_at)
    assert counts(database, family.pool_id) == (1, 1)
    assert counts(database, family.home.pool_id) == (1, 3)
    let_go(database, seat, YEAR.ends_at)


def test_allotted_seat_of_a_reinstated_webinar_is_offered_to_the_waitlist(
    database: Database,
) -> None:
    family = consortium(database, 2, 1)
    [pat] = people(database, 1)
    join(database, family.pool_id, pat)
    slug = take_off(database, family.home)
    with database.transaction() as session:
        webinars.restore_webinar(session, slug, actor=None, now=NOW)
        assert due_settlements(session, now=NOW) == (family.home.pool_id,)
    settle_at(database, family.home.pool_id, NOW)
    assert states(database, family.pool_id) == {pat: AssignmentState.OFFERED}
    with database.read_session() as session:
        assert due_settlements(session, now=NOW) == ()
