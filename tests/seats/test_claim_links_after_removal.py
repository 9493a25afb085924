"""Claim links after a removal: an older link gives no seat to a removed person (S5, S7)."""

from datetime import datetime

import pytest
from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.core.database import Database
from lms.core.errors import Conflict, Gone
from lms.models.seats import Assignment, Seat
from lms.seats import claim_links, invitations, self_service
from lms.seats.invitations import Invited
from tests.clock import NOW
from tests.seats.pool_fixtures import (
    DAY,
    LINKS,
    SOON,
    Home,
    by_link,
    invite_by_mail,
    let_go,
    make_home,
    newest_token,
    people,
    take_seat,
)
from tests.seats.test_claims import email_of
from tests.seats.test_invitations import asked


def test_expired_link_gives_no_seat_to_a_person_removed_since(database: Database) -> None:
    home = make_home(database, 3)
    [pat] = people(database, 1)
    old = invite_by_mail(database, home, email_of(database, pat))
    with database.transaction() as session:
        invitations.expire_due(session, now=SOON)
    let_go(database, take_seat(database, home.pool_id, pat, SOON), SOON + DAY)
    with pytest.raises(Gone):
        by_link(database, old, pat, SOON + 2 * DAY)
    asked(database, home, email_of(database, pat), at=SOON + 3 * DAY)
    assert by_link(database, newest_token(database), pat, SOON + 3 * DAY) == "Claimed"


def test_shared_link_gives_no_seat_to_a_person_removed_since(database: Database) -> None:
    home = make_home(database, 3)
    [pat] = people(database, 1)

    def make(at: datetime) -> str:
        with database.transaction() as session:
            return claim_links.open_link(
                session,
                home.pool_id,
                expires_at=SOON,
                most_uses=5,
                actor=None,
                now=at,
            )

    let_go(database, take_seat(database, home.pool_id, pat), NOW)
    token = make(NOW + DAY)  # created after the removal, and given to them again
    assert by_link(database, token, pat, NOW + DAY) == "Claimed"
    with database.read_session() as session:
        [seat] = session.scalars(
            select(Seat.public_id).join(Assignment).where(Assignment.ended_at.is_(None))
        )
    let_go(database, seat, NOW + 2 * DAY)
    with pytest.raises(Gone):
        by_link(database, token, pat, NOW + 3 * DAY)


def test_expired_invitation_offers_no_seat_to_a_person_removed_since(database: Database) -> None:
    home = make_home(database, 3)
    [pat] = people(database, 1)
    asked(database, home, email_of(database, pat))
    with database.transaction() as session:
        invitations.expire_due(session, now=SOON)
    assert seen(database, home, pat) is Code.INVITE_NOT_CLAIMED  # S4
    let_go(database, take_seat(database, home.pool_id, pat, SOON), SOON + DAY)
    assert seen(database, home, pat) is Code.SEAT_RELEASED
    pool = home.pool.public_id
    with pytest.raises(Conflict), database.transaction() as session:
        self_service.claim_own(session, pat, pool, links=LINKS, actor=None, now=SOON + 2 * DAY)


def test_expired_link_gives_no_seat_after_a_later_invitation_was_withdrawn(
    database: Database,
) -> None:
    home = make_home(database, 3)
    [pat] = people(database, 1)
    old = invite_by_mail(database, home, email_of(database, pat))
    with database.transaction() as session:
        invitations.expire_due(session, now=SOON)
    [again] = asked(database, home, email_of(database, pat), at=SOON + DAY)
    assert isinstance(again, Invited)
    let_go(database, again.seat, SOON + 2 * DAY)
    assert seen(database, home, pat) is Code.NO_GRANT
    with pytest.raises(Gone):
        by_link(database, old, pat, SOON + 3 * DAY)


def seen(database: Database, home: Home, login_id: int) -> Code:
    with database.read_session() as session:
        case = load_case(session, login_id=login_id, webinar_id=home.webinar_id)
        return decide(case.login, case.webinar, Action.HANDOUT, SOON + DAY * 2).code
