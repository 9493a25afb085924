"""The waitlist: first in, first out, one entry per person (S9)."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audience.audience import audience
from lms.audience.events import Role
from lms.catalog import webinars
from lms.catalog.replacement_webinars import NewInstead
from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.models.accounts import ERASED_AS, Login
from lms.models.catalog import InsteadKind, Webinar, WebinarState
from lms.models.seats import AssignmentState, WaitingEnd, WaitingEntry
from lms.seats import invitations, waitlist
from lms.seats.pool_reconciliation import due_settlements
from lms.seats.waitlist import Offered, Waiting
from tests.clock import NOW
from tests.seats.pool_fixtures import (
    DAY,
    LINKS,
    YEAR,
    by_link,
    counts,
    let_go,
    link_facts,
    make_home,
    newest_token,
    people,
    settle_at,
    states,
    take,
    take_seat,
)


def join(database: Database, pool_id: int, login_id: int, at=NOW) -> Waiting | Offered:
    with database.transaction() as session:
        return waitlist.join(session, pool_id, login_id, actor=None, now=at)


def test_waitlist_requires_an_account_and_a_pool_that_accepts_claims(database: Database) -> None:
    home = make_home(database, 1, YEAR)
    [pat] = people(database, 1)
    with pytest.raises(Conflict):
        join(database, home.pool_id, pat, NOW + 356 * DAY)
    with pytest.raises(NotFound):
        join(database, home.pool_id, 12345)


def test_joining_the_waitlist_again_keeps_the_position(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan, kim = people(database, 3)
    take(database, home.pool_id, pat)
    first = join(database, home.pool_id, dan)
    second = join(database, home.pool_id, kim, NOW + timedelta(minutes=1))
    assert isinstance(first, Waiting)
    assert isinstance(second, Waiting)
    assert (first.position, second.position) == (1, 2)
    assert join(database, home.pool_id, dan, NOW + DAY) == first
    with database.read_session() as session:
        listed = waitlist.list_waiting(session, home.pool_id)
        assert [one.position for one in listed] == [1, 2]
        assert listed[0].public_id == first.entry


def test_available_seat_is_offered_at_once_to_the_person_who_joins(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    held = Offered(NOW + timedelta(hours=72))
    assert join(database, home.pool_id, pat) == held
    assert join(database, home.pool_id, pat) == held
    assert counts(database, home.pool_id) == (1, 1)


def test_person_with_a_seat_cannot_join_the_waitlist(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    take(database, home.pool_id, pat)
    with pytest.raises(Conflict):
        join(database, home.pool_id, pat)


def test_people_who_leave_or_are_removed_are_skipped(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan, kim, lee = people(database, 4)
    seat = take_seat(database, home.pool_id, pat)
    join(database, home.pool_id, dan)
    kims = join(database, home.pool_id, kim)
    join(database, home.pool_id, lee)
    assert isinstance(kims, Waiting)
    with database.transaction() as session:
        for _ in range(2):
            waitlist.leave(session, home.pool_id, dan, now=NOW)
        waitlist.remove(session, home.pool_id, kims.entry, actor=None, now=NOW)
    other = make_home(database, 1)
    for pool_id in (home.pool_id, other.pool_id):
        with pytest.raises(NotFound), database.transaction() as session:
            waitlist.remove(session, pool_id, kims.entry, actor=None, now=NOW)
    let_go(database, seat)
    assert states(database, home.pool_id)[lee] is AssignmentState.OFFERED


def test_merged_accounts_wait_as_one_person(database: Database) -> None:
    home = make_home(database, 1)
    pat, old, kim, kept = people(database, 4)
    seat = take_seat(database, home.pool_id, pat)
    for number, login_id in enumerate((old, kim, kept)):
        join(database, home.pool_id, login_id, NOW + timedelta(minutes=number))
    with database.transaction() as session:
        session.get_one(Login, old).merged_into = kept
    waiting = join(database, home.pool_id, kept, NOW + DAY)
    assert isinstance(waiting, Waiting)
    assert waiting.position == 1
    with database.transaction() as session:
        assert waitlist.is_waiting(session, home.pool.public_id, kept)
        waitlist.leave(session, home.pool_id, kept, now=NOW)
        assert not waitlist.is_waiting(session, home.pool.public_id, kept)
    let_go(database, seat)
    assert states(database, home.pool_id)[kim] is AssignmentState.OFFERED


def test_person_with_a_seat_in_another_merged_account_is_skipped(
    database: Database,
) -> None:
    home = make_home(database, 2)
    pat, kept, old, kim = people(database, 4)
    seat = take_seat(database, home.pool_id, pat)
    take_seat(database, home.pool_id, kept)
    for number, login_id in enumerate((old, kim)):
        join(database, home.pool_id, login_id, NOW + timedelta(minutes=number))
    with database.transaction() as session:
        session.get_one(Login, old).merged_into = kept
    let_go(database, seat)
    assert states(database, home.pool_id)[kim] is AssignmentState.OFFERED


def test_person_without_an_address_can_wait(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    with database.transaction() as session:
        login = session.get_one(Login, dan)
        login.email = login.email_key = None
    join(database, home.pool_id, dan)
    let_go(database, seat)
    with database.read_session() as session:
        assert session.scalars(select(WaitingEntry.ended_as)).all() == ["offered"]
    assert type(take(database, home.pool_id, dan)).__name__ == "Claimed"


def test_expired_offer_does_not_bypass_the_waitlist(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    join(database, home.pool_id, pat)
    join(database, home.pool_id, dan)
    late = NOW + timedelta(hours=73)
    assert type(take(database, home.pool_id, pat, late)).__name__ == "Full"
    assert states(database, home.pool_id)[dan] is AssignmentState.OFFERED


def test_no_seat_of_a_canceled_webinar_is_offered_until_it_is_reinstated(
    database: Database,
) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    join(database, home.pool_id, dan)
    with database.transaction() as session:
        session.get_one(Webinar, home.webinar_id).state = WebinarState.CANCELED
    let_go(database, seat)
    assert dan not in states(database, home.pool_id)
    with database.transaction() as session:
        session.get_one(Webinar, home.webinar_id).state = WebinarState.ANNOUNCED
        assert due_settlements(session, now=NOW) == (home.pool_id,)
    settle_at(database, home.pool_id, NOW)
    assert states(database, home.pool_id)[dan] is AssignmentState.OFFERED


def call_off(session: Session, slug: str, *, is_pulled: bool) -> None:
    if is_pulled:
        instead = NewInstead(InsteadKind.REFUND)
        webinars.pull_webinar(
            session, slug, reason="A claim.", instead=instead, actor=None, now=NOW
        )
    else:
        webinars.cancel_webinar(session, slug, actor=None, now=NOW)


@pytest.mark.parametrize("is_pulled", [False, True])
def test_seat_offer_is_closed_when_its_webinar_is_canceled_or_removed(
    database: Database, *, is_pulled: bool
) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    join(database, home.pool_id, pat)
    join(database, home.pool_id, dan, NOW + timedelta(minutes=1))
    with database.transaction() as session:
        invitations.write_invitations(session, home.pool_id, 9, links=LINKS, now=NOW)
        webinar = session.get_one(Webinar, home.webinar_id)
        webinar.held_at, slug = NOW + 9 * DAY, webinar.slug
        call_off(session, slug, is_pulled=is_pulled)
    token = newest_token(database, "seat_offer")
    assert counts(database, home.pool_id) == (0, 1)
    with database.read_session() as session:
        assert link_facts(session, token, now=NOW).is_off
        webinar = session.get_one(Webinar, home.webinar_id)
        assert [
            one.roles for one in audience(session, webinar, now=NOW) if one.login_id in (pat, dan)
        ] == [{Role.WAITING}] * 2
        assert [one.position for one in waitlist.list_waiting(session, home.pool_id)] == [1, 2]
        assert due_settlements(session, now=NOW) == ()
    with pytest.raises(Conflict):
        by_link(database, token, pat)
    with database.transaction() as session:
        webinars.restore_webinar(session, slug, actor=None, now=NOW)
    settle_at(database, home.pool_id, NOW + DAY)
    assert states(database, home.pool_id)[pat] is AssignmentState.OFFERED
    assert dan not in states(database, home.pool_id)


def test_seat_is_not_offered_to_an_account_deleted_while_waiting(
    database: Database,
) -> None:
    home = make_home(database, 1)
    pat, gone, kim = people(database, 3)
    seat = take_seat(database, home.pool_id, pat)
    for minutes, one in enumerate((gone, kim)):
        join(database, home.pool_id, one, NOW + timedelta(minutes=minutes))
    with database.transaction() as session:
        session.get_one(Login, gone).blocked_reason = ERASED_AS
    let_go(database, seat)
    with database.read_session() as session:
        ends = select(WaitingEntry.login_id, WaitingEntry.ended_as).order_by(WaitingEntry.id)
        assert [tuple(row) for row in session.execute(ends)] == [
            (gone, WaitingEnd.LEFT),
            (kim, WaitingEnd.OFFERED),
        ]
