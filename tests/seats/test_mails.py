"""Emails that a worker writes after the commit: offers, lists, and people over capacity."""

from datetime import timedelta

from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.grants.grants import Term
from lms.jobs import queue
from lms.models.catalog import Webinar
from lms.models.jobs import Job, JobState, Lane
from lms.models.mail import Mail
from lms.registry import LIBRARY
from lms.seats.seat_counts import HELD_BACK_FOR, TELL, UNDO_FOR, tell_later
from lms.worker.worker import see_through
from tests.clock import NOW, Clock
from tests.components import work_without_schedules
from tests.seats.pool_fixtures import (
    DAY,
    YEAR,
    Home,
    invite,
    invite_by_mail,
    let_go,
    make_home,
    more,
    people,
    settle_at,
    take_seat,
    wait,
)
from tests.seats.test_claims import email_of


def see_all(carrel: Carrel) -> None:
    with carrel.database.read_session() as session:
        waiting = session.scalars(
            select(Job.public_id).where(Job.kind == TELL, Job.state == JobState.QUEUED)
        ).all()
    for job_id in waiting:
        facts = see_through(carrel, work_without_schedules(LIBRARY), job_id)
        assert facts.state is JobState.DONE


def told(carrel: Carrel) -> list[tuple[str, str]]:
    with carrel.database.read_session() as session:
        return [
            (letter.kind, letter.recipient)
            for letter in session.scalars(select(Mail).order_by(Mail.id))
        ]


def test_emails_wait_until_a_release_can_no_longer_be_undone() -> None:
    assert HELD_BACK_FOR > UNDO_FOR


def test_offer_is_emailed_once(carrel: Carrel, clock: Clock) -> None:
    home = make_home(carrel.database, 1)
    pat, dan = people(carrel.database, 2)
    seat = take_seat(carrel.database, home.pool_id, pat)
    wait(carrel.database, home.pool_id, dan)
    let_go(carrel.database, seat)
    clock.advance(timedelta(minutes=1))
    see_all(carrel)
    with carrel.database.transaction() as session:
        tell_later(session, home.pool_id, now=clock.moment)
    clock.advance(timedelta(minutes=1))
    see_all(carrel)
    offers = [who for kind, who in told(carrel) if kind == "seat_offer"]
    assert offers == [email_of(carrel.database, dan)]


def test_people_on_a_list_are_emailed_but_not_those_imported_before(
    carrel: Carrel, clock: Clock
) -> None:
    home = make_home(carrel.database, 300)
    invite(carrel.database, home.pool_id, "history@example.org")
    clock.advance(DAY)
    later = Home(home.organization_id, home.webinar_id, home.pool)
    for number in range(120):
        invite(carrel.database, later.pool_id, f"p{number}@example.org", at=clock.moment)
    with carrel.database.transaction() as session:
        tell_later(session, home.pool_id, now=clock.moment)
    clock.advance(timedelta(minutes=1))
    see_all(carrel)
    letters = told(carrel)
    assert len(letters) == len(set(letters)) == 120
    assert ("invitation", "history@example.org") not in letters


def test_person_who_lost_a_seat_to_a_smaller_term_is_emailed(carrel: Carrel, clock: Clock) -> None:
    home = make_home(carrel.database, 2, YEAR)
    pat, dan = people(carrel.database, 2)
    take_seat(carrel.database, home.pool_id, pat)
    take_seat(carrel.database, home.pool_id, dan, NOW + DAY)
    assert YEAR.ends_at is not None
    more(carrel.database, home, 1, Term(YEAR.ends_at, YEAR.ends_at + DAY), at=NOW)
    settle_at(carrel.database, home.pool_id, YEAR.ends_at)
    clock.set(YEAR.ends_at + timedelta(minutes=1))
    see_all(carrel)
    assert told(carrel) == [("seat_released", email_of(carrel.database, pat))]


def test_deleted_pool_has_nothing_to_email(carrel: Carrel, clock: Clock) -> None:
    with carrel.database.transaction() as session:
        queue.enqueue(
            session,
            kind=TELL,
            lane=Lane.PROMPT,
            subject="0" * 26,
            payload={"since": NOW.isoformat(), "released": []},
            now=NOW,
        )
    see_all(carrel)
    assert told(carrel) == []


def test_invitation_names_the_date_of_an_upcoming_webinar(database: Database) -> None:
    home = make_home(database, 3)
    invite_by_mail(database, home, "past@example.org")
    with database.transaction() as session:
        session.get_one(Webinar, home.webinar_id).held_at = NOW + timedelta(days=7)
    invite_by_mail(database, home, "early@example.org")
    with database.read_session() as session:
        texts = {one.recipient: one.text for one in session.scalars(select(Mail))}
    assert [to for to, text in texts.items() if "March 9, 2026" in text] == ["early@example.org"]
    assert [to for to, text in texts.items() if "takes place" in text] == ["early@example.org"]
