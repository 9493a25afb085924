"""Who gets a mailing: each part of the audience, and the subscribers, each person once."""

from datetime import datetime, timedelta

from lms.catalog.feeds import Part
from lms.certificates.rules_and_attendance_minutes import note_attendance
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.live import registrations
from lms.live.registrants import enroll_holders
from lms.mailings.recipients import count_parts, recipients_of
from lms.models.catalog import Webinar
from lms.models.live import LiveJoin
from lms.models.mail import MailingPart
from tests.audience.webinar_audience import ALL, address
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_grant, make_login, make_organization
from tests.live.upcoming_webinar import HELD_AT
from tests.mailings.mailing_fixtures import PRESENTER, SERIES, subscribe
from tests.seat_rows import add_pool, seat

DAY = timedelta(days=1)


def who(database: Database, cast: Cast, part: MailingPart, *, now: datetime = NOW) -> set[str]:
    with database.read_session() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        found = recipients_of(session, webinar, part, now=now)
        assert count_parts(session, webinar, now=now)[part] == len(found)
    emails = [one.email for one in found]
    assert len(set(emails)) == len(emails)
    return set(emails)


def test_each_part_has_its_people(database: Database, furnished: Cast) -> None:
    everyone = who(database, furnished, MailingPart.EVERYONE)
    assert {address(role) for role in ("buyer", "billing", "manager", "host", "waiting")} < everyone
    assert address("team") not in everyone
    assert who(database, furnished, MailingPart.UNCLAIMED) == {address("invited"), ALL}
    assert who(database, furnished, MailingPart.PLANS) == {
        address("contract"),
        address("pass"),
        "bob@example.org",
        ALL,
    }
    access = who(database, furnished, MailingPart.ACCESS)
    assert {address(role) for role in ("host", "holder", "contract", "pass")} < access
    assert not {address(role) for role in ("buyer", "invited", "waiting", "trainee")} & access
    assert {address("contract"), address("pass"), ALL} < who(
        database, furnished, MailingPart.REGISTERED
    )


def test_passes_and_contracts_count_without_registration_if_they_include_it(
    database: Database, to_come: Cast
) -> None:
    with database.transaction() as session:
        for name, ends_at in (("long", HELD_AT + DAY), ("short", HELD_AT - DAY)):
            make_grant(session, make_login(session, f"{name}@example.org"), ends_at=ends_at)
            pool = add_pool(session, make_organization(session), ends_at=ends_at)
            seat(session, pool, make_login(session, f"{name}-contract@example.org"))
    assert who(database, to_come, MailingPart.PLANS) == {
        "bob@example.org",
        "long@example.org",
        "long-contract@example.org",
    }


def test_people_who_missed_it_are_known_once_it_is_over(database: Database, to_come: Cast) -> None:
    webinar_id = to_come.webinar_id
    with database.transaction() as session:
        enroll_holders(session, now=NOW, webinar_id=webinar_id)
        for name in ("joined", "reported", "zero", "left"):
            login = make_login(session, f"{name}@example.org")
            make_grant(session, login, session.get_one(Webinar, webinar_id))
            registrations.enter(session, login_id=login.id, webinar_id=webinar_id, now=NOW)
            if name == "joined":
                session.add(LiveJoin(webinar_id=webinar_id, login_id=login.id, joined_at=HELD_AT))
            elif name == "left":
                registrations.step_out(session, login_id=login.id, webinar_id=webinar_id, now=NOW)
            else:
                note_attendance(
                    session,
                    login_id=login.id,
                    webinar_id=webinar_id,
                    minutes=50 if name == "reported" else 0,
                    now=HELD_AT,
                )
    assert who(database, to_come, MailingPart.MISSED) == set()
    missed = who(database, to_come, MailingPart.MISSED, now=HELD_AT + DAY)
    assert missed == {"alice@example.org", "bob@example.org", "zero@example.org"}


def test_subscribers_of_all_webinars_its_presenter_and_its_series_get_it_once(
    carrel: Carrel, database: Database, topical: Cast
) -> None:
    for part in (PRESENTER, SERIES):
        subscribe(carrel, "twice@example.org", part)
    subscribe(carrel, "all@example.net")
    subscribe(carrel, "other@example.org", Part(presenter="sam-roe"))
    subscribe(carrel, "unconfirmed@example.org", is_confirmed=False)
    assert who(database, topical, MailingPart.SUBSCRIBERS) == {
        "twice@example.org",
        "all@example.net",
    }
    with database.read_session() as session:
        webinar = session.get_one(Webinar, topical.webinar_id)
        counts = count_parts(session, webinar, now=NOW)
    assert set(counts) == set(MailingPart)
    assert counts[MailingPart.SUBSCRIBERS] == 2
