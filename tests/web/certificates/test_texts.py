"""Sentences about certificates that depend on minutes."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from lms.certificates.rules_and_attendance_minutes import keep_rule, read_rule
from lms.models.recordings import Recording
from tests.certificates.test_eligibility import saw


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


def test_certificate_progress_is_refused_without_access(client, cast):
    address = f"/webinars/{cast.slug}/watch/certificate"
    assert client.get(address).status_code == 303
    client.sign_in(cast.dan.id)
    assert client.get(address).status_code == 403


@pytest.mark.parametrize(
    ("seconds", "seen_s", "percent", "sentence"),
    [
        (3600.0, 0, 90, "Watch 54 more minutes to earn your certificate."),
        (3600.0, 3205, 90, "Watch less than a minute more to earn your certificate."),
        (86.0, 0, 90, "Watch 1:18 more to earn your certificate."),
        (86.0, 60, 90, "Watch 0:18 more to earn your certificate."),
        (150.0, 0, 90, "Watch 2:15 more to earn your certificate."),
        (86.0, 0, 100, "Watch to the end to earn your certificate."),
        (86.0, 80, 100, "Watch to the end to earn your certificate."),
        (620.0, 0, 100, "Watch to the end to earn your certificate."),
        (20.0, 0, 90, "Watch to the end to earn your certificate."),
        (86.0, 80, 90, "You\u2019ve watched enough. We\u2019re preparing your certificate."),
    ],
)
def test_missing_watch_time_never_exceeds_the_recording(
    client, cast, database, seconds, seen_s, percent, sentence
):
    with database.transaction() as session:
        session.get_one(Recording, cast.recording_id).seconds = seconds
        keep_rule(
            session,
            cast.webinar_id,
            replace(read_rule(session, cast.webinar_id), percent=percent),
        )
        if seen_s:
            saw(session, cast.alice.id, cast.recording_id, 0, seen_s, seconds=seconds)
    client.sign_in(cast.alice.id)
    page = client.get(f"/webinars/{cast.slug}/watch").text
    assert sentence in unescape(page)
    found = re.search(r'data-missing="\d+" data-words="([^"]*)"', page)
    if found:
        words = json.loads(unescape(found[1]))
        assert set(words) == {"many", "little", "enough"}


def test_staff_are_warned_about_a_short_recording(client, cast, database):
    client.sign_in(cast.ada.id)
    page = f"/staff/webinars/{cast.slug}/certificates"
    warning = "The recording is only 1 minute long, so certificates for watching it show that instead of 60."
    for address in (page, f"/staff/webinars/{cast.slug}"):
        assert warning not in client.get(address).text
    with database.transaction() as session:
        session.get_one(Recording, cast.recording_id).seconds = 86.0
    for address in (page, f"/staff/webinars/{cast.slug}"):
        assert warning in client.get(address).text
    rule = {"is_offered": "y", "percent": "50", "live_minutes": "40", "credit_minutes": "60"}
    assert client.post(f"{page}/rule", data={**rule, "is_credit_confirmed": "y"}).status_code == 303
    for address in (page, f"/staff/webinars/{cast.slug}"):
        assert warning not in client.get(address).text
