"""Jobs that release or re-invite thousands of seats: counted, shown, stopped, and restarted."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.component import work_of
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.core.runtime import Carrel
from lms.jobs.queue import cancel
from lms.mail.links import Links
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import AssignmentState, Seat
from lms.registry import LIBRARY
from lms.seats import bulk_release_and_reinvite
from lms.seats.bulk_release_and_reinvite import Act, MassWork
from lms.worker.worker import see_through
from tests.clock import NOW, Clock
from tests.seats.pool_fixtures import (
    Home,
    counts,
    invite,
    let_go,
    make_home,
    people,
    states,
    take_seat,
)

WORK = work_of((LIBRARY,))
MIA = "0" * 26
MANY = 120  # more than two batches


def filled(database: Database, number: int = MANY) -> tuple[Home, list[str]]:
    """Return a pool with a number of open invitations and one claimed seat, and its seats."""
    home = make_home(database, number + 1)
    taken = [take_seat(database, home.pool_id, people(database, 1)[0])]
    taken += [invite(database, home.pool_id, f"p{each}@example.org") for each in range(number)]
    return home, taken


def organization_of(database: Database, home: Home) -> str:
    with database.read_session() as session:
        return session.get_one(Organization, home.organization_id).public_id


def begin(database: Database, home: Home, taken: list[str], act: Act = Act.RELEASE) -> str:
    where = organization_of(database, home)
    with database.transaction() as session:
        job = bulk_release_and_reinvite.begin(session, act, where, taken, actor=MIA, now=NOW)
    assert job is not None
    return job


def seen(database: Database, home: Home, job: str) -> MassWork:
    with database.read_session() as session:
        return bulk_release_and_reinvite.read_work(session, organization_of(database, home), job)


def test_all_seats_are_released_and_only_claimed_ones_emailed(
    carrel: Carrel, database: Database, clock: Clock
) -> None:
    home, taken = filled(database)
    job = begin(database, home, taken)
    waiting = seen(database, home, job)
    assert (waiting.total, waiting.done, waiting.is_live) == (MANY + 1, 0, True)
    see_through(carrel, WORK, job)
    done = seen(database, home, job)
    assert (done.state, done.done, done.share) == (JobState.DONE, MANY + 1, 1.0)
    assert counts(database, home.pool_id) == (0, MANY + 1)
    with database.read_session() as session:
        told = session.scalars(select(Mail.kind).where(Mail.kind == "seat_released")).all()
    assert len(told) == 1  # people who were never emailed an invitation lose nothing


def test_released_person_is_skipped_and_newcomer_keeps_the_seat(
    carrel: Carrel, database: Database, clock: Clock
) -> None:
    home, taken = filled(database, 2)
    job = begin(database, home, taken)
    let_go(database, taken[1])
    [kim] = people(database, 1)
    assert take_seat(database, home.pool_id, kim) == taken[1]
    see_through(carrel, WORK, job)
    assert states(database, home.pool_id)[kim] is AssignmentState.CLAIMED
    assert counts(database, home.pool_id) == (1, 3)


def test_releasing_the_same_seats_twice_changes_nothing(
    carrel: Carrel, database: Database, clock: Clock
) -> None:
    home, taken = filled(database, 3)
    first, second = begin(database, home, taken), begin(database, home, taken)
    for job in (first, second):
        see_through(carrel, WORK, job)
    assert counts(database, home.pool_id) == (0, 4)
    with database.read_session() as session:
        assert len(session.scalars(select(Seat.id)).all()) == 4


def test_release_can_be_canceled_before_it_starts(
    carrel: Carrel, database: Database, clock: Clock
) -> None:
    home, taken = filled(database, 1)
    job = begin(database, home, taken)
    with database.transaction() as session:
        cancel(session, job, actor=MIA, now=NOW)
    see_through(carrel, WORK, job)
    assert seen(database, home, job).state is JobState.CANCELED
    assert counts(database, home.pool_id) == (2, 2)


def test_progress_includes_what_a_lost_worker_had_done(
    database: Database, clock: Clock, carrel: Carrel
) -> None:
    home, taken = filled(database, 5)
    job = begin(database, home, taken)
    links = Links(carrel.settings.base_url)
    for second, part in ((10, taken[:3]), (61, taken[3:5])):
        at = NOW + timedelta(seconds=second)
        with database.transaction() as session:
            some = bulk_release_and_reinvite.people_of(session, Act.RELEASE, part)
            bulk_release_and_reinvite.release_some(session, some, links=links, actor=MIA, now=at)
    begun_anew = NOW + timedelta(seconds=60)
    with database.transaction() as session:
        row = session.scalars(select(Job).where(Job.public_id == job)).one()
        row.tries, row.started_at = 2, begun_anew
    found = seen(database, home, job)
    assert (found.total, found.done, found.before) == (6, 5, 3)


def test_bulk_work_is_visible_only_to_its_organization(database: Database, clock: Clock) -> None:
    home, taken = filled(database, 1)
    job = begin(database, home, taken)
    other = make_home(database, 1)
    with pytest.raises(NotFound):
        seen(database, other, job)
    with database.read_session() as session:
        found = bulk_release_and_reinvite.under_way(session, organization_of(database, home))
        assert found is not None
        assert (found.id, found.act) == (job, Act.RELEASE)
        assert (
            bulk_release_and_reinvite.under_way(session, organization_of(database, other)) is None
        )


def letters(database: Database) -> list[str]:
    with database.read_session() as session:
        return sorted(session.scalars(select(Mail.recipient).where(Mail.kind == "invitation")))


def test_open_invitations_are_resent_once_and_no_one_else_is_emailed(
    carrel: Carrel, database: Database, clock: Clock
) -> None:
    home, taken = filled(database)
    clock.advance(timedelta(minutes=1))
    job = begin(database, home, taken, Act.SEND_AGAIN)
    waiting = seen(database, home, job)
    assert (waiting.total, waiting.done, waiting.is_live) == (MANY, 0, True)
    see_through(carrel, WORK, job)
    done = seen(database, home, job)
    assert (done.state, done.done, done.share) == (JobState.DONE, MANY, 1.0)
    assert letters(database) == sorted(f"p{each}@example.org" for each in range(MANY))


def test_resend_that_was_killed_emails_no_one_twice(
    carrel: Carrel, database: Database, clock: Clock
) -> None:
    home, taken = filled(database, 5)
    job = begin(database, home, taken, Act.SEND_AGAIN)
    with database.transaction() as session:  # a worker did this much before it was killed
        people = bulk_release_and_reinvite.people_of(session, Act.SEND_AGAIN, taken[:3])
        links = Links(carrel.settings.base_url)
        bulk_release_and_reinvite.send_some(
            session, people, since=NOW, links=links, actor=MIA, now=NOW
        )
    see_through(carrel, WORK, job)
    assert letters(database) == [f"p{each}@example.org" for each in range(5)]


def test_resend_does_not_start_without_open_invitations(database: Database, clock: Clock) -> None:
    home, taken = filled(database, 1)
    with database.transaction() as session:
        where = organization_of(database, home)
        seat = taken[:1]  # the claimed seat
        assert (
            bulk_release_and_reinvite.begin(
                session, Act.SEND_AGAIN, where, seat, actor=MIA, now=NOW
            )
            is None
        )
