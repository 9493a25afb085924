"""The staff home: what needs attention without a customer's request, and in which order."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from lms.core.database import Database
from lms.jobs import queue as job_queue
from lms.models.jobs import Job, JobState, Lane
from lms.models.mail import Mail
from lms.models.orders import LineAct
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.operations.staff_home import read_trouble
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_webinar
from tests.page_texts import count_in_notice
from tests.requests.test_requests import asked
from tests.sales.order_fixtures import GROUP, placed, with_line
from tests.visitor import Visitor

DAY = timedelta(days=1)
FAILED_JOBS = "/staff/jobs?state=failed"
OPEN_REQUESTS = "/staff/requests"
ANNOUNCED = re.escape("/staff/webinars?state=announced")


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_open_the_page(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get("/staff").status_code == 404


def fail_a_job(database: Database) -> None:
    with database.transaction() as session:
        job_queue.enqueue(session, kind="x", lane=Lane.PROMPT, subject="", payload={}, now=NOW)
        values = {"state": JobState.FAILED, "finished_at": NOW, "failure": "It broke."}
        session.execute(update(Job).where(Job.kind == "x").values(values))


def test_failed_jobs_are_counted(ada: Visitor, database: Database) -> None:
    assert FAILED_JOBS not in ada.get("/staff").text
    fail_a_job(database)
    page = ada.get("/staff").text
    assert count_in_notice(page, FAILED_JOBS) == 1


def test_bounced_email_names_its_recipient_for_two_weeks(
    ada: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    asked(database)
    with database.transaction() as session:
        values = {
            "state": JobState.DONE,
            "sent_at": NOW,
            "bounced_at": NOW,
            "login_id": cast.dan.id,
        }
        session.execute(update(Mail).where(Mail.recipient == "dan@example.org").values(values))
    page = ada.get("/staff").text
    assert "1 email bounced" in page
    assert f'href="/staff/people/{cast.dan.public_id}"' in page
    with database.read_session() as session:
        assert read_trouble(session, now=NOW + 15 * DAY).bounced_total == 0


def test_webinar_without_a_recording_is_counted_at_any_age(
    ada: Visitor, database: Database
) -> None:
    with database.transaction() as session:
        for years in range(1, 8):
            make_webinar(session, f"year-{years}", held_at=NOW - years * 365 * DAY)
    page = ada.get("/staff").text
    assert count_in_notice(page, "/staff/webinars/year-1") == 7
    assert re.search(rf"<p>[^<]*\b2\b[^<]*<a href=\"{ANNOUNCED}\"", page)  # the older webinars


def test_unassigned_seats_are_shown_after_two_weeks(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    with database.read_session() as session:
        assert read_trouble(session, now=NOW + 13 * DAY).unassigned_total == 0
        found = read_trouble(session, now=NOW + 14 * DAY)
        name = session.get_one(Organization, cast.organization_id).name
    assert found.unassigned_total == 1
    assert [(one.name, one.seats > 0) for one in found.unassigned] == [(name, True)]


def test_added_seats_do_not_count_as_unassigned_for_two_weeks(
    database: Database, cast: Cast
) -> None:
    placed(database, GROUP)
    placed(database, with_line(GROUP, quantity=3, act=LineAct.MORE_SEATS), at=NOW + 20 * DAY)
    with database.transaction() as session:
        session.execute(update(Pool).values(used=5))
        assert read_trouble(session, now=NOW + 33 * DAY).unassigned_total == 0
        assert [one.seats for one in read_trouble(session, now=NOW + 34 * DAY).unassigned] == [3]
        session.execute(update(Pool).values(used=4))
        assert [one.seats for one in read_trouble(session, now=NOW + 33 * DAY).unassigned] == [1]


def test_items_are_listed_in_order_of_urgency(ada: Visitor, database: Database) -> None:
    fail_a_job(database)
    asked(database)
    with database.transaction() as session:
        make_webinar(session, "held", held_at=NOW - DAY)
    page = ada.get("/staff").text.partition("<main")[2]
    order = [OPEN_REQUESTS, "/staff/webinars/held", FAILED_JOBS]
    assert [count_in_notice(page, link) for link in order] == [1, 1, 1]
    places = [page.index(f'href="{link}">') for link in order]
    assert places == sorted(places)


def test_page_without_pending_items_shows_no_notice(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        session.execute(delete(Mail))
    page = ada.get("/staff").text
    assert 'class="notice ' not in page
