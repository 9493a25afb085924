"""Seats of a canceled or removed webinar: no new assignments, and open invitations wait."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.catalog import webinars
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict
from lms.core.runtime import Carrel
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.jobs import JobState
from lms.models.mail import Mail
from lms.models.seat_imports import ImportState
from lms.models.seats import Assignment, AssignmentState
from lms.seat_imports.jobs import apply_list, take_in_pasted
from lms.seats import invitations
from lms.seats.invitations import STAYS_OPEN, Invitee
from lms.seats.waitlist_offers import IS_OFF_NOW
from tests.clock import NOW
from tests.seats.pool_fixtures import (
    DAY,
    LINKS,
    Home,
    by_link,
    counts,
    make_home,
    newest_token,
    people,
    states,
    take,
)
from tests.seats.test_waitlist import call_off, join

NIA = read_address("nia@elm.example")
LATER = NOW + STAYS_OPEN + DAY


def invite(session: Session, home: Home, *, at: datetime = NOW) -> None:
    invitations.invite(session, home.pool_id, [Invitee(NIA)], links=LINKS, actor=None, now=at)


def take_off(database: Database, home: Home, *, is_pulled: bool = False) -> str:
    """Cancel or remove the webinar, scheduled in 40 days; return its slug."""
    with database.transaction() as session:
        webinar = session.get_one(Webinar, home.webinar_id)
        webinar.held_at, slug = NOW + 40 * DAY, webinar.slug
        session.flush()
        call_off(session, slug, is_pulled=is_pulled)
        return slug


def restore(database: Database, slug: str, at: datetime) -> None:
    with database.transaction() as session:
        webinars.restore_webinar(session, slug, actor=None, now=at)


@pytest.mark.parametrize("is_pulled", [False, True])
def test_waitlist_cannot_be_joined_until_the_webinar_is_reinstated(
    database: Database, *, is_pulled: bool
) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    slug = take_off(database, home, is_pulled=is_pulled)
    with pytest.raises(Conflict) as refused:
        join(database, home.pool_id, pat)
    assert refused.value.message == IS_OFF_NOW
    restore(database, slug, NOW)
    join(database, home.pool_id, pat)


@pytest.mark.parametrize("is_pulled", [False, True])
def test_staff_list_invites_no_one(carrel: Carrel, *, is_pulled: bool) -> None:
    home = make_home(carrel.database, 2)
    facts = take_in_pasted(carrel, NIA.shown, pool_id=home.pool_id, actor=None, now=NOW)
    take_off(carrel.database, home, is_pulled=is_pulled)
    for partial in (False, True):
        facts = apply_list(carrel, facts.public_id, partial=partial, actor=None, now=NOW)
        assert (facts.state, facts.failure) == (ImportState.CHECKED, IS_OFF_NOW)
    with carrel.database.read_session() as session:
        assert session.scalars(select(Assignment)).all() == []


def test_unsent_email_about_an_offer_is_canceled(database: Database) -> None:
    home = make_home(database, 2)
    pat, dan = people(database, 2)
    for login_id in (pat, dan):
        join(database, home.pool_id, login_id)
    with database.transaction() as session:
        invitations.write_invitations(session, home.pool_id, 9, links=LINKS, now=NOW)
        sent = session.scalars(
            select(Mail).where(Mail.kind == "seat_offer").order_by(Mail.id)
        ).first()
        assert sent is not None
        sent.state = JobState.DONE
    take_off(database, home)
    offers = select(Mail.state).where(Mail.kind == "seat_offer").order_by(Mail.id)
    with database.read_session() as session:
        assert session.scalars(offers).all() == [JobState.DONE, JobState.CANCELED]


def test_invitation_waits_during_a_cancellation_and_its_link_works_again(
    database: Database,
) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    with database.transaction() as session:
        invite(session, home)
    token = newest_token(database, "invitation")
    slug = take_off(database, home)
    with database.transaction() as session:
        assert invitations.expire_due(session, now=LATER) == 0
    assert counts(database, home.pool_id) == (1, 1)
    restore(database, slug, LATER)
    assert type(take(database, home.pool_id, pat, LATER)).__name__ == "Full"  # still Nia's
    with database.transaction() as session:
        nia = session.scalars(select(Assignment)).one()
        assert nia.expires_at == LATER + STAYS_OPEN
        session.get_one(Login, pat).email_key = NIA.key
    by_link(database, token, pat, at=LATER + timedelta(days=13))
    assert states(database, home.pool_id)[pat] is AssignmentState.CLAIMED


def test_invitation_expires_after_its_webinar_is_reinstated(database: Database) -> None:
    home = make_home(database, 1)
    with database.transaction() as session:
        invite(session, home)
    restore(database, take_off(database, home), LATER)
    with database.transaction() as session:
        assert invitations.expire_due(session, now=LATER + STAYS_OPEN) == 1
