"""Reminders about unassigned seats, 3 and 14 days after the order (PRODUCT.md, S14)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarState
from lms.models.mail import Mail
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Membership, Role
from lms.models.seats import Pool
from lms.sales import cancellations
from lms.seats.named_people import name_people, read_names
from lms.seats.unassigned_reminders import tell_unassigned
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, locked, placed

DAY = timedelta(days=1)


def told(database: Database, at: datetime) -> list[str]:
    """Send the reminders that are due; return all recipients so far."""
    with database.transaction() as session:
        tell_unassigned(session, mail_context=OFFICE, now=at)
    with database.read_session() as session:
        query = select(Mail.recipient).where(Mail.kind == "seats_unassigned").order_by(Mail.id)
        return list(session.scalars(query))


def test_manager_is_reminded_only_on_days_3_and_14(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    heard = [len(told(database, NOW + number * DAY / 4)) for number in range(4 * 30)]
    assert heard[11] == 0
    assert heard[12] == heard[55] == 1
    assert heard[56] == heard[-1] == 2
    assert set(told(database, NOW + 30 * DAY)) == {cast.mia.email}


def test_reminder_says_how_many_seats_there_are(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    told(database, NOW + 3 * DAY)
    with database.read_session() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "seats_unassigned")).one()
    assert "5 seats" in mail.text
    assert "/organization/" in mail.text


def test_one_email_covers_all_pools(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    placed(database, GROUP, at=NOW + timedelta(hours=1))
    assert told(database, NOW + 3 * DAY + timedelta(hours=2)) == [cast.mia.email]
    assert told(database, NOW + 4 * DAY) == [cast.mia.email]


def test_assigned_seats_cause_no_reminder(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    assert len(told(database, NOW + 3 * DAY)) == 1
    with database.transaction() as session:
        session.execute(update(Pool).values(used=Pool.capacity))
    assert len(told(database, NOW + 14 * DAY)) == 1


@pytest.mark.parametrize("values", [{"canceled_at": NOW + DAY}, {"livemode": False}])
def test_canceled_and_test_orders_cause_no_reminder(
    database: Database, cast: Cast, values: dict[str, object]
) -> None:
    placed(database, GROUP)
    with database.transaction() as session:
        session.execute(update(Order).values(**values))
    assert told(database, NOW + 3 * DAY) == []


def test_only_managers_of_the_organization_are_reminded(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    with database.transaction() as session:
        session.execute(
            update(Membership).where(Membership.login_id == cast.mia.id).values(role=Role.BILLING)
        )
    assert told(database, NOW + 3 * DAY) == []


def test_late_reminder_is_sent_once(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    assert told(database, NOW + 5 * DAY) == told(database, NOW + 5.5 * DAY) == [cast.mia.email]
    assert len(told(database, NOW + 40 * DAY)) == 1


def test_seats_of_a_canceled_webinar_cause_no_reminder(database: Database, cast: Cast) -> None:
    """The payers choose what they get instead."""
    placed(database, GROUP)
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).state = WebinarState.CANCELED
    assert told(database, NOW + 3 * DAY) == []
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).state = WebinarState.ANNOUNCED
    assert told(database, NOW + 3 * DAY + timedelta(hours=1)) == [cast.mia.email]


def test_reminders_restart_when_access_on_hold_starts(database: Database, cast: Cast) -> None:
    facts = placed(database, replace(GROUP, is_held=True))
    assert len(told(database, NOW + 14 * DAY)) == 1
    with database.transaction() as session:
        order = locked(session, facts)
        opened = NOW + 20 * DAY
        cancellations.release(session, order, mail_context=OFFICE, actor=None, now=opened)
    heard = [len(told(database, opened + number * DAY)) for number in (2, 3, 4, 13, 14, 30)]
    assert heard == [1, 2, 2, 2, 3, 3]


def test_people_named_for_seats_on_hold_count_as_assigned(database: Database, cast: Cast) -> None:
    """They are invited when access starts, so their seats aren't offered to anyone else."""
    facts = placed(database, replace(GROUP, is_held=True))
    with database.transaction() as session:
        [line_id] = session.scalars(select(OrderLine.id).where(OrderLine.order_id == facts.id))
        named = "".join(f"p{number}@example.org\n" for number in range(4))
        name_people(session, line_id, read_names(named, seats=5))
    assert told(database, NOW + 3 * DAY) == [cast.mia.email]
    with database.transaction() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "seats_unassigned")).one()
        assert "1 seat" in mail.text
        name_people(session, line_id, read_names(named + "p4@example.org", seats=5))
    assert told(database, NOW + 14 * DAY) == [cast.mia.email]
