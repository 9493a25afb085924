"""Settling: capacity as terms start and end, who loses or regains seats (S10, C1, C2, C4)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from lms.core.database import Database
from lms.core.dates_and_time_zones import days_later, default_zone
from lms.grants.grants import Term
from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.jobs import Job
from lms.models.playback import PlaybackEnd
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat, SeatState
from lms.seats.pool_reconciliation import due_settlements
from tests.clock import NOW
from tests.factories import make_login, make_recording, make_webinar
from tests.seats.pool_fixtures import (
    DAY,
    YEAR,
    Home,
    counts,
    endings,
    invite,
    let_go,
    make_home,
    more,
    people,
    play,
    record,
    settle_at,
    states,
    take,
    take_seat,
    wait,
    watched,
)

assert YEAR.ends_at is not None
END = YEAR.ends_at
GRACE_OVER = END + 14 * DAY


def due(database: Database, at: datetime) -> tuple[int, ...]:
    with database.read_session() as session:
        return due_settlements(session, now=at)


def active(database: Database, login_id: int, at: datetime) -> None:
    """Record that a person watched something at that time."""
    with database.transaction() as session:
        recording = make_recording(session, make_webinar(session))
        row = record(login_id, recording.id, 0.1)
        row.updated_at = at
        session.add(row)


def filled(database: Database, number: int, term: Term = YEAR) -> tuple[Home, list[int]]:
    """Return a full pool and its people, the most recently active first."""
    home = make_home(database, number, term)
    sitting = people(database, number)
    for place, login_id in enumerate(sitting):
        take_seat(database, home.pool_id, login_id, NOW)
        active(database, login_id, NOW + (number - place) * DAY)
    return home, sitting


def test_grace_period_keeps_all_people_and_the_count(database: Database) -> None:
    home, sitting = filled(database, 2)
    assert settle_at(database, home.pool_id, END) == 0
    assert counts(database, home.pool_id) == (2, 2)
    assert due(database, END) == ()
    assert states(database, home.pool_id) == dict.fromkeys(sitting, AssignmentState.CLAIMED)


def test_people_are_frozen_and_invitations_end_after_the_grace_period(database: Database) -> None:
    home = make_home(database, 4, YEAR)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    early = take_seat(database, home.pool_id, *people(database, 1))
    let_go(database, early)  # locked, because it was released too early
    invite(database, home.pool_id, "kim@example.org")
    assert due(database, GRACE_OVER - timedelta(seconds=1)) == (home.pool_id,)  # unlock time
    assert settle_at(database, home.pool_id, GRACE_OVER) == 1
    assert counts(database, home.pool_id) == (0, 0)
    assert states(database, home.pool_id)[pat] is AssignmentState.FROZEN
    with database.read_session() as session:
        kim = session.scalars(select(Assignment).where(Assignment.login_id.is_(None))).one()
        assert kim.ended_as is AssignmentEnd.LAPSED
        seats = {row.public_id: row.state for row in session.scalars(select(Seat))}
        assert seats.pop(seat) is SeatState.TAKEN
        assert set(seats.values()) == {SeatState.FREE}


def test_locked_seat_of_a_lapsed_pool_is_unlocked(database: Database) -> None:
    home = make_home(database, 1, Term(NOW - DAY, NOW + DAY))
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    with database.transaction() as session:
        session.execute(update(Seat).where(Seat.public_id == seat).values(state=SeatState.LOCKED))
        session.execute(
            update(Assignment).values(state="released", ended_at=NOW, ended_as="removed")
        )
    settle_at(database, home.pool_id, NOW + 15 * DAY)
    assert counts(database, home.pool_id) == (0, 0)


def test_late_renewal_restores_the_same_people(database: Database) -> None:
    home, sitting = filled(database, 3)
    settle_at(database, home.pool_id, GRACE_OVER)
    more(database, home, 3, Term(GRACE_OVER + DAY, GRACE_OVER + 365 * DAY), at=GRACE_OVER + DAY)
    assert states(database, home.pool_id) == dict.fromkeys(sitting, AssignmentState.CLAIMED)
    assert counts(database, home.pool_id) == (3, 3)


def test_smaller_late_renewal_restores_the_most_recently_active_people(
    database: Database,
) -> None:
    home, (pat, dan, kim) = filled(database, 3)
    settle_at(database, home.pool_id, GRACE_OVER)
    more(database, home, 2, Term(GRACE_OVER, GRACE_OVER + 365 * DAY), at=GRACE_OVER)
    assert states(database, home.pool_id) == {
        pat: AssignmentState.CLAIMED,
        dan: AssignmentState.CLAIMED,
        kim: AssignmentState.FROZEN,
    }
    more(database, home, 1, Term(GRACE_OVER, GRACE_OVER + 365 * DAY), at=GRACE_OVER)
    assert states(database, home.pool_id)[kim] is AssignmentState.CLAIMED


def test_frozen_people_keep_their_seats_reserved_for_90_days(database: Database) -> None:
    home, (pat,) = filled(database, 1)
    settle_at(database, home.pool_id, GRACE_OVER)
    over = days_later(GRACE_OVER, 90 * DAY, default_zone())
    almost = over - timedelta(seconds=1)
    assert due(database, almost) == ()
    settle_at(database, home.pool_id, almost)
    assert states(database, home.pool_id) == {pat: AssignmentState.FROZEN}
    assert due(database, over) == (home.pool_id,)
    settle_at(database, home.pool_id, over)
    assert states(database, home.pool_id) == {pat: AssignmentState.RELEASED}
    assert due(database, over) == ()


def test_smaller_renewal_releases_the_least_active_on_its_first_day(database: Database) -> None:
    home, (pat, dan, kim) = filled(database, 3)
    more(database, home, 1, Term(END, END + 365 * DAY), at=NOW)
    assert counts(database, home.pool_id) == (3, 3)
    assert due(database, END - timedelta(seconds=1)) == ()
    assert due(database, END) == (home.pool_id,)
    settle_at(database, home.pool_id, END)
    assert counts(database, home.pool_id) == (1, 1)
    assert states(database, home.pool_id) == {
        pat: AssignmentState.CLAIMED,
        dan: AssignmentState.RELEASED,
        kim: AssignmentState.RELEASED,
    }
    with database.read_session() as session:
        [job] = session.scalars(select(Job)).all()
        assert len(job.payload["released"]) == 2
        assert set(session.scalars(select(Assignment.ended_as).where(Assignment.ended_at == END)))


def test_losing_a_seat_to_a_smaller_term_stops_playback_of_merged_accounts(
    database: Database,
) -> None:
    home, (pat, dan) = filled(database, 2)
    [old] = people(database, 1)
    with database.transaction() as session:
        session.get_one(Login, old).merged_into = dan
    recording_id = watched(database, home, pat, 0.1)
    for login_id in (pat, dan, old):
        play(database, login_id, recording_id, END - DAY / 24)
    more(database, home, 1, Term(END, END + 365 * DAY), at=NOW)
    settle_at(database, home.pool_id, END)
    lost = (END, PlaybackEnd.RELEASED)
    assert endings(database) == [(None, None), lost, lost]


def test_activity_of_the_kept_account_counts_for_a_merged_accounts_seat(
    database: Database,
) -> None:
    home, (pat, dan) = filled(database, 2)
    [kept] = people(database, 1)
    with database.transaction() as session:
        session.get_one(Login, dan).merged_into = kept
    active(database, kept, NOW + 3 * DAY)
    more(database, home, 1, Term(END, END + 365 * DAY), at=NOW)
    settle_at(database, home.pool_id, END)
    assert states(database, home.pool_id) == {
        pat: AssignmentState.RELEASED,
        dan: AssignmentState.CLAIMED,
    }


def test_losing_a_merged_accounts_seat_stops_playback_of_the_kept_account(
    database: Database,
) -> None:
    home, (pat, dan) = filled(database, 2)
    [kept] = people(database, 1)
    with database.transaction() as session:
        session.get_one(Login, dan).merged_into = kept
    play(database, kept, watched(database, home, pat, 0.1), END - DAY / 24)
    more(database, home, 1, Term(END, END + 365 * DAY), at=NOW)
    settle_at(database, home.pool_id, END)
    assert endings(database) == [(END, PlaybackEnd.RELEASED)]


def test_locked_offered_and_invited_seats_are_lost_before_claimed_ones(
    database: Database,
) -> None:
    home = make_home(database, 5, YEAR)
    pat, dan, kim = people(database, 3)
    take_seat(database, home.pool_id, pat)
    freed = take_seat(database, home.pool_id, dan)
    invite(database, home.pool_id, "invited@example.org")
    invite(database, home.pool_id, "offered@example.org", state=AssignmentState.OFFERED)
    let_go(database, freed)
    assert counts(database, home.pool_id) == (4, 5)
    for capacity, lost in ((3, None), (2, "offered@example.org"), (1, "invited@example.org")):
        with database.transaction() as session:
            session.execute(update(Grant).values(seats=capacity))
        settle_at(database, home.pool_id, NOW)
        assert counts(database, home.pool_id) == (capacity, capacity)
        gone = [
            who
            for who, state in states(database, home.pool_id).items()
            if state is AssignmentState.RELEASED and who != dan
        ]
        assert lost is None or lost in gone
    assert states(database, home.pool_id)[pat] is AssignmentState.CLAIMED
    assert kim not in states(database, home.pool_id)


def test_additional_seats_are_offered_to_the_waitlist(database: Database) -> None:
    home, _ = filled(database, 1)
    [dan] = people(database, 1)
    wait(database, home.pool_id, dan)
    more(database, home, 1, YEAR, at=NOW)
    assert states(database, home.pool_id)[dan] is AssignmentState.OFFERED
    assert counts(database, home.pool_id) == (2, 2)


def test_late_renewal_offers_seats_that_the_grace_period_did_not(database: Database) -> None:
    home = make_home(database, 1, YEAR)
    [dan] = people(database, 1)
    wait(database, home.pool_id, dan)
    assert due(database, END) == ()
    settle_at(database, home.pool_id, END)
    assert states(database, home.pool_id) == {}
    more(database, home, 1, Term(END + DAY, END + 365 * DAY), at=END)
    assert due(database, END + DAY) == (home.pool_id,)
    settle_at(database, home.pool_id, END + DAY)
    assert states(database, home.pool_id)[dan] is AssignmentState.OFFERED


def test_future_contract_has_its_seats_before_it_starts(database: Database) -> None:
    home = make_home(database, 2, Term(NOW + DAY, NOW + 30 * DAY))
    assert counts(database, home.pool_id) == (0, 2)
    assert due(database, NOW + DAY) == ()


def test_seats_added_mid_term_end_with_the_term(database: Database) -> None:
    home = make_home(database, 2, YEAR)
    more(database, home, 3, Term(NOW, END), at=NOW)
    assert counts(database, home.pool_id) == (0, 5)
    settle_at(database, home.pool_id, GRACE_OVER)
    assert counts(database, home.pool_id) == (0, 0)


def test_unlimited_seats_can_become_limited_and_unlimited_again(database: Database) -> None:
    home = make_home(database, None, YEAR)
    sitting = people(database, 3)
    for place, login_id in enumerate(sitting):
        take_seat(database, home.pool_id, login_id, NOW + place * DAY)
    more(database, home, 2, Term(END, END + DAY), at=NOW)
    more(database, home, None, Term(END + DAY, END + 9 * DAY), at=NOW)
    settle_at(database, home.pool_id, END)
    assert counts(database, home.pool_id) == (2, 2)
    settle_at(database, home.pool_id, END + DAY)
    assert counts(database, home.pool_id) == (2, None)


def test_settling_again_changes_nothing(database: Database) -> None:
    home, sitting = filled(database, 2)
    for at in (NOW, END, GRACE_OVER, GRACE_OVER):
        settle_at(database, home.pool_id, at)
    assert counts(database, home.pool_id) == (0, 0)
    assert states(database, home.pool_id) == dict.fromkeys(sitting, AssignmentState.FROZEN)
    with database.read_session() as session:
        assert set(session.scalars(select(Assignment.frozen_at))) == {GRACE_OVER}
        assert session.scalar(select(func.count(Job.id))) == 0


def test_last_claim_also_counts_as_activity(database: Database) -> None:
    home = make_home(database, 2, YEAR)
    pat, dan = people(database, 2)
    active(database, pat, NOW - 100 * DAY)
    take_seat(database, home.pool_id, pat, NOW + DAY)
    take_seat(database, home.pool_id, dan, NOW)
    more(database, home, 1, Term(END, END + DAY), at=NOW)
    settle_at(database, home.pool_id, END)
    assert states(database, home.pool_id)[pat] is AssignmentState.CLAIMED


@pytest.mark.parametrize("seats", [1, None])
def test_no_settlement_is_due_while_nothing_changes(database: Database, seats: int | None) -> None:
    home = make_home(database, seats)
    take(database, home.pool_id, *people(database, 1))
    with database.transaction() as session:
        make_login(session)
    assert due(database, NOW + 20 * 365 * DAY) == ()
    with database.read_session() as session:
        assert session.scalars(select(Pool.capacity)).all() == [seats]
