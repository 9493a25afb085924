"""Ways to an organization's grants: seats, invitations, waitlists, and email domains."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, Case, Code, Decision, decide
from lms.core.database import Database
from lms.models.accounts import Login, LoginAlias
from lms.models.organizations import Organization
from lms.models.seats import (
    AssignmentEnd,
    AssignmentState,
    Pool,
)
from tests.access.decision_situations import arrange
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_login,
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_waiting_entry,
    make_webinar,
)

DAY = timedelta(days=1)


def case_of(database: Database, login_id: int, webinar_id: int) -> Case:
    with database.read_session() as session:
        return load_case(session, login_id=login_id, webinar_id=webinar_id)


def decision(
    database: Database,
    login_id: int,
    webinar_id: int,
    *,
    at: datetime = NOW,
    within: int | None = None,
) -> Decision:
    case = case_of(database, login_id, webinar_id)
    return decide(case.login, case.webinar, Action.RECORDING, at, within=within)


def code(database: Database, cast: Cast, at: datetime = NOW) -> Code:
    """Return dan's decision code for the cast's webinar."""
    return decision(database, cast.dan.id, cast.webinar_id, at=at).code


def elm_of(session: Session, cast: Cast) -> Organization:
    return session.get_one(Organization, cast.organization_id)


def contract(session: Session, cast: Cast, *, capacity: int | None = 10) -> Pool:
    """Return a pool of Elm County for everything, with 100 days left and 14 of grace."""
    pool = make_pool(session, elm_of(session, cast), capacity=capacity)
    make_pool_grant(session, pool, ends_at=NOW + 100 * DAY, grace_until=NOW + 114 * DAY)
    return pool


def dan_of(session: Session, cast: Cast) -> Login:
    return session.get_one(Login, cast.dan.id)


@pytest.mark.parametrize("expected", Code)
def test_each_code_is_the_answer_in_its_situation(
    database: Database, cast: Cast, expected: Code
) -> None:
    with database.transaction() as session:
        situation = arrange(session, cast, expected)
    case = case_of(database, cast.dan.id, situation.webinar_id)
    assert decide(case.login, case.webinar, situation.action, NOW).code is expected


def test_contract_seat_gives_access_to_its_end_and_in_the_grace_period(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_assignment(session, contract(session, cast), dan_of(session, cast))
    ends, grace = NOW + 100 * DAY, NOW + 114 * DAY
    tick = timedelta(microseconds=1)
    answers = [code(database, cast, at) for at in (ends - tick, ends, grace - tick, grace)]
    assert answers == [Code.OK_TERM, Code.OK_GRACE, Code.OK_GRACE, Code.CONTRACT_LAPSED]
    within_grace = decision(database, cast.dan.id, cast.webinar_id, at=ends)
    assert isinstance(within_grace, Admitted)
    assert within_grace.ends_at == grace


def test_decision_names_the_pool_organization_and_seat(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        pool = contract(session, cast)
        make_assignment(session, pool, dan_of(session, cast))
        pool_id, elm = pool.public_id, elm_of(session, cast).public_id
    found = decision(database, cast.dan.id, cast.webinar_id)
    assert found.grant is not None
    place = found.grant.place
    assert place is not None
    assert (place.pool, place.organization, place.organization_name) == (
        pool_id,
        elm,
        "Elm County Library",
    )
    assert place.way == "claimed"


def test_seat_for_one_webinar_gives_access_to_it_only(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        other = make_webinar(session)
        make_recording(session, other)
        pool = make_pool(session, elm_of(session, cast), other)
        make_pool_grant(session, pool)
        make_assignment(session, pool, dan_of(session, cast))
    assert code(database, cast) is Code.NO_GRANT
    assert decision(database, cast.dan.id, other.id).code is Code.OK_PERMANENT


def test_invitation_is_found_only_by_a_confirmed_address(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        pool = contract(session, cast)
        make_assignment(session, pool, email=cast.dan.email, state=AssignmentState.INVITED)
    assert code(database, cast) is Code.INVITE_NOT_CLAIMED
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == cast.dan.id).values(confirmed_at=None))
    assert code(database, cast) is Code.NO_GRANT


def test_invitation_claimed_by_another_person_gives_its_address_nothing(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        other = make_login(session)
        make_assignment(session, contract(session, cast), other, email=cast.dan.email)
    assert code(database, cast) is Code.NO_GRANT


@pytest.mark.parametrize(
    ("starts", "ends", "grace", "expected"),
    [
        (-20, 100, 114, Code.INVITE_NOT_CLAIMED),
        (5, 100, 114, Code.NOT_STARTED),
        (-300, -2, 12, Code.CONTRACT_LAPSED),  # no one new is accepted in the grace period
        (-300, -20, -6, Code.CONTRACT_LAPSED),
    ],
)
def test_invitation_shows_the_contracts_status_if_that_prevents_access(
    database: Database, cast: Cast, starts: int, ends: int, grace: int, expected: Code
) -> None:
    with database.transaction() as session:
        pool = make_pool(session, elm_of(session, cast))
        make_pool_grant(
            session,
            pool,
            starts_at=NOW + starts * DAY,
            ends_at=NOW + ends * DAY,
            grace_until=NOW + grace * DAY,
        )
        make_assignment(session, pool, email=cast.dan.email, state=AssignmentState.INVITED)
        # took place before any of these terms ends
        other = make_webinar(session, held_at=NOW - 200 * DAY)
        make_recording(session, other)
    assert decision(database, cast.dan.id, other.id).code is expected


@pytest.mark.parametrize(
    ("capacity", "expected"), [(10, Code.INVITE_NOT_CLAIMED), (0, Code.NO_GRANT)]
)
def test_expired_invitation_can_be_claimed_while_a_seat_is_available(
    database: Database, cast: Cast, capacity: int, expected: Code
) -> None:
    with database.transaction() as session:
        make_assignment(
            session,
            contract(session, cast, capacity=capacity),
            email=cast.dan.email,
            ended_as=AssignmentEnd.EXPIRED,
        )
    assert code(database, cast) is expected


def test_offer_that_was_not_accepted_in_time_gives_no_seat(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        pool = contract(session, cast, capacity=1)
        make_assignment(session, pool, dan_of(session, cast), state=AssignmentState.OFFERED)
    assert code(database, cast) is Code.INVITE_NOT_CLAIMED
    assert code(database, cast, NOW + 10 * DAY) is Code.NO_GRANT


@pytest.mark.parametrize(
    "ended_as", [AssignmentEnd.REMOVED, AssignmentEnd.REASSIGNED, AssignmentEnd.LEFT]
)
def test_released_seat_is_still_explained_after_the_contract(
    database: Database, cast: Cast, ended_as: AssignmentEnd
) -> None:
    with database.transaction() as session:
        pool = contract(session, cast)
        make_assignment(session, pool, dan_of(session, cast), ended_as=ended_as)
    assert code(database, cast) is Code.SEAT_RELEASED
    assert code(database, cast, NOW + 200 * DAY) is Code.SEAT_RELEASED


def test_withdrawn_invitation_gives_no_access(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        make_assignment(
            session,
            contract(session, cast),
            email=cast.dan.email,
            ended_as=AssignmentEnd.REMOVED,
        )
    assert code(database, cast) is Code.NO_GRANT


def test_frozen_seat_is_lapsed_until_a_renewal_starts_without_it(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        pool = make_pool(session, elm_of(session, cast))
        make_pool_grant(session, pool, starts_at=NOW - 400 * DAY, ends_at=NOW - 20 * DAY)
        make_assignment(session, pool, dan_of(session, cast), state=AssignmentState.FROZEN)
        pool_id = pool.id
    assert code(database, cast) is Code.CONTRACT_LAPSED
    with database.transaction() as session:
        pool = session.get_one(Pool, pool_id)
        make_pool_grant(session, pool, starts_at=NOW + DAY, ends_at=NOW + 365 * DAY)
    assert code(database, cast) is Code.NOT_STARTED
    assert code(database, cast, NOW + 2 * DAY) is Code.SEAT_RELEASED


def test_seat_lost_90_days_after_the_contract_is_explained_by_its_end(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        pool = make_pool(session, elm_of(session, cast))
        make_pool_grant(session, pool, starts_at=NOW - 500 * DAY, ends_at=NOW - 120 * DAY)
        make_assignment(session, pool, dan_of(session, cast), ended_as=AssignmentEnd.LAPSED)
        old = make_webinar(session, held_at=NOW - 300 * DAY)
        make_recording(session, old)
    assert decision(database, cast.dan.id, old.id).code is Code.CONTRACT_LAPSED


def test_waitlisted_status_is_shown_only_while_the_pool_accepts_people(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_waiting_entry(session, contract(session, cast, capacity=0), dan_of(session, cast))
    assert code(database, cast) is Code.POOL_FULL_WAITLISTED
    assert code(database, cast, NOW + 101 * DAY) is Code.CONTRACT_LAPSED


def test_waitlist_entry_matches_only_its_own_address(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        pool = contract(session, cast, capacity=0)
        make_waiting_entry(session, pool, email="erin@example.org")
        pool_id = pool.id
    assert code(database, cast) is Code.NO_GRANT
    with database.transaction() as session:
        make_waiting_entry(session, session.get_one(Pool, pool_id), email=cast.dan.email)
    assert code(database, cast) is Code.POOL_FULL_WAITLISTED


def test_allotted_pool_uses_its_parents_grants(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        parent = make_pool(session, make_organization(session, name="State Library"))
        make_pool_grant(session, parent, ends_at=NOW + 100 * DAY)
        part = make_pool(session, elm_of(session, cast), capacity=3, allotted_from=parent)
        make_assignment(session, part, dan_of(session, cast))
    found = decision(database, cast.dan.id, cast.webinar_id)
    assert found.code is Code.OK_TERM
    assert found.grant is not None
    assert found.grant.place is not None
    assert found.grant.place.organization_name == "Elm County Library"


def test_seat_of_a_merged_account_counts(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        twin = make_login(session, "dan@elsewhere.example")
        make_assignment(session, contract(session, cast), twin)
        twin.merged_into = cast.dan.id
    assert code(database, cast) is Code.OK_TERM


def test_invitation_to_a_merged_accounts_address_counts(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        twin = make_login(session, "dan@elsewhere.example")
        make_assignment(
            session,
            contract(session, cast),
            email="dan@elsewhere.example",
            state=AssignmentState.INVITED,
        )
        twin.merged_into = cast.dan.id
    assert code(database, cast) is Code.INVITE_NOT_CLAIMED


def test_invitations_to_additional_addresses_count(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        twin = make_login(session)
        twin.merged_into = cast.dan.id
        for login_id, email in ((cast.dan.id, "d@work.example"), (twin.id, "t@work.example")):
            session.add(LoginAlias(login_id=login_id, email=email, email_key=email, created_at=NOW))
            pool = make_pool(session, elm_of(session, cast))
            make_pool_grant(session, pool)
            make_assignment(session, pool, email=email, state=AssignmentState.INVITED)
    found = decision(database, cast.dan.id, cast.webinar_id)
    assert [each.code for each in found.candidates] == [Code.INVITE_NOT_CLAIMED] * 2


def test_decision_within_an_organization_uses_only_its_pools(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        other = make_organization(session)
        pool = make_pool(session, other)
        make_pool_grant(session, pool)
        make_assignment(session, pool, dan_of(session, cast))
    for within, expected in (
        (other.id, Code.OK_PERMANENT),
        (cast.organization_id, Code.NO_GRANT),
        (None, Code.OK_PERMANENT),
    ):
        found = decision(database, cast.dan.id, cast.webinar_id, within=within)
        assert found.code is expected
