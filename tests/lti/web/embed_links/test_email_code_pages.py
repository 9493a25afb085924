"""Watching by an embed link: confirming an email address, the seat it uses, and how access ends."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool
from lms.people.erasure import erase
from lti.embed_links.embed_links import revoke_embed
from lti.models.embed_links import EmbedCode, EmbedViewer, SeatRule
from lti.people.identities import forget_person
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_handout,
    make_pool,
    make_pool_grant,
    make_verified_domain,
)
from tests.lti.embed_links.embed_link_fixtures import Framed, make_embed, path_of
from tests.mailbox import letters

NEW = "new.person@elm.example"


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def opened(client, database, cast, settings):
    """Return a function that opens a link with a seat rule in a frame."""

    def open_by(rule=SeatRule.NAMED, **how):
        with database.transaction() as session:
            link = make_embed(session, cast, settings, rule=rule, **how)
        return link, Framed.open(client, database, path_of(settings, link))

    return open_by


@pytest.fixture
def pooled(database, cast):
    """Return a function that adds a pool for the webinar to Elm County."""

    def make(**how):
        with database.transaction() as session:
            organization = session.get_one(Organization, cast.organization_id)
            pool = make_pool(
                session, organization, session.get_one(Webinar, cast.webinar_id), **how
            )
            make_pool_grant(session, pool)
            return pool.id

    return make


def _used(database, pool_id):
    with database.read_session() as session:
        return session.scalar(select(Pool.used).where(Pool.id == pool_id))


def _login(database, email):
    with database.read_session() as session:
        return session.scalar(select(Login).where(Login.email_key == email))


def test_nothing_is_shown_or_played_before_the_email_is_confirmed(database, cast, opened, pooled):
    pooled(capacity=None)
    with database.transaction() as session:
        handout = make_handout(session, session.get_one(Webinar, cast.webinar_id)).public_id
    _link, framed = opened()
    assert framed.get().location.endswith("/who")
    for room in (
        "watch",
        f"handouts/{handout}",
        f"handouts/{handout}/first-page.jpg",
        f"handouts/{handout}/pages/1",
    ):
        assert framed.get(room).status_code == 403
    assert framed.post("watch").status_code == 403
    assert framed.play().status_code == 403


def test_new_person_takes_an_available_seat_at_the_first_playback(database, opened, pooled):
    pool_id = pooled(capacity=1)
    _link, framed = opened()
    known = framed.become(NEW, "New Person")
    assert known.get().status_code == 200
    assert _used(database, pool_id) == 0
    assert known.play().status_code == 200
    assert _used(database, pool_id) == 1
    made = _login(database, NEW)
    assert (made.name, made.confirmed_at) == ("New Person", NOW)
    assert framed.get().status_code == 410  # the anonymous session has ended


def test_emails_and_pages_are_the_same_for_known_and_unknown_addresses(
    database, cast, opened, pooled
):
    pooled()
    _link, framed = opened()
    pages = []
    for email in (cast.dan.email, NEW):
        framed.code_for(email)
        pages.append(framed.get("who/code").text.replace(email, "X"))
    assert pages[0] == pages[1]
    texts = [
        re.sub(r"\d{3} \d{3}", "N", letters(database, email)[-1].text.replace(email, "X"))
        for email in (cast.dan.email, NEW)
    ]
    assert texts[0] == texts[1]


def test_known_address_uses_that_persons_account(database, cast, opened, pooled):
    pool_id = pooled()
    _link, framed = opened()
    assert framed.become(cast.dan.email).play().status_code == 200
    with database.read_session() as session:
        seat = session.scalars(select(Assignment).where(Assignment.pool_id == pool_id)).one()
    assert seat.login_id == cast.dan.id


def test_code_is_stored_as_a_hash_and_its_email_is_one_time(database, opened, pooled):
    _link, framed = opened()
    code = framed.code_for(NEW)
    with database.read_session() as session:
        kept = session.scalars(select(EmbedCode)).one()
    assert code.encode() not in kept.code_hash
    from lms.mail.outbox import EMBED_CODE, ONE_TIME  # noqa: PLC0415

    assert EMBED_CODE in ONE_TIME


def test_code_works_once_for_ten_minutes_and_five_attempts(database, opened, clock):
    _link, framed = opened()
    right = framed.code_for(NEW)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        answer = framed.post("who/code", code=wrong)
        assert answer.status_code == 400
        assert "That code didn" in answer.text
    assert framed.post("who/code", code=right).status_code == 400
    late = framed.code_for(NEW)
    clock.advance(timedelta(minutes=10))
    assert framed.post("who/code", code=late).status_code == 303  # redirected to request a new code
    assert framed.post("who/code", code=late).location.endswith("/who")
    good = framed.code_for(NEW)
    assert framed.post("who/code", code=f" {good[:3]} {good[3:]} ").status_code == 303
    assert framed.post("who/code", code=good).status_code == 410


def test_code_of_another_frame_is_refused(client, database, cast, settings, opened):
    link, framed = opened()
    other = Framed.open(client, database, path_of(settings, link))
    other.code_for("other@elm.example")
    assert other.post("who/code", code=framed.code_for(NEW)).status_code == 400


def test_code_emails_to_one_address_are_limited(database, opened):
    _link, framed = opened()
    answers = [framed.post("who", email=NEW).status_code for _ in range(6)]
    assert answers == [303] * 4 + [429] * 2
    assert len(letters(database, NEW)) == 4


def test_invalid_address_shows_an_error_at_its_field(opened):
    _link, framed = opened()
    answer = framed.post("who", email="nobody")
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text


def test_full_pool_refuses_playback_and_names_the_manager(database, opened, pooled):
    pool_id = pooled(capacity=1)
    _link, framed = opened()
    framed.become("first@elm.example").play()
    _link, framed = opened()
    second = framed.become("second@elm.example")
    answer = second.play()
    assert answer.status_code == 403
    assert "Mia" in answer.json["more"]
    assert _used(database, pool_id) == 1


def test_person_removed_by_a_manager_takes_no_seat(database, cast, opened, pooled):
    pool_id = pooled()
    with database.transaction() as session:
        dan = session.get_one(Login, cast.dan.id)
        pool = session.get_one(Pool, pool_id)
        make_assignment(
            session,
            pool,
            dan,
            state=AssignmentState.RELEASED,
            ended_as=AssignmentEnd.REMOVED,
        )
    _link, framed = opened()
    assert framed.become(cast.dan.email).play().status_code == 403
    assert _used(database, pool_id) == 0


def test_seated_link_gives_a_stranger_no_seat(database, opened, pooled):
    pool_id = pooled()
    _link, framed = opened(SeatRule.SEATED)
    stranger = framed.become("somebody@elsewhere.example")
    page = stranger.get()
    assert page.status_code == 403
    assert "assigns seats by name" in page.text
    assert stranger.play().status_code == 403
    assert _used(database, pool_id) == 0


def test_seated_link_admits_invited_people_and_a_verified_domain(database, cast, opened, pooled):
    from lms.models.seats import ClaimPolicy  # noqa: PLC0415

    pool_id = pooled(claim_policy=ClaimPolicy.DOMAIN)
    with database.transaction() as session:
        make_assignment(
            session,
            session.get_one(Pool, pool_id),
            email="invited@elsewhere.example",
            state=AssignmentState.INVITED,
        )
        organization = session.get_one(Organization, cast.organization_id)
        make_verified_domain(session, organization, "elm.example")
    for email in ("invited@elsewhere.example", "staff@elm.example"):
        _link, framed = opened(SeatRule.SEATED)
        assert framed.become(email).play().status_code == 200
    assert _used(database, pool_id) == 2


def test_anonymous_viewers_can_watch_with_unlimited_seats(client, database, opened, pooled):
    pool_id = pooled(capacity=None)
    _link, framed = opened(SeatRule.INSTITUTION)
    page = framed.get()
    assert page.status_code == 200
    assert "This page doesn\u2019t ask who you are" in page.text
    assert framed.play().status_code == 200
    assert _used(database, pool_id) == 0


def test_anonymous_viewers_cannot_watch_with_counted_seats(database, opened, pooled):
    pooled(capacity=5)
    _link, framed = opened(SeatRule.INSTITUTION)
    answer = framed.play()
    assert answer.status_code == 403
    assert "ask for names" in answer.json["sentence"]


@pytest.mark.parametrize("rule", [SeatRule.NAMED, SeatRule.INSTITUTION])
def test_revoking_a_link_ends_its_playback_and_says_why(client, database, opened, pooled, rule):
    pooled(capacity=None)
    link, framed = opened(rule)
    known = framed.become(NEW) if rule is SeatRule.NAMED else framed
    told = known.play().json
    with database.transaction() as session:
        revoke_embed(session, link.organization.id, link.public_id, actor=None, now=NOW)
    with database.read_session() as session:
        playback = session.scalars(select(PlaybackSession)).one()
    assert playback.ended_as is PlaybackEnd.REVOKED
    answer = client.post(told["why"], headers={"Accept": "application/json", "X-CSRFToken": ""})
    assert answer.status_code == 200
    assert "revoked" in answer.json["sentence"]
    assert answer.json["may_reopen"] is False
    assert known.play().status_code == 410


def test_playback_in_the_persons_own_account_continues_after_revocation(
    client, app, database, cast, opened, pooled
):
    pooled(capacity=None)
    link, framed = opened()
    framed.become(cast.alice.email).play()
    own = app.test_client()
    own.sign_in(cast.alice.id)
    playing = own.post(
        f"/webinars/{cast.slug}/playback",
        json={"take_over": True},
        headers={"Accept": "application/json"},
    )
    assert playing.status_code == 200
    with database.transaction() as session:
        revoke_embed(session, link.organization.id, link.public_id, actor=None, now=NOW)
    with database.read_session() as session:
        still = session.scalar(
            select(func.count())
            .select_from(PlaybackSession)
            .where(PlaybackSession.ended_at.is_(None))
        )
    assert still == 1


def test_playback_expires_with_the_link(database, opened, pooled):
    pooled()
    ends_at = NOW + timedelta(hours=2)
    _link, framed = opened(SeatRule.NAMED, expires_at=ends_at)
    framed.become(NEW).play()
    with database.read_session() as session:
        assert session.scalars(select(PlaybackSession)).one().expires_at == ends_at


def test_returning_viewer_is_recognized_until_they_leave(
    client, database, settings, opened, pooled
):
    pooled()
    link, framed = opened()
    known = framed.become(NEW)
    again = Framed.open(client, database, path_of(settings, link))
    assert again.get().status_code == 200
    left = again.post("who/leave")
    assert "Your seat and your progress are saved." in left.text
    assert known.get().status_code == 410
    assert Framed.open(client, database, path_of(settings, link)).get().location.endswith("/who")


def test_erasing_a_person_deletes_their_embed_viewers(database, opened, pooled):
    pooled()
    _link, framed = opened()
    framed.become(NEW)
    made = _login(database, NEW)
    with database.transaction() as session:
        links = Links("http://localhost")
        erase(session, made.id, hooks=(forget_person,), links=links, actor=None, now=NOW)
    with database.read_session() as session:
        assert session.scalars(select(EmbedViewer)).all() == []
