"""Links after a removal: who was taken off takes no seat by a link that is older (S5, S7)."""

from datetime import datetime

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Gone
from lms.models.seats import Assignment, Seat
from lms.seats import claim_links, invitations
from tests.clock import NOW
from tests.seats.pool_fixtures import (
    DAY,
    SOON,
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


def test_an_expired_link_gives_no_seat_back_to_who_was_removed_since(database: Database) -> None:
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


def test_an_open_link_gives_no_seat_back_to_who_was_removed_since(database: Database) -> None:
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
    token = make(NOW + DAY)  # made after it, and handed to them again
    assert by_link(database, token, pat, NOW + DAY) == "Claimed"
    with database.read_session() as session:
        [seat] = session.scalars(
            select(Seat.public_id).join(Assignment).where(Assignment.ended_at.is_(None))
        )
    let_go(database, seat, NOW + 2 * DAY)
    with pytest.raises(Gone):
        by_link(database, token, pat, NOW + 3 * DAY)
