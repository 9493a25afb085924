"""Credit minutes are limited to the length of what its recipient attended, unless confirmed."""

from dataclasses import replace

import pytest

from lms.certificates import staff_manual_issue_and_attendance as by_staff
from lms.certificates.credit_minutes import Lengths, read_lengths
from lms.certificates.rules_and_attendance_minutes import keep_rule, note_attendance, read_rule
from lms.certificates.staff_manual_issue_and_attendance import ByHand
from lms.core.errors import Invalid
from lms.mail.links import Links
from lms.models.recordings import Recording
from tests.certificates.playback_fixtures import certificates as issued
from tests.certificates.test_eligibility import consider, saw
from tests.clock import NOW


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


def has_seconds(session, cast, seconds):
    session.get_one(Recording, cast.recording_id).seconds = seconds


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(86.0, 1), (4.0, 1), (3598.4, 60), (3240.0, 54), (None, None)]
)
def test_lengths_of_a_webinar_are_whole_minutes(database, cast, seconds, minutes):
    with database.transaction() as session:
        recording = session.get_one(Recording, cast.recording_id)
        recording.seconds, recording.is_current = seconds or recording.seconds, bool(seconds)
    with database.read_session() as session:
        assert read_lengths(session, cast.webinar_id) == Lengths(60, minutes)


@pytest.mark.parametrize(("confirmed", "minutes"), [(0, 1), (60, 60), (30, 30)])
def test_watching_a_short_recording_earns_its_minutes(database, cast, confirmed, minutes):
    with database.transaction() as session:
        has_seconds(session, cast, 86.0)
        rule = replace(read_rule(session, cast.webinar_id), confirmed_minutes=confirmed)
        keep_rule(session, cast.webinar_id, rule)
        saw(session, cast.alice.id, cast.recording_id, 0, 86, seconds=86)
    assert consider(database, cast.alice.id, cast.webinar_id)
    assert issued(database)[0].credit_minutes == minutes


@pytest.mark.parametrize(("live", "minutes"), [(50, 60), (25, 60)])
def test_live_attendance_earns_the_minutes_of_the_session(database, cast, live, minutes):
    with database.transaction() as session:
        has_seconds(session, cast, 600.0)
        note_attendance(
            session, login_id=cast.alice.id, webinar_id=cast.webinar_id, minutes=live, now=NOW
        )
        saw(session, cast.alice.id, cast.recording_id, 0, 300, seconds=600)
    assert consider(database, cast.alice.id, cast.webinar_id)
    assert issued(database)[0].credit_minutes == minutes


def test_manual_certificate_is_limited_to_the_longer_length(database, cast):
    with database.transaction() as session:
        has_seconds(session, cast, 4500.0)
        keep_rule(session, cast.webinar_id, replaced(session, cast, credit_minutes=90))
        wanted = ByHand(cast.dan.email, "Watched it at the conference.")
        by_staff.issue_by_hand(
            session, cast.webinar_id, wanted, actor=None, links=Links("https://x"), now=NOW
        )
    assert issued(database)[0].credit_minutes == 75


def replaced(session, cast, **values):
    return replace(read_rule(session, cast.webinar_id), **values)


def test_more_minutes_than_both_lengths_need_confirmation(database, cast):
    with database.transaction() as session:
        rule = replaced(session, cast, credit_minutes=61)
        with pytest.raises(Invalid) as refused:
            by_staff.change_rule(session, cast.webinar_id, rule, actor=None, now=NOW)
        assert "credit_minutes" in refused.value.fields
        confirmed = replace(rule, confirmed_minutes=61)
        by_staff.change_rule(session, cast.webinar_id, confirmed, actor=None, now=NOW)
        assert read_rule(session, cast.webinar_id) == confirmed


def test_confirmation_counts_only_for_the_confirmed_minutes(database, cast):
    with database.transaction() as session:
        rule = replaced(session, cast, credit_minutes=75, confirmed_minutes=75)
        by_staff.change_rule(session, cast.webinar_id, rule, actor=None, now=NOW)
        with pytest.raises(Invalid):
            by_staff.change_rule(
                session, cast.webinar_id, replace(rule, credit_minutes=90), actor=None, now=NOW
            )
