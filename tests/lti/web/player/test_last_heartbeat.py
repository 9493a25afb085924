"""The last seconds before playback in a frame is ended by others count as watched."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.models.playback import PlaybackSession, WatchRecord
from lti.embed_links.embed_links import revoke_embed
from lti.models.embed_links import SeatRule
from lti.models.registrations_and_keys import Registration
from lti.protocol.content_target import Target
from lti.registrations.deployments import refuse_deployment
from tests.factories import make_pool, make_pool_grant
from tests.lti.course_fixtures import make_course
from tests.lti.embed_links.embed_link_fixtures import Framed, make_embed, path_of
from tests.player import AGENT, Player

HEADERS = {"User-Agent": AGENT, "Accept": "application/json", "X-CSRFToken": ""}
BEAT = timedelta(seconds=15)


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture(params=["embed link", "deployment"])
def ended(request, client, database, cast, settings, clock):
    """Return a player that reported 15 s and whose access ended 7 s later."""
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        webinar = session.get_one(Webinar, cast.webinar_id)
        make_pool_grant(session, make_pool(session, organization, webinar, capacity=None))
        if request.param == "embed link":
            link = make_embed(session, cast, settings, rule=SeatRule.NAMED)
        else:
            course = make_course(session, cast.organization_id, Target(webinar=cast.slug))
            secret = course.launch(session)
            registration = session.scalars(select(Registration.public_id)).one()
    if request.param == "embed link":
        framed = Framed.open(client, database, path_of(settings, link))
        secret = framed.become(cast.alice.email).secret
    answer = client.post(f"/lti/s/{secret}/playback", json={}, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    player = Player(client, answer.json)
    clock.advance(BEAT)
    assert player.beat(position=15.0, spans=[[0, 15]]).json["verdict"] == "kept"
    clock.advance(timedelta(seconds=7))
    with database.transaction() as session:
        if request.param == "embed link":
            revoke_embed(
                session, cast.organization_id, link.public_id, actor=None, now=clock.moment
            )
        else:
            refuse_deployment(session, registration, "1", actor=None, now=clock.moment)
    return player


def kept(database):
    """Return the stored watched seconds, position, and seconds reached in the session."""
    with database.read_session() as session:
        reached = session.scalars(select(PlaybackSession.reached_s)).one()
        row = session.execute(select(WatchRecord.watched_s, WatchRecord.position_s)).one()
        return (row.watched_s, row.position_s, reached)


@pytest.mark.parametrize("verb", ["beat", "close"])
def test_last_heartbeat_counts_what_was_watched_before_the_end(database, clock, ended, verb):
    assert kept(database) == (15, 15.0, 15)
    clock.advance(timedelta(seconds=8))
    answer = getattr(ended, verb)(position=30.0, spans=[[15, 30]])
    assert (answer.status_code, answer.json) == (403, {"code": "ended", "reason": "revoked"})
    assert kept(database) == (20, 22.0, 20)  # progress is stored in steps of 5 s
    ended.beat(position=30.0, spans=[[15, 30]])
    assert kept(database) == (20, 22.0, 20)


def test_playback_after_the_end_and_late_heartbeats_do_not_count(database, clock, ended):
    clock.advance(timedelta(seconds=8))
    ended.beat(position=30.0, spans=[[22, 30]])
    clock.advance(timedelta(seconds=38))
    ended.beat(position=60.0, spans=[[15, 60]])
    assert kept(database)[0] == 15
