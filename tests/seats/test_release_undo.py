"""Undoing a release while no one else has the seat."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.core.errors import Conflict
from lms.models.jobs import JobState
from lms.models.mail import Mail
from lms.models.seats import (
    AssignmentState,
    Pool,
    SeatState,
    WaitingEntry,
)
from lms.seats.seat_counts import UNDO_FOR
from tests.clock import NOW
from tests.seats.pool_fixtures import (
    YEAR,
    counts,
    let_go,
    make_home,
    people,
    seat_row,
    states,
    take_seat,
    undo,
    wait,
)


def test_undo_restores_the_person_and_cancels_the_email(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat)
    undo(database, seat, NOW + timedelta(seconds=10))
    assert states(database, home.pool_id) == {pat: AssignmentState.CLAIMED}
    assert counts(database, home.pool_id) == (1, 1)
    with database.read_session() as session:
        assert session.scalars(select(Mail.state)).all() == [JobState.CANCELED]


def test_undo_removes_the_lock(database: Database) -> None:
    home = make_home(database, 1, YEAR)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat)
    undo(database, seat)
    assert seat_row(database, seat).state is SeatState.TAKEN
    assert counts(database, home.pool_id) == (1, 1)


def test_undo_withdraws_an_offer_that_was_not_emailed(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    wait(database, home.pool_id, dan)
    let_go(database, seat)
    undo(database, seat)
    assert states(database, home.pool_id) == {pat: AssignmentState.CLAIMED}
    with database.read_session() as session:
        assert session.scalars(select(WaitingEntry.ended_at)).all() == [None]
    let_go(database, seat, NOW + timedelta(seconds=1))
    assert states(database, home.pool_id)[dan] is AssignmentState.OFFERED


def test_undo_withdraws_the_offer_made_with_another_seat(database: Database) -> None:
    home = make_home(database, 2)
    pat, kim, dan = people(database, 3)
    spare = take_seat(database, home.pool_id, pat)
    seat = take_seat(database, home.pool_id, kim)
    let_go(database, spare)
    with database.transaction() as session:  # as if one seat fewer had been sold
        session.execute(update(Pool).where(Pool.id == home.pool_id).values(capacity=1))
    wait(database, home.pool_id, dan)
    let_go(database, seat)
    assert seat_row(database, spare).state is SeatState.TAKEN
    undo(database, seat)
    assert states(database, home.pool_id)[kim] is AssignmentState.CLAIMED
    assert counts(database, home.pool_id) == (1, 1)


def test_undo_is_refused_once_the_seat_is_reassigned(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat)
    take_seat(database, home.pool_id, dan)
    with pytest.raises(Conflict):
        undo(database, seat)


def test_undo_is_refused_once_the_pool_is_full(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat)
    with database.transaction() as session:
        session.execute(update(Pool).where(Pool.id == home.pool_id).values(capacity=0))
    with pytest.raises(Conflict):
        undo(database, seat)


def test_undo_is_refused_once_the_person_has_another_seat(database: Database) -> None:
    home = make_home(database, 2)
    pat, dan = people(database, 2)
    spare = take_seat(database, home.pool_id, dan)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, spare)
    let_go(database, seat)
    assert take_seat(database, home.pool_id, pat) == spare
    with pytest.raises(Conflict):
        undo(database, seat)
    assert counts(database, home.pool_id) == (1, 2)


def test_undo_is_refused_after_30_seconds(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat)
    with pytest.raises(Conflict):
        undo(database, seat, NOW + UNDO_FOR + timedelta(seconds=1))
