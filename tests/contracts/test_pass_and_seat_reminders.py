"""Reminders, each on time and exactly once (PRODUCT.md, C1, C2, S4, S9, P9; "days")."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.contracts import pass_and_seat_reminders
from lms.contracts.pass_and_seat_reminders import due_notice
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.grants.grants import Term
from lms.models.branding import Branding
from lms.models.catalog import Webinar, WebinarState
from lms.models.mail import Mail
from lms.models.organizations import Membership, Organization
from lms.models.seats import AssignmentState
from lms.seats.invitation_reminders import remind_invited
from lms.seats.invitations import Invitee, expire_due, invite
from tests.clock import NOW
from tests.contracts.contract_fixtures import DAY, END, OFFICE, letters, make_contract, renewed
from tests.factories import make_login
from tests.mailbox import newest
from tests.page_texts import says
from tests.seats.pool_fixtures import (
    LINKS,
    make_home,
    people,
    settle_at,
    sold,
    states,
    take_seat,
    wait,
)

Tell = Callable[..., object]
NEW_YORK = ZoneInfo("America/New_York")
MIDNIGHT = datetime(2026, 6, 11, 4, 0, tzinfo=UTC)  # in New York; the last day is June 10


def tell(database: Database, letter: Tell, at: datetime) -> None:
    with database.transaction() as session:
        letter(session, mail_context=OFFICE, now=at)


def invited(database: Database, pool_id: int, *emails: str, at: datetime = NOW) -> None:
    who = [Invitee(read_address(email)) for email in emails]
    with database.transaction() as session:
        invite(session, pool_id, who, links=LINKS, actor=None, now=at)


def expire(database: Database, at: datetime) -> int:
    with database.transaction() as session:
        return expire_due(session, now=at)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 5, 11, 12, 59, tzinfo=UTC), None),
        (datetime(2026, 5, 11, 13, 0, tzinfo=UTC), 30),
        (datetime(2026, 6, 3, 12, 59, tzinfo=UTC), 30),
        (datetime(2026, 6, 3, 13, 0, tzinfo=UTC), 7),
        (datetime(2026, 6, 9, 13, 0, tzinfo=UTC), 1),
        (MIDNIGHT, None),
    ],
)
def test_reminders_are_due_on_the_morning_of_their_day(now: datetime, due: int | None) -> None:
    assert due_notice(MIDNIGHT, NEW_YORK, now=now) == due


def test_days_are_in_the_organizations_time_zone(database: Database) -> None:
    made = make_contract(database, term=Term(NOW - DAY, MIDNIGHT))
    with database.transaction() as session:
        session.execute(update(Organization).values(zone="Pacific/Auckland"))
    tell(
        database,
        pass_and_seat_reminders.tell_contract_ends,
        datetime(2026, 5, 11, 20, 59, tzinfo=UTC),
    )
    assert letters(database) == []
    tell(
        database,
        pass_and_seat_reminders.tell_contract_ends,
        datetime(2026, 5, 11, 21, 0, tzinfo=UTC),
    )
    assert letters(database) == [("contract_expiring", made.manager)]


def test_managers_are_emailed_once_at_30_7_and_1_days_before_the_end(database: Database) -> None:
    made = make_contract(database)
    for days, count in ((31, 0), (30, 1), (29, 1), (7, 2), (6, 2), (1, 3), (0.5, 3)):
        for _ in range(2):
            tell(database, pass_and_seat_reminders.tell_contract_ends, END - timedelta(days=days))
        assert letters(database) == [("contract_expiring", made.manager)] * count


def test_email_has_the_last_day_and_a_renewal_link(database: Database) -> None:
    make_contract(database, term=Term(NOW - DAY, MIDNIGHT))
    tell(database, pass_and_seat_reminders.tell_contract_ends, MIDNIGHT - 30 * DAY)
    with database.read_session() as session:
        row = session.scalars(select(Mail)).one()
    assert "Wednesday, June 10, 2026" in row.text
    for text in (row.text, row.html):
        assert re.search("http://localhost/organization/[a-z0-9]+/pools/[a-z0-9]+/renew", text)


def test_renewed_contract_gets_no_reminder(database: Database) -> None:
    made = make_contract(database)
    renewed(database, made.pool_id, 4, at=NOW, ends_at=END + 365 * DAY)
    tell(database, pass_and_seat_reminders.tell_contract_ends, END - 7 * DAY)
    assert letters(database) == []


def test_short_contract_gets_no_reminder_when_it_is_sold(database: Database) -> None:
    make_contract(database, term=Term(NOW, NOW + 20 * DAY))
    tell(database, pass_and_seat_reminders.tell_contract_ends, NOW)
    assert letters(database) == []


def test_managers_are_emailed_when_grace_starts_and_ends(database: Database) -> None:
    made = make_contract(database)
    tell(database, pass_and_seat_reminders.tell_contracts_over, END - timedelta(seconds=1))
    assert letters(database) == []
    for _ in range(2):
        tell(database, pass_and_seat_reminders.tell_contracts_over, END)
        tell(database, pass_and_seat_reminders.tell_contracts_over, END + 14 * DAY)
    assert letters(database) == [
        ("contract_expired", made.manager),
        ("contract_grace_ended", made.manager),
    ]


@pytest.mark.parametrize(
    ("late", "kind", "passage"),
    [
        (10 * DAY, "contract_expired", "can_still_watch"),
        (24 * DAY, "contract_grace_ended", "over"),
        (14 * DAY + 30 * DAY, None, ""),
    ],
)
def test_managers_are_emailed_about_the_end_after_worker_downtime(
    database: Database, late: timedelta, kind: str | None, passage: str
) -> None:
    made = make_contract(database)
    tell(database, pass_and_seat_reminders.tell_contracts_over, END - DAY)
    assert letters(database) == []
    for _ in range(2):
        tell(database, pass_and_seat_reminders.tell_contracts_over, END + late)
    assert letters(database) == ([(kind, made.manager)] if kind else [])
    if kind:
        assert says(newest(database, made.manager).text, kind, passage)


def test_email_says_how_many_people_lost_access(database: Database) -> None:
    made = make_contract(database)
    for one in people(database, 2):
        take_seat(database, made.pool_id, one)
    for at, kind in ((END, "contract_expired"), (END + 14 * DAY, "contract_grace_ended")):
        settle_at(database, made.pool_id, at)
        tell(database, pass_and_seat_reminders.tell_contracts_over, at)
        with database.read_session() as session:
            text = session.scalars(select(Mail.text).where(Mail.kind == kind)).one()
        assert says(text, kind, "people", num=2)


def test_managers_are_emailed_about_a_smaller_term_and_who_would_leave(database: Database) -> None:
    made = make_contract(database, 2)
    for one in people(database, 2):
        take_seat(database, made.pool_id, one)
    renewed(database, made.pool_id, 1, at=NOW, ends_at=END + 365 * DAY)
    for days in (31, 30, 7, 1):
        for _ in range(2):
            tell(database, pass_and_seat_reminders.tell_shortages, END - days * DAY)
    assert letters(database) == [("contract_shortage", made.manager)] * 3
    with database.read_session() as session:
        row = session.scalars(select(Mail)).first()
        assert row is not None
        assert "- Pat Doe" in row.text
        assert f"/pools/{made.home.pool.public_id}/renewal" in row.text


def test_managers_are_emailed_when_some_seats_end_before_the_contract(database: Database) -> None:
    made = make_contract(database, 2)
    ends_at = END - 40 * DAY
    with database.transaction() as session:
        target = made.home.pool.target
        sold(session, made.home.organization_id, target, 1, Term(NOW, ends_at))
    for one in people(database, 3):
        take_seat(database, made.pool_id, one)
    for days in (31, 30, 7, 1):
        for _ in range(2):
            tell(database, pass_and_seat_reminders.tell_shortages, ends_at - days * DAY)
    assert letters(database) == [("contract_shortage", made.manager)] * 3
    settle_at(database, made.pool_id, ends_at)
    assert sorted(states(database, made.pool_id).values()) == ["claimed", "claimed", "released"]


def test_managers_are_emailed_at_75_90_and_100_percent_once_per_grant(database: Database) -> None:
    made = make_contract(database, 10)
    crowd = people(database, 10)
    heard = []
    for one in crowd:
        take_seat(database, made.pool_id, one)
        for _ in range(2):
            tell(database, pass_and_seat_reminders.tell_pool_use, NOW)
        heard.append(len(letters(database, "pool_usage_alert")))
    assert heard == [0, 0, 0, 0, 0, 0, 0, 1, 2, 3]


def test_pool_filled_at_once_sends_one_alert(database: Database) -> None:
    made = make_contract(database, 4)
    for one in people(database, 4):
        take_seat(database, made.pool_id, one)
    tell(database, pass_and_seat_reminders.tell_pool_use, NOW)
    settle_at(database, made.pool_id, NOW)
    tell(database, pass_and_seat_reminders.tell_pool_use, NOW)
    assert letters(database) == [("pool_usage_alert", made.manager)]


def test_contact_address_is_emailed_when_there_is_no_manager(database: Database) -> None:
    make_contract(database)
    with database.transaction() as session:
        _house(session)
        _nobody_manages(session)
    tell(database, pass_and_seat_reminders.tell_contract_ends, END - 7 * DAY)
    assert letters(database) == [("contract_expiring", "desk@example.org")]


def test_invited_people_are_reminded_on_days_3_and_10(database: Database) -> None:
    made = make_contract(database)
    invited(database, made.pool_id, "pat@example.org")
    heard = []
    for day in (2, 3, 4, 9, 10, 13):
        for _ in range(2):
            tell(database, remind_invited, NOW + day * DAY)
        heard.append(len(letters(database, "invitation_reminder")))
    assert heard == [0, 1, 1, 1, 2, 2]


def test_people_invited_to_a_canceled_webinar_are_not_reminded(
    database: Database,
) -> None:
    home = make_home(database, 2)
    invited(database, home.pool_id, "pat@example.org")
    with database.transaction() as session:
        session.get_one(Webinar, home.webinar_id).state = WebinarState.CANCELED
    tell(database, remind_invited, NOW + 3 * DAY)
    assert letters(database, "invitation_reminder") == []
    with database.transaction() as session:
        session.get_one(Webinar, home.webinar_id).state = WebinarState.ANNOUNCED
    tell(database, remind_invited, NOW + 3 * DAY)
    assert len(letters(database, "invitation_reminder")) == 1


def test_person_who_claimed_is_not_reminded(database: Database) -> None:
    made = make_contract(database)
    with database.transaction() as session:
        login_id = make_login(session, "pat@example.org").id
    invited(database, made.pool_id, "pat@example.org")
    take_seat(database, made.pool_id, login_id)
    tell(database, remind_invited, NOW + 3 * DAY)
    assert letters(database, "invitation_reminder") == []


def test_invitation_expires_after_14_days_and_the_seat_goes_to_the_waitlist(
    database: Database,
) -> None:
    made = make_contract(database, 1)
    [waiting] = people(database, 1)
    invited(database, made.pool_id, "pat@example.org")
    wait(database, made.pool_id, waiting)
    assert expire(database, NOW + 14 * DAY - timedelta(seconds=1)) == 0
    assert expire(database, NOW + 14 * DAY) == 1
    assert states(database, made.pool_id)[waiting] is AssignmentState.OFFERED


def test_unclaimed_offer_moves_to_the_next_person_after_72_hours(database: Database) -> None:
    made = make_contract(database, 1)
    first, second = people(database, 2)
    invited(database, made.pool_id, "pat@example.org")
    wait(database, made.pool_id, first)
    wait(database, made.pool_id, second, NOW + timedelta(seconds=1))
    at = NOW + 14 * DAY
    expire(database, at)
    assert expire(database, at + timedelta(hours=72) - timedelta(seconds=1)) == 0
    expire(database, at + timedelta(hours=72))
    found = states(database, made.pool_id)
    assert (found[first], found[second]) == (AssignmentState.RELEASED, AssignmentState.OFFERED)


def _house(session: Session) -> None:
    session.add(
        Branding(
            name="Ink",
            accent="#123456",
            contact_email="desk@example.org",
            sender_name="Ink",
            updated_at=NOW,
        )
    )


def _nobody_manages(session: Session) -> None:
    session.execute(delete(Membership))
