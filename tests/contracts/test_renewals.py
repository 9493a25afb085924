"""Renewing contracts: one more grant, for the same people (PRODUCT.md, C2 to C4 and A5)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from lms.contracts import renewals
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.grants.grants import Term
from lms.models.grants import Withdrawal
from lms.models.seats import AssignmentState
from lms.seats import pools
from tests.clock import NOW
from tests.contracts.contract_fixtures import DAY, END, OFFICE, make_contract, renewed
from tests.seats.pool_fixtures import (
    counts,
    make_home,
    people,
    settle_at,
    states,
    take_seat,
    watched,
)

CLAIMED, FROZEN, RELEASED = (
    AssignmentState.CLAIMED,
    AssignmentState.FROZEN,
    AssignmentState.RELEASED,
)
NEXT_END = END + 365 * DAY


def leavers(database: Database, pool_id: int) -> list[str]:
    with database.read_session() as session:
        shortage = renewals.shortage_ahead(session, pool_id, now=NOW)
    return [] if shortage is None else [one.seat for one in shortage.leavers]


def test_early_renewal_starts_at_the_end_and_changes_no_seat(database: Database) -> None:
    made = make_contract(database)
    sitting = people(database, 3)
    for one in sitting:
        take_seat(database, made.pool_id, one)
    before = states(database, made.pool_id)
    done = renewed(database, made.pool_id, 9, at=NOW, ends_at=NEXT_END)
    assert (done.starts_at, done.ends_at, done.seats) == (END, NEXT_END, 9)
    assert counts(database, made.pool_id) == (3, 4)
    settle_at(database, made.pool_id, END)
    assert counts(database, made.pool_id) == (3, 9)
    assert states(database, made.pool_id) == before


@pytest.mark.parametrize("sold_in", ["America/Los_Angeles", "America/New_York", "UTC"])
def test_renewal_has_the_same_last_day_after_a_time_zone_change(
    database: Database, sold_in: str
) -> None:
    ends_at = datetime(2026, 7, 1, tzinfo=ZoneInfo(sold_in))
    made = make_contract(database, 5, Term(NOW - DAY, ends_at))
    with database.read_session() as session:
        until = renewals.renewed_end(session, made.pool_id, OFFICE.zone, now=NOW)
    assert until == datetime(2027, 7, 1, tzinfo=OFFICE.zone)


@pytest.mark.parametrize(("days", "starts"), [(5, 0), (13, 0), (14, 14), (40, 40)])
def test_renewal_in_grace_starts_at_the_end_and_a_later_one_starts_now(
    database: Database, days: int, starts: int
) -> None:
    made = make_contract(database)
    late = END + days * DAY
    settle_at(database, made.pool_id, late)
    done = renewed(database, made.pool_id, 4, at=late, ends_at=NEXT_END)
    assert done.starts_at == END + starts * DAY


def test_second_renewal_follows_the_first(database: Database) -> None:
    made = make_contract(database)
    renewed(database, made.pool_id, 4, at=NOW, ends_at=NEXT_END)
    done = renewed(database, made.pool_id, 4, at=NOW, ends_at=NEXT_END + 365 * DAY)
    assert done.starts_at == NEXT_END


def test_renewal_after_grace_restores_the_same_people(database: Database) -> None:
    made = make_contract(database)
    [pat] = people(database, 1)
    take_seat(database, made.pool_id, pat)
    settle_at(database, made.pool_id, END + 20 * DAY)
    assert states(database, made.pool_id) == {pat: FROZEN}
    renewed(database, made.pool_id, 4, at=END + 80 * DAY, ends_at=NEXT_END)
    assert states(database, made.pool_id) == {pat: CLAIMED}
    assert counts(database, made.pool_id) == (1, 4)


def test_refunding_a_renewal_revokes_only_that_grant(database: Database) -> None:
    made = make_contract(database)
    [pat] = people(database, 1)
    take_seat(database, made.pool_id, pat)
    renewed(database, made.pool_id, 4, at=NOW, ends_at=NEXT_END)
    with database.transaction() as session:
        last = pools.grants_of(session, made.pool_id)[-1]
        refunded = Withdrawal.REFUNDED
        pools.revoke_pool_grant(session, last.public_id, refunded, reason="", actor=None, now=NOW)
    assert states(database, made.pool_id) == {pat: CLAIMED}
    assert counts(database, made.pool_id) == (1, 4)


def test_permanent_seats_cannot_be_renewed(database: Database) -> None:
    home = make_home(database, 3)
    with pytest.raises(Conflict):
        renewed(database, home.pool_id, 3, at=NOW, ends_at=NEXT_END)


@pytest.mark.parametrize("seats", [0, -1])
def test_renewal_has_at_least_one_seat(database: Database, seats: int) -> None:
    made = make_contract(database)
    with pytest.raises(Invalid) as refusal:
        renewed(database, made.pool_id, seats, at=NOW, ends_at=NEXT_END)
    assert set(refusal.value.fields) == {"seats"}


def test_renewal_must_end_after_the_previous_term(database: Database) -> None:
    made = make_contract(database)
    with pytest.raises(Invalid) as refusal:
        renewed(database, made.pool_id, 4, at=NOW, ends_at=END)
    assert set(refusal.value.fields) == {"ends_at"}


def test_preview_lists_the_least_recently_active_people(database: Database) -> None:
    made = make_contract(database, 3)
    first, second, third = people(database, 3)
    seats = [
        take_seat(database, made.pool_id, one, NOW - (9 - n) * DAY)
        for n, one in enumerate((first, second, third))
    ]
    watched(database, made.home, first, 0.3)  # active just now
    renewed(database, made.pool_id, 1, at=NOW, ends_at=NEXT_END)
    assert leavers(database, made.pool_id) == [seats[1], seats[2]]


def test_no_one_can_be_chosen_to_leave_while_there_is_room(database: Database) -> None:
    made = make_contract(database, 3)
    [pat] = people(database, 1)
    seat = take_seat(database, made.pool_id, pat)
    renewed(database, made.pool_id, 1, at=NOW, ends_at=NEXT_END)
    assert leavers(database, made.pool_id) == []
    with database.transaction() as session, pytest.raises(Conflict):
        renewals.choose_leavers(session, made.pool_id, [seat], actor=None, now=NOW)


def test_people_chosen_to_leave_stay_until_the_first_day(
    database: Database,
) -> None:
    made = make_contract(database, 2)
    first, second = people(database, 2)
    take_seat(database, made.pool_id, first, NOW - 9 * DAY)
    seat = take_seat(database, made.pool_id, second, NOW - DAY)
    renewed(database, made.pool_id, 1, at=NOW, ends_at=NEXT_END)
    with database.transaction() as session:
        renewals.choose_leavers(session, made.pool_id, [seat], actor=None, now=NOW)
    assert leavers(database, made.pool_id) == [seat]
    assert states(database, made.pool_id) == {first: CLAIMED, second: CLAIMED}
    settle_at(database, made.pool_id, END)
    assert states(database, made.pool_id) == {first: CLAIMED, second: RELEASED}
    assert counts(database, made.pool_id) == (1, 1)


def test_seat_of_another_pool_cannot_be_chosen(database: Database) -> None:
    made, other = make_contract(database, 2), make_contract(database, 2)
    for one in people(database, 2):
        take_seat(database, made.pool_id, one)
    [pat] = people(database, 1)
    theirs = take_seat(database, other.pool_id, pat)
    renewed(database, made.pool_id, 1, at=NOW, ends_at=NEXT_END)
    with database.transaction() as session, pytest.raises(NotFound):
        renewals.choose_leavers(session, made.pool_id, [theirs], actor=None, now=NOW)


def test_choice_is_cleared_when_everyone_can_stay(database: Database) -> None:
    made = make_contract(database, 2)
    seats = [take_seat(database, made.pool_id, one) for one in people(database, 2)]
    renewed(database, made.pool_id, 1, at=NOW, ends_at=NEXT_END)
    with database.transaction() as session:
        renewals.choose_leavers(session, made.pool_id, [seats[1]], actor=None, now=NOW)
    with database.transaction() as session:
        last = pools.grants_of(session, made.pool_id)[-1]
        revoked = Withdrawal.REVOKED
        pools.revoke_pool_grant(session, last.public_id, revoked, reason="", actor=None, now=NOW)
    renewed(database, made.pool_id, 5, at=NOW, ends_at=NEXT_END)
    with database.read_session() as session:
        assert not any(one.is_chosen for one in renewals.sitting_people(session, made.pool_id))
