"""A recording inside a course, as a learner, an instructor, or an anonymous viewer."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.handouts.pages import large_key, small_key
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant, Withdrawal
from lms.models.handouts import HandoutPage
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd, PlaybackSession, WatchRecord
from lms.models.seats import Assignment, AssignmentEnd, Pool
from lms.seats.pools import revoke_pool_grant
from lti.models.identities import Identity
from lti.protocol.content_target import Target
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_grant,
    make_handout,
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_webinar,
)
from tests.lti.course_fixtures import ANONYMOUS, INSTRUCTOR, make_course
from tests.player import AGENT, Player

HEADERS = {"User-Agent": AGENT, "Accept": "application/json", "X-CSRFToken": ""}


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def course(database, cast):
    with database.transaction() as session:
        return make_course(session, cast.organization_id, Target(webinar=cast.slug))


@pytest.fixture
def pool(database, cast):
    """Add one unassigned seat of Elm County for the webinar."""
    with database.transaction() as session:
        return _pool_with(session, cast, capacity=1)


def _pool_with(session, cast, **how):
    organization = session.get_one(Organization, cast.organization_id)
    webinar = session.get_one(Webinar, cast.webinar_id)
    pool = make_pool(session, organization, webinar, **how)
    make_pool_grant(session, pool)
    return pool.id


def _launch(database, course, *args, **values):
    with database.transaction() as session:
        return course.launch(session, *args, **values)


def _play(client, secret, path="playback", **wish):
    return client.post(f"/lti/s/{secret}/{path}", json=wish, headers=HEADERS)


def _revoke(session, pool_id):
    grant = session.scalars(select(Grant.public_id).where(Grant.pool_id == pool_id)).one()
    revoke_pool_grant(session, grant, Withdrawal.REVOKED, reason="", actor=None, now=NOW)


def _seats(database, pool_id):
    with database.read_session() as session:
        active = select(func.count(Assignment.id)).where(
            Assignment.pool_id == pool_id, Assignment.ended_at.is_(None)
        )
        used = session.scalars(select(Pool.used).where(Pool.id == pool_id)).one()
        return used, session.scalar(active)


def test_webinar_without_organization_access_is_not_found_for_any_role(
    client, database, cast, course
):
    for role in (None, INSTRUCTOR, ANONYMOUS):
        secret = _launch(database, course, *([role] if role else []))
        page = client.get(f"/lti/s/{secret}/watch")
        assert page.status_code == 404
        assert "doesn\u2019t have this recording" in page.text
        assert _play(client, secret).status_code == 404


def test_webinar_without_access_reads_like_an_unknown_one(client, database, cast, course):
    theirs = _play(client, _launch(database, course))
    never = _play(client, _launch(database, replace(course, target=Target(webinar="no-such"))))
    assert theirs.status_code == never.status_code == 404
    assert theirs.json["message"] == never.json["message"]


def test_access_outside_the_organization_does_not_open_the_webinar(client, database, cast, course):
    secret = _launch(database, course, sub="both")
    with database.transaction() as session:
        login = session.get_one(Login, session.scalar(select(Identity.login_id)))
        other = make_organization(session, name="Oak County")
        webinar = session.get_one(Webinar, cast.webinar_id)
        theirs = make_pool(session, other, webinar)
        make_pool_grant(session, theirs)
        make_assignment(session, theirs, login)
        make_grant(session, login, webinar)
    assert client.get(f"/lti/s/{secret}/").status_code == 404
    assert _play(client, secret).status_code == 404


def test_opening_the_page_takes_no_seat(client, database, course, pool):
    secret = _launch(database, course)
    page = client.get(f"/lti/s/{secret}/")
    assert page.status_code == 200
    assert 'data-waits="yes"' in page.text
    assert f'data-open="/lti/s/{secret}/playback"' in page.text
    assert _seats(database, pool) == (0, 0)


def test_first_playback_takes_one_seat(client, database, course, pool):
    secret = _launch(database, course, sub="kim")
    assert _play(client, secret).status_code == 200
    assert _play(client, secret, take_over=True).status_code == 200
    again = _launch(database, course, sub="kim")
    assert _play(client, again, take_over=True).status_code == 200
    assert _seats(database, pool) == (1, 1)
    assert 'data-waits="no"' in client.get(f"/lti/s/{again}/").text


def test_full_pool_refuses_playback_and_names_the_manager(client, database, cast, course, pool):
    assert _play(client, _launch(database, course, sub="first")).status_code == 200
    late = _launch(database, course, sub="late")
    answer = _play(client, late)
    assert answer.status_code == 403
    assert answer.json["code"] == "NO_GRANT"
    assert answer.json["sentence"] == "All seats at Elm County Library are taken."
    assert answer.json["more"].startswith(
        "Ask Mia, who manages seats for Elm County Library. Reference: "
    )
    page = client.get(f"/lti/s/{late}/")
    assert page.status_code == 403
    assert "All seats at Elm County Library are taken." in page.text
    assert "Ask Mia" in page.text
    assert _seats(database, pool) == (1, 1)


def test_person_removed_by_a_manager_gets_no_new_seat_by_launching(
    client, database, cast, course, pool
):
    secret = _launch(database, course, sub="removed")
    with database.transaction() as session:
        login = session.get_one(Login, session.scalar(select(Identity.login_id)))
        row = session.get_one(Pool, pool)
        make_assignment(session, row, login, ended_as=AssignmentEnd.REMOVED)
    answer = _play(client, secret)
    assert (answer.status_code, answer.json["code"]) == (403, "SEAT_RELEASED")
    assert _seats(database, pool) == (0, 0)


def test_instructor_previews_without_a_seat_or_stored_progress(
    client, app, database, course, pool, clock
):
    secret = _launch(database, course, INSTRUCTOR)
    page = client.get(f"/lti/s/{secret}/watch")
    assert "as an instructor" in page.text
    answer = _play(client, secret)
    assert answer.status_code == 200
    Player(client, answer.json).beat(position=15.0, spans=[[0, 15]])
    assert _seats(database, pool) == (0, 0)
    with database.read_session() as session:
        assert session.scalars(select(PlaybackSession.is_preview)).all() == [True]
        assert session.scalar(select(WatchRecord.watched_s)) == 0


def test_user_takes_no_seat(client, database, course, pool):
    secret = _launch(database, course, is_test_user=True)
    assert "test user" in client.get(f"/lti/s/{secret}/").text
    assert _play(client, secret).status_code == 200
    assert _seats(database, pool) == (0, 0)


def test_anonymous_viewer_is_refused_with_counted_seats(client, database, course, pool):
    secret = _launch(database, course, ANONYMOUS)
    answer = _play(client, secret)
    assert answer.status_code == 403
    assert "tell us who you are" in answer.json["sentence"]
    assert client.get(f"/lti/s/{secret}/").status_code == 403
    assert _seats(database, pool) == (0, 0)


def test_anonymous_viewer_can_watch_with_unlimited_seats(client, database, cast, course):
    with database.transaction() as session:
        pool = _pool_with(session, cast, capacity=None)
    secret = _launch(database, course, ANONYMOUS)
    assert client.get(f"/lti/s/{secret}/").status_code == 200
    assert _play(client, secret).status_code == 200
    assert _play(client, secret).status_code == 200
    assert _seats(database, pool) == (0, 0)


@pytest.mark.parametrize("role", [None, INSTRUCTOR, ANONYMOUS])
def test_free_webinar_plays_for_every_role(client, database, cast, course, role):
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).free = True
    secret = _launch(database, course, *([role] if role else []))
    assert _play(client, secret).status_code == 200


def test_heartbeats_and_access_checks_need_no_cookie(client, app, database, course, pool, clock):
    secret = _launch(database, course)
    addresses = _play(client, secret).json
    player = Player(client, addresses).without_cookies(app)
    clock.advance(timedelta(seconds=15))
    assert player.beat(position=15.0, spans=[[0, 15]]).json["verdict"] == "kept"
    assert addresses["why"] == f"/lti/s/{secret}/playback/{player.token}/why"
    assert player.why().json["may_reopen"] is True


def test_progress_is_saved_and_playback_resumes(client, database, course, pool, clock):
    secret = _launch(database, course, sub="kim")
    player = Player(client, _play(client, secret).json)
    clock.advance(timedelta(seconds=15))
    assert player.beat(position=754.2, spans=[[739, 754]]).json["verdict"] == "kept"
    again = _launch(database, course, sub="kim")
    page = client.get(f"/lti/s/{again}/")
    assert 'data-resume="754.2"' in page.text
    assert _play(client, again, take_over=True).json["resume_s"] == 754.2


def test_second_screen_is_refused_until_it_takes_over(client, database, course, pool):
    one, other = (_launch(database, course, sub="kim") for _ in range(2))
    first = Player(client, _play(client, one).json)
    second = _play(client, other)
    assert (second.status_code, second.json["code"]) == (409, "STREAM_LIMIT")
    assert _play(client, other, take_over=True).status_code == 200
    assert first.beat().status_code == 403
    assert first.why().json["code"] == "TAKEN_OVER"


def test_refused_second_screen_takes_no_seat(client, database, cast, course):
    with database.transaction() as session:
        other = make_webinar(session, "other")
        make_recording(session, other)
        organization = session.get_one(Organization, cast.organization_id)
        for webinar in (session.get_one(Webinar, cast.webinar_id), other):
            make_pool_grant(session, make_pool(session, organization, webinar))
    there = _launch(database, replace(course, target=Target(webinar="other")), sub="kim")
    assert _play(client, there).status_code == 200
    assert _play(client, _launch(database, course, sub="kim")).status_code == 409
    with database.read_session() as session:
        assert session.scalar(select(func.count(Assignment.id))) == 1


def test_access_check_names_the_organizations_reason_only_to_the_viewer(
    client, database, cast, course, pool
):
    secret = _launch(database, course, sub="kim")
    player = Player(client, _play(client, secret).json)
    going_on = player.why().json
    assert (going_on["may_reopen"], going_on["is_live"]) == (True, True)
    stranger = _launch(database, course, sub="lee")
    elsewhere = f"/lti/s/{stranger}/playback/{player.token}/why"
    assert client.post(elsewhere, headers=HEADERS).status_code == 404
    with database.transaction() as session:
        login = session.scalar(select(Assignment.login_id))
        make_grant(
            session, session.get_one(Login, login), session.get_one(Webinar, cast.webinar_id)
        )
        _revoke(session, pool)
    told = player.why().json
    assert (told["code"], told["may_reopen"]) == ("REVOKED", False)
    assert told["sentence"] == "Your access through Elm County Library was removed."


def test_preview_ends_when_the_organizations_access_is_revoked(client, database, course, pool):
    secret = _launch(database, course, INSTRUCTOR)
    player = Player(client, _play(client, secret).json)
    with database.transaction() as session:
        _revoke(session, pool)
    with database.read_session() as session:
        assert session.scalars(select(PlaybackSession.ended_as)).all() == [PlaybackEnd.REVOKED]
    assert player.why().json["code"] == "REVOKED"


def test_blocked_learner_is_told_so_and_takes_no_seat(client, database, course, pool):
    secret = _launch(database, course)
    with database.transaction() as session:
        session.get_one(Login, session.scalar(select(Identity.login_id))).blocked_at = NOW
    answer = _play(client, secret)
    assert (answer.status_code, answer.json["code"]) == (403, "ACCOUNT_BLOCKED")
    assert "Mia" not in answer.json["more"]  # no manager can change what our team blocked
    assert answer.json["step_label"] == "Contact us"
    assert _seats(database, pool) == (0, 0)


@pytest.mark.parametrize("role", [None, INSTRUCTOR, ANONYMOUS])
def test_removed_webinar_is_refused_for_every_role(client, database, cast, course, role):
    with database.transaction() as session:
        _pool_with(session, cast, capacity=None)
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.state, webinar.pulled_reason = WebinarState.PULLED, "legal"
    answer = _play(client, _launch(database, course, *([role] if role else [])))
    assert (answer.status_code, answer.json["code"]) == (403, "WEBINAR_PULLED")


def test_clip_starts_and_ends_where_the_link_says(client, database, cast, course, pool):
    target = Target(webinar=cast.slug, starts_s=600, ends_s=900)
    page = client.get(f"/lti/s/{_launch(database, replace(course, target=target))}/").text
    for found in (
        'data-starts="600.0"',
        'data-ends="900.0"',
        'data-resume="600.0"',
        'viewBox="600.0 0 300.0 1"',
    ):
        assert found in page
    assert "Watched 0:00 of 5:00" in page


def test_handouts_require_a_seat_and_no_cookie(
    client, app, database, cast, course, pool, storage, tmp_path
):
    with database.transaction() as session:
        handout = make_handout(session, session.get_one(Webinar, cast.webinar_id))
        key, preview, name = handout.key, handout.preview_key, handout.public_id
        session.add(HandoutPage(handout_id=handout.id, number=1, width=1600, height=900))
    file = tmp_path / "slides.pdf"
    file.write_bytes(b"%PDF-1.4 slides")
    storage.put_file(key, file, "application/pdf")
    storage.put_file(preview, file, "image/jpeg")
    storage.put_file(large_key(name, 1), file, "image/jpeg")
    storage.put_file(small_key(name, 1), file, "image/jpeg")
    secret = _launch(database, course)
    address = f"/lti/s/{secret}/handouts/{name}"
    for end in ("", "/pages/1", "/pages/1/large.jpg", "/pages/1/small.jpg"):
        assert client.get(address + end).status_code == 403
    assert 'data-handouts="closed"' in client.get(f"/lti/s/{secret}/").text
    assert _play(client, secret).status_code == 200
    assert client.get(address).data == b"%PDF-1.4 slides"
    assert client.get(f"{address}/first-page.jpg").status_code == 200
    assert address in client.get(f"/lti/s/{secret}/").text
    assert f'href="{address}/pages/1"' in client.get(f"/lti/s/{secret}/").text
    assert f'src="{address}/pages/1/large.jpg"' in client.get(f"{address}/pages/1").text
    assert client.get(f"{address}/pages/1/small.jpg").data == b"%PDF-1.4 slides"
    assert client.get(f"{address}/pages/2/large.jpg").status_code == 404
    other = _launch(database, replace(course, target=Target(webinar="nothing")))
    for end in ("", "/pages/1", "/pages/1/large.jpg"):
        assert client.get(f"/lti/s/{other}/handouts/{name}{end}").status_code == 404


def test_page_without_javascript_uses_the_browsers_own_player(client, database, course, pool):
    secret = _launch(database, course)
    page = client.post(f"/lti/s/{secret}/watch", headers={"X-CSRFToken": ""})
    assert page.status_code == 200
    assert "/progressive.mp4" in page.text
    assert _seats(database, pool) == (1, 1)
    other = _launch(database, course)
    assert client.post(f"/lti/s/{other}/watch").status_code == 403


def test_playback_in_a_frame_is_not_bound_to_a_sign_in_cookie(
    client, database, cast, course, pool, carrel
):
    client.sign_in(cast.alice.id)
    player = Player(client, _play(client, _launch(database, course)).json)
    assert carrel.signer.read(player.token, NOW.timestamp()).cookie == ""
