"""After a contract ends: the grace period, and 90 days in which seats are saved (C1)."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from lms.contracts import grace_periods
from lms.contracts.pass_and_seat_reminders import tell_contracts_over
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid
from lms.grants.grants import Target, Term
from lms.models.grants import Scope
from lms.models.organizations import Organization
from lms.models.requests import DeskRequest, RequestKind
from lms.models.seats import AssignmentState
from lms.requests import requests
from lms.sales import orders
from lms.seats.claims import Closed
from tests.clock import NOW
from tests.contracts.contract_fixtures import DAY, END, OFFICE, asked, grace_of, make_contract
from tests.mailbox import newest
from tests.sales.order_fixtures import GROUP
from tests.seats.pool_fixtures import LINKS, make_home, people, settle_at, states, take, take_seat

CLAIMED, FROZEN, RELEASED = (
    AssignmentState.CLAIMED,
    AssignmentState.FROZEN,
    AssignmentState.RELEASED,
)
SECOND = timedelta(seconds=1)


def decline(database: Database, request_id: str, at: datetime) -> None:
    with database.transaction() as session:
        requests.decline(session, request_id, answer="No.", links=LINKS, actor=None, now=at)


def give(database: Database, pool_id: int, until: datetime, at: datetime = NOW) -> None:
    with database.transaction() as session:
        grace_periods.extend_grace(session, pool_id, until, mail_context=OFFICE, actor=None, now=at)


def test_people_have_14_days_of_grace_and_no_new_seats_are_claimed(database: Database) -> None:
    made = make_contract(database)
    pat, late = people(database, 2)
    take_seat(database, made.pool_id, pat)
    settle_at(database, made.pool_id, END + 14 * DAY - SECOND)
    assert states(database, made.pool_id) == {pat: CLAIMED}
    assert isinstance(take(database, made.pool_id, late, END + DAY), Closed)


def test_seats_are_frozen_after_grace_and_released_90_days_later(database: Database) -> None:
    made = make_contract(database)
    [pat] = people(database, 1)
    take_seat(database, made.pool_id, pat)
    over = END + 14 * DAY
    settle_at(database, made.pool_id, over)
    assert states(database, made.pool_id) == {pat: FROZEN}
    settle_at(database, made.pool_id, over + 90 * DAY - SECOND)
    assert states(database, made.pool_id) == {pat: FROZEN}
    settle_at(database, made.pool_id, over + 90 * DAY)
    assert states(database, made.pool_id) == {pat: RELEASED}


@pytest.mark.parametrize(
    "kind", [RequestKind.CONTRACT, RequestKind.PURCHASE_ORDER, RequestKind.INVOICE]
)
def test_open_renewal_request_extends_grace_to_60_days(
    database: Database, kind: RequestKind
) -> None:
    made = make_contract(database)
    asked(database, made.pool_id, at=NOW, kind=kind)
    assert grace_of(database, made.pool_id) == [END + 60 * DAY]


def test_other_requests_do_not_extend_grace(database: Database) -> None:
    made = make_contract(database)
    asked(database, made.pool_id, at=NOW, kind=RequestKind.TROUBLE)
    assert grace_of(database, made.pool_id) == [END + 14 * DAY]


def test_declining_a_renewal_request_restores_14_days_of_grace(database: Database) -> None:
    made = make_contract(database)
    decline(database, asked(database, made.pool_id, at=NOW), NOW)
    assert grace_of(database, made.pool_id) == [END + 14 * DAY]


def test_open_request_counts_when_another_is_closed(database: Database) -> None:
    made = make_contract(database)
    asked(database, made.pool_id, at=NOW, kind=RequestKind.PURCHASE_ORDER)
    decline(database, asked(database, made.pool_id, at=NOW), NOW)
    assert grace_of(database, made.pool_id) == [END + 60 * DAY]


def test_request_after_grace_restores_access_until_it_is_declined(database: Database) -> None:
    made = make_contract(database)
    [pat] = people(database, 1)
    take_seat(database, made.pool_id, pat)
    settle_at(database, made.pool_id, END + 20 * DAY)
    request = asked(database, made.pool_id, at=END + 21 * DAY)
    assert states(database, made.pool_id) == {pat: CLAIMED}
    decline(database, request, END + 22 * DAY)
    assert states(database, made.pool_id) == {pat: FROZEN}


def test_declining_does_not_shorten_grace_given_by_staff(database: Database) -> None:
    made = make_contract(database)
    give(database, made.pool_id, END + 30 * DAY)
    decline(database, asked(database, made.pool_id, at=NOW), NOW)
    assert grace_of(database, made.pool_id) == [END + 30 * DAY]


def test_staff_can_give_more_than_60_days_of_grace(database: Database) -> None:
    made = make_contract(database)
    give(database, made.pool_id, END + 200 * DAY, END + 70 * DAY)
    [pat] = people(database, 1)
    assert isinstance(take(database, made.pool_id, pat, END + 150 * DAY), Closed)
    assert grace_of(database, made.pool_id) == [END + 200 * DAY]


def test_grace_can_be_extended_but_not_shortened(database: Database) -> None:
    made = make_contract(database)
    with pytest.raises(Invalid):
        give(database, made.pool_id, END + 13 * DAY)


def test_permanent_seats_have_no_grace(database: Database) -> None:
    home = make_home(database, 2)
    with pytest.raises(Conflict):
        give(database, home.pool_id, END)


def test_answered_request_with_an_open_quote_keeps_its_grace(database: Database) -> None:
    made = make_contract(database)
    request = asked(database, made.pool_id, at=END + DAY)
    with database.transaction() as session:
        order = orders.write_down(
            session,
            replace(GROUP, organization="", organization_name="Elm"),
            [Target(Scope.EVERYTHING)],
            actor=None,
            now=END + DAY,
        )
        session.execute(update(DeskRequest).values(order_id=order.id))
        requests.finish(
            session, request, answer="It is $1.", links=LINKS, actor=None, now=END + DAY
        )
    assert grace_of(database, made.pool_id) == [END + 60 * DAY]


@pytest.mark.parametrize("zone", ["America/New_York", "America/Los_Angeles"])
@pytest.mark.parametrize(
    ("last_day", "of_grace", "of_seats"),
    [
        ((2026, 10, 25), "Sunday, November 8, 2026", "Saturday, February 6, 2027"),
        ((2027, 2, 28), "Sunday, March 14, 2027", "Saturday, June 12, 2027"),
        ((2026, 8, 20), "Thursday, September 3, 2026", "Wednesday, December 2, 2026"),
    ],
)
def test_periods_end_at_midnight_across_clock_changes(
    database: Database, zone: str, last_day: tuple[int, int, int], of_grace: str, of_seats: str
) -> None:
    end = datetime(*last_day, tzinfo=ZoneInfo(zone)) + DAY
    made = make_contract(database, term=Term(NOW - DAY, end))
    with database.transaction() as session:
        session.get_one(Organization, made.home.organization_id).zone = zone
        grace_periods.fit_grace(session, made.pool_id, now=NOW)
    over = end + 14 * DAY  # by local time
    assert grace_of(database, made.pool_id) == [over]
    [pat] = people(database, 1)
    take_seat(database, made.pool_id, pat)
    for at in (end, over):
        settle_at(database, made.pool_id, at)
        with database.transaction() as session:
            tell_contracts_over(session, mail_context=OFFICE, now=at)
    assert f"until {of_grace}." in newest(database, made.manager, "contract_expired").text
    assert f"until {of_seats}." in newest(database, made.manager, "contract_grace_ended").text
    settle_at(database, made.pool_id, over + 90 * DAY - timedelta(minutes=1))
    assert states(database, made.pool_id) == {pat: FROZEN}
    settle_at(database, made.pool_id, over + 90 * DAY)
    assert states(database, made.pool_id) == {pat: RELEASED}


def test_grace_of_a_renewal_request_ends_at_midnight_across_clock_changes(
    database: Database,
) -> None:
    end = datetime(2026, 10, 1, tzinfo=OFFICE.zone)
    made = make_contract(database, term=Term(NOW - DAY, end))
    asked(database, made.pool_id, at=end)
    assert grace_of(database, made.pool_id) == [datetime(2026, 11, 30, tzinfo=OFFICE.zone)]
