"""The launch log has one entry per launch, with the reference that the person sees."""

import re
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select, update

from lms.core.database import Database
from lms.lti_facade.connection_emails import NEW_DEPLOYMENT
from lms.models.grants import Grant
from lms.models.mail import Mail
from lms.models.seats import Pool
from lti.models.courses import Context, ResourceLink
from lti.models.launches import LaunchEntry, LaunchOutcome
from lti.registrations.deployments import MOST_WAITING_TOLD
from tests.cast import Cast
from tests.factories import make_webinar
from tests.lti.web.registrations.test_connection_by_invite import have_a_mailbox, subjects
from tests.lti_certification.course_visits import Lesson
from tests.lti_certification.picker_choices import ask

JSON = {"Accept": "application/json"}


def lines(database: Database) -> list[LaunchEntry]:
    """Return the launch log entries, oldest first."""
    with database.read_session() as session:
        return list(session.scalars(select(LaunchEntry).order_by(LaunchEntry.id)))


def fill(database: Database, *, used: int) -> None:
    """Set how many of one seat of the organization are used."""
    with database.transaction() as session:
        session.execute(update(Pool).values(capacity=1, used=used))
        session.execute(update(Grant).where(Grant.pool_id.is_not(None)).values(seats=1))


def reference_in(page: requests.Response) -> str:
    found = re.search(r"<code>([0-9a-z]{8})</code>", page.text)
    assert found is not None, page.text
    return found[1]


def test_launch_is_logged_as_launched_and_then_as_played(
    lesson: Lesson, database: Database
) -> None:
    visit = lesson.open(lesson.connection.learner)
    visit.get()
    assert [line.outcome for line in lines(database)] == [LaunchOutcome.LAUNCHED]
    lesson.watch(visit)
    visit.get()
    [line] = lines(database)
    assert (line.outcome, line.code, line.reason) == (LaunchOutcome.PLAYED, "ok", "")


def test_refusal_without_a_seat_is_logged_with_the_page_reference_and_text(
    lesson: Lesson, database: Database
) -> None:
    fill(database, used=1)
    visit = lesson.open(lesson.connection.learner)
    page = visit.get()
    assert page.status_code == 403
    [line] = lines(database)
    assert line.public_id.startswith(reference_in(page))
    assert (line.outcome, line.status, line.code) == (
        LaunchOutcome.REFUSED,
        403,
        "no_grant",
    )
    assert line.reason
    assert line.reason in page.text
    fill(database, used=0)
    lesson.watch(visit)
    fill(database, used=1)
    visit.get()
    assert [line.outcome for line in lines(database)] == [LaunchOutcome.PLAYED]


def test_playback_refused_after_the_last_seat_is_taken_has_the_same_reference(
    lesson: Lesson, database: Database
) -> None:
    visit = lesson.open(lesson.connection.learner)
    assert visit.get().status_code == 200
    fill(database, used=1)
    browser = lesson.connection.browser
    told = browser.post(f"{visit.frame}playback", json={}, headers=JSON)
    assert told.status_code == 403
    [line] = lines(database)
    assert (line.outcome, line.reason) == (LaunchOutcome.REFUSED, told.json()["sentence"])
    assert f"Reference: {line.public_id[:8]}" in told.json()["more"]


def test_recording_without_access_is_logged_with_the_reference_of_its_page(
    lesson: Lesson, database: Database
) -> None:
    with database.transaction() as session:
        make_webinar(session, "elsewhere")
    connection = lesson.connection
    link = connection.platform.link(connection.tool, custom={"webinar": "elsewhere"})
    page = lesson.open(connection.learner, link).get()
    assert page.status_code == 404
    [line] = lines(database)
    assert line.public_id.startswith(reference_in(page))
    assert (line.outcome, line.code) == (LaunchOutcome.REFUSED, "not_found")


def test_learner_who_opens_the_picker_is_logged_as_one_refusal(
    lesson: Lesson, database: Database
) -> None:
    page = ask(lesson, lesson.connection.learner, {})
    [line] = lines(database)
    assert (line.outcome, line.message_type) == (LaunchOutcome.REFUSED, "LtiDeepLinkingRequest")
    assert line.public_id.startswith(reference_in(page))


@pytest.mark.parametrize("seconds", [61, 600])
def test_course_and_link_record_the_time_of_the_last_launch(
    lesson: Lesson, database: Database, cast: Cast, seconds: int
) -> None:
    lesson.open(lesson.connection.learner)
    moment = lesson.clock.advance(timedelta(seconds=seconds))
    lesson.open(lesson.connection.learner)
    with database.read_session() as session:
        seen = [session.scalars(select(one.seen_at)).one() for one in (Context, ResourceLink)]
    assert seen == [moment, moment]


def test_new_deployments_are_emailed_to_our_team_once_each_up_to_a_limit(
    lesson: Lesson, database: Database
) -> None:
    have_a_mailbox(database)
    connection = lesson.connection
    connection.launch()
    assert subjects(database) == []  # this deployment is known and approved
    for _twice in range(2):
        connection.launch(deployment_id="b7:second")
    name = connection.registration.details.name
    assert subjects(database) == [("desk@lantern.example", NEW_DEPLOYMENT % {"system": name})]
    with database.read_session() as session:
        text = session.scalars(select(Mail.text)).one()
    assert "b7:second" in text
    assert f"{connection.url}/staff/lti" in text
    for number in range(MOST_WAITING_TOLD + 2):
        connection.launch(deployment_id=f"crowd-{number}")
    assert len(subjects(database)) == MOST_WAITING_TOLD
