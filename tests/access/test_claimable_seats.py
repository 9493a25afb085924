"""Seats that people can claim because of their email domain."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.policy import Code
from lms.core.database import Database
from lms.models.seats import AssignmentEnd, ClaimPolicy, Pool
from tests.access.test_grant_paths import code, contract, dan_of, decision, elm_of
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_login,
    make_organization,
    make_pool,
    make_verified_domain,
    make_webinar,
)

DAY = timedelta(days=1)


def domain_pool(session: Session, cast: Cast, *, capacity: int | None = 10) -> Pool:
    pool = contract(session, cast, capacity=capacity)
    pool.claim_policy = ClaimPolicy.DOMAIN
    make_verified_domain(session, elm_of(session, cast), "example.org")
    session.flush()
    return pool


def test_available_seat_can_be_claimed_by_people_of_a_verified_domain(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        domain_pool(session, cast, capacity=None)
        stranger = make_login(session, "dan@example.org.example.net")
        unconfirmed = make_login(session, "new@example.org")
        unconfirmed.confirmed_at = None
    assert code(database, cast) is Code.SEAT_CLAIMABLE
    for other in (stranger.id, unconfirmed.id):
        assert decision(database, other, cast.webinar_id).code is Code.NO_GRANT


def test_domain_gives_no_seat_in_a_pool_for_invited_people(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        domain_pool(session, cast).claim_policy = ClaimPolicy.INVITATION
    assert code(database, cast) is Code.NO_GRANT


def test_full_pool_offers_no_seat_but_is_named_in_the_decision(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        domain_pool(session, cast, capacity=0)
    found = decision(database, cast.dan.id, cast.webinar_id)
    assert found.code is Code.NO_GRANT
    assert found.grant is not None
    assert found.grant.place is not None
    assert not found.grant.place.has_room


@pytest.mark.parametrize("after", [105, 200])
def test_domain_gives_no_seat_after_the_contract_ended(
    database: Database, cast: Cast, after: int
) -> None:
    with database.transaction() as session:
        domain_pool(session, cast)
    found = decision(database, cast.dan.id, cast.webinar_id, at=NOW + after * DAY)
    assert (found.code, found.candidates) == (Code.NO_GRANT, ())


def test_person_removed_by_a_manager_cannot_claim_other_seats_by_domain(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        domain_pool(session, cast)
        other = make_pool(session, elm_of(session, cast), make_webinar(session))
        make_assignment(session, other, dan_of(session, cast), ended_as=AssignmentEnd.REMOVED)
    assert code(database, cast) is Code.NO_GRANT


@pytest.mark.parametrize("is_invited", [True, False])
def test_person_whose_seat_was_reassigned_cannot_claim_another_of_that_pool(
    database: Database, cast: Cast, is_invited: bool
) -> None:
    """They can claim one of another pool: a move between pools ends seats in the same way."""
    with database.transaction() as session:
        domain_pool(session, cast)
        other = make_pool(session, elm_of(session, cast), make_webinar(session))
        make_assignment(session, other, dan_of(session, cast), ended_as=AssignmentEnd.REASSIGNED)
    assert code(database, cast) is Code.SEAT_CLAIMABLE
    with database.transaction() as session:
        pool = session.scalars(select(Pool).where(Pool.claim_policy == ClaimPolicy.DOMAIN)).one()
        login = None if is_invited else dan_of(session, cast)
        email = cast.dan.email if is_invited else None
        make_assignment(session, pool, login, email=email, ended_as=AssignmentEnd.REASSIGNED)
    assert code(database, cast) is (Code.NO_GRANT if is_invited else Code.SEAT_RELEASED)


def test_person_removed_by_another_organization_can_claim_a_seat(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        domain_pool(session, cast)
        other = make_pool(session, make_organization(session), make_webinar(session))
        make_assignment(session, other, dan_of(session, cast), ended_as=AssignmentEnd.REMOVED)
    assert code(database, cast) is Code.SEAT_CLAIMABLE
