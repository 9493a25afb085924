"""Seats that managers can assign to themselves (PRODUCT.md, S12)."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from lms.access.person_grants_and_seats import read_own_place
from lms.access.policy import Code, Way
from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant, Withdrawal
from lms.models.organizations import Organization, Role
from tests.access.test_grant_paths import decision, elm_of
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
)

DAY = timedelta(days=1)


def bought(database: Database, cast: Cast, *, capacity: int | None = 5, used: int = 0) -> str:
    """Sell Elm County seats of the webinar; return the pool's ID."""
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        pool = make_pool(session, elm_of(session, cast), webinar, capacity=capacity)
        pool.used = used
        make_pool_grant(session, pool)
        return pool.public_id


def code_of(database: Database, cast: Cast, login_id: int) -> Code:
    return decision(database, login_id, cast.webinar_id).code


@pytest.mark.parametrize("role", Role)
def test_only_managers_and_owners_can_claim_an_available_seat(
    database: Database, cast: Cast, role: Role
) -> None:
    bought(database, cast)
    with database.transaction() as session:
        person = make_login(session, "pat@example.org")
        make_membership(session, elm_of(session, cast), person, role=role)
        person_id = person.id
    expected = Code.SEAT_CLAIMABLE if role in (Role.MANAGER, Role.OWNER) else Code.NO_GRANT
    assert code_of(database, cast, person_id) is expected


def test_manager_of_another_organization_cannot_claim_a_seat(
    database: Database, cast: Cast
) -> None:
    bought(database, cast)
    with database.transaction() as session:
        person = make_login(session, "pat@example.org")
        make_membership(session, make_organization(session), person, role=Role.OWNER)
        person_id = person.id
    assert code_of(database, cast, person_id) is Code.NO_GRANT


def test_unlimited_seats_can_be_claimed_by_their_manager(database: Database, cast: Cast) -> None:
    public_id = bought(database, cast, capacity=None, used=300)
    assert code_of(database, cast, cast.mia.id) is Code.SEAT_CLAIMABLE
    with database.read_session() as session:
        assert read_own_place(session, cast.mia.id, public_id, NOW).holding.may_claim


def test_full_pool_offers_its_manager_no_seat(database: Database, cast: Cast) -> None:
    bought(database, cast, capacity=5, used=5)
    found = decision(database, cast.mia.id, cast.webinar_id)
    assert (found.code, found.grant) == (Code.NO_GRANT, None)


def test_manager_sees_that_payment_is_pending_and_can_claim_the_seat(
    database: Database, cast: Cast
) -> None:
    public_id = bought(database, cast)
    with database.transaction() as session:
        session.execute(update(Grant).values(awaits_payment_since=Grant.created_at))
    assert code_of(database, cast, cast.mia.id) is Code.PAYMENT_PENDING
    with database.read_session() as session:
        own = read_own_place(session, cast.mia.id, public_id, NOW)
    assert (own.place.way, own.holding.may_claim) == (Way.MANAGED, True)


def test_revoked_seats_are_not_offered(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        pool = make_pool(session, elm_of(session, cast))
        line = make_pool_grant(session, pool)
        line.revoked_at, line.revoked_as = NOW - DAY, Withdrawal.REFUNDED
    assert code_of(database, cast, cast.mia.id) is Code.NO_GRANT


def test_manager_can_claim_seats_of_a_merged_organization(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        other = make_organization(session)
        other.merged_into = cast.organization_id
        make_pool_grant(session, make_pool(session, other, capacity=2))
    assert code_of(database, cast, cast.mia.id) is Code.SEAT_CLAIMABLE


def test_role_of_a_merged_account_counts(database: Database, cast: Cast) -> None:
    bought(database, cast)
    with database.transaction() as session:
        session.get_one(Login, cast.mia.id).merged_into = cast.dan.id
    assert code_of(database, cast, cast.dan.id) is Code.SEAT_CLAIMABLE


def test_decision_names_the_organization(database: Database, cast: Cast) -> None:
    bought(database, cast)
    found = decision(database, cast.mia.id, cast.webinar_id)
    assert found.grant is not None
    assert found.grant.place is not None
    with database.read_session() as session:
        name = session.get_one(Organization, cast.organization_id).name
    assert found.grant.place.organization_name == name
