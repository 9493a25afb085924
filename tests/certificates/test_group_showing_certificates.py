"""Certificates of a group viewing (PRODUCT.md, G2): one for each attendee."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.certificates import group_showing_certificates, jobs
from lms.group_showings import showings
from lms.models.certificates import Certificate
from lms.models.group_showings import Attendee
from lms.models.jobs import Job
from lms.models.mail import Mail
from tests.certificates.playback_fixtures import letters
from tests.certificates.test_eligibility import ENOUGH_S, Run, saw
from tests.clock import NOW
from tests.web.group_showings.test_host_and_attendee_pages import at_noon as at_noon
from tests.web.group_showings.test_host_and_attendee_pages import guest as guest
from tests.web.group_showings.test_host_and_attendee_pages import host as host
from tests.web.group_showings.test_host_and_attendee_pages import room_of
from tests.web.group_showings.test_host_and_attendee_pages import shown as shown

HOUR = timedelta(minutes=61)


def settle(database, carrel):
    """Run the jobs that closing has queued."""
    with database.read_session() as session:
        subjects = session.scalars(
            select(Job.subject).where(Job.kind == group_showing_certificates.GIVE)
        ).all()
    for subject in subjects:
        jobs.give_group(carrel, Run(subject))


def standing(database):
    with database.read_session() as session:
        return session.scalars(
            select(Certificate).where(
                Certificate.revoked_at.is_(None), Certificate.replaced_at.is_(None)
            )
        ).all()


@pytest.fixture
def closed(host, shown, guest, clock, database, carrel):
    """Return a group viewing of an hour with two attendees, closed and processed."""
    guest.post(room_of(host, shown), data={"name": "Jo Reed", "email": "jo@example.org"})
    host.post(f"{shown}/people", data={"people": "Kim Park kim@example.org"})
    clock.advance(HOUR)
    host.post(f"{shown}/close")
    settle(database, carrel)
    return shown


def test_each_attendee_gets_one_marked_group_viewing(closed, database, client):
    made = standing(database)
    assert {(one.holder, one.kind) for one in made} == {("Jo Reed", "group"), ("Kim Park", "group")}
    with database.read_session() as session:
        assert sorted(letters(session)) == ["jo@example.org", "kim@example.org"]
    assert "Group viewing" in client.get(f"/verify/{made[0].public_id}").text


def test_email_links_to_the_certificate_without_sign_in(closed, database, app):
    with database.read_session() as session:
        text = session.scalars(select(Mail.text).where(Mail.kind == "certificate")).first()
    path = next(word for word in text.split() if "/verify/" in word).partition("localhost")[2]
    assert "This certificate is valid" in app.test_client().get(path).text


def test_processing_again_issues_no_second_certificate(closed, database, carrel):
    settle(database, carrel)
    assert len(standing(database)) == 2


def test_group_viewing_of_ten_minutes_issues_none_and_says_why(
    host, shown, guest, clock, database, carrel
):
    guest.post(room_of(host, shown), data={"name": "Jo", "email": "jo@example.org"})
    clock.advance(timedelta(minutes=10))
    host.post(f"{shown}/close")
    settle(database, carrel)
    assert standing(database) == []
    assert "lasted 10 minutes" in host.get(shown).text


def test_hosts_own_viewing_counts_when_the_group_viewing_opened_late(
    host, shown, guest, clock, database, carrel, cast
):
    guest.post(room_of(host, shown), data={"name": "Jo", "email": "jo@example.org"})
    with database.transaction() as session:
        saw(session, cast.alice.id, cast.recording_id, 0, ENOUGH_S)
    clock.advance(timedelta(minutes=2))
    host.post(f"{shown}/close")
    settle(database, carrel)
    assert [one.holder for one in standing(database)] == ["Jo"]


def test_person_added_afterward_gets_a_certificate(closed, host, database, carrel):
    host.post(f"{closed}/people", data={"people": "Lou lou@example.org"})
    settle(database, carrel)
    assert {one.holder for one in standing(database)} == {"Jo Reed", "Kim Park", "Lou"}


def test_corrected_name_gets_a_corrected_certificate(closed, host, database):
    person = _person(database, host, closed, "Jo Reed")
    host.post(f"{closed}/people/{person}", data={"name": "Jo Read", "email": "jo@example.org"})
    assert {one.holder for one in standing(database)} == {"Jo Read", "Kim Park"}
    host.post(f"{closed}/people/{person}", data={"act": "remove"})
    assert {one.holder for one in standing(database)} == {"Kim Park"}


def test_group_viewing_closed_at_day_end_issues_certificates(host, shown, guest, database, carrel):
    guest.post(room_of(host, shown), data={"name": "Jo", "email": "jo@example.org"})
    with database.transaction() as session:
        showings.close_due(session, now=NOW + timedelta(days=1))
    settle(database, carrel)
    assert [one.holder for one in standing(database)] == ["Jo"]


def test_attendee_with_an_account_finds_it_among_their_certificates(
    host, shown, guest, clock, database, carrel, cast, app
):
    guest.post(room_of(host, shown), data={"name": "Dan", "email": cast.dan.email})
    clock.advance(HOUR)
    host.post(f"{shown}/close")
    settle(database, carrel)
    dan = app.test_client()
    dan.sign_in(cast.dan.id)
    assert "Group viewing" in dan.get("/certificates").text


def _person(database, host, shown, name):
    with database.read_session() as session:
        return session.scalars(select(Attendee.public_id).where(Attendee.name == name)).one()
