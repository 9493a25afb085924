"""Playback in a frame depends only on the access of its organization."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.grants.grants import take_back
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant, Withdrawal
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool
from lms.organizations.organization_merges import merge, unmerge
from lms.seats.pools import revoke_pool_grant
from lti.models.identities import Identity
from lti.protocol.content_target import Target
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_grant,
    make_organization,
    make_pool,
    make_pool_grant,
)
from tests.lti.course_fixtures import INSTRUCTOR, make_course
from tests.player import AGENT, Player

HEADERS = {"User-Agent": AGENT, "Accept": "application/json", "X-CSRFToken": ""}
A_BEAT = timedelta(seconds=15)


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def pool(database, cast):
    """Add two unassigned seats of Elm County for the webinar."""
    with database.transaction() as session:
        return _pool_of(session, session.get_one(Organization, cast.organization_id), cast)


@pytest.fixture
def course(database, cast, pool):
    with database.transaction() as session:
        return make_course(session, cast.organization_id, Target(webinar=cast.slug))


@pytest.fixture
def kim(database, course):
    """Return the secret of a learner's frame, and their login ID."""
    with database.transaction() as session:
        secret = course.launch(session, sub="kim")
        return secret, session.scalars(select(Identity.login_id)).one()


def _pool_of(session, organization, cast):
    pool = make_pool(session, organization, session.get_one(Webinar, cast.webinar_id), capacity=2)
    make_pool_grant(session, pool)
    return pool.id


def _own(database, cast, login_id, **values):
    """Give a person their own access to the webinar; return the grant's public ID."""
    with database.transaction() as session:
        login, webinar = session.get_one(Login, login_id), session.get_one(Webinar, cast.webinar_id)
        return make_grant(session, login, webinar, **values).public_id


def _open(client, secret, **wish):
    return client.post(f"/lti/s/{secret}/playback", json=wish, headers=HEADERS)


def _play(client, secret, **wish):
    answer = _open(client, secret, **wish)
    assert answer.status_code == 200, answer.text
    return Player(client, answer.json)


def _free_the_seat(database, pool_id):
    """Release every seat of a pool directly in the database, so playback isn't ended with it."""
    with database.transaction() as session:
        session.execute(
            update(Assignment)
            .where(Assignment.pool_id == pool_id)
            .values(state=AssignmentState.RELEASED, ended_at=NOW, ended_as=AssignmentEnd.REMOVED)
        )
        session.execute(update(Pool).where(Pool.id == pool_id).values(used=0))


def test_playback_stores_the_organization_of_its_frame(client, database, cast, kim):
    _play(client, kim[0])
    with database.read_session() as session:
        organization_id = session.scalars(select(PlaybackSession.organization_id)).one()
    assert organization_id == cast.organization_id


def test_malformed_playback_request_counts_as_an_empty_one(client, kim):
    address = f"/lti/s/{kim[0]}/playback"
    answer = client.post(
        address, data="[" * 60_000, content_type="application/json", headers=HEADERS
    )
    assert (answer.status_code, answer.json["seconds"]) == (200, 3600)


def test_playback_outside_a_frame_stores_no_organization(client, database, cast):
    client.sign_in(cast.alice.id)
    client.post(f"/webinars/{cast.slug}/playback", json={}, headers={"User-Agent": AGENT})
    with database.read_session() as session:
        assert session.scalars(select(PlaybackSession.organization_id)).all() == [None]


def test_expired_personal_pass_does_not_stop_the_frame(client, database, cast, kim, clock):
    player = _play(client, kim[0])
    _own(database, cast, kim[1], ends_at=NOW + timedelta(seconds=5))
    clock.advance(A_BEAT)
    assert player.beat().json["verdict"] == "kept"


def test_refunded_personal_pass_does_not_stop_the_frame(client, database, cast, kim, clock):
    own = _own(database, cast, kim[1])
    player = _play(client, kim[0])
    with database.transaction() as session:
        take_back(session, own, withdrawal=Withdrawal.REFUNDED, actor=None, now=NOW)
    clock.advance(A_BEAT)
    assert player.beat().json["verdict"] == "kept"
    with database.read_session() as session:
        assert session.scalars(select(PlaybackSession.ended_as)).all() == [None]


@pytest.mark.parametrize("how", ["the seat", "the grant", "the suspended grant"])
def test_ended_organization_access_stops_the_frame_despite_a_personal_pass(
    client, database, cast, pool, kim, clock, how
):
    _own(database, cast, kim[1])
    player = _play(client, kim[0])
    if how == "the seat":
        _free_the_seat(database, pool)
    else:
        column = Grant.suspended_at if how == "the suspended grant" else Grant.revoked_at
        values = {column: NOW}
        if how == "the grant":
            values[Grant.revoked_as] = Withdrawal.REVOKED
        with database.transaction() as session:
            session.execute(update(Grant).where(Grant.pool_id == pool).values(values))
    clock.advance(A_BEAT)
    answer = player.beat()
    reasons = {"the seat": "released", "the grant": "revoked", "the suspended grant": "suspended"}
    assert (answer.status_code, answer.json["reason"]) == (403, reasons[how])
    assert player.why().json["may_reopen"] is False
    assert _open(client, kim[0]).status_code == 403


def test_seat_in_another_organization_does_not_keep_the_frame_playing(
    client, database, cast, pool, kim, clock
):
    player = _play(client, kim[0])
    with database.transaction() as session:
        other = session.get_one(
            Pool, _pool_of(session, make_organization(session, name="Oak County"), cast)
        )
        make_assignment(session, other, session.get_one(Login, kim[1]))
    _free_the_seat(database, pool)
    clock.advance(A_BEAT)
    assert player.beat().json == {"code": "ended", "reason": "released"}


def test_second_pool_of_the_organization_keeps_the_frame_playing(
    client, database, cast, pool, kim, clock
):
    player = _play(client, kim[0])
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        second = make_pool(session, organization)
        make_pool_grant(session, second)
        make_assignment(session, second, session.get_one(Login, kim[1]))
    _free_the_seat(database, pool)
    clock.advance(A_BEAT)
    assert player.beat().json["verdict"] == "kept"
    clock.advance(A_BEAT)
    assert player.beat().json["verdict"] == "kept"


def test_taking_over_in_a_frame_requires_access_of_the_organization(
    client, database, cast, pool, kim
):
    _own(database, cast, kim[1])
    _play(client, kim[0])
    _free_the_seat(database, pool)
    answer = _open(client, kim[0], take_over=True)
    assert (answer.status_code, answer.json["code"]) == (403, "SEAT_RELEASED")


def test_playback_outside_a_frame_continues_with_other_access(client, database, cast, pool, clock):
    with database.transaction() as session:
        row = session.get_one(Pool, pool)
        make_assignment(session, row, session.get_one(Login, cast.alice.id))
    client.sign_in(cast.alice.id)
    answer = client.post(f"/webinars/{cast.slug}/playback", json={}, headers={"User-Agent": AGENT})
    _free_the_seat(database, pool)
    clock.advance(A_BEAT)
    assert Player(client, answer.json).beat().json["verdict"] == "kept"


def test_access_check_outside_the_frame_uses_the_sessions_organization(
    client, app, database, cast, pool, kim
):
    _own(database, cast, kim[1])
    player = _play(client, kim[0]).without_cookies(app)
    _free_the_seat(database, pool)
    told = player.client.post(f"/playback/{player.token}/why", json={}, headers=HEADERS).json
    assert (told["code"], told["may_reopen"]) == ("SEAT_RELEASED", False)


@pytest.mark.parametrize("role", [INSTRUCTOR, None])
def test_preview_ends_with_the_organizations_access(client, database, course, pool, role):
    with database.transaction() as session:
        how = {} if role else {"is_test_user": True}
        secret = course.launch(session, *([role] if role else []), **how)
    player = _play(client, secret)
    with database.transaction() as session:
        grant = session.scalars(select(Grant.public_id).where(Grant.pool_id == pool)).one()
        revoke_pool_grant(session, grant, Withdrawal.REVOKED, reason="", actor=None, now=NOW)
    assert player.beat().json == {"code": "ended", "reason": PlaybackEnd.REVOKED.value}


def test_frame_uses_the_pool_of_an_organization_merged_with_its_own(
    client, database, cast, course, clock
):
    with database.transaction() as session:
        session.execute(update(Pool).values(capacity=0))
        twin = make_organization(session, "elm-twp", name="Elm Township Library")
        _pool_of(session, twin, cast)
        secret = course.launch(session, sub="lee")
    assert _open(client, secret).status_code == 403
    with database.transaction() as session:
        merge(session, kept="elm-twp", merged="elm-county", actor=None, now=NOW)
    player = _play(client, secret)
    clock.advance(A_BEAT)
    assert player.beat().json["verdict"] == "kept"
    with database.transaction() as session:
        opened_in = session.scalars(select(PlaybackSession.organization_id)).all()
        assert opened_in == [cast.organization_id]
        unmerge(session, "elm-county", actor=None, now=NOW)
    clock.advance(A_BEAT)
    assert player.beat().status_code == 403
    assert player.why().json["may_reopen"] is False
