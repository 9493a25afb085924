"""Concurrent claims: real threads on real databases of both kinds."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from threading import Barrier

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lms.core.compiled_statements import Driver
from lms.core.database import Database
from lms.grants.grants import Term
from lms.models.grants import Withdrawal
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Seat
from lms.seats import claims, pools
from lms.seats.claim_statements import Full, Place, Sitter, count_on, seat_one, seat_uncounted
from lms.seats.waitlist_offers import impatient
from tests.clock import NOW
from tests.seats.pool_fixtures import (
    DAY,
    LINKS,
    counts,
    invite,
    let_go,
    make_home,
    more,
    people,
    settle_at,
    states,
    take,
    take_seat,
    wait,
)
from tests.seats.test_claims import email_of
from tests.servers.databases import on_postgresql
from tests.statements import rows_read

CROWD = 12


def together(number: int, act: Callable[[int], object]) -> list[object]:
    """Call a function from a number of threads at once; return the results."""
    ready = Barrier(number)

    def start(place: int) -> object:
        ready.wait()
        return act(place)

    with ThreadPoolExecutor(number) as crowd:
        return list(crowd.map(start, range(number)))


def kinds(answers: list[object]) -> Counter[str]:
    return Counter(type(answer).__name__ for answer in answers)


def test_concurrent_claims_do_not_exceed_the_last_seats(database: Database) -> None:
    home = make_home(database, 5)
    crowd = people(database, CROWD)
    for _ in range(3):
        answers = together(CROWD, lambda place: take(database, home.pool_id, crowd[place]))
    assert kinds(answers) == {"Already": 5, "Full": CROWD - 5}
    assert counts(database, home.pool_id) == (5, 5)


@pytest.mark.skipif(not on_postgresql(), reason="SQLite doesn't count the rows it reads")
def test_claim_reads_no_other_persons_seat(database: Database) -> None:
    home = make_home(database, 200)
    *crowd, last = people(database, 151)
    with database.transaction() as session:
        # known in advance; PostgreSQL has no statistics yet about the seats that they claim now
        session.execute(text("ANALYZE login, login_alias"))
    for login_id in crowd:
        take(database, home.pool_id, login_id)
    with database.transaction() as session:
        # PostgreSQL scans a small table in full; without that it reads it like a large one
        session.execute(text("SET LOCAL enable_seqscan = off"))
        before = rows_read(session, "assignment")
        claims.claim(session, home.pool_id, last, actor=None, now=NOW)
        assert rows_read(session, "assignment") == before


def test_person_who_clicks_many_times_has_one_seat(database: Database) -> None:
    home = make_home(database, 5)
    [pat] = people(database, 1)
    answers = together(CROWD, lambda _: take(database, home.pool_id, pat))
    assert kinds(answers) == {"Claimed": 1, "Already": CROWD - 1}
    assert counts(database, home.pool_id) == (1, 5)


def test_invited_person_who_clicks_many_times_has_one_seat(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    invite(database, home.pool_id, email_of(database, pat))
    answers = together(CROWD, lambda _: take(database, home.pool_id, pat))
    assert kinds(answers) == {"Claimed": 1, "Already": CROWD - 1}
    assert counts(database, home.pool_id) == (1, 1)


def test_concurrent_claims_releases_and_settlements_keep_the_count_exact(
    database: Database,
) -> None:
    home = make_home(database, 6, Term(NOW - 90 * DAY, NOW + 90 * DAY))
    sitting = people(database, 4)
    taken = [take_seat(database, home.pool_id, one, NOW - 30 * DAY) for one in sitting]
    crowd = people(database, CROWD)

    def act(place: int) -> object:
        if place < 4:
            with database.transaction() as session:
                return claims.release(
                    session, taken[place], AssignmentEnd.LEFT, links=LINKS, actor=None, now=NOW
                )
        if place < 6:
            return settle_at(database, home.pool_id, NOW)
        return take(database, home.pool_id, crowd[place])

    together(CROWD, act)
    for login_id in crowd:
        take(database, home.pool_id, login_id)
    assert counts(database, home.pool_id) == (6, 6)


def test_refund_during_claims_leaves_no_one_over_capacity(database: Database) -> None:
    home = make_home(database, 4)
    more(database, home, 4, Term(NOW), at=NOW)
    with database.read_session() as session:
        second = pools.grants_of(session, home.pool_id)[1].public_id
    crowd = people(database, CROWD)

    def act(place: int) -> object:
        if place == CROWD // 2:
            with database.transaction() as session:
                return pools.revoke_pool_grant(
                    session, second, Withdrawal.REFUNDED, reason="", actor=None, now=NOW
                )
        return take(database, home.pool_id, crowd[place])

    together(CROWD, act)
    assert counts(database, home.pool_id) == (4, 4)
    with database.read_session() as session:
        sitting = select(func.count(Assignment.id)).where(
            Assignment.state == AssignmentState.CLAIMED
        )
        assert session.scalar(sitting) == 4


@pytest.mark.skipif(not on_postgresql(), reason="SQLite lets one write at a time")
def test_release_does_not_wait_for_a_claim_by_a_person_on_the_waitlist(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    wait(database, home.pool_id, dan)
    with database.transaction() as session:  # Dan's claim, before it is counted
        sitter = claims.asking_sitter(session, dan)
        driver = Driver.of(session)
        seat_uncounted(driver, home.pool_id, sitter, Place(AssignmentState.CLAIMED), NOW)
        let_go(database, seat)
        assert count_on(driver, home.pool_id, 1)
    assert states(database, home.pool_id)[dan] is AssignmentState.CLAIMED
    assert counts(database, home.pool_id) == (1, 1)


def test_sql_error_is_not_mistaken_for_a_lock_timeout(database: Database) -> None:
    with pytest.raises(DBAPIError), database.transaction() as session, impatient(session):
        session.execute(text("SELECT no_such_function()"))


def while_open(
    database: Database, first: Callable[[Session], object], then: Callable[[], object]
) -> object:
    """Call `then` while the transaction of `first` is open, and then commit it."""
    with ThreadPoolExecutor(1) as beside:
        with database.transaction() as session:
            first(session)
            later = beside.submit(then)
            wait_for([later], timeout=0.3)
        return later.result()


def test_claim_that_finds_the_last_seat_gone_leaves_no_rows(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    answer = while_open(
        database,
        lambda session: claims.claim(session, home.pool_id, pat, actor=None, now=NOW),
        lambda: take(database, home.pool_id, dan),
    )
    assert answer == Full()
    assert counts(database, home.pool_id) == (1, 1)
    with database.read_session() as session:
        assert session.scalar(select(func.count(Seat.id))) == 1
        assert session.scalars(select(Assignment.login_id)).all() == [pat]


def test_person_invited_while_claiming_gets_the_invitations_seat(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    email = email_of(database, pat)
    place = Place(AssignmentState.INVITED, NOW + 14 * DAY)
    answer = while_open(
        database,
        lambda session: seat_one(
            session, home.pool_id, Sitter(None, email, email), place, actor=None, now=NOW
        ),
        lambda: take(database, home.pool_id, pat),
    )
    assert isinstance(answer, claims.Claimed)
    assert counts(database, home.pool_id) == (1, 2)
