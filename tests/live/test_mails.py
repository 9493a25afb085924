"""Emails about live webinars: who gets them, when, and that each is sent once."""

import threading
from dataclasses import replace

from sqlalchemy import select

from lms.catalog import webinars
from lms.catalog.staff_read_models import read_standing
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.live import registrations
from lms.models.accounts import Login
from lms.models.grants import Grant, Withdrawal
from lms.models.live import Registration
from lms.models.organizations import Organization
from lms.people import grant_and_seat_history, login_merges
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_grant, make_login, make_webinar
from tests.live.upcoming_webinar import (
    DAY,
    HELD_AT,
    HOUR,
    LINKS,
    MINUTE,
    at_each,
    go_round,
    kinds,
    postpone,
    register,
    tell_changes,
)
from tests.mailbox import newest
from tests.seat_rows import add_pool, seat
from tests.visitor import Visitor


def test_registrants_get_one_reminder_a_day_before_and_one_an_hour_before(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    at_each(carrel, clock, HELD_AT - DAY - MINUTE)
    assert kinds(database, "bob@example.org") == ["live_registered"]
    at_each(carrel, clock, HELD_AT - DAY, HELD_AT - 20 * HOUR, HELD_AT - HOUR - MINUTE)
    assert kinds(database, "bob@example.org") == ["live_registered", "live_tomorrow"]
    at_each(carrel, clock, HELD_AT - HOUR, HELD_AT - MINUTE, HELD_AT, HELD_AT + HOUR)
    assert kinds(database, "bob@example.org") == ["live_registered", "live_tomorrow", "live_soon"]


def test_two_workers_send_one_reminder(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        people = [make_login(session, f"p{number}@example.org") for number in range(120)]
        for one in people:
            make_grant(session, one, ends_at=NOW + 90 * DAY)
        ids = [one.id for one in people]
    register(database, to_come.webinar_id, *ids)
    clock.set(HELD_AT - DAY)
    ready, faults = threading.Barrier(3), []

    def go() -> None:
        ready.wait()
        try:
            go_round(carrel)
        except Exception as error:  # noqa: BLE001  (asserted below)
            faults.append(error)

    threads = [threading.Thread(target=go) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert faults == []
    for number in range(120):
        assert kinds(database, f"p{number}@example.org") == ["live_registered", "live_tomorrow"]


def test_times_are_in_the_readers_time_zone(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        session.get_one(Login, to_come.bob.id).zone = "Asia/Tokyo"
    at_each(carrel, clock, HELD_AT - DAY)
    letter = newest(database, "bob@example.org", "live_tomorrow")
    assert (
        "Friday, March 6, 2026, 12:00 AM Japan Time" in letter.text
    )  # 10:00 AM on Thursday in New York
    assert "Friday, March 6, 2026, 12:00\u00a0AM Japan Time" in letter.html


def test_reader_without_a_time_zone_sees_the_webinars_zone(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    at_each(carrel, clock, HELD_AT - DAY)
    letter = newest(database, "bob@example.org", "live_tomorrow")
    assert "Thursday, March 5, 2026, 10:00 AM ET" in letter.text


def test_buyers_and_seat_owners_are_reminded_without_registering(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, to_come.organization_id)
        seat(session, add_pool(session, elm, to_come.webinar_id), to_come.carol.id)
    at_each(carrel, clock, HELD_AT - DAY)
    assert kinds(database, "alice@example.org") == ["live_tomorrow"]
    assert kinds(database, "carol@example.org") == ["live_tomorrow"]
    assert kinds(database, "dan@example.org") == []


def test_person_who_cannot_attend_is_not_reminded(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    at_each(carrel, clock, HELD_AT - 2 * DAY)
    with database.transaction() as session:
        for login_id in (to_come.bob.id, to_come.alice.id):
            registrations.leave(
                session, login_id=login_id, webinar_id=to_come.webinar_id, links=LINKS, now=NOW
            )
    at_each(carrel, clock, HELD_AT - DAY, HELD_AT - HOUR)
    assert kinds(database, "bob@example.org") == ["live_registered", "live_unregistered"]
    assert kinds(database, "alice@example.org") == ["live_unregistered"]


def test_person_who_lost_access_is_not_reminded(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        session.get_one(Login, to_come.alice.id).blocked_at = NOW
        late = make_login(session, "late@example.org")
        make_grant(session, late, ends_at=HELD_AT - MINUTE)
        late_id = late.id
    register(database, to_come.webinar_id, late_id)
    at_each(carrel, clock, HELD_AT - DAY, HELD_AT - HOUR)
    assert kinds(database, "alice@example.org") == []
    assert kinds(database, "late@example.org") == ["live_registered"]


def test_late_registrant_gets_only_reminders_still_due(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        late = make_login(session, "late@example.org")
        make_grant(session, late, ends_at=NOW + 90 * DAY)
        late_id = late.id
    register(database, to_come.webinar_id, late_id, at=HELD_AT - 5 * HOUR)
    at_each(carrel, clock, HELD_AT - 4 * HOUR, HELD_AT - HOUR)
    assert kinds(database, "late@example.org") == ["live_registered", "live_soon"]


def test_new_date_is_emailed_and_gets_new_reminders(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    at_each(carrel, clock, HELD_AT - DAY)
    later = HELD_AT + 7 * DAY
    postpone(database, to_come.slug, later, at=HELD_AT - 20 * HOUR)
    tell_changes(carrel)
    at_each(carrel, clock, HELD_AT - HOUR, later - DAY - MINUTE)
    assert kinds(database, "bob@example.org") == [
        "live_registered",
        "live_tomorrow",
        "live_rescheduled",
    ]
    assert kinds(database, "alice@example.org") == ["live_tomorrow", "live_rescheduled"]
    at_each(carrel, clock, later - DAY, later - HOUR)
    assert kinds(database, "bob@example.org")[3:] == ["live_tomorrow", "live_soon"]
    letter = newest(database, "bob@example.org", "live_rescheduled")
    assert "Old date: Thursday, March 5, 2026, 10:00 AM ET" in letter.text
    assert "New date: Thursday, March 12, 2026, 11:00 AM ET" in letter.text


def test_original_date_restored_gets_new_reminders(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    at_each(carrel, clock, HELD_AT - DAY)
    postpone(database, to_come.slug, HELD_AT + 7 * DAY, at=HELD_AT - 20 * HOUR)
    postpone(database, to_come.slug, HELD_AT, at=HELD_AT - 19 * HOUR)
    tell_changes(carrel)
    at_each(carrel, clock, HELD_AT - 18 * HOUR, HELD_AT - HOUR)
    # moved twice before any email: the one email has the latest date
    assert kinds(database, "bob@example.org") == [
        "live_registered",
        "live_tomorrow",
        "live_rescheduled",
        "live_soon",
    ]


def test_email_after_two_moves_names_the_date_people_knew(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    postpone(database, to_come.slug, HELD_AT + 7 * DAY, at=NOW)
    postpone(database, to_come.slug, HELD_AT + 14 * DAY, at=NOW + MINUTE)
    tell_changes(carrel)
    letter = newest(database, "bob@example.org", "live_rescheduled")
    assert "Old date: Thursday, March 5, 2026, 10:00 AM ET" in letter.text
    assert "New date: Thursday, March 19, 2026, 11:00 AM ET" in letter.text
    postpone(database, to_come.slug, HELD_AT + 21 * DAY, at=NOW + HOUR)
    tell_changes(carrel)
    letter = newest(database, "bob@example.org", "live_rescheduled")
    assert "Old date: Thursday, March 19, 2026, 11:00 AM ET" in letter.text


def test_date_changed_on_the_form_is_emailed_but_a_title_is_not(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        words = read_standing(session, to_come.slug).words
        named = replace(words, title="Another title")
        webinars.edit_webinar(session, to_come.slug, named, actor=None, now=NOW)
    tell_changes(carrel)
    assert kinds(database, "bob@example.org") == ["live_registered"]
    with database.transaction() as session:
        moved = replace(named, held_at=HELD_AT + DAY)
        webinars.edit_webinar(session, to_come.slug, moved, actor=None, now=NOW)
    tell_changes(carrel)
    assert kinds(database, "bob@example.org") == ["live_registered", "live_rescheduled"]


def test_refunded_buyer_is_not_told_they_are_registered(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    go_round(carrel)
    with database.transaction() as session:
        bought = session.scalars(
            select(Grant.public_id).where(Grant.login_id == to_come.alice.id)
        ).one()
        grant_and_seat_history.revoke(
            session, bought, withdrawal=Withdrawal.REFUNDED, reason="Asked", actor=None, now=NOW
        )
    postpone(database, to_come.slug, HELD_AT + 7 * DAY, at=NOW)
    tell_changes(carrel)
    assert kinds(database, "alice@example.org") == []
    assert kinds(database, "bob@example.org") == ["live_registered", "live_rescheduled"]


def test_registrant_whose_pass_ends_before_the_new_date_is_emailed(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    postpone(database, to_come.slug, HELD_AT + 300 * DAY, at=NOW)
    tell_changes(carrel)
    assert kinds(database, "bob@example.org") == ["live_registered", "live_rescheduled"]


def test_new_date_of_a_withdrawn_webinar_is_emailed_with_a_choice(
    carrel: Carrel, client: Visitor, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        make_webinar(session, "another", held_at=HELD_AT + DAY)
        webinars.withdraw_webinar(session, to_come.slug, actor=None, now=NOW)
        words = read_standing(session, to_come.slug).words
        moved = replace(words, held_at=HELD_AT + 7 * DAY)
        webinars.edit_webinar(session, to_come.slug, moved, actor=None, now=NOW + MINUTE)
    tell_changes(carrel)
    letter = newest(database, "bob@example.org", "live_rescheduled")
    assert "Old date: Thursday, March 5, 2026, 10:00 AM ET" in letter.text
    client.sign_in(to_come.bob.id)
    page = client.get(f"/webinars/{to_come.slug}").text
    assert f'action="/webinars/{to_come.slug}/choose"' in page
    assert 'value="another"' in page


def test_canceled_webinar_is_emailed_to_everyone_and_sends_no_reminders(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        webinars.cancel_webinar(
            session, to_come.slug, said="The presenter is ill.", actor=None, now=NOW
        )
    tell_changes(carrel)
    at_each(carrel, clock, HELD_AT - DAY, HELD_AT - HOUR)
    for email in ("bob@example.org", "alice@example.org"):
        assert kinds(database, email)[-1] == "live_canceled"
        assert "The presenter is ill." in newest(database, email).text
    assert kinds(database, "dan@example.org") == []


def test_reinstated_webinar_is_emailed_and_sends_reminders(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        webinars.cancel_webinar(session, to_come.slug, actor=None, now=NOW)
    tell_changes(carrel)
    with database.transaction() as session:
        webinars.restore_webinar(session, to_come.slug, actor=None, now=NOW)
    tell_changes(carrel)
    at_each(carrel, clock, HELD_AT - DAY)
    assert kinds(database, "bob@example.org") == [
        "live_registered",
        "live_canceled",
        "live_reinstated",
        "live_tomorrow",
    ]


def test_webinar_reinstated_on_its_last_day_sends_no_second_reminder_of_that_day(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    """People who were just emailed that it is back on need no "tomorrow" email."""
    at_each(carrel, clock, HELD_AT - DAY)
    with database.transaction() as session:
        webinars.cancel_webinar(session, to_come.slug, actor=None, now=HELD_AT - 20 * HOUR)
    tell_changes(carrel)
    with database.transaction() as session:
        webinars.restore_webinar(session, to_come.slug, actor=None, now=HELD_AT - 19 * HOUR)
    tell_changes(carrel)
    at_each(carrel, clock, HELD_AT - 18 * HOUR, HELD_AT - HOUR)
    assert kinds(database, "bob@example.org") == [
        "live_registered",
        "live_tomorrow",
        "live_canceled",
        "live_reinstated",
        "live_soon",
    ]


def test_two_logins_of_one_person_get_one_email(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        other = make_login(session, "bobby@example.org", name="Bob")
        make_grant(session, other, ends_at=NOW + 90 * DAY)
        other_id, other_public_id = other.id, other.public_id
    register(database, to_come.webinar_id, other_id)
    with database.transaction() as session:
        login_merges.merge(
            session,
            kept=to_come.bob.public_id,
            merged=other_public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )
    at_each(carrel, clock, HELD_AT - DAY)
    assert kinds(database, "bob@example.org") == ["live_registered", "live_tomorrow"]
    assert kinds(database, "bobby@example.org") == ["live_registered"]


def test_no_one_is_registered_twice(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    at_each(carrel, clock, NOW, NOW + HOUR)
    with database.read_session() as session:
        found = session.query(Registration.login_id).all()
    assert sorted(row.login_id for row in found) == sorted((to_come.bob.id, to_come.alice.id))
