"""What earns a certificate and what doesn't, from heartbeats to the stored row and its email."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.certificates import certificates, eligibility, jobs
from lms.certificates.rules_and_attendance_minutes import keep_rule, note_attendance, read_rule
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.certificates import CertificateKind
from lms.models.grants import Grant, Withdrawal
from lms.models.playback import WatchRecord
from lms.people import login_merges
from lms.playback.progress_bitmap import bucket_count
from tests.certificates.playback_fixtures import certificates as issued
from tests.certificates.playback_fixtures import letters, play
from tests.clock import NOW
from tests.factories import make_grant, make_login, make_recording
from tests.player import open_playback

LINKS = Links("https://library.example.org")
ENOUGH_S, LENGTH_S = 3240, 3600


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def alice(client, cast):
    client.sign_in(cast.alice.id)
    return open_playback(client, cast.slug)


def saw(session, login_id, recording_id, first_s, last_s, *, seconds=LENGTH_S):
    """Save that a stretch of whole buckets was watched."""
    bits = (1 << last_s // 5) - (1 << first_s // 5)
    record = WatchRecord(
        login_id=login_id,
        recording_id=recording_id,
        buckets=bits.to_bytes((bucket_count(seconds) + 7) // 8, "little"),
        watched_s=last_s - first_s,
        position_s=float(last_s),
        earned_until=NOW,
        updated_at=NOW,
    )
    session.add(record)
    session.flush()


def consider(database, login_id, webinar_id):
    with database.transaction() as session:
        return eligibility.consider(session, login_id, webinar_id, links=LINKS, now=NOW)


class Run:
    """A job control that is never canceled."""

    def __init__(self, subject=""):
        self.subject = subject

    def canceled(self):
        return False


def test_heartbeat_that_reaches_90_percent_earns_a_certificate(alice, clock, database, cast):
    play(alice, clock, 0, ENOUGH_S - 5)
    assert issued(database) == []
    play(alice, clock, ENOUGH_S - 5, ENOUGH_S)
    (one,) = issued(database)
    assert (one.kind, one.holder, one.title) == ("watched", "Alice", "Reading rooms")
    assert (one.login_id, one.credit_minutes, one.language) == (cast.alice.id, 60, "en")
    with database.read_session() as session:
        assert letters(session) == [cast.alice.email]


def test_watching_on_and_again_issues_no_second_certificate(alice, clock, database):
    play(alice, clock, 0, LENGTH_S)
    play(alice, clock, 0, 600)
    assert len(issued(database)) == 1
    with database.read_session() as session:
        assert len(letters(session)) == 1
        assert session.scalars(select(WatchRecord.certify_at_s)).one() is None


def test_watching_all_at_double_speed_earns_a_certificate(alice, clock, database):
    play(alice, clock, 0, LENGTH_S, rate=2.0)
    assert len(issued(database)) == 1


def test_seeking_to_the_end_earns_nothing(alice, clock, database):
    play(alice, clock, 0, 30)
    play(alice, clock, LENGTH_S - 30, LENGTH_S)
    assert issued(database) == []


def test_replaying_one_minute_for_hours_earns_nothing(alice, clock, database):
    for _ in range(80):
        play(alice, clock, 0, 60)
    assert issued(database) == []


def test_forged_heartbeat_earns_nothing(alice, clock, database):
    clock.advance(timedelta(seconds=15))
    assert alice.beat(position=LENGTH_S, spans=[[0, LENGTH_S]]).json["verdict"] == "too_soon"
    assert issued(database) == []


def test_playback_at_16_times_the_speed_earns_nothing(alice, clock, database):
    play(alice, clock, 0, LENGTH_S, rate=16.0)
    assert issued(database) == []


def test_eligibility_is_checked_up_to_three_times_per_playback(alice, clock, database, monkeypatch):
    asked = []
    real = eligibility.consider
    monkeypatch.setattr(
        eligibility, "consider", lambda *given, **named: asked.append(1) or real(*given, **named)
    )
    play(alice, clock, 0, LENGTH_S)
    assert len(asked) <= 3
    assert len(issued(database)) == 1


def test_last_heartbeat_of_a_closing_tab_earns_a_certificate(alice, clock, database):
    play(alice, clock, 0, ENOUGH_S - 15)
    clock.advance(timedelta(seconds=15))
    alice.close(position=float(ENOUGH_S), spans=[[ENOUGH_S - 15, ENOUGH_S]])
    assert len(issued(database)) == 1


def test_staff_preview_earns_nothing(client, cast, clock, database):
    client.sign_in(cast.ada.id)
    play(open_playback(client, cast.slug, preview=True), clock, 0, LENGTH_S)
    assert issued(database) == []


def test_concurrent_heartbeats_issue_one_certificate_and_one_email(database, cast):
    with database.transaction() as session:
        saw(session, cast.alice.id, cast.recording_id, 0, LENGTH_S)
    with ThreadPoolExecutor(8) as crowd:
        made = list(
            crowd.map(lambda _: consider(database, cast.alice.id, cast.webinar_id), range(16))
        )
    assert len([one for one in made if one]) == 1
    with database.read_session() as session:
        assert len(letters(session)) == 1
    assert len(issued(database)) == 1


def test_viewing_by_merged_logins_counts_together_for_one_certificate(database, cast, carrel):
    with database.transaction() as session:
        other = make_login(session, "alice.home@example.org", name="Alice Home")
        saw(session, cast.alice.id, cast.recording_id, 0, 1800)
        saw(session, other.id, cast.recording_id, 1800, ENOUGH_S)
        other_id, other_public = other.id, other.public_id
    assert consider(database, cast.alice.id, cast.webinar_id) is None
    assert consider(database, other_id, cast.webinar_id) is None
    with database.transaction() as session:
        login_merges.merge(
            session, kept=cast.alice.public_id, merged=other_public, hooks=(), actor=None, now=NOW
        )
    jobs.consider(carrel, Run())
    (one,) = issued(database)
    assert (one.login_id, one.holder) == (cast.alice.id, "Alice")
    assert consider(database, other_id, cast.webinar_id) is None


def test_next_check_is_when_enough_could_have_been_watched(database, cast):
    with database.transaction() as session:
        saw(session, cast.alice.id, cast.recording_id, 0, 600)
    consider(database, cast.alice.id, cast.webinar_id)
    with database.read_session() as session:
        at = session.scalars(select(WatchRecord.certify_at_s)).one()
    assert ENOUGH_S - 5 <= at <= ENOUGH_S


@pytest.mark.parametrize("seconds", [61.3, 60.3, 3599.2, 4.0, 62.6])
def test_next_check_is_within_a_recording_of_any_length(database, cast, seconds):
    with database.transaction() as session:
        keep_rule(session, cast.webinar_id, replaced(read_rule(session, cast.webinar_id), 100))
        recording = make_recording_of(session, cast, seconds)
        last = bucket_count(seconds) - 1
        saw(session, cast.alice.id, recording, 0, last * 5, seconds=seconds)
    consider(database, cast.alice.id, cast.webinar_id)
    with database.read_session() as session:
        at = session.scalars(select(WatchRecord.certify_at_s)).one()
    assert at <= seconds


def replaced(rule, percent):
    return type(rule)(rule.is_offered, percent, rule.live_minutes, rule.credit_minutes)


def make_recording_of(session, cast, seconds):
    webinar = type("W", (), {"id": cast.webinar_id})
    made = make_recording(session, webinar, seconds=seconds, number=2, is_current=False)
    return made.id


def test_version_watched_most_counts(database, cast):
    with database.transaction() as session:
        newer = make_recording_of(session, cast, 1800.0)
        saw(session, cast.alice.id, cast.recording_id, 0, ENOUGH_S)
        saw(session, cast.alice.id, newer, 0, 5, seconds=1800)
    assert consider(database, cast.alice.id, cast.webinar_id)


@pytest.mark.parametrize(
    ("live", "seen_s", "kind"),
    [
        (50, 0, CertificateKind.LIVE),
        (49, 0, None),
        (25, 1620, CertificateKind.WATCHED),
        (25, 1615, None),
        (0, ENOUGH_S, CertificateKind.WATCHED),
    ],
)
def test_live_and_recorded_minutes_add_up(database, cast, live, seen_s, kind):
    with database.transaction() as session:
        note_attendance(
            session, login_id=cast.alice.id, webinar_id=cast.webinar_id, minutes=live, now=NOW
        )
        if seen_s:
            saw(session, cast.alice.id, cast.recording_id, 0, seen_s)
    consider(database, cast.alice.id, cast.webinar_id)
    assert [one.kind for one in issued(database)] == ([kind] if kind else [])


def test_certificates_are_issued_once_a_webinar_offers_them(alice, clock, database, cast, carrel):
    with database.transaction() as session:
        rule = read_rule(session, cast.webinar_id)
        keep_rule(session, cast.webinar_id, type(rule)(False, 90, 50, 60))
    play(alice, clock, 0, LENGTH_S)
    assert issued(database) == []
    with database.transaction() as session:
        keep_rule(session, cast.webinar_id, type(rule)(True, 80, 50, 90, confirmed_minutes=90))
    jobs.consider(carrel, Run())
    (one,) = issued(database)
    assert one.credit_minutes == 90


def test_revoked_certificate_is_not_issued_again_by_watching(alice, clock, database, cast):
    play(alice, clock, 0, ENOUGH_S)
    (one,) = issued(database)
    with database.transaction() as session:
        certificates.revoke(
            session, one.public_id, "Somebody else watched.", actor=None, links=LINKS, now=NOW
        )
    play(alice, clock, ENOUGH_S, LENGTH_S)
    assert consider(database, cast.alice.id, cast.webinar_id) is None
    assert len(issued(database)) == 1


def test_certificate_stays_valid_when_access_is_revoked(alice, clock, database, cast):
    play(alice, clock, 0, ENOUGH_S)
    with database.transaction() as session:
        session.execute(
            update(Grant)
            .where(Grant.login_id == cast.alice.id)
            .values(revoked_at=NOW, revoked_as=Withdrawal.REFUNDED)
        )
    (one,) = issued(database)
    assert one.revoked_at is None


def test_person_without_an_address_gets_a_certificate_without_an_email(database, cast):
    with database.transaction() as session:
        person = Login(email=None, email_key=None, name="Rui", created_at=NOW)
        session.add(person)
        session.flush()
        make_grant(session, person)
        saw(session, person.id, cast.recording_id, 0, LENGTH_S)
        person_id = person.id
    assert consider(database, person_id, cast.webinar_id)
    with database.read_session() as session:
        assert letters(session) == []


def test_kept_account_is_emailed_about_a_merged_accounts_revocation(database, cast):
    with database.transaction() as session:
        person = Login(email=None, email_key=None, name="Rui", created_at=NOW)
        session.add(person)
        session.flush()
        saw(session, person.id, cast.recording_id, 0, LENGTH_S)
        person_id = person.id
    made = consider(database, person_id, cast.webinar_id)
    with database.transaction() as session:
        session.get_one(Login, person_id).merged_into = cast.alice.id
        certificates.revoke(session, made, "By mistake.", actor=None, links=LINKS, now=NOW)
        assert letters(session, "certificate_revoked") == [cast.alice.email]


def test_failed_issue_loses_neither_the_heartbeat_nor_the_certificate(
    alice, clock, database, cast, carrel, monkeypatch
):
    play(alice, clock, 0, ENOUGH_S - 15)
    with monkeypatch.context() as broken:
        broken.setattr(certificates, "issue", _refuse)
        play(alice, clock, ENOUGH_S - 15, ENOUGH_S)
    assert issued(database) == []
    jobs.consider(carrel, Run())
    assert len(issued(database)) == 1


def _refuse(*_given, **_named):
    from lms.core.errors import Conflict  # noqa: PLC0415

    raise Conflict("Not now.")
