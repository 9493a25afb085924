"""The survey link: once, in the email about the recording, to people with access."""

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.core.runtime import Carrel
from lms.live import survey_links
from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_recording
from tests.live.upcoming_webinar import DAY, HELD_AT, HOUR, at_each
from tests.mailbox import letters, newest
from tests.seat_rows import add_pool, seat

SURVEY = "https://survey.example.org/s/1?from=email"


def set_default(database: Database, link: str) -> None:
    with database.transaction() as session:
        survey_links.set_default(session, link, actor=None, now=NOW)


def hold(carrel: Carrel, database: Database, cast: Cast, clock: Clock) -> None:
    """Move the clock past the webinar, with its recording ready."""
    at_each(carrel, clock, HELD_AT - DAY)
    with database.transaction() as session:
        version = make_recording(session, session.get_one(Webinar, cast.webinar_id))
        version.ready_at = HELD_AT + 3 * HOUR
    at_each(carrel, clock, HELD_AT + 3 * HOUR, HELD_AT + 4 * HOUR)


def test_only_a_whole_https_link_is_accepted(database: Database) -> None:
    for link in ("http://survey.example.org", "survey.example.org", "https://", "https://a b.org"):
        with pytest.raises(Invalid) as refusal:
            set_default(database, link)
        assert set(refusal.value.fields) == {"survey_link"}
    set_default(database, f" {SURVEY} ")
    set_default(database, SURVEY)
    with database.read_session() as session:
        assert survey_links.read_default(session) == SURVEY
    set_default(database, "")
    with database.read_session() as session:
        assert survey_links.read_default(session) == ""


def test_people_with_access_get_the_default_link_once(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    set_default(database, SURVEY)
    hold(carrel, database, to_come, clock)
    for email in ("bob@example.org", "alice@example.org"):
        with_link = [one for one in letters(database, email) if SURVEY in one.text]
        assert [one.kind for one in with_link] == ["recording_ready"]
        assert SURVEY in with_link[0].html


def test_a_webinars_own_link_replaces_the_default(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    set_default(database, SURVEY)
    with database.transaction() as session:
        webinar = session.get_one(Webinar, to_come.webinar_id)
        webinar.survey_link = "https://own.example.org/s"
    hold(carrel, database, to_come, clock)
    letter = newest(database, "bob@example.org", "recording_ready")
    assert "https://own.example.org/s" in letter.text
    assert SURVEY not in letter.text


def test_without_a_link_the_email_has_no_survey(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    hold(carrel, database, to_come, clock)
    assert "survey" not in newest(database, "bob@example.org", "recording_ready").text


def test_people_without_access_get_the_recording_email_without_the_survey(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    set_default(database, SURVEY)
    with database.transaction() as session:
        elm = session.get_one(Organization, to_come.organization_id)
        seat(session, add_pool(session, elm, to_come.webinar_id), email="new@example.org")
    hold(carrel, database, to_come, clock)
    letter = newest(database, "new@example.org", "recording_ready")
    assert SURVEY not in letter.text
