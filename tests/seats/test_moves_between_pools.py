"""Moving people to another pool of their organization, and undoing it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.grants.grants import Target
from lms.models.grants import Scope
from lms.models.jobs import JobState
from lms.models.mail import Mail
from lms.models.seats import AssignmentState, SeatState
from lms.seats import claims, moves_between_pools
from lms.seats.moves_between_pools import NO_ROOM, Move
from tests.clock import NOW
from tests.factories import make_webinar
from tests.seats.pool_fixtures import (
    FOR_GOOD,
    LINKS,
    YEAR,
    Home,
    counts,
    invite,
    make_home,
    people,
    seat_row,
    sold,
    states,
    take,
    take_seat,
    wait,
    watched,
)

MIA = "0" * 26


def two_pools(database: Database, seats_here: int, seats_there: int) -> tuple[Home, int]:
    """Return an organization with seats for one webinar, and a second pool for another."""
    home = make_home(database, seats_here)
    with database.transaction() as session:
        other = Target(Scope.WEBINAR, make_webinar(session).id)
        return home, sold(session, home.organization_id, other, seats_there, FOR_GOOD).id


def move(database: Database, seat_ids: list[str], pool_id: int, at: datetime = NOW) -> Move:
    with database.transaction() as session:
        return moves_between_pools.move_many(
            session, seat_ids, pool_id, links=LINKS, actor=MIA, now=at
        )


def undo(database: Database, at: datetime = NOW) -> None:
    with database.read_session() as session:
        moved = moves_between_pools.moved_together(session, actor=MIA, at=NOW)
    for one in moved:
        with database.transaction() as session:
            moves_between_pools.move_back(session, one, actor=MIA, now=at)


def letters(database: Database, state: JobState = JobState.QUEUED) -> list[str]:
    with database.read_session() as session:
        return list(session.scalars(select(Mail.kind).where(Mail.state == state)))


def test_person_with_a_seat_gets_the_other_and_one_email(database: Database) -> None:
    home, there = two_pools(database, 2, 2)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    assert move(database, [seat], there) == Move(moved=1, stayed=0)
    assert (counts(database, home.pool_id), counts(database, there)) == ((0, 2), (1, 2))
    assert states(database, home.pool_id) == {pat: AssignmentState.RELEASED}
    assert states(database, there) == {pat: AssignmentState.CLAIMED}
    assert letters(database) == ["seat_moved"]


def test_invitation_is_recreated_in_the_new_pool(database: Database) -> None:
    home, there = two_pools(database, 2, 2)
    seat = invite(database, home.pool_id, "kim@example.org")
    assert move(database, [seat], there).moved == 1
    assert states(database, there) == {"kim@example.org": AssignmentState.INVITED}
    assert (counts(database, home.pool_id), counts(database, there)) == ((0, 2), (1, 2))
    assert letters(database) == []  # the new email is written once the move can't be undone


def test_no_one_moves_if_too_few_seats_are_available(database: Database) -> None:
    home, there = two_pools(database, 3, 1)
    taken = [take_seat(database, home.pool_id, one) for one in people(database, 2)]
    with pytest.raises(Conflict) as refused:
        move(database, taken, there)
    assert refused.value.message == NO_ROOM
    assert (counts(database, home.pool_id), counts(database, there)) == ((2, 3), (0, 1))
    assert letters(database) == []


def test_person_with_a_seat_in_the_new_pool_stays(database: Database) -> None:
    home, there = two_pools(database, 4, 4)
    pat, kim = people(database, 2)
    here = [take_seat(database, home.pool_id, one) for one in (pat, kim)]
    take(database, there, pat)
    invited = invite(database, home.pool_id, "lee@example.org")
    invite(database, there, "lee@example.org")
    assert move(database, [*here, invited], there) == Move(moved=1, stayed=2)
    assert states(database, home.pool_id)[pat] is AssignmentState.CLAIMED
    assert counts(database, there) == (3, 4)


def test_vacated_seat_can_be_assigned_again(database: Database) -> None:
    home, there = two_pools(database, 1, 2)
    pat, dan = people(database, 2)
    watched(database, home, pat, 0.6)
    seat = take_seat(database, home.pool_id, pat)
    wait(database, home.pool_id, dan)
    move(database, [seat], there)
    assert seat_row(database, seat).state is SeatState.LOCKED
    assert counts(database, home.pool_id) == (1, 1)


def test_move_can_be_undone_for_30_seconds(database: Database) -> None:
    home, there = two_pools(database, 2, 2)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    invited = invite(database, home.pool_id, "kim@example.org")
    move(database, [seat, invited], there)
    undo(database, NOW + timedelta(seconds=20))
    assert (counts(database, home.pool_id), counts(database, there)) == ((2, 2), (0, 2))
    assert states(database, home.pool_id) == {
        pat: AssignmentState.CLAIMED,
        "kim@example.org": AssignmentState.INVITED,
    }
    assert states(database, there) == {}
    assert letters(database, JobState.CANCELED) == ["seat_moved"]


def test_move_cannot_be_undone_later(database: Database) -> None:
    home, there = two_pools(database, 2, 2)
    seat = take_seat(database, home.pool_id, people(database, 1)[0])
    move(database, [seat], there)
    with pytest.raises(Conflict):
        undo(database, NOW + timedelta(seconds=31))
    assert (counts(database, home.pool_id), counts(database, there)) == ((0, 2), (1, 2))


def test_move_cannot_be_undone_once_the_old_seat_is_taken(database: Database) -> None:
    home, there = two_pools(database, 1, 2)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    move(database, [seat], there)
    take_seat(database, home.pool_id, dan)
    with pytest.raises(Conflict):
        undo(database)
    assert states(database, there) == {pat: AssignmentState.CLAIMED}
    assert (counts(database, home.pool_id), counts(database, there)) == ((1, 1), (1, 2))


def test_no_one_moves_into_an_ended_pool(database: Database) -> None:
    home, _ = two_pools(database, 1, 1)
    seat = take_seat(database, home.pool_id, people(database, 1)[0])
    with database.transaction() as session:
        past = sold(session, home.organization_id, Target(Scope.EVERYTHING, None), 3, YEAR)
    with pytest.raises(Conflict):
        move(database, [seat], past.id, NOW + timedelta(days=500))


def test_too_many_and_unknown_seats_are_refused(database: Database) -> None:
    _, there = two_pools(database, 1, 1)
    with pytest.raises(Invalid):
        move(database, [str(number) for number in range(201)], there)
    with pytest.raises(NotFound):
        move(database, ["0" * 26], there)


def test_claiming_again_after_a_move_returns_the_same_seat(database: Database) -> None:
    home, there = two_pools(database, 1, 1)
    [pat] = people(database, 1)
    move(database, [take_seat(database, home.pool_id, pat)], there)
    assert isinstance(take(database, there, pat), claims.Already)
