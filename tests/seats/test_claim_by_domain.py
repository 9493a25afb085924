"""Claiming a seat with an email address at the organization's domain (S7)."""

import pytest
from sqlalchemy import select, update

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.grants.grants import Target
from lms.models.accounts import Login
from lms.models.grants import Scope
from lms.models.mail import Mail
from lms.models.seats import AssignmentEnd, ClaimPolicy
from lms.organizations import email_domains
from lms.seats import claim_methods, moves_between_pools, pools
from lms.seats.claims import BY_A_MANAGER
from tests.clock import NOW
from tests.factories import make_login, make_webinar
from tests.seats.pool_fixtures import (
    FOR_GOOD,
    LINKS,
    Home,
    let_go,
    make_home,
    sold,
    take_seat,
)

KIM = "kim@library.example.org"


def opened(database: Database, policy: ClaimPolicy = ClaimPolicy.DOMAIN) -> tuple[Home, int]:
    home = make_home(database, 2)
    with database.transaction() as session:
        email_domains.verify(
            session, home.organization_id, "library.example.org", actor=None, now=NOW
        )
        pools.set_claim_policy(session, home.pool_id, policy, actor=None, now=NOW)
        return home, make_login(session, KIM).id


def claim(database: Database, home: Home, login_id: int) -> str:
    with database.transaction() as session:
        got = claim_methods.claim_by_domain(
            session, home.pool_id, login_id, links=LINKS, actor=None, now=NOW
        )
        return type(got).__name__


def test_strangers_and_unconfirmed_accounts_cannot_claim_by_domain(database: Database) -> None:
    home, kim = opened(database)
    with database.transaction() as session:
        stranger = make_login(session, "kim@other.example.org").id
        session.execute(update(Login).where(Login.id == kim).values(confirmed_at=None))
    for login_id in (stranger, kim):
        with pytest.raises(NotFound):
            claim(database, home, login_id)


def test_pool_for_invited_people_only_refuses_claims_by_domain(database: Database) -> None:
    home, kim = opened(database, ClaimPolicy.INVITATION)
    with pytest.raises(NotFound):
        claim(database, home, kim)


def test_address_at_the_domain_claims_one_seat_and_is_emailed(database: Database) -> None:
    home, kim = opened(database)
    assert [claim(database, home, kim) for _ in range(2)] == ["Claimed", "Already"]
    with database.read_session() as session:
        assert session.scalars(select(Mail.kind)).all() == ["seat_claimed"]


@pytest.mark.parametrize("reason", BY_A_MANAGER)
def test_person_removed_by_a_manager_cannot_claim_again_by_domain(
    database: Database, reason: AssignmentEnd
) -> None:
    home, kim = opened(database)
    let_go(database, take_seat(database, home.pool_id, kim), reason=reason)
    with pytest.raises(NotFound):
        claim(database, home, kim)


def test_person_who_left_can_claim_again_by_domain(database: Database) -> None:
    home, kim = opened(database)
    let_go(database, take_seat(database, home.pool_id, kim), reason=AssignmentEnd.LEFT)
    assert claim(database, home, kim) == "Claimed"


def test_person_moved_to_another_pool_can_still_claim_by_domain(database: Database) -> None:
    home, kim = opened(database)
    seat = take_seat(database, home.pool_id, kim)
    with database.transaction() as session:
        other, third = (
            sold(session, home.organization_id, Target(Scope.WEBINAR, one.id), 2, FOR_GOOD)
            for one in (make_webinar(session), make_webinar(session))
        )
        pools.set_claim_policy(session, third.id, ClaimPolicy.DOMAIN, actor=None, now=NOW)
        moves_between_pools.move_many(session, [seat], other.id, links=LINKS, actor=None, now=NOW)
    with database.transaction() as session:
        webinar_id = third.target.id or 0
        case = load_case(session, login_id=kim, webinar_id=webinar_id)
        seen = decide(case.login, case.webinar, Action.HANDOUT, NOW)
        got = claim_methods.claim_by_domain(
            session, third.id, kim, links=LINKS, actor=None, now=NOW
        )
    assert (seen.code, type(got).__name__) == (Code.SEAT_CLAIMABLE, "Claimed")
